"""Work that many ask for at the same moment, done once for all of them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Once(Generic[Key, Value]):
    """Runs one piece of work a key at a time; who comes meanwhile waits for the same result, or the same failure."""

    def __init__(self) -> None:
        """Nothing runs."""
        self._running: dict[Key, asyncio.Task[Value]] = {}

    async def do(self, key: Key, work: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """The result of ``work``, which goes on for the others where one caller gives up."""
        if key not in self._running:
            task = asyncio.create_task(work())
            self._running[key] = task
            task.add_done_callback(lambda done: self._end(key, done))
        return await asyncio.shield(self._running[key])

    def _end(self, key: Key, done: asyncio.Task[Value]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # told to whoever waits; nobody may
