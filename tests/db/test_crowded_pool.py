"""A pool that has no connection to lend: the database is down, or it answers others and the caller is one too many."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ai_gateway.kit import db
from ai_gateway.kit.db import Pool, answers, connection, create_pool, fetch_all
from ai_gateway.kit.errors import Crowded, Unavailable
from dev.postgres import EmbeddedPostgres

WAIT_S = 0.3


@pytest.fixture
async def pool(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pool]:
    """One connection, and little patience."""
    monkeypatch.setattr(db, "ACQUIRE_TIMEOUT_S", WAIT_S)
    monkeypatch.setattr(db, "WAITING_PER_CONNECTION", 8)
    pool = create_pool(postgres.url(), name="crowded", max_size=1, statement_timeout_ms=60_000)
    await pool.open(wait=True)
    yield pool
    await pool.close()


async def ask(pool: Pool, seconds: float) -> None:
    async with connection(pool, part="homepot-database", detail="It does not answer.") as conn:
        await fetch_all(conn, "SELECT pg_sleep(%(seconds)s)", {"seconds": seconds})


async def test_one_too_many_for_a_database_that_works_is_told_to_come_again(pool: Pool) -> None:
    results = await asyncio.gather(*(ask(pool, WAIT_S / 3) for _ in range(12)), return_exceptions=True)
    refused = [one for one in results if one is not None]
    assert results.count(None) >= 2
    assert refused
    assert any(isinstance(one, Crowded) for one in refused)
    for one in refused:
        if isinstance(one, Crowded):
            assert (one.status, one.kind) == (429, "busy")
            assert int(one.headers["Retry-After"]) >= 1


async def test_one_that_answers_nobody_is_down(pool: Pool) -> None:
    await ask(pool, 0)
    hanging = asyncio.create_task(ask(pool, WAIT_S * 5))
    await asyncio.sleep(WAIT_S * 1.5)
    with pytest.raises(Unavailable) as told:
        await ask(pool, 0)
    assert not isinstance(told.value, Crowded)
    assert told.value.status == 503
    await hanging


async def test_one_that_refuses_connections_is_down_however_lately_it_answered(
    postgres: EmbeddedPostgres, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = create_pool(postgres.create_database("closing"), name="closing", max_size=1, statement_timeout_ms=60_000)
    monkeypatch.setattr(db, "ACQUIRE_TIMEOUT_S", 60.0)  # whatever was answered in this test was answered lately
    async with closing, connection(pool, part="database", detail="It does not answer.") as owner:
        await ask(closing, 0)
        assert answers(closing)
        await owner.execute("ALTER DATABASE closing ALLOW_CONNECTIONS false")
        await owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'closing'")
        with pytest.raises(Unavailable) as told:
            await ask(closing, 0)
        assert not isinstance(told.value, Crowded)
        assert not answers(closing)
        await owner.execute("ALTER DATABASE closing ALLOW_CONNECTIONS true")
        async with closing.connection(timeout=20):  # it is tried again after a while
            pass
        await ask(closing, 0)
        assert answers(closing)
