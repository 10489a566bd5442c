"""What callers read of incidents, and what they do about them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.filters import Where
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.incidents.types import Incident
from ai_gateway.incidents.wire import IncidentDetail, IncidentPage, incident_detail, incident_view
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.queries import Page


class _Which(TypedDict):
    statuses: Sequence[str] | None
    severities: Sequence[str] | None
    categories: Sequence[str] | None
    devices: Sequence[int] | None
    since: datetime | None


class IncidentService:
    """Incidents in the caller's scope. Raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, scoping: Scoping, store: IncidentStore, clock: Clock) -> None:
        """Args: scoping: callers and names. store: incidents. clock: now."""
        self._scoping = scoping
        self._store = store
        self._clock = clock

    async def page(
        self,
        caller: Caller,
        where: Where,
        page: Page,
        *,
        statuses: Sequence[str] | None = None,
        categories: Sequence[str] | None = None,
    ) -> IncidentPage:
        """A page of incidents; raises a 404 problem for an unknown site or device."""
        scope, sites, devices = await self._scoping.chosen(caller, where.site_id, where.device_id)
        which = _Which(
            statuses=statuses, severities=where.severities, categories=categories, devices=devices, since=where.since
        )
        incidents, count = await asyncio.gather(
            self._store.incidents(sites, limit=page.limit, offset=page.offset, **which),
            self._store.count(sites, **which),
        )
        shown = [incident_view(one, scope) for one in incidents]
        return IncidentPage(count=count, incidents=shown, limit=page.limit, offset=page.offset)

    async def incident(self, caller: Caller, number: UUID) -> IncidentDetail:
        """One incident; raises a 404 problem for one that is not in the caller's scope."""
        scope = await self._scoping.scope(caller)
        return _found(await self._store.incident(number, scope.sites), scope, number)

    async def of_alert(self, caller: Caller, alert: int) -> UUID | None:
        """The incident in the caller's scope that one of HOMEPOT's alerts belongs to."""
        scope = await self._scoping.scope(caller)
        return await self._store.of_alert(alert, scope.sites)

    async def acknowledge(self, caller: Caller, number: UUID) -> IncidentDetail:
        """Note that somebody looks at it; raises a 404 problem, or 403 if it reaches beyond the caller's scope."""
        scope = await self._scoping.scope(caller)
        return _found(await self._store.acknowledge(number, scope.sites, self._clock()), scope, number)

    async def resolve(self, caller: Caller, number: UUID, resolution: str) -> IncidentDetail:
        """Close it with what was done; raises as `acknowledge`."""
        scope = await self._scoping.scope(caller)
        return _found(await self._store.resolve(number, scope.sites, self._clock(), resolution), scope, number)


def _found(incident: Incident | None, scope: Scope, number: UUID) -> IncidentDetail:
    if incident is None:
        raise Problem(404, f"No incident {number} is known to this key.", kind="unknown-incident")
    return incident_detail(incident, scope)
