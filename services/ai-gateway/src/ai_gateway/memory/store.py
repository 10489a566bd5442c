"""Incident memory in the gateway's own Postgres."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector
from pgvector.psycopg import register_vector_async
from psycopg.types.json import Jsonb

from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql
from ai_gateway.memory.crowd import Crowd, Placed
from ai_gateway.memory.lexical import DIMENSIONS, Question, text_weights
from ai_gateway.memory.recipe import RECIPE, parts, storable
from ai_gateway.memory.search import PACKAGE, Search
from ai_gateway.memory.types import (
    Candidate,
    Deleted,
    Filters,
    Incident,
    MemoryStatistics,
    Outdated,
    Recalled,
    Repeated,
    Told,
    Vote,
    WordCounts,
)
from ai_gateway.memory.words import words

PART = "database"
GROWTH = 10
"""A word's rarity hardly changes while memory grows by less than one part in this many."""
CROWD_SAMPLE = 5000
"""Texts among which the nearest are looked for, about as many as the weights of `scoring` were chosen with."""
WORD_SAMPLE = 100_000
"""Texts of which words are counted: how rare a word is among a million is known well enough from a tenth."""
FEW = 100_000
"""Incidents that are counted one by one."""
COUNT_TIMEOUT_MS = 600_000
DOWN = "The gateway's own database does not answer; past incidents cannot be recalled."


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
        self._search = Search()

    async def known(self, source: str, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """For each key that is stored: its content hash and embedding model."""
        rows = await self._run("known_hashes", {"source": source, "keys": list(keys)})
        return {row["source_key"]: (row["content_hash"], row["embedding_model"]) for row in rows}

    async def stored(self, source: str, keys: Sequence[str]) -> dict[str, Incident]:
        """For each key that is stored: the incident as it is remembered."""
        rows = await self._run("stored_incidents", {"source": source, "keys": list(keys)})
        return {row["source_key"]: msgspec.convert(row, Incident) for row in rows}

    async def contents(self, source: str) -> dict[str, str]:
        """The content hash of everything from a source, by key."""
        rows = await self._run("contents", {"source": source})
        return {row["source_key"]: row["content_hash"] for row in rows}

    async def forgotten(self, source: str) -> frozenset[str]:
        """The keys of a source that somebody deleted."""
        return frozenset(row["source_key"] for row in await self._run("forgotten", {"source": source}))

    async def vectors(self, texts: Sequence[str], model: str) -> dict[str, list[float]]:
        """The vectors of those texts that this model embedded before."""
        params = {"texts": list(texts), "model": model}
        async with self._connection() as conn:
            rows = await fetch_all(conn, load_sql(PACKAGE, "stored_vectors"), params, binary=True)
        return {row["description"]: row["embedding"].to_list() for row in rows}

    async def vectors_of(
        self, ids: Sequence[int], model: str, sites: tuple[int, ...] | None
    ) -> dict[int, NDArray[np.float32]]:
        """The vectors, ``(768,)`` of length 1, of those incidents of these sites (``None``: all) that this model embedded."""
        params = {"ids": list(ids), "model": model, "sites": None if sites is None else list(sites)}
        async with self._connection() as conn:
            rows = await fetch_all(conn, load_sql(PACKAGE, "vectors_of"), params, binary=True)
        return {row["id"]: row["embedding"].to_numpy().astype(np.float32) for row in rows}

    async def save(
        self,
        incidents: Sequence[Incident],
        vectors: Sequence[list[float]],
        model: str,
        job: str,
        position: dict[str, Any],
    ) -> None:
        """Store incidents and the job's new position in one transaction: both or neither.

        What somebody deleted stays deleted.
        """
        rows = [columns(incident, vector, model) for incident, vector in zip(incidents, vectors, strict=True)]
        async with self._connection() as conn, conn.transaction(), conn.cursor() as cursor:
            if rows:
                await cursor.executemany(load_sql(PACKAGE, "upsert_incident").encode(), rows)
            mark = {"job": job, "position": Jsonb(position)}
            await cursor.execute(load_sql(PACKAGE, "write_watermark").encode(), mark)

    async def delete(self, told: Sequence[Deleted]) -> int:
        """Delete these for good, as `RecordStore.forget` does; returns how many were there."""
        values = {
            "sources": [one.source for one in told],
            "keys": [one.source_key for one in told],
            "times": [one.deleted_at for one in told],
        }
        return int((await self._run("delete_incidents", values))[0]["deleted"])

    async def vote(self, votes: Sequence[tuple[Incident, Vote]]) -> None:
        """Keep what people found of incidents that are stored, unless they said something here since."""
        values = {
            "sources": [one.source for one, _ in votes],
            "keys": [one.source_key for one, _ in votes],
            "owners": [vote.owner for _, vote in votes],
            "useful": [vote.useful for _, vote in votes],
            "times": [vote.at for _, vote in votes],
        }
        async with self._connection() as conn:
            await conn.execute(load_sql(PACKAGE, "put_votes").encode(), values)

    async def watermark(self, job: str) -> dict[str, Any] | None:
        """Where the job stopped, or ``None`` before its first step."""
        rows = await self._run("read_watermark", {"job": job})
        return rows[0]["position"] if rows else None

    async def count_words(self) -> int:
        """Count anew in how many texts each word stands, once memory has grown or shrunk by a tenth; returns texts.

        Of more than twice ``WORD_SAMPLE`` about that many are read.
        """
        counted, now = (await self.word_counts([])).total, (await self.statistics()).incidents
        if abs(now - counted) * GROWTH < max(counted, 1):
            return counted
        async with self._connection() as conn, conn.transaction():
            await conn.execute(f"SET LOCAL statement_timeout = {COUNT_TIMEOUT_MS}".encode())
            await conn.execute(load_sql(PACKAGE, "count_words").encode(), {"percent": _percent(now, WORD_SAMPLE)})
        return now

    async def word_counts(self, asked: Iterable[str]) -> WordCounts:
        """In how many of all remembered texts each of these words stands, as of the last count."""
        rows = await self._run("word_counts", {"words": list(asked)})
        found = {row["word"]: row["documents"] for row in rows}
        return WordCounts(total=found.pop("", 0), documents=found)

    async def candidates(
        self,
        vector: list[float] | None,
        model: str,
        question: Question,
        sites: tuple[int, ...] | None,
        filters: Filters,
        limit: int,
        beside: Sequence[Repeated] = (),
    ) -> list[Candidate]:
        """Of these sites (``None``: all) the ``limit`` incidents nearest by meaning and the ``limit`` nearest by words.

        At most twice ``limit``, in no order: exact where few are in scope, by indexes where there are many. Without ``vector`` only words are compared.
        ``beside``: incidents that say just this are left out.
        """
        async with self._connection() as conn:
            rows = await self._search.candidates(conn, vector, model, question, sites, filters, limit, beside)
        return [
            Candidate(
                incident=msgspec.convert(row, Recalled),
                wording=row["wording"],
                crowd=row["crowd"],
                word_crowd=row["word_crowd"],
            )
            for row in rows
        ]

    async def outdated(self, model: str, limit: int) -> list[Outdated]:
        """The first incidents that another recipe or model composed."""
        rows = await self._run("outdated", {"recipe": RECIPE, "model": model, "limit": limit})
        return [
            Outdated(id=row["id"], updated_at=row["updated_at"], incident=msgspec.convert(row, Incident))
            for row in rows
        ]

    async def renew(self, outdated: Sequence[Outdated], vectors: Sequence[list[float]], model: str) -> None:
        """Replace the words and vectors of incidents that nobody changed since they were read."""
        rows = [
            {"id": one.id, "updated_at": one.updated_at, **made(one.incident, vector, model)}
            for one, vector in zip(outdated, vectors, strict=True)
        ]
        async with self._connection() as conn, conn.transaction(), conn.cursor() as cursor:
            await cursor.executemany(load_sql(PACKAGE, "renew_incident").encode(), rows)

    async def sample(self, model: str, total: int) -> list[Placed]:
        """About ``CROWD_SAMPLE`` of all ``total`` texts, or all of them where there are fewer."""
        return await self._placed("sample", {"model": model, "percent": _percent(total, CROWD_SAMPLE)})

    async def crowd_due(self, model: str, total: int, limit: int) -> list[Placed]:
        """Texts around which nobody looked yet, or not since memory was half as large."""
        return await self._placed("crowd_due", {"model": model, "total": total, "limit": limit})

    async def put_crowds(self, crowds: dict[int, Crowd], total: int) -> None:
        """Keep how crowded it is around texts, by id, measured when memory held ``total``."""
        values = {
            "ids": list(crowds),
            "crowds": [one.meaning for one in crowds.values()],
            "word_crowds": [one.words for one in crowds.values()],
        }
        async with self._connection() as conn:
            await conn.execute(load_sql(PACKAGE, "put_crowds").encode(), {**values, "total": total})

    async def statistics(self) -> MemoryStatistics:
        """Counts and size."""
        return msgspec.convert((await self._run("statistics", {"most": FEW}))[0], MemoryStatistics)

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._connection() as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), params)

    async def _placed(self, query: str, params: dict[str, Any]) -> list[Placed]:
        async with self._connection() as conn:
            cursor = await conn.execute(load_sql(PACKAGE, query).encode(), params, binary=True)
            return [_place(row) async for row in cursor]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            yield conn


def _percent(total: int, enough: int) -> float:
    """How much of the table holds about ``enough`` of its ``total`` rows, or twice as many; 100 where there are fewer."""
    return 100 / max(total // enough, 1)


def columns(incident: Incident, vector: list[float] | None, model: str) -> dict[str, Any]:
    """All columns of an incident. Without a vector it waits for the worker to embed it."""
    kept = storable(incident)
    return {**_fields(kept), "by_hand": list(kept.by_hand), **made(kept, vector, model)}


def made(incident: Told, vector: list[float] | None, model: str) -> dict[str, Any]:
    """What recipe and model make of an incident, as columns."""
    title, body = parts(incident)
    return {
        "recipe": RECIPE,
        "embedding": None if vector is None else HalfVector(vector),
        "embedding_model": "" if vector is None else model,
        "words": sorted(set(words(f"{title}\n{body}"))),
        "word_weights": SparseVector(text_weights(title, body), DIMENSIONS),
    }


def _place(row: dict[str, Any]) -> Placed:
    title, body = parts(msgspec.convert(row, Told))
    weights: SparseVector = row["word_weights"]
    return Placed(
        id=row["id"],
        vector=np.asarray(row["embedding"].to_numpy(), dtype=np.float32),
        word_weights=dict(zip(weights.indices(), weights.values(), strict=True)),
        title=title,
        body=body,
    )


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
