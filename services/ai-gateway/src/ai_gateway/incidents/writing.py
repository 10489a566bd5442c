"""What the job that follows incidents reads and writes, inside one transaction of the gateway's own database."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ai_gateway.incidents.derive import Derived, Stored
from ai_gateway.incidents.store import REVISIONS_LOCK, incident_sql, member_of
from ai_gateway.incidents.types import Member
from ai_gateway.kit.db import Connection, fetch_all

WORKER_LOCK = 0x696E6302
"""Held by the one worker that follows incidents; “inc”."""
ALERT_FIELDS = (
    "id", "device", "site", "kind", "metric", "category", "severity", "text", "status", "started_at", "acknowledged_at",
    "ended_at", "notes",
)  # fmt: skip


class Writing:
    """The statements of one transaction."""

    def __init__(self, conn: Connection) -> None:
        """Args: conn: in a transaction that the caller ends."""
        self._conn = conn

    async def lock(self) -> bool:
        """Whether this worker may work; another one that does keeps it until the end of its transaction."""
        return bool((await self._run("try_lock", key=WORKER_LOCK))[0]["got"])

    async def new_anomalies(self, limit: int) -> tuple[list[Member], list[datetime]]:
        """Anomalies without an incident, the earliest first, and when each was detected."""
        rows = await self._run("new_anomalies", limit=limit)
        return [member_of(row) for row in rows], [row["detected_at"] for row in rows]

    async def known_alerts(self, alerts: Sequence[int]) -> set[int]:
        """Those of these alerts that have an incident."""
        return {row["alert"] for row in await self._run("known_alerts", alerts=list(alerts))}

    async def near(self, sites: Iterable[int], over: datetime, changes: Iterable[str], changed: datetime) -> list[UUID]:
        """Incidents of these sites that were on at ``over`` or later, or with devices that had any of these changes."""
        params = {"sites": sorted(sites), "over": over, "changes": sorted(changes), "changed": changed}
        return [row["incident"] for row in await self._run("near", **params)]

    async def members(self, incidents: Sequence[UUID]) -> list[Member]:
        """All members of these incidents."""
        return [member_of(row) for row in await self._run("members", incidents=list(incidents), sites=None)]

    async def held(self, incidents: Iterable[UUID]) -> dict[UUID, Stored]:
        """These incidents as they are stored; nobody else changes them until the end of the transaction."""
        rows = await self._run("held", incidents=sorted(incidents))
        return {row["id"]: msgspec.convert(row, Stored) for row in rows}

    async def put(self, derived: Sequence[Derived]) -> None:
        """Store incidents with their members; what they absorb stays known by its id."""
        if not derived:
            return
        await self._conn.execute("SELECT pg_advisory_xact_lock(%s)", (REVISIONS_LOCK,))
        await self._put("put_incidents", [one.row for one in derived])
        await self._put("put_devices", [row for one in derived for row in one.devices])
        await self._assign(derived)
        await self._absorb(derived)
        await self._do("set_fingerprints", incidents=[one.id for one in derived])

    async def _assign(self, derived: Sequence[Derived]) -> None:
        moved = [(one.id, member) for one in derived for member in one.members if member.incident != one.id]
        anomalies = [(member.id, id_) for id_, member in moved if member.source == "anomaly"]
        if anomalies:
            ids, incidents = zip(*anomalies, strict=True)
            await self._do("assign_anomalies", anomalies=list(ids), incidents=list(incidents))
        alerts = [
            {**{name: getattr(member, name) for name in ALERT_FIELDS}, "incident": id_}
            for id_, member in moved
            if member.source == "alert"
        ]
        await self._put("put_alerts", alerts)

    async def _absorb(self, derived: Sequence[Derived]) -> None:
        pairs = [(alias, one.id) for one in derived for alias in one.absorbed]
        if pairs:
            aliases, incidents = map(list, zip(*pairs, strict=True))
            await self._do("put_aliases", aliases=aliases, incidents=incidents)
            await self._do("drop_absorbed", incidents=aliases)
            await self._do("forget_absorbed", keys=[str(alias) for alias in aliases])
            await self._do("drop_own_aliases")

    async def open_alerts(self, after: int, limit: int) -> list[int]:
        """Alerts behind an id that were not over when they were last seen, in the order of their ids."""
        return [row["alert"] for row in await self._run("open_alerts", after=after, limit=limit)]

    async def update_alerts(self, rows: Sequence[dict[str, Any]], now: datetime) -> None:
        """Note how alerts are now: id, status, ended_at, notes."""
        await self._put("update_alerts", rows, now=now)

    async def due(self, quiet_since: datetime, limit: int) -> list[UUID]:
        """Incidents to derive anew: their members changed, or have all been over since ``quiet_since``."""
        return [row["id"] for row in await self._run("due", quiet_since=quiet_since, limit=limit)]

    async def touch(self) -> None:
        """Note up to when unresolved incidents last."""
        await self._do("touch")

    async def drop_old(self, before: datetime, limit: int) -> None:
        """Forget incidents that were over before then and have no anomalies any more, at most ``limit`` at a time."""
        await self._do("drop_old", before=before, limit=limit)

    async def open_counts(self) -> dict[str, int]:
        """Unresolved incidents by severity."""
        return {row["severity"]: row["incidents"] for row in await self._run("open_counts")}

    async def untold(self, position: int, limit: int) -> list[dict[str, Any]]:
        """Incidents that changed after a revision, for memory."""
        return await self._run("untold", position=position, limit=limit)

    async def put_similar(self, incident: UUID, similar: Sequence[dict[str, Any]]) -> None:
        """Note past incidents like this one: id and similarity of each."""
        await self._conn.execute("SELECT pg_advisory_xact_lock(%s)", (REVISIONS_LOCK,))
        await self._do("put_similar", id=incident, similar=_json(similar))

    async def position(self, job: str) -> dict[str, Any]:
        """How far a job has come; empty before its first step."""
        rows = await self._run("read_position", job=job)
        return rows[0]["position"] if rows else {}

    async def move(self, job: str, position: dict[str, Any]) -> None:
        """Note how far a job has come."""
        await self._do("write_position", job=job, position=_json(position))

    async def _put(self, query: str, rows: Sequence[dict[str, Any]], **params: Any) -> None:
        if rows:
            await self._do(query, rows=_json(rows), **params)

    async def _do(self, query: str, **params: Any) -> None:
        await self._conn.execute(incident_sql(query).encode(), params)

    async def _run(self, query: str, **params: Any) -> list[dict[str, Any]]:
        return await fetch_all(self._conn, incident_sql(query), params)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
