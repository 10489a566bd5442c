"""What callers read of incidents, and what they do about them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.service import Page
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.incidents.types import Incident
from ai_gateway.incidents.wire import IncidentDetail, IncidentPage, incident_detail, incident_view
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Problem


class IncidentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which incidents. Ids are public or HOMEPOT's integers; ``since``: those that were on at that time or later."""

    statuses: Sequence[str] | None = None
    severities: Sequence[str] | None = None
    categories: Sequence[str] | None = None
    site_id: str | None = None
    device_id: str | None = None
    since: datetime | None = None


class IncidentService:
    """Incidents in the caller's scope. Raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, scoping: Scoping, store: IncidentStore, clock: Clock) -> None:
        """Args: scoping: callers and names. store: incidents. clock: now."""
        self._scoping = scoping
        self._store = store
        self._clock = clock

    async def page(self, caller: Caller, chosen: IncidentFilter, page: Page) -> IncidentPage:
        """A page of incidents; raises a 404 problem for an unknown site or device."""
        scope, sites, devices = await self._scoping.chosen(caller, chosen.site_id, chosen.device_id)
        incidents, count = await asyncio.gather(
            self._store.incidents(
                sites,
                statuses=chosen.statuses,
                severities=chosen.severities,
                categories=chosen.categories,
                devices=devices,
                since=chosen.since,
                limit=page.limit,
                offset=page.offset,
            ),
            self._store.count(
                sites,
                statuses=chosen.statuses,
                severities=chosen.severities,
                categories=chosen.categories,
                devices=devices,
                since=chosen.since,
            ),
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
