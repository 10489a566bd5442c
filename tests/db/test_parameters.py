"""Parameters of queries reach the server, each once, in whatever way they are written."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from ai_gateway.kit.db import Pool, connection, create_pool, fetch_all
from dev.postgres import EmbeddedPostgres


@pytest.fixture
async def pool(postgres: EmbeddedPostgres) -> AsyncIterator[Pool]:
    pool = create_pool(postgres.url(), name="parameters", max_size=1, statement_timeout_ms=60_000)
    async with pool:
        yield pool


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT %(a)s::int - %(b)s::int - %(a)s::int AS told", -2),
        ("SELECT %(b)s::int %% %(a)s::int AS told", 2),
        ("SELECT 'a' LIKE '%%' AND %(a)s::int = 7 AS told", True),
        ("SELECT %(a)b::int8 AS told", 7),
        ("SELECT %(words)s::text[] AS told", ["x", "%(a)s"]),
        ("SELECT %(nul)s AS told", "ab"),
        ("SELECT %(nuls)s::text[] AS told", ["", "c"]),
    ],
)
async def test_a_query_gets_its_parameters_by_name(pool: Pool, query: str, expected: object) -> None:
    params = {"a": 7, "b": 2, "words": ["x", "%(a)s"], "unused": None, "nul": "a\x00b", "nuls": ["\x00", "c"]}
    async with connection(pool, part="database", detail="It does not answer.") as conn:
        for _ in range(7):  # as it is, and as the statement that the server keeps after a few
            assert await fetch_all(conn, query, params) == [{"told": expected}]


async def test_a_query_without_parameters_is_sent_as_it_is(pool: Pool) -> None:
    async with connection(pool, part="database", detail="It does not answer.") as conn:
        assert await fetch_all(conn, "SELECT 'ab' LIKE 'a%' AS told") == [{"told": True}]


async def test_a_value_that_is_too_large_is_no_database_that_is_down(pool: Pool) -> None:
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        async with connection(pool, part="database", detail="It does not answer.") as conn:
            await fetch_all(conn, "SELECT %(word)s::tsvector AS told", {"word": "x" * 3000})
