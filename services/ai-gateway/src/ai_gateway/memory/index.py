"""The index over vectors: built while everything goes on, built anew if that was interrupted, and watched for its recall."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import psycopg
from pgvector import HalfVector
from prometheus_client import Counter, Gauge
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.sql import load_sql
from ai_gateway.memory.nearest import INDEX_FROM
from ai_gateway.memory.search import PACKAGE, composed, in_scope, index_state
from ai_gateway.memory.sight import SIGHTS, UNMEASURED, Shares, Sights, kept_in_sight
from ai_gateway.memory.types import ANY

LOCK_KEY = 0x686F6D65_696478
"""Advisory lock: of several workers one builds."""
OTHER = 0.25
"""Share of another remembered vector in the one that is looked for. What is in the index itself is found too easily: of
300,000, 99.7 % of the ten nearest with 40 in sight, where 98 % are found of what is not there (docs/decisions/0030)."""
NEAREST = 10
"""How many neighbours the index's answer is compared in."""
CANDIDATES = 100
"""As many as recall asks for."""
ALIKE = 1e-5
"""Cosines this close are the same: of texts that are equally near, either may be among the nearest."""
MOST_PROBE_MS = 120_000
SIGHT = "memory_sight"
"""Under this name lies how many rows the index should keep in sight."""
SHARE = 0.01
"""Of the time, at most, that comparing with all may take: a probe that took a second is followed by 100 without one."""
ALL = in_scope(None, ANY)
PART = "database"
DOWN = "The gateway's own database does not answer; its index is not looked after."

READY = Gauge("ai_memory_index_ready", "1 while an index over vectors serves recall.")
BUILT = Gauge("ai_memory_index_built_ratio", "How much of the table the build of an index has read.")
RECALL = Gauge("ai_memory_index_recall_ratio", "Share of the ten nearest that the index finds, over the last probes.")
IN_SIGHT = Gauge("ai_memory_index_in_sight", "Rows that the index keeps in sight, by what the probes found.")
PROBES = Counter("ai_memory_index_probes_total", "Vectors between remembered ones that were looked for both ways.")

_log = get_logger("memory")


class MemoryIndex:
    """A job of the worker: sees that there is an index once memory is large, and how well it finds."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool
        self._building: asyncio.Task[None] | None = None
        self._sights = Sights()
        self._settled: int | None = None
        self._probe_after = 0.0

    async def run(self) -> int:
        """One round; returns 1 if the index was probed. A build goes on behind it, whatever else the worker does.

        Raises:
            Unavailable: the gateway's own database is down.
        """
        self._raise_failure()
        async with self._connection() as conn:
            state = await index_state(conn)
        self._settled = state.in_sight
        READY.set(state.valid)
        BUILT.set(1.0 if state.valid else state.built)
        if self._building is not None:
            _log.info("index_building", rows=state.rows, built=round(state.built, 3))
        elif not state.valid and (state.present or state.rows >= INDEX_FROM):
            self._building = asyncio.create_task(self._build())
        return await self._probe_if_due() if state.valid else 0

    async def built(self) -> None:
        """Wait for a build that is going on, if there is one; raises what made it fail."""
        if self._building is not None:
            await asyncio.wait({self._building})
            self._raise_failure()

    async def close(self) -> None:
        """End a build that is going on; the next worker begins it anew."""
        if self._building is not None:
            self._building.cancel()
            await asyncio.wait({self._building})

    def _raise_failure(self) -> None:
        """Forget a build that ended; a failure is this round's."""
        if self._building is not None and self._building.done():
            done, self._building = self._building, None
            try:
                done.result()
            except psycopg.OperationalError as error:
                raise Unavailable(PART, f"{DOWN} ({type(error).__name__})") from error

    async def _build(self) -> None:
        """On a connection of its own, without a timeout. A dead worker's server goes on, and holds the lock till then."""
        conn: Connection = await psycopg.AsyncConnection.connect(
            str(self._pool.conninfo),
            autocommit=True,
            row_factory=dict_row,
            application_name="ai-gateway-index",
            keepalives=1,
        )
        async with conn:
            if not await _locked(conn):
                return
            began = time.monotonic()
            if (await index_state(conn)).valid:
                return
            await conn.execute(load_sql(PACKAGE, "drop_index").encode())
            await conn.execute(load_sql(PACKAGE, "build_index").encode())
            _log.info("index_built", seconds=round(time.monotonic() - began))

    async def _probe_if_due(self) -> int:
        began = time.monotonic()
        if began < self._probe_after:
            return 0
        try:
            return await self.measure()
        finally:
            self._probe_after = time.monotonic() + (time.monotonic() - began) / SHARE

    async def measure(self) -> int:
        """Probe the index and settle how many rows it keeps in sight; returns 1, or 0 where nothing is remembered."""
        found = await self.probe()
        if found is None:
            return 0
        self._sights.add(found)
        least = self._sights.least()
        if least is not None and least != self._settled:
            await self._settle(least)
        now = kept_in_sight(CANDIDATES, self._settled or UNMEASURED)
        IN_SIGHT.set(now)
        RECALL.set(self._sights.share(now))
        PROBES.inc()
        return 1

    @property
    def settled(self) -> int | None:
        """How many rows the index should keep in sight, as of the last round; ``None`` before that is measured."""
        return self._settled

    async def _settle(self, in_sight: int) -> None:
        """Let everybody keep so many in sight from now on."""
        async with self._connection() as conn:
            mark = {"job": SIGHT, "position": Jsonb({"in_sight": in_sight})}
            await conn.execute(load_sql(PACKAGE, "write_watermark").encode(), mark)
        self._settled = in_sight
        _log.info("index_in_sight", rows=in_sight)

    async def probe(self) -> Shares | None:
        """Of the ten remembered vectors nearest to another, the share that the index finds, with so many in sight each.

        ``None`` where nothing is remembered.
        """
        async with self._connection() as conn, conn.transaction():
            await fetch_all(conn, load_sql(PACKAGE, "probe_limit"), {"ms": MOST_PROBE_MS})
            picked = [
                await fetch_all(conn, load_sql(PACKAGE, "probe_pick"), {"model": DEFAULT_MODEL}) for _ in range(2)
            ]
            if not all(picked):
                return None
            asked = _between(*(rows[0]["embedding"] for rows in picked))
            params = {**ALL, "embedding": asked, "embedding_model": DEFAULT_MODEL, "candidates": NEAREST}
            exact = await _similarities(conn, "meaning_exact", params)
            found = {one: await _similarities(conn, "meaning_index", {**params, "in_sight": one}) for one in SIGHTS}
        return {one: sum(n >= exact[-1] - ALIKE for n in near) / len(exact) for one, near in found.items()}

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            yield conn


async def _locked(conn: Connection) -> bool:
    (row,) = await fetch_all(conn, load_sql(PACKAGE, "lock_index"), {"key": LOCK_KEY})
    return bool(row["locked"])


def _between(one: HalfVector, other: HalfVector) -> HalfVector:
    """What is near to one vector and is not it, ``(768,)`` of length 1."""
    mixed = (1 - OTHER) * one.to_numpy().astype(np.float32) + OTHER * other.to_numpy().astype(np.float32)
    return HalfVector(mixed / np.linalg.norm(mixed))


async def _similarities(conn: Connection, way: str, params: dict[str, Any]) -> list[float]:
    """Cosines of what that way finds, largest first. It may take longer than an answer to a caller may."""
    query = composed("probe", {"scope": "scope", "by_meaning": way})
    rows = await (await conn.execute(query.encode(), params, prepare=False)).fetchall()
    return sorted((row["similarity"] for row in rows), reverse=True)
