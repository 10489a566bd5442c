"""Keep memory in order: old rows made anew, words counted, and how crowded it is around each text."""

import asyncio

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.kit.logging import get_logger
from ai_gateway.memory.crowd import Crowd, Placed, Sample
from ai_gateway.memory.lexical import Question
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import WordCounts
from ai_gateway.memory.words import words

MOST_PAGES = 8
"""A round renews and measures this many pages at most, so that other jobs get their turn; the rest comes next."""
CROWD_PAGE = 512
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
            due = await self._memory.crowd_due(DEFAULT_MODEL, total, CROWD_PAGE)
            if not due:
                break
            sample = sample or Sample(await self._memory.sample(DEFAULT_MODEL, total))
            asked = {word for one in due for word in words(f"{one.title}\n{one.body}")}
            counts = await self._memory.word_counts(asked)
            await self._memory.put_crowds(await asyncio.to_thread(_look_around, due, sample, counts), total)
            measured += len(due)
        return measured


def _look_around(due: list[Placed], sample: Sample, counts: WordCounts) -> dict[int, Crowd]:
    return {one.id: sample.around(one, Question.of(one.title, one.body, counts)) for one in due}


async def embedded(texts: list[str], memory: MemoryStore, embedder: Embedder) -> list[list[float]]:
    """A vector for each text; one that was embedded before is not embedded again; raises ``PartDown``."""
    different = list(dict.fromkeys(texts))
    vectors = await memory.vectors(different, DEFAULT_MODEL) if different else {}
    if missing := [text for text in different if text not in vectors]:
        vectors.update(zip(missing, await embedder.embed_batch(missing), strict=True))
    return [vectors[text] for text in texts]
