"""How many questions are inside at once: a bound for all and one for each user; whoever finds no room is told when to come."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Counter, Gauge

from ai_gateway.kit.errors import Problem

INSIDE = Gauge("ai_questions_inside", "Questions being answered or waiting now.")
REFUSED = Counter("ai_questions_refused_total", "Questions answered 429, as there was no room.", ["reason"])

SHORTEST_S, LONGEST_S = 1, 60
SMOOTHING = 0.2
"""Weight of the newest answer in the mean time that the advice when to ask again is made of."""


class Room:
    """Lets questions in."""

    def __init__(self, most: int, most_of_one: int) -> None:
        """Args: most: questions inside at once. most_of_one: of these, of one user."""
        self._most = most
        self._most_of_one = most_of_one
        self._inside: dict[str, int] = {}
        self._usual_s = float(SHORTEST_S)

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
