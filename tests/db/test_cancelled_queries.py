"""A query whose waiter is cancelled, once or without pause, leaves no connection closed under it."""

import asyncio
import logging
from typing import Any

import anyio
import pytest

from ai_gateway.kit.db import Pool, connection, create_pool, fetch_all
from dev.postgres import EmbeddedPostgres

TIMES = 30


async def test_cancelled_again_and_again(postgres: EmbeddedPostgres, caplog: pytest.LogCaptureFixture) -> None:
    told: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context))
    pool = create_pool(postgres.url(), name="cancelled", max_size=2, statement_timeout_ms=60_000)
    await pool.open(wait=True)
    try:
        with caplog.at_level(logging.WARNING):
            for turn in range(TIMES):
                async with anyio.create_task_group() as group:  # its scope cancels in every turn of the loop
                    group.start_soon(_ask, pool)
                    await asyncio.sleep(0.001 * (turn % 10))
                    group.cancel_scope.cancel()
        async with pool.connection() as conn:
            assert await fetch_all(conn, "SELECT 1 AS alive") == [{"alive": 1}]
    finally:
        await pool.close()
        loop.set_exception_handler(None)
    assert told == []
    assert "[ACTIVE]" not in caplog.text  # as psycopg calls a connection that a query still uses


async def _ask(pool: Pool) -> None:
    while True:
        async with pool.connection() as conn:
            await fetch_all(conn, "SELECT pg_sleep(0.01)")


async def test_who_is_cancelled_in_a_transaction_or_while_waiting_keeps_no_connection(
    postgres: EmbeddedPostgres,
) -> None:
    pool = create_pool(postgres.url(), name="cancelled", max_size=1, statement_timeout_ms=60_000)
    await pool.open(wait=True)
    try:
        for turn in range(TIMES):
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(_ask_in_transaction, pool)
                await asyncio.sleep(0.001 * (turn % 10))
                group.cancel_scope.cancel()
            async with connection(pool, part="database", detail="It does not answer.") as conn:
                assert await fetch_all(conn, "SELECT 1 AS alive") == [{"alive": 1}]
    finally:
        await pool.close()


async def _ask_in_transaction(pool: Pool) -> None:
    while True:
        async with connection(pool, part="database", detail="It does not answer.") as conn, conn.transaction():
            await fetch_all(conn, "SELECT pg_sleep(0.001)")
            await asyncio.sleep(0.001)
