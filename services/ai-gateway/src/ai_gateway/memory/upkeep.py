"""Keep memory in order: old rows made anew, words counted, and how crowded it is around each text."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.kit.logging import get_logger
from ai_gateway.memory.store import MemoryStore

MOST_PAGES = 8
"""A round renews and measures this many pages at most, so that other jobs get their turn; the rest comes next."""
CROWD_PAGE = 512
NEIGHBOURS = 10
"""Nearest texts whose similarity tells how crowded it is around one. 3 to 20 rank alike (docs/memory.md)."""

Floats = NDArray[np.float32]

_log = get_logger("memory")


class MemoryUpkeep:
    """A job of the worker. Its state is in the rows themselves, so it goes on wherever it stopped."""

    def __init__(self, memory: MemoryStore, embedder: Embedder, *, batch_size: int) -> None:
        """Args: batch_size: incidents of one step."""
        self._memory = memory
        self._embedder = embedder
        self._batch = batch_size

    async def run(self) -> int:
        """One round; returns how many incidents were renewed or measured.

        Raises:
            Unavailable: the gateway's own database is down.
            PartDown: the embedder is down and a text has to be embedded.
        """
        renewed = await self._renew()
        return renewed + await self._measure(await self._memory.count_words())

    async def _renew(self) -> int:
        renewed = 0
        for _ in range(MOST_PAGES):
            outdated = await self._memory.outdated(DEFAULT_MODEL, self._batch)
            if not outdated:
                break
            vectors = await embedded([one.incident.description for one in outdated], self._memory, self._embedder)
            await self._memory.renew(outdated, vectors, DEFAULT_MODEL)
            renewed += len(outdated)
        if renewed:
            _log.info("renewed", incidents=renewed)
        return renewed

    async def _measure(self, total: int) -> int:
        """Look around texts where that is due: a page at a time, among one sample."""
        measured, sample = 0, None
        for _ in range(MOST_PAGES):
            due, vectors = await self._memory.crowd_due(DEFAULT_MODEL, total, CROWD_PAGE)
            if not due:
                break
            sample = sample or await self._memory.sample(DEFAULT_MODEL, total)
            crowds = await asyncio.to_thread(crowding, due, vectors, *sample)
            await self._memory.put_crowds(due, crowds, total)
            measured += len(due)
        return measured


def crowding(ids: list[int], vectors: Floats, others: list[int], their_vectors: Floats) -> list[float]:
    """How crowded it is around each text: mean cosine of the ``NEIGHBOURS`` others nearest to it, 0 without others."""
    near = vectors @ their_vectors.T
    near[np.asarray(ids)[:, None] == np.asarray(others)[None, :]] = -1.0  # itself
    count = min(NEIGHBOURS, len(others) - 1)
    if count < 1:
        return [0.0] * len(ids)
    crowds: list[float] = np.partition(near, -count, axis=1)[:, -count:].mean(axis=1).tolist()
    return crowds


async def embedded(texts: list[str], memory: MemoryStore, embedder: Embedder) -> list[list[float]]:
    """A vector for each text; one that was embedded before is not embedded again; raises ``PartDown``."""
    vectors = await memory.vectors(texts, DEFAULT_MODEL) if texts else {}
    if missing := [text for text in dict.fromkeys(texts) if text not in vectors]:
        vectors.update(zip(missing, await embedder.embed_batch(missing), strict=True))
    return [vectors[text] for text in texts]
