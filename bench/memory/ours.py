"""The gateway's memory with many rows: filled, indexed, added to, and its size."""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import psutil
import psycopg
from pgvector import HalfVector, SparseVector
from pgvector.psycopg import register_vector

from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Pool
from ai_gateway.kit.migrations import migrate
from ai_gateway.kit.settings import Settings
from ai_gateway.memory.index import MemoryIndex
from ai_gateway.memory.lexical import DIMENSIONS, text_weights
from ai_gateway.memory.recipe import RECIPE, parts
from ai_gateway.memory.sight import PROBES_KEPT
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from ai_gateway.memory.words import words
from ai_gateway.wiring import create_own_pool
from bench.memory.rows import Floats, Rows, pages
from bench.processes import ROOT
from dev.postgres import EmbeddedPostgres
from dev.postgres_host import postmaster

ADDED_PER_S = 50
BYTES_PER_ROW = 2_600
"""What the index takes for a row, and a little: shared buffers that hold it."""
ADDED_FROM = 10_000_000
STAGE = """
CREATE TEMPORARY TABLE stage (source_key text, title text, description text, category text, site int, at timestamptz,
    embedding halfvec(768), words text[], word_weights sparsevec(536870912))
"""
STORED = "SELECT count(*) FROM ai_incident_patterns WHERE source = 'bench' AND source_key::bigint < %s"
COPY = "COPY stage FROM STDIN (FORMAT BINARY)"
TYPES = ("text", "text", "text", "text", "int4", "timestamptz", "halfvec", "text[]", "sparsevec")
KEEP = """
WITH kept AS (
    INSERT INTO ai_incident_patterns (source, source_key, content_hash, title, description, severity, category, site,
        device_type, occurred_at, recipe, embedding_model, embedding, lexemes, word_weights)
    SELECT 'bench', source_key, '', title, description, 'warning', category, site, category, at, %s, %s, embedding,
        array_to_tsvector(words), word_weights
    FROM stage
    RETURNING id
)
INSERT INTO ai_memory_crowds (incident, crowd, word_crowd, crowd_of) SELECT id, 0.6, 0.3, %s FROM kept
"""


def room(rows: int) -> str:
    """Memory of a server that holds the index in its shared buffers, and as much to build it in."""
    return f"{max(rows * BYTES_PER_ROW // 2**20, 256)}MB"


def fill(url: str, rows: Rows, total: int) -> None:
    """Store rows as the gateway would, by COPY, from where an interrupted fill stopped: a page is there whole or not."""
    with psycopg.connect(url, autocommit=True) as conn:
        register_vector(conn)
        conn.execute(STAGE)
        stored = _stored(conn)
        for start, count in pages(total, stored):
            told, vectors = rows.page(start, count)
            with conn.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.set_types(TYPES)
                for incident, vector in zip(told, vectors, strict=True):
                    copy.write_row(_row(incident, vector))
            conn.execute(KEEP, (RECIPE, DEFAULT_MODEL, total))
            conn.execute("TRUNCATE stage")
            say(f"stored {start + count} of {total}")
        if stored < total:
            conn.execute("VACUUM (ANALYZE) ai_incident_patterns")
            conn.execute("ANALYZE ai_memory_crowds")


def _stored(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute(STORED, (ADDED_FROM,)).fetchone()
    return row[0] if row else 0


def _row(incident: Incident, vector: Floats) -> tuple[Any, ...]:
    title, body = parts(incident)
    weights = SparseVector(text_weights(title, body), DIMENSIONS)
    said = sorted(set(words(f"{title}\n{body}")))
    facts = (incident.source_key, incident.title, incident.description, incident.category, incident.site)
    return (*facts, incident.occurred_at, HalfVector(vector), said, weights)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Pool]:
    """A pool as the gateway makes it."""
    pool = create_own_pool(Settings.model_validate({"homepot_database_url": url, "database_url": url}))
    await pool.open(wait=True, timeout=30)
    try:
        yield pool
    finally:
        await pool.close()


async def build(url: str) -> None:
    """Have the worker's jobs build and measure the index and count the words, unless that was done before."""
    async with opened(url) as pool:
        keeper = MemoryIndex(pool)
        await keeper.run()
        building = asyncio.ensure_future(keeper.built())
        while not (await asyncio.wait({building}, timeout=10))[0]:
            await keeper.run()
        await building
        await MemoryStore(pool).count_words()
        for _ in range(0 if keeper.settled else PROBES_KEPT):
            await keeper.measure()


@contextmanager
def serving(folder: Path, total: int) -> Iterator[tuple[EmbeddedPostgres, str]]:
    """A server over the folder with memory enough for the index, and the URL of the gateway's own database there."""
    size = room(total)
    data = folder / "postgres"
    with EmbeddedPostgres(data, durable=False, shared_buffers=size, maintenance_work_mem=size) as server:
        url = server.create_database("ai_gateway")
        migrate(url, ROOT / "migrations")
        yield server, url


def read_files(folder: Path) -> None:
    """Have the system hold a server's files, as it does where one runs for long: nothing is read from a disk then."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened_file:
                while opened_file.read(1 << 24):
                    pass


def resident_mb(running: EmbeddedPostgres) -> float:
    """Memory of all the server's processes, shared pages once, in MB; files that the system caches are not in it."""
    process = postmaster(running.cluster)
    if process is None:
        raise RuntimeError("the server is not running")
    found = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a worker of the server's own that ended meanwhile
            found += one.memory_full_info().pss
    return found / 1e6


@contextmanager
def adding(url: str) -> Iterator["Added"]:
    """Meanwhile another process adds `ADDED_PER_S` incidents a second through the store; in the end they are gone again."""
    context = multiprocessing.get_context("spawn")
    stop, count = context.Event(), context.Value("i", 0)
    process = context.Process(target=_add, args=(url, stop, count))
    process.start()
    added = Added(count)
    try:
        while not count.value:
            time.sleep(0.1)
        added.begin()
        yield added
    finally:
        stop.set()
        process.join(60)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(
                "DELETE FROM ai_incident_patterns WHERE source = 'bench' AND source_key::bigint >= %s", (ADDED_FROM,)
            )


class Added:
    """How many a second were really added."""

    def __init__(self, count: "Synchronized[int]") -> None:
        self._count = count

    def begin(self) -> None:
        """Count from now on."""
        self._from, self._began = self._count.value, time.monotonic()

    @property
    def per_second(self) -> float:
        """Since `begin`."""
        return (self._count.value - self._from) / (time.monotonic() - self._began)


def _add(url: str, stop: Event, count: "Synchronized[int]") -> None:
    asyncio.run(_adding(url, stop, count))


async def _adding(url: str, stop: Event, count: "Synchronized[int]") -> None:
    rows = Rows()
    start = ADDED_FROM + int(time.time())
    async with opened(url) as pool:
        store, due = MemoryStore(pool), time.monotonic()
        while not stop.is_set():
            told, vectors = rows.page(start, ADDED_PER_S)
            for one, vector in zip(told, vectors, strict=True):
                due = max(due + 1 / ADDED_PER_S, time.monotonic() - 1)
                await asyncio.sleep(max(due - time.monotonic(), 0))
                await store.save([one], [vector.tolist()], DEFAULT_MODEL, "bench", {"at": one.source_key})
                count.value += 1
            start += ADDED_PER_S


def say(what: str) -> None:
    """Tell how far it is."""
    print(what, file=sys.stderr, flush=True)
