"""The index over vectors: right under filters, there while it is built, rebuilt after an interruption, and watched."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from prometheus_client import REGISTRY

from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Connection, Pool, fetch_all
from ai_gateway.kit.settings import Settings
from ai_gateway.kit.sql import load_sql
from ai_gateway.memory import index, nearest, search
from ai_gateway.memory.index import LOCK_KEY, MemoryIndex
from ai_gateway.memory.lexical import Question
from ai_gateway.memory.nearest import Ways
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.search import composed, in_scope
from ai_gateway.memory.sight import PROBES_ENOUGH, SIGHTS, UNMEASURED
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import ANY, Filters, Recalled, Repeated, WordCounts
from ai_gateway.wiring import create_own_pool
from dev.postgres import EmbeddedPostgres
from dev.waiting import wait_until
from tests.db.memory.conftest import NOW, kept

NO_WORDS = Question.of("", "", WordCounts(0, {}))
MANY, FEW = 1, 2
YESTERDAY = NOW - timedelta(days=1)
ROWS, FEW_ROWS = 600, 30
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ai_incident_patterns_nearest')"
SHORT_SIGHTED = """
CREATE FUNCTION ai_memory_nearest(
    halfvec, text, integer, integer, integer[], text[], text[], text[], timestamptz, timestamptz
) RETURNS SETOF bigint LANGUAGE sql
AS 'SELECT * FROM far_sighted($1, $2, least($3, 10), $4, $5, $6, $7, $8, $9, $10)'
"""
"""Lets the index look at ten rows and no further."""
DIRECTIONS = np.random.default_rng(7).normal(size=(ROWS, 768))


def vector(number: int) -> list[float]:
    """One of `ROWS` directions that have little in common, of length 1."""
    return (DIRECTIONS[number] / np.linalg.norm(DIRECTIONS[number])).tolist()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if these few rows were many: the index is worth its while from the first on."""
    monkeypatch.setattr(search, "INDEX_FROM", 1)
    monkeypatch.setattr(index, "INDEX_FROM", 1)
    monkeypatch.setattr(nearest, "VISIT_US", 0.0)
    monkeypatch.setattr(search, "STATE_TTL_S", 0.0)


@pytest.fixture(scope="module")
async def template_database(postgres: EmbeddedPostgres, template_database: str) -> str:
    """A site with many incidents, one with few, some without a site, and the index over all: made once for every test."""
    with psycopg.connect(postgres.url(), autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE gateway_indexed TEMPLATE {template_database}")
    url = postgres.url("gateway_indexed")
    pool = create_own_pool(Settings.model_validate({"homepot_database_url": url, "database_url": url}))
    await pool.open(wait=True, timeout=10)
    rows = [
        kept(
            str(number),
            f"Text {number}",
            site=FEW if number < FEW_ROWS else None if number % 10 == 0 else MANY,
            category="power" if number % 97 == 0 else "network",
            device_type="till" if number % 5 == 0 else None,
            days=number % 3,
        )
        for number in range(ROWS)
    ]
    await MemoryStore(pool).save(rows, [vector(number) for number in range(ROWS)], DEFAULT_MODEL, "test", {})
    await pool.close()
    with psycopg.connect(url, autocommit=True) as own:
        own.execute("ANALYZE ai_incident_patterns")
        own.execute(load_sql("ai_gateway.memory", "build_index").encode())
    return "gateway_indexed"


@pytest.fixture
async def keeper(small: None, pool: Pool) -> AsyncIterator[MemoryIndex]:  # noqa: ARG001
    keeper = MemoryIndex(pool)
    yield keeper
    await keeper.close()


@pytest.fixture
def indexed(small: None, memory: MemoryStore) -> MemoryStore:  # noqa: ARG001
    return memory


@pytest.fixture
def filled(small: None, memory: MemoryStore, own: psycopg.Connection) -> MemoryStore:  # noqa: ARG001
    """The same before there was an index."""
    own.execute("DROP INDEX ai_incident_patterns_nearest")
    return memory


@pytest.fixture
def plans(own: psycopg.Connection) -> Iterator[None]:
    """Fails a test in which nothing was ever read from the index."""
    scans = "SELECT idx_scan FROM pg_stat_all_indexes WHERE indexrelname = 'ai_incident_patterns_nearest'"
    yield
    own.execute("SELECT pg_stat_force_next_flush()")
    deadline = 50
    while not own.execute(scans).fetchone()["idx_scan"] and deadline:
        own.execute("SELECT pg_sleep(0.1), pg_stat_clear_snapshot()")
        deadline -= 1
    assert deadline, "the index was never used"


async def near(
    memory: MemoryStore, number: int, k: int, sites: tuple[int, ...] | None = None, filters: Filters = ANY
) -> list[Recalled]:
    found = await memory.candidates(vector(number), DEFAULT_MODEL, NO_WORDS, sites, filters, k)
    return sorted((one.incident for one in found), key=lambda one: -(one.similarity or 0))


@pytest.mark.usefixtures("plans")
async def test_what_is_said_over_and_over_is_left_out_of_what_the_index_gives(indexed: MemoryStore) -> None:
    often = [Repeated(("text", str(number)), 2) for number in (401, 402)]
    found = [one.id for one in await near(indexed, 401, 3)]
    beside = await indexed.candidates(vector(401), DEFAULT_MODEL, NO_WORDS, None, ANY, 3, often)
    told = {one.incident.description for one in beside}
    assert len(found) == 3
    assert "Text 401" not in told
    assert len(told) >= 3


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("sites", [None, (MANY,), (FEW,), (MANY, FEW), (3,), ()])
@pytest.mark.parametrize(
    "filters",
    [
        ANY,
        Filters(categories=("power",)),
        Filters(severities=("critical",)),
        Filters(device_types=("till",)),
        Filters(since=YESTERDAY),
        Filters(until=YESTERDAY, categories=("network",)),
    ],
)
async def test_under_filters_it_gives_as_many_as_there_are(
    indexed: MemoryStore, own: psycopg.Connection, sites: tuple[int, ...] | None, filters: Filters
) -> None:
    k = 40
    own.execute("SET enable_indexscan = off")
    there = own.execute(
        composed("rows_in_scope", {"scope": "scope"}).replace("EXPLAIN (FORMAT JSON)\nSELECT", "SELECT id"),
        in_scope(sites, filters),
    ).fetchall()
    await near(indexed, 0, k)
    found = await near(indexed, 300, k, sites, filters)
    assert len(found) == min(k, len(there))
    assert {one.id for one in found} <= {row["id"] for row in there}


async def test_a_tenant_beside_a_flood_of_nearer_incidents_of_another_finds_its_own(
    indexed: MemoryStore, own: psycopg.Connection
) -> None:
    flood = [kept(f"flood {number}", "Flood", site=MANY) for number in range(300)]
    await indexed.save(flood, [vector(5)] * len(flood), DEFAULT_MODEL, "test", {})
    own.execute("ANALYZE ai_incident_patterns")
    found = await near(indexed, 5, FEW_ROWS, (FEW,))
    assert len(found) == FEW_ROWS
    assert found[0].description == "Text 5"


async def test_what_the_index_does_not_reach_is_compared(indexed: MemoryStore, own: psycopg.Connection) -> None:
    """As if the index had run out of memory for its scan: it gives too few, and more are there."""
    own.execute("ALTER FUNCTION ai_memory_nearest RENAME TO far_sighted")
    own.execute(SHORT_SIGHTED)
    found = await near(indexed, 300, 200, (FEW, MANY))
    assert len(found) == 200
    assert own.execute(VALID).fetchone() == {"indisvalid": True}


@pytest.mark.usefixtures("plans")
async def test_what_is_new_is_found_at_once_and_what_is_deleted_never_again(
    indexed: MemoryStore, pool: Pool, own: psycopg.Connection
) -> None:
    at = 123
    own.execute("DELETE FROM ai_incident_patterns WHERE source_key = %s", (str(at),))
    assert (await near(indexed, at, 10))[0].description != "Text 123"
    number = await RecordStore(pool).add(kept("new", "Text 123 again"), vector(at))
    assert (await near(indexed, at, 10))[0].id == number
    assert await RecordStore(pool).forget(number, None)
    assert number not in {one.id for one in await near(indexed, at, 10)}


async def test_few_incidents_get_no_index(
    filled: MemoryStore, keeper: MemoryIndex, own: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filled
    monkeypatch.setattr(index, "INDEX_FROM", ROWS + 1)
    await keeper.run()
    await keeper.built()
    assert own.execute(VALID).fetchone() is None


async def test_an_interrupted_build_is_begun_anew_and_recall_is_exact_meanwhile(
    filled: MemoryStore, keeper: MemoryIndex, own: psycopg.Connection, database_url: str
) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("SELECT txid_current()")  # a build waits for every transaction that is older
        other.execute("LOCK TABLE ai_incident_patterns IN ROW EXCLUSIVE MODE")
        await keeper.run()
        await asyncio.to_thread(wait_until, lambda: own.execute(VALID).fetchone() is not None, 20)
        assert own.execute(VALID).fetchone() == {"indisvalid": False}
        assert len(await near(filled, 300, 40)) == 40
        await keeper.close()
    assert own.execute(VALID).fetchone() == {"indisvalid": False}, "left over"
    after = MemoryIndex(keeper._pool)
    await after.run()
    await after.built()
    assert own.execute(VALID).fetchone() == {"indisvalid": True}
    assert (await near(filled, 300, 40))[0].description == "Text 300"


async def test_of_two_workers_one_builds(filled: MemoryStore, keeper: MemoryIndex, own: psycopg.Connection) -> None:
    assert filled
    own.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
    await keeper.run()
    await keeper.built()
    assert own.execute(VALID).fetchone() is None
    own.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))
    await keeper.run()
    await keeper.built()
    assert own.execute(VALID).fetchone() == {"indisvalid": True}


async def test_its_recall_is_measured(indexed: MemoryStore, keeper: MemoryIndex) -> None:
    assert indexed
    assert await keeper.run() == 1
    assert await keeper.run() == 0, "a hundred times as long as the probe took, there is no other"
    assert REGISTRY.get_sample_value("ai_memory_index_ready") == 1
    assert REGISTRY.get_sample_value("ai_memory_index_recall_ratio") > 0.7
    shares = await keeper.probe()
    assert shares[SIGHTS[-1]] > 0.7


async def test_what_is_probed_is_picked_from_all_that_is_remembered(indexed: MemoryStore, pool: Pool) -> None:
    assert indexed
    async with pool.connection() as conn:
        picks = [
            (await fetch_all(conn, load_sql("ai_gateway.memory", "probe_pick"), {"model": DEFAULT_MODEL}))[0]["id"]
            for _ in range(40)
        ]
    assert min(picks) < ROWS / 2 < max(picks)


async def test_as_few_as_find_enough_are_kept_in_sight(
    indexed: MemoryStore, keeper: MemoryIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured by the worker, it holds for whoever asks, and after a restart."""
    asked: list[int] = []
    recall = search.recall

    async def noted(conn: Connection, ways: Ways, params: dict[str, Any]) -> list[dict[str, Any]]:
        asked.append(ways.in_sight)
        return await recall(conn, ways, params)

    async def probe(_: MemoryIndex) -> dict[int, float]:
        return {one: min(one / 200, 1.0) for one in SIGHTS}

    monkeypatch.setattr(search, "recall", noted)
    monkeypatch.setattr(MemoryIndex, "probe", probe)
    await near(indexed, 300, 10)
    await keeper.run()
    for _ in range(PROBES_ENOUGH - 2):
        await keeper.measure()
    await near(indexed, 300, 10)
    assert keeper.settled is None, "too little is measured"
    await keeper.measure()
    await near(indexed, 300, 10)
    assert asked == [UNMEASURED, UNMEASURED, 200]
    assert REGISTRY.get_sample_value("ai_memory_index_in_sight") == 200
    assert REGISTRY.get_sample_value("ai_memory_index_recall_ratio") == 1.0
    after = MemoryIndex(keeper._pool)
    await after.run()
    assert after.settled == 200


async def test_words_are_found_within_a_bounded_number_of_texts(
    filled: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "MOST_READ", 20)
    monkeypatch.setattr(search, "MOST_READ", 20)
    await filled.count_words()
    question = Question.of("Text 300", "", await filled.word_counts(["text", "300"]))
    found = await filled.candidates(None, DEFAULT_MODEL, question, None, ANY, 100)
    assert [one.incident.description for one in found] == ["Text 300"]
