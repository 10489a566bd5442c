"""Single incidents in memory, as people record, correct and delete them; and all of them, to carry elsewhere."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, get_args

import msgspec

from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql
from ai_gateway.memory.recipe import RECIPE
from ai_gateway.memory.search import PACKAGE, in_scope, index_state, rows_in_scope
from ai_gateway.memory.store import DOWN, PART, columns, made
from ai_gateway.memory.types import ANY, Carried, Deleted, Incident, MemoryOverview, Recalled, Tellable

Sites = tuple[int, ...] | None
EXPORT_PAGE = 500
MOST_COUNTED = 100_000
"""Incidents that an overview reads at most."""
SUMS = ("with_resolution", "helped", "did_not_help", "to_renew")


class RecordStore:
    """SQL about single incidents. ``sites``: those in the caller's scope, ``None`` for all; others do not exist."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool

    async def add(self, incident: Incident, vector: list[float] | None) -> int:
        """Store an incident and return its id. Without a vector the worker embeds it later."""
        return int((await self._run("upsert_incident", columns(incident, vector, DEFAULT_MODEL)))[0]["id"])

    async def find(self, number: int, sites: Sites) -> Recalled | None:
        """The incident of that id."""
        rows = await self._run("get_incident", {"id": number, "sites": _listed(sites)})
        return msgspec.convert(rows[0], Recalled) if rows else None

    async def resolve(self, number: int, sites: Sites, told: Mapping[str, Any]) -> Recalled | None:
        """Store what a person says of an incident, and return it; ``None`` if there is none of that id.

        ``told``: of cause, resolution, resolved_at and helped those that are said now; the others stay, whoever says something
        of them at this moment.
        """
        async with self._connection() as conn, conn.transaction():
            found = {"id": number, "sites": _listed(sites)}
            rows = await fetch_all(conn, f"{load_sql(PACKAGE, 'get_incident')} FOR UPDATE", found)
            if not rows:
                return None
            changed = msgspec.structs.replace(msgspec.convert(rows[0], Recalled), **told)
            values = {name: getattr(changed, name) for name in get_args(Tellable)}
            words = made(changed, None, "")
            await fetch_all(
                conn, load_sql(PACKAGE, "resolve_incident"), {**found, **values, **words, "told": list(told)}
            )
            return changed

    async def feedback(self, number: int, sites: Sites, owner: str, *, useful: bool) -> bool:
        """Keep what somebody found of an incident, in place of what they said before; false if there is none of that id."""
        told = {"id": number, "sites": _listed(sites), "owner": owner, "useful": useful}
        return bool(await self._run("put_feedback", told))

    async def forget(self, number: int, sites: Sites) -> bool:
        """Delete an incident for good; false if there is none of that id."""
        return bool(await self._run("forget_incident", {"id": number, "sites": _listed(sites)}))

    async def overview(self, sites: Sites) -> MemoryOverview:
        """Counts over the newest ``MOST_COUNTED`` incidents of the caller's sites."""
        made = {"recipe": RECIPE, "model": DEFAULT_MODEL, "most": MOST_COUNTED}
        async with self._connection() as conn:
            scope = in_scope(sites, ANY)
            groups = await fetch_all(conn, load_sql(PACKAGE, "overview"), {**scope, **made}, prepare=False)
            counted = sum(row["incidents"] for row in groups)
            full = counted >= MOST_COUNTED
            there = await rows_in_scope(conn, scope, (await index_state(conn)).rows) if full else counted
        return MemoryOverview(
            incidents=max(there, counted),
            counted=counted,
            **{name: sum(row[name] for row in groups) for name in SUMS},
            oldest=min((row["oldest"] for row in groups), default=None),
            newest=max((row["newest"] for row in groups), default=None),
            by_category=_sums(groups, "category"),
            by_source=_sums(groups, "source"),
        )

    async def export(self) -> AsyncGenerator[Carried | Deleted]:
        """Every incident, oldest id first, as of one moment; then what was deleted until then or meanwhile."""
        async with self._connection() as conn, conn.transaction():
            async for row in _all(conn, "export"):
                yield msgspec.convert({name: value for name, value in row.items() if name != "votes" or value}, Carried)
            async for row in _all(conn, "export_deleted"):
                yield msgspec.convert(row, Deleted)

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._connection() as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), params)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            yield conn


async def _all(conn: Connection, query: str) -> AsyncIterator[dict[str, Any]]:
    """Every row, in pages, within a transaction."""
    async with conn.cursor(name=query) as cursor:
        cursor.itersize = EXPORT_PAGE
        await cursor.execute(load_sql(PACKAGE, query).encode())
        async for row in cursor:
            yield row


def _sums(groups: list[dict[str, Any]], name: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in groups:
        sums[row[name]] += row["incidents"]
    return dict(sums)


def _listed(sites: Sites) -> list[int] | None:
    return None if sites is None else list(sites)
