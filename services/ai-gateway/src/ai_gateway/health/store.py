"""What the scan writes: anomalies, health, hourly readings, state and position, each page in one transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from ai_gateway.health.copying import binary_rows
from ai_gateway.health.hours import Hours
from ai_gateway.health.reader import DOWN, JOB, PACKAGE, PART, HealthReader
from ai_gateway.health.standing import STATUSES, DeviceStanding, SiteStanding
from ai_gateway.health.types import Anomaly
from ai_gateway.kit.db import Connection, Failure, Pool
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.sql import load_sql

LOCK_KEY: Final = 0x68656C74
"""Any constant that all workers share; “helt”."""
STATEMENT_TIMEOUT: Final = "SET LOCAL statement_timeout = '120s'"
_BLOCKS_AT_ONCE: Final = 8
_COPY_HOURS: Final = "COPY new_hours FROM STDIN (FORMAT binary)"

Position = dict[str, Any]
"""Where something stands in each stream of rows, as JSON."""


class SavedBlock(msgspec.Struct, frozen=True):
    """State of one block of devices as of ``position``."""

    block: int
    position: dict[str, Any]
    state: bytes


class PageResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one page brings; stored together with its position, or not at all."""

    position: Position
    now: datetime
    anomalies: Sequence[Anomaly] = ()
    hours: Hours | None = None
    metrics: Sequence[str] = ()
    blocks: Sequence[SavedBlock] = ()


class HealthStore(HealthReader):
    """The only place that writes about health. Whoever writes holds a lock for as long as its connection lives."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: the gateway's own database."""
        super().__init__(pool)
        self._own: Connection | None = None

    async def acquire(self) -> bool | None:
        """Take the lock: ``None`` if it is held since before, ``True`` if it was taken now, ``False`` if another has it."""
        if self._own is not None and not self._own.closed:
            return None
        await self.release()
        async with self._failures():
            conn = await self._pool.getconn()
        self._own = conn
        if not (await self._scan("scan_lock", {"key": LOCK_KEY}))[0]["ours"]:
            await self.release()
            return False
        await self._scan("scan_staging")
        return True

    async def release(self) -> None:
        """Give the lock back."""
        if self._own is not None:
            conn, self._own = self._own, None
            with suppress(*Failure):
                await conn.execute(load_sql(PACKAGE, "scan_unlock").encode(), {"key": LOCK_KEY})
            await self._pool.putconn(conn)

    async def position(self) -> Position | None:
        """Where the last stored page ended."""
        rows = await self._scan("read_position", {"job": JOB})
        return rows[0]["position"] if rows else None

    async def metric_names(self) -> list[str]:
        """The metrics in the order of their places in arrays."""
        return [row["name"] for row in await self._scan("metric_names")]

    async def blocks(self, version: str) -> AsyncIterator[SavedBlock]:
        """The state of every block that was saved by this version."""
        after = -1
        while rows := await self._scan("load_blocks", {"version": version, "after": after, "limit": _BLOCKS_AT_ONCE}):
            for row in rows:
                yield msgspec.convert(row, SavedBlock)
            after = rows[-1]["block"]

    async def save_page(self, page: PageResult, version: str) -> None:
        """Store a page with its position in one transaction."""
        async with self._transaction() as conn:
            await self._write(conn, "add_metrics", {"names": list(page.metrics)})
            await self._save_hours(conn, page.hours)
            await save_anomalies(conn, page.anomalies, page.now)
            for block in page.blocks:
                saved = {"block": block.block, "position": Jsonb(block.position), "state": block.state}
                await self._write(conn, "save_block", {**saved, "version": version})
            await self._write(conn, "write_position", {"job": JOB, "position": Jsonb(page.position)})

    async def save_standing(
        self,
        devices: Sequence[DeviceStanding],
        sites: Sequence[SiteStanding],
        anomalies: Sequence[Anomaly],
        now: datetime,
        *,
        in_service: Sequence[int] | None,
    ) -> None:
        """Store how everything stands; ``in_service``: drop all other devices, where the fleet changed."""
        async with self._transaction() as conn:
            await save_anomalies(conn, anomalies, now)
            await self._write(conn, "upsert_device_health", _device_columns(devices))
            await self._write(conn, "upsert_site_health", {**_site_columns(sites), "now": now})
            await self._write(conn, "drop_site_health", {"now": now})
            if in_service is not None:
                await self._write(conn, "drop_device_health", {"devices": list(in_service)})

    async def close_others(self, running: Sequence[Anomaly]) -> None:
        """End every anomaly that is stored as on but is not among these."""
        async with self._transaction() as conn:
            await self._write(conn, "close_others", _columns(running, ("device", "kind", "metric", "started_at")))

    async def prune(self, hours_before: datetime, anomalies_before: datetime, version: str, blocks: list[int]) -> None:
        """Delete what is kept no longer, and the state of blocks without devices."""
        async with self._transaction() as conn:
            await self._write(conn, "prune_hours", {"before": hours_before})
            await self._write(conn, "prune_anomalies", {"before": anomalies_before})
            await self._write(conn, "drop_blocks", {"version": version, "blocks": blocks})

    async def _save_hours(self, conn: Connection, hours: Hours | None) -> None:
        if hours is None or not len(hours.device):
            return
        async with conn.cursor() as cursor, cursor.copy(_COPY_HOURS) as copy:
            await copy.write(binary_rows(hours))
        await self._write(conn, "add_hours", {})

    @staticmethod
    async def _write(conn: Connection, query: str, params: Mapping[str, Any]) -> None:
        await conn.execute(load_sql(PACKAGE, query).encode(), params)

    async def _scan(self, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        async with self._failures():
            cursor = await self._connected().execute(load_sql(PACKAGE, query).encode(), params)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._failures():
            conn = self._connected()
            async with conn.transaction():
                await conn.execute(STATEMENT_TIMEOUT)
                yield conn

    def _connected(self) -> Connection:
        if self._own is None:
            raise Unavailable(PART, DOWN)
        return self._own

    @asynccontextmanager
    async def _failures(self) -> AsyncIterator[None]:
        """A database that does not answer becomes ``Unavailable``, and the lock is gone with the connection."""
        try:
            yield
        except Failure as error:
            await self.release()
            raise Unavailable(PART, f"{DOWN} ({type(error).__name__})") from error


async def save_anomalies(conn: Connection, anomalies: Sequence[Anomaly], now: datetime) -> None:
    """Write what is new and what changed, in the caller's transaction. ``now``: when it was noticed."""
    if not anomalies:
        return
    plain = tuple(name for name in Anomaly.__struct_fields__ if name != "explained")
    explained = [msgspec.json.encode(one.explained).decode() for one in anomalies]
    params = {**_columns(anomalies, plain), "explained": explained, "now": now}
    await conn.execute(load_sql(PACKAGE, "upsert_anomalies").encode(), params)


def _columns(rows: Sequence[Any], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in names}


def _device_columns(devices: Sequence[DeviceStanding]) -> dict[str, list[Any]]:
    parts = [msgspec.json.encode(one.parts).decode() for one in devices]
    return {**_columns(devices, ("device", "site", "score", "status")), "parts": parts}


def _site_columns(sites: Sequence[SiteStanding]) -> dict[str, list[Any]]:
    counts = {name: [one.counts[place] for one in sites] for place, name in enumerate(STATUSES)}
    return {**_columns(sites, ("site", "score", "devices", "open_anomalies")), **counts}
