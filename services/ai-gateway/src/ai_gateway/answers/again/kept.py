"""Answers kept for a while, the least used forgotten first, and answers that several callers wait for together."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from prometheus_client import Counter

LOOKUPS = Counter("ai_answer_cache_total", "Questions by what the answer cache had for them.", ["outcome"])

Answer = TypeVar("Answer")
Told = TypeVar("Told")
Listener = Callable[[Told], None]


class Kept(Generic[Answer]):
    """At most ``size`` answers, each for ``ttl_s`` seconds and as long as its watermark holds."""

    def __init__(self, size: int, ttl_s: float) -> None:
        """Args: size: most answers. ttl_s: seconds; 0 keeps none."""
        self._size = size
        self.ttl_s = ttl_s
        self._kept: OrderedDict[bytes, tuple[float, str, Answer]] = OrderedDict()

    def get(self, key: bytes, mark: str) -> Answer | None:
        """The answer to this question on this data."""
        kept = self._kept.get(key)
        fresh = kept is not None and time.monotonic() - kept[0] < self.ttl_s
        if kept is None or not fresh or kept[1] != mark:
            LOOKUPS.labels("miss" if kept is None else "changed" if fresh else "expired").inc()
            self._kept.pop(key, None)
            return None
        LOOKUPS.labels("hit").inc()
        self._kept.move_to_end(key)
        return kept[2]

    def put(self, key: bytes, mark: str, answer: Answer) -> None:
        """Keep an answer. ``mark``: the data's watermark from before it was read."""
        if self.ttl_s <= 0:
            return
        self._kept[key] = (time.monotonic(), mark, answer)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)


class Shared(Generic[Answer, Told]):
    """Work that is done once for all who ask for the same at the same time; it ends when nobody waits any more."""

    def __init__(self, work: Callable[[Listener[Told]], Awaitable[Answer]]) -> None:
        """Args: work: begun at once; what it tells is told to everybody, also to those who come later."""
        self._told: list[Told] = []
        self._listeners: list[Listener[Told]] = []
        self.task = asyncio.ensure_future(work(self._tell))

    def _tell(self, told: Told) -> None:
        self._told.append(told)
        for listener in self._listeners:
            listener(told)

    async def join(self, listener: Listener[Told]) -> Answer:
        """Wait for the answer."""
        for told in self._told:
            listener(told)
        self._listeners.append(listener)
        try:
            return await asyncio.shield(self.task)
        finally:
            self._listeners.remove(listener)
            if not self._listeners:
                self.task.cancel()
