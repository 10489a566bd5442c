"""One generation at a time over one engine: the queue, its limit, and when the model leaves memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from dev.ollama.engine import Engine, monotonic_ns
from dev.ollama.errors import ServerBusy
from dev.ollama.models import Model
from dev.ollama.options import FOREVER_S

DEFAULT_MAX_QUEUE = 512
FOREVER = timedelta(days=36500)


class Runners:
    """Serialises the use of `engine`. At most `max_queue` calls wait; the next is refused with ServerBusy."""

    def __init__(self, engine: Engine, max_queue: int = DEFAULT_MAX_QUEUE) -> None:
        self.engine = engine
        self.max_queue = max_queue
        self.loaded: tuple[Model, int] | None = None  # the model and its num_ctx
        self.expires_at: datetime | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._expiry: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def use(self, model: Model, num_ctx: int, keep_alive_s: float) -> AsyncIterator[int]:
        """Wait for a turn and have `model` loaded; yields nanoseconds spent on that. Then `keep_alive_s` runs."""
        await self._wait_turn()
        try:
            self._cancel_expiry()
            started = monotonic_ns()
            await self._load(model, num_ctx)
            yield monotonic_ns() - started
        finally:
            try:
                await self._plan_expiry(keep_alive_s)
            finally:
                self._turn.release()

    async def unload(self) -> None:
        """Wait for a turn and give the model's memory back."""
        async with self._turn:
            self._cancel_expiry()
            await self._drop()

    async def close(self) -> None:
        """Give the memory back now, whatever runs."""
        self._cancel_expiry()
        await self._drop()

    async def _wait_turn(self) -> None:
        if self._waiting >= self.max_queue and self._turn.locked():
            raise ServerBusy
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1

    async def _load(self, model: Model, num_ctx: int) -> None:
        self.loaded = self.expires_at = None
        await self.engine.load(model, num_ctx)
        self.loaded = (model, num_ctx)

    async def _plan_expiry(self, keep_alive_s: float) -> None:
        if self.loaded is None:
            return
        if keep_alive_s == 0:
            await self._drop()
            return
        wait = FOREVER if keep_alive_s == FOREVER_S else timedelta(seconds=min(keep_alive_s, FOREVER.total_seconds()))
        self.expires_at = datetime.now(UTC) + wait
        if wait < FOREVER:
            self._expiry = asyncio.create_task(self._expire(wait.total_seconds()))

    async def _expire(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self._expiry = None
        if not self._turn.locked():
            async with self._turn:
                await self._drop()

    def _cancel_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    async def _drop(self) -> None:
        self.loaded = self.expires_at = None
        await self.engine.unload()
