"""Asks the gateway's store, and times it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import msgspec
from pgvector import HalfVector, SparseVector

from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Pool
from ai_gateway.memory.lexical import DIMENSIONS, Question, counted
from ai_gateway.memory.nearest import Ways
from ai_gateway.memory.recipe import split
from ai_gateway.memory.search import in_scope, recall
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import ANY, WordCounts
from bench.figures import Figure, percentile
from bench.memory.asked import K
from bench.memory.rows import SITES, Floats, Rows

CANDIDATES = 100
"""As many as the gateway looks at."""
CLIENTS = 2
THROUGHPUT_S = 10.0
SCOPES = (1, 4, 16, 64, 256)
"""Sites in scope of a thousand, to compare both ways at."""
COMPARED = 20
NO_WORDS = Question.of("", "", WordCounts(0, {}))


class Run(msgspec.Struct, frozen=True):
    """What one way to ask brought: seconds and found rows of each question."""

    seconds: list[float]
    found: list[list[int]]

    def p95_ms(self) -> float:
        """95th percentile."""
        return percentile(self.seconds, 95) * 1000


class Ours:
    """Asks the gateway's store."""

    def __init__(self, store: MemoryStore, rows: int) -> None:
        """Args: rows: those that truths know; what was added meanwhile has larger numbers."""
        self._store = store
        self._rows = rows

    async def ask(self, vector: list[float], site: int | None, limit: int) -> list[int]:
        """Numbers of the rows found, nearest first."""
        sites = None if site is None else (site,)
        found = await self._store.candidates(vector, DEFAULT_MODEL, NO_WORDS, sites, ANY, limit)
        found.sort(key=lambda one: -(one.incident.similarity or 0))
        numbers = (int(one.incident.source_key) for one in found)
        return [number for number in numbers if number < self._rows]

    async def run(self, vectors: Floats, sites: Sequence[int | None], limit: int = CANDIDATES) -> Run:
        """Ask one after the other."""
        run = Run([], [])
        for vector, site in zip(vectors.tolist(), sites, strict=True):
            began = time.monotonic()
            run.found.append(await self.ask(vector, site, limit))
            run.seconds.append(time.monotonic() - began)
        return run

    async def throughput(self, vectors: Floats) -> float:
        """Questions a second of `CLIENTS` at once, the `K` nearest of each."""
        lists = vectors.tolist()
        until, done = time.monotonic() + THROUGHPUT_S, 0

        async def client(own: list[list[float]]) -> None:
            nonlocal done
            while time.monotonic() < until:
                await self.ask(own[done % len(own)], None, K)
                done += 1

        await asyncio.gather(*(client(lists[n::CLIENTS]) for n in range(CLIENTS)))
        return done / THROUGHPUT_S


async def with_words(store: MemoryStore, rows: Rows, start: int, vectors: Floats) -> list[float]:
    """Seconds of recall by meaning and by words over everything, for texts that are not there."""
    told, _ = rows.page(start, len(vectors))
    seconds = []
    for incident, vector in zip(told, vectors.tolist(), strict=True):
        title, body = split(incident.description)
        began = time.monotonic()
        question = Question.of(title, body, await store.word_counts(counted(title, body)))
        await store.candidates(vector, DEFAULT_MODEL, question, None, ANY, CANDIDATES)
        seconds.append(time.monotonic() - began)
    return seconds


async def costs(pool: Pool, rows: int, vectors: Floats) -> AsyncIterator[Figure]:
    """What `ai_gateway.memory.nearest` weighs: both ways, with more and more sites in scope."""
    for scope in SCOPES:
        for name, ways in (("compare", Ways()), ("index", Ways(meaning=True))):
            seconds = [
                await _forced(pool, ways, vector, tuple((place + n) % SITES for n in range(scope)))
                for place, vector in enumerate(vectors[:COMPARED])
            ]
            detail = {"rows_in_scope": scope * rows // SITES}
            yield Figure(name=f"memory_{name}_p50", value=percentile(seconds, 50) * 1000, unit="ms", detail=detail)


async def _forced(pool: Pool, ways: Ways, vector: Floats, sites: tuple[int, ...]) -> float:
    params = {
        **in_scope(sites, ANY),
        "embedding": HalfVector(vector),
        "embedding_model": DEFAULT_MODEL,
        "any_word": "",
        "word_weights": SparseVector({}, DIMENSIONS),
        "candidates": CANDIDATES,
    }
    async with pool.connection() as conn:
        began = time.monotonic()
        await recall(conn, ways, params)
        return time.monotonic() - began
