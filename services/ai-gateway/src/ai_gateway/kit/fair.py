"""A bounded number of places, given to owners in turn: who wants many waits behind who wants one."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class LineFull(Exception):  # noqa: N818 - reads as the state it reports
    """As many wait as may."""


class Places:
    """``count`` places. While all are taken at most ``most_waiting`` wait; a place that falls free goes to the next owner."""

    def __init__(self, count: int, most_waiting: int) -> None:
        """Args: count: places. most_waiting: of all owners together."""
        self._free = count
        self._most = most_waiting
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def free(self) -> int:
        """How many places nobody holds."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def take(self, owner: str, wait_s: float | None = None) -> AsyncIterator[None]:
        """Hold a place.

        Raises:
            LineFull: too many wait already.
            TimeoutError: no place within ``wait_s`` seconds.
        """
        await self._enter(owner, wait_s)
        try:
            yield
        finally:
            self._pass_on()

    async def _enter(self, owner: str, wait_s: float | None) -> None:
        if self._free:
            self._free -= 1
            return
        if self.waiting >= self._most:
            raise LineFull
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(owner, deque()).append(turn)
        try:
            async with asyncio.timeout(wait_s):
                await turn
        except BaseException:
            self._leave(owner, turn)
            raise

    def _leave(self, owner: str, turn: asyncio.Future[None]) -> None:
        """Give up waiting; a place that came just then is passed on."""
        if turn.done() and not turn.cancelled():
            self._pass_on()
            return
        line = self._lines.get(owner)
        if line and turn in line:
            line.remove(turn)
            if not line:
                del self._lines[owner]

    def _pass_on(self) -> None:
        """To the first of the owner whose turn it is, who then stands last among the owners."""
        while self._lines:
            owner, line = self._lines.popitem(last=False)
            turn = line.popleft()
            if line:
                self._lines[owner] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
