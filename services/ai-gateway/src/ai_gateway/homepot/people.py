"""HOMEPOT's users, and the sites that each may see."""

import time

import msgspec

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.kit.once import Once

MAX_KEPT = 1024


class Person(msgspec.Struct, frozen=True):
    """An active user. ``sites``: HOMEPOT's integers from memberships; an administrator sees every site."""

    id: int
    email: str
    is_admin: bool
    sites: tuple[int, ...]


class People:
    """Finds users, and keeps what it found for seconds: a user who is switched off is out that soon."""

    def __init__(self, database: HomepotDatabase, keep_s: float) -> None:
        """Args: database: where to read. keep_s: how long an answer serves."""
        self._database = database
        self._keep = keep_s
        self._kept: dict[str, tuple[float, Person | None]] = {}
        self._finding: Once[str, Person | None] = Once()

    async def find(self, identity: str) -> Person | None:
        """The active user with this id or email; ``None`` for one who is unknown or disabled.

        Raises:
            Unavailable: HOMEPOT's database does not answer; nobody is let in on old knowledge.
        """
        kept = self._kept.get(identity)
        if kept and time.monotonic() - kept[0] < self._keep:
            return kept[1]
        return await self._finding.do(identity, lambda: self._find(identity))

    async def _find(self, identity: str) -> Person | None:
        found = await self._database.fetch("person", Person, {"identity": identity})
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        person = found[0] if found else None
        self._kept[identity] = (time.monotonic(), person)
        return person
