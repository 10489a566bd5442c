"""A connection is lent again without a round trip if it just worked, and never if its server hung up."""

from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from ai_gateway.kit import db
from ai_gateway.kit.db import Pool, connection, create_pool, fetch_all
from dev.postgres import EmbeddedPostgres

NAME = "lent"


@pytest.fixture
async def pool(postgres: EmbeddedPostgres) -> AsyncIterator[Pool]:
    pool = create_pool(postgres.url(), name=NAME, max_size=1, statement_timeout_ms=5000)
    await pool.open(wait=True)
    yield pool
    await pool.close()


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections that were asked whether they work."""
    asked: list[object] = []
    check = AsyncConnectionPool.check_connection

    async def noted(conn: object) -> None:
        asked.append(conn)
        await check(conn)

    monkeypatch.setattr(AsyncConnectionPool, "check_connection", noted)
    return asked


async def ask(pool: Pool) -> int:
    """Which process serves it."""
    async with connection(pool, part="database", detail="It does not answer.") as conn:
        return int((await fetch_all(conn, "SELECT pg_backend_pid() AS pid"))[0]["pid"])


async def test_one_that_just_worked_is_not_asked(
    pool: Pool, checked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "FRESH_S", 60.0)
    await ask(pool)
    assert len(checked) == 1, "nobody knows a new one"
    await ask(pool)
    assert len(checked) == 1
    monkeypatch.setattr(db, "FRESH_S", 0.0)
    await ask(pool)
    assert len(checked) == 2


async def test_one_whose_server_hung_up_is_replaced(
    pool: Pool, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "FRESH_S", 60.0)
    before = await ask(pool)
    with psycopg.connect(postgres.url()) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (before,))
    assert await ask(pool) != before
