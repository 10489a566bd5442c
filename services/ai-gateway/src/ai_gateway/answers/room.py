"""How many questions are inside at once: a bound for all and one for each user; whoever finds no room is told when to come.

Of those inside, few read HOMEPOT at a time, owner by owner in turn: many at once would only wait for its connections.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import Counter, Gauge

from ai_gateway.kit.errors import Problem, Unavailable
from ai_gateway.kit.fair import Places

INSIDE = Gauge("ai_questions_inside", "Questions being answered or waiting now.")
REFUSED = Counter("ai_questions_refused_total", "Questions answered 429, as there was no room.", ["reason"])

SHORTEST_S, LONGEST_S = 1, 60
SMOOTHING = 0.2
"""Weight of the newest answer in the mean time that the advice when to ask again is made of."""


class Room:
    """Lets questions in."""

    def __init__(self, most: int, most_of_one: int, readers: int, database_answers: Callable[[], bool]) -> None:
        """Args: most: questions inside at once. most_of_one: of these, of one user. readers: of these, reading HOMEPOT.

        database_answers: whether HOMEPOT's gave anybody an answer lately.
        """
        self._most = most
        self._most_of_one = most_of_one
        self._inside: dict[str, int] = {}
        self._usual_s = float(SHORTEST_S)
        self._readers = Places(readers, most)
        self._database_answers = database_answers

    @asynccontextmanager
    async def enter(self, owner: str) -> AsyncIterator[None]:
        """Stay inside while the body runs; raises a 429 problem with ``Retry-After`` if there is no room."""
        if sum(self._inside.values()) >= self._most:
            raise self._full("full", f"{self._most} questions are being answered")
        if self._inside.get(owner, 0) >= self._most_of_one:
            raise self._full("user", f"{self._most_of_one} of your own questions are being answered")
        self._count(owner, 1)
        started = time.monotonic()
        try:
            yield
        finally:
            self._count(owner, -1)
            self._usual_s += SMOOTHING * (time.monotonic() - started - self._usual_s)

    @asynccontextmanager
    async def reading(self, owner: str, limit_s: float) -> AsyncIterator[None]:
        """Read HOMEPOT in the body, for at most ``limit_s`` with the wait for a place.

        Raises:
            Problem: 429 where others took up the time, while the database answered them.
            Unavailable: the database did not answer in time.
        """
        crowded = not self._readers.free
        try:
            async with asyncio.timeout(limit_s), self._readers.take(owner):
                yield
        except TimeoutError as error:
            if crowded and self._database_answers():
                raise self._full(
                    "database", "So many questions are being looked up that yours was not in time"
                ) from error
            raise late(limit_s) from error

    def _count(self, owner: str, more: int) -> None:
        self._inside[owner] = self._inside.get(owner, 0) + more
        if not self._inside[owner]:
            del self._inside[owner]
        INSIDE.set(sum(self._inside.values()))

    def _full(self, reason: str, words: str) -> Problem:
        REFUSED.labels(reason).inc()
        wait = max(SHORTEST_S, min(math.ceil(self._usual_s), LONGEST_S))
        return Problem(
            429, f"{words}; ask again in {wait} s.", kind="too-many-questions", headers={"Retry-After": str(wait)}
        )


def late(limit_s: float) -> Unavailable:
    """What a question is told whose evidence was not there in time."""
    return Unavailable("homepot-database", f"Collecting the evidence took longer than {limit_s:g} s.")
