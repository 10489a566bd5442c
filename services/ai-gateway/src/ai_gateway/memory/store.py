"""Incident memory in the gateway's own Postgres."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from pgvector import Vector
from pgvector.psycopg import register_vector_async
from psycopg.types.json import Jsonb

from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql
from ai_gateway.memory.types import Incident, MemoryStatistics, Recalled

PACKAGE = "ai_gateway.memory"
PART = "database"
DOWN = "The gateway's own database does not answer; past incidents cannot be recalled."
_WORD = re.compile(r"[a-z0-9]{3,}")


async def configure_connection(conn: Connection) -> None:
    """Teach a new connection the vector type, once the migrations have made it."""
    await conn.execute("SET TIME ZONE 'UTC'")
    known = await fetch_all(conn, "SELECT 1 AS there FROM pg_type WHERE typname = 'vector'")
    if known:
        await register_vector_async(conn)


class MemoryStore:
    """The only place with SQL about remembered incidents."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool

    async def known(self, source: str, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """For each key that is stored: its content hash and embedding model."""
        rows = await self._run("known_hashes", {"source": source, "keys": list(keys)})
        return {row["source_key"]: (row["content_hash"], row["embedding_model"]) for row in rows}

    async def vectors(self, texts: Sequence[str], model: str) -> dict[str, list[float]]:
        """The vectors of those texts that this model embedded before."""
        rows = await self._run("stored_vectors", {"texts": list(texts), "model": model})
        return {row["description"]: row["embedding"].to_list() for row in rows}

    async def save(
        self,
        incidents: Sequence[Incident],
        vectors: Sequence[list[float]],
        model: str,
        job: str,
        position: dict[str, Any],
    ) -> None:
        """Store incidents and the job's new position in one transaction: both or neither."""
        rows = [
            {**msgspec.structs.asdict(incident), "embedding": Vector(vector), "embedding_model": model}
            for incident, vector in zip(incidents, vectors, strict=True)
        ]
        async with self._connection() as conn, conn.transaction(), conn.cursor() as cursor:
            if rows:
                await cursor.executemany(load_sql(PACKAGE, "upsert_incident").encode(), rows)
            mark = {"job": job, "position": Jsonb(position)}
            await cursor.execute(load_sql(PACKAGE, "write_watermark").encode(), mark)

    async def watermark(self, job: str) -> dict[str, Any] | None:
        """Where the job stopped, or ``None`` before its first step."""
        rows = await self._run("read_watermark", {"job": job})
        return rows[0]["position"] if rows else None

    async def by_meaning(
        self, vector: list[float], model: str, sites: tuple[int, ...] | None, categories: list[str] | None, k: int
    ) -> list[Recalled]:
        """The ``k`` nearest incidents of these sites (``None``: all), nearest first."""
        params = {
            "embedding": Vector(vector),
            "embedding_model": model,
            "sites": _listed(sites),
            "categories": categories,
            "k": k,
        }
        return msgspec.convert(await self._run("recall_by_meaning", params), list[Recalled])

    async def by_words(self, text: str, sites: tuple[int, ...] | None, k: int) -> list[Recalled]:
        """Incidents of these sites that share words with the text, best first."""
        words = " | ".join(dict.fromkeys(_WORD.findall(text.lower())))
        if not words:
            return []
        params = {"words": words, "sites": _listed(sites), "k": k}
        return msgspec.convert(await self._run("recall_by_words", params), list[Recalled])

    async def statistics(self) -> MemoryStatistics:
        """Counts and size."""
        return msgspec.convert((await self._run("statistics", {}))[0], MemoryStatistics)

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._connection() as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), params)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            yield conn


def _listed(sites: tuple[int, ...] | None) -> list[int] | None:
    return None if sites is None else list(sites)
