"""Incidents as callers read them and act on them. Every method takes the caller's sites; ``None`` means all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from ai_gateway.incidents.category import category_of
from ai_gateway.incidents.types import Changes, Incident, Member
from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.sql import load_sql, scoped

PACKAGE = "ai_gateway.incidents"
PART = "database"
DOWN = "The gateway's own database does not answer, so incidents cannot be read."
FRAGMENTS = ("in_sight", "shown", "fingerprint")
_CHOSEN: Final = {
    "sites": "{in_sight}",
    "unresolved": "i.urgency >= 3",
    "statuses": "i.status = ANY(%(statuses)s)",
    "severities": "i.severity = ANY(%(severities)s)",
    "categories": "i.category = ANY(%(categories)s)",
    "devices": "i.id IN (SELECT d.incident FROM ai_incident_devices AS d WHERE d.device = ANY(%(devices)s)"
    " AND {in_scope d.site})",
    "since": "(i.status <> 'resolved' OR i.last_at >= %(since)s)",
}
"""A condition stands in the query only where it is asked for, so that each index can serve."""
REVISIONS_LOCK = 0x696E6301
"""Taken just before an incident's revision is, so that revisions become visible in their order; “inc”."""
MOST_SIMILAR = 3
MOST_COUNTED = 10_000
"""Pages reach no further, and to count on takes longer than to read a page."""

Sites = tuple[int, ...] | None


def incident_sql(name: str, chosen: str = "true") -> str:
    """``sql/<name>.sql`` with the conditions and the texts that several queries share in place."""
    text = load_sql(PACKAGE, name).replace("{chosen}", scoped(chosen))
    for fragment in FRAGMENTS:
        text = text.replace(f"{{{fragment}}}", load_sql(PACKAGE, fragment))
    return text


def member_of(row: dict[str, Any]) -> Member:
    """A row of ``members.sql``; an anomaly's category follows from what it is."""
    category = row["category"] or category_of(row["kind"], row["metric"], row["text"])
    return msgspec.convert({**row, "category": category}, Member)


class IncidentStore:
    """What is read of incidents. Raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool

    async def incidents(
        self,
        sites: Sites,
        *,
        statuses: Sequence[str] | None = None,
        severities: Sequence[str] | None = None,
        categories: Sequence[str] | None = None,
        devices: Sequence[int] | None = None,
        since: datetime | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Incident]:
        """A page without members: the unresolved first, then the most severe, then the newest.

        Args:
            sites: the caller's.
            statuses: only these; likewise ``severities`` and ``categories``.
            severities: of `health.types.SEVERITIES`.
            categories: of `types.CATEGORIES`.
            devices: only incidents of any of these devices.
            since: only incidents that were on at that time or later.
            limit: most incidents.
            offset: how many to skip.
        """
        asked = {"statuses": statuses, "severities": severities, "categories": categories, "devices": devices}
        text, params = _chosen("incidents", sites=sites, since=since, **asked)
        rows = await self._fetch(text, {**params, "limit": limit, "offset": offset, "similar": MOST_SIMILAR})
        return msgspec.convert(rows, list[Incident])

    async def count(
        self,
        sites: Sites,
        *,
        statuses: Sequence[str] | None = None,
        severities: Sequence[str] | None = None,
        categories: Sequence[str] | None = None,
        devices: Sequence[int] | None = None,
        since: datetime | None = None,
    ) -> int:
        """How many incidents all pages of `incidents` have together; counted up to `MOST_COUNTED`."""
        asked = {"statuses": statuses, "severities": severities, "categories": categories, "devices": devices}
        text, params = _chosen("count", sites=sites, since=since, **asked)
        return int((await self._fetch(text, {**params, "most": MOST_COUNTED}))[0]["incidents"])

    async def incident(self, id: UUID, sites: Sites) -> Incident | None:  # noqa: A002 - what the table calls it
        """One incident with its members, also by an id that it absorbed; ``None`` if these sites have no part in it."""
        async with self._connection() as conn:
            return await self._incident(conn, id, sites)

    async def of_alert(self, alert: int, sites: Sites) -> UUID | None:
        """The incident that one of HOMEPOT's alerts belongs to; ``None`` if these sites know of none."""
        rows = await self._run("of_alert", sites, alert=alert)
        return rows[0]["incident"] if rows else None

    async def changed_since(self, position: int | None, sites: Sites, *, limit: int = 200) -> Changes:
        """What changed after ``position``; with ``None`` nothing but the present position, to begin from.

        An incident that changed twice comes once, as it is now. A full page may have a next one.
        """
        if position is None:
            return Changes((await self._run("position", sites))[0]["position"], ())
        rows = await self._run("changed_since", sites, position=position, limit=limit, similar=MOST_SIMILAR)
        incidents = msgspec.convert(rows, tuple[Incident, ...])
        return Changes(incidents[-1].revision if incidents else position, incidents)

    async def acknowledge(self, id: UUID, sites: Sites, now: datetime) -> Incident | None:  # noqa: A002
        """Note that somebody looks at an open incident; ``None`` if these sites have no part in it.

        Raises:
            Problem: 403, the incident also touches other sites.
        """
        return await self._act("acknowledge", id, sites, now=now)

    async def resolve(
        self,
        id: UUID,  # noqa: A002
        sites: Sites,
        now: datetime,
        resolution: str | None,
    ) -> Incident | None:
        """Close an incident whatever its members say; new trouble reopens it. ``None`` as in `acknowledge`.

        ``resolution``: what helped; a resolved incident may still be told.

        Raises:
            Problem: 403, the incident also touches other sites.
        """
        return await self._act("resolve", id, sites, now=now, resolution=resolution)

    async def _act(self, query: str, incident: UUID, sites: Sites, **params: Any) -> Incident | None:
        async with self._connection() as conn, conn.transaction():
            scope = {"id": incident, "sites": _listed(sites)}
            found = await fetch_all(conn, incident_sql("lock_incident"), scope)
            if not found:
                return None
            if not found[0]["whole"]:
                detail = "This incident also touches sites that this key does not see; use a key that sees all of them."
                raise Problem(403, detail, kind="incident-beyond-key")
            await conn.execute("SELECT pg_advisory_xact_lock(%s)", (REVISIONS_LOCK,))
            await conn.execute(incident_sql(query).encode(), {"id": found[0]["id"], **params})
            return await self._incident(conn, incident, sites)

    async def _incident(self, conn: Connection, incident: UUID, sites: Sites) -> Incident | None:
        params = {"id": incident, "sites": _listed(sites), "similar": MOST_SIMILAR}
        rows = await fetch_all(conn, incident_sql("incident"), params)
        if not rows:
            return None
        found = msgspec.convert(rows[0], Incident)
        members = await fetch_all(conn, incident_sql("members"), {"incidents": [found.id], "sites": _listed(sites)})
        return msgspec.structs.replace(found, members=tuple(map(member_of, members)))

    async def _run(self, query: str, sites: Sites, **params: Any) -> list[dict[str, Any]]:
        return await self._fetch(incident_sql(query), {"sites": _listed(sites), **params})

    async def _fetch(self, text: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._connection() as conn:
            return await fetch_all(conn, text, params)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            yield conn


def _chosen(query: str, *, sites: Sites, **asked: Any) -> tuple[str, dict[str, Any]]:
    """The query with the conditions that are asked for, and its parameters."""
    values = {"sites": sites, **asked}
    params = {name: _listed(value) for name, value in values.items()}
    names = [name for name, value in values.items() if value is not None]
    if asked["statuses"] is not None and "resolved" not in asked["statuses"]:
        names.append("unresolved")
    return incident_sql(query, " AND ".join(_CHOSEN[name] for name in names) or "true"), params


def _listed(value: Any) -> Any:
    """As the driver takes it: a list for an array, anything else as it is."""
    return list(value) if isinstance(value, Sequence) else value
