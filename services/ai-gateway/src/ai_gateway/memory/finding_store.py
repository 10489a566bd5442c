"""Which findings are on, in the gateway's own Postgres."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql
from ai_gateway.memory.recipe import FINDINGS
from ai_gateway.memory.search import PACKAGE
from ai_gateway.memory.store import DOWN, PART, columns
from ai_gateway.memory.types import Incident


class Ongoing(msgspec.Struct, frozen=True):
    """A finding that is on: which incident of memory it is, when it began, and when it was last told."""

    subject: str
    source_key: str
    began_at: datetime
    last_at: datetime


class Said(msgspec.Struct, frozen=True):
    """What memory has of a finding: what it was made of, and what may be from people."""

    source_key: str
    content_hash: str
    embedding_model: str
    cause: str | None
    resolution: str | None
    helped: bool | None
    resolved_at: datetime | None

    @property
    def made(self) -> tuple[str, str]:
        """Its content's digest and the model that embedded it."""
        return self.content_hash, self.embedding_model


class FindingStore:
    """SQL about findings. Every method raises ``Unavailable`` while the database does not answer."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool

    async def ongoing(self, reporter: str, site: int) -> dict[str, Ongoing]:
        """A report's findings of a site that are on, by what they are about."""
        rows = await self._run("ongoing_findings", {"reporter": reporter, "sites": [site]})
        return {one.subject: one for one in msgspec.convert(rows, list[Ongoing])}

    async def sites(self, reporter: str) -> frozenset[int]:
        """The sites of which a report's findings are on."""
        return frozenset(row["site"] for row in await self._run("finding_sites", {"reporter": reporter}))

    async def said(self, keys: Sequence[str]) -> dict[str, Said]:
        """What stands in memory under these keys."""
        rows = await self._run("told_findings", {"source": FINDINGS, "keys": list(keys)}) if keys else []
        return {one.source_key: one for one in msgspec.convert(rows, list[Said])}

    async def save(
        self,
        reporter: str,
        site: int,
        now: datetime,
        told: tuple[Sequence[Ongoing], Sequence[str]],
        made: tuple[Sequence[Incident], Sequence[list[float]]],
        mark: tuple[str, dict[str, Any]],
    ) -> None:
        """Store a step in one transaction: all of it or nothing. What somebody deleted stays deleted.

        ``told``: findings that are on, and the subjects of those that have ended. ``made``: incidents that are new or changed, with their
        vectors. ``mark``: a job and how far it is.
        """
        whose = {"reporter": reporter, "site": site, "now": now, "source": FINDINGS}
        on, over = told
        rows = [columns(incident, vector, DEFAULT_MODEL) for incident, vector in zip(*made, strict=True)]
        kept = {
            "subjects": [one.subject for one in on],
            "keys": [one.source_key for one in on],
            "began": [one.began_at for one in on],
        }
        async with self._connection() as conn, conn.transaction(), conn.cursor() as cursor:
            if rows:
                await cursor.executemany(load_sql(PACKAGE, "upsert_incident").encode(), rows)
            await cursor.execute(load_sql(PACKAGE, "put_findings").encode(), {**whose, **kept})
            await cursor.execute(load_sql(PACKAGE, "end_findings").encode(), {**whose, "subjects": list(over)})
            position = {"job": mark[0], "position": Jsonb(mark[1])}
            await cursor.execute(load_sql(PACKAGE, "write_watermark").encode(), position)

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._connection() as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), params)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            yield conn
