"""What callers look for in memory, and what they tell it."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import Embedder
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.kit.clock import Clock, rfc3339
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.queries import aware
from ai_gateway.memory.categories import categorise
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.recipe import content_hash, describe
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.types import Filters, Incident, MemoryOverview, Recalled, Shelf
from ai_gateway.memory.wire import (
    FeedbackRequest,
    RecordRequest,
    RememberedView,
    ResolutionRequest,
    SearchRequest,
    SearchResponse,
    remembered_view,
    search_response,
)

SOURCE = "manual"
VOTERS = 10
AHEAD = timedelta(days=1)
"""How far a caller's clock or time zone may be ahead; what lies later is a mistyped date."""


class MemoryDesk:
    """Memory in the caller's scope. Raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(
        self,
        scoping: Scoping,
        memory: IncidentMemory,
        records: RecordStore,
        shelf: Shelf,
        embedder: Embedder,
        clock: Clock,
    ) -> None:
        """Args: scoping: callers and names. memory: finds. records: keeps. shelf: has runbooks. clock: now."""
        self._scoping = scoping
        self._memory = memory
        self._records = records
        self._shelf = shelf
        self._embedder = embedder
        self._clock = clock

    async def search(self, caller: Caller, asked: SearchRequest) -> SearchResponse:
        """Past incidents and passages of runbooks like a text; raises a 404 problem for an unknown site."""
        scope, sites, _ = await self._scoping.chosen(caller, _key(asked.site_id), None)
        filters = Filters(
            categories=_lower(asked.categories),
            device_types=_lower(asked.device_types),
            severities=_lower(asked.severities),
            since=aware(asked.since),
            until=aware(asked.until),
        )
        if filters.since and filters.until and filters.since >= filters.until:
            raise _wrong("until", "Nothing is since a time and before an earlier one: send an until after since.")
        recall, knowledge = await asyncio.gather(
            self._memory.recall(asked.text, sites, asked.limit, filters=filters),
            self._shelf.find(asked.text, sites, asked.limit),
        )
        return search_response(recall, knowledge, scope)

    async def record(self, caller: Caller, told: RecordRequest) -> RememberedView:
        """Remember an incident; raises a problem for a site or device that the caller does not see."""
        scope, site, device = await self._place(caller, told)
        category = told.category or await self._category(told, scope)
        now = self._clock()
        incident = Incident(
            source=SOURCE,
            source_key=str(uuid4()),
            content_hash="",
            title=told.title.strip(),
            description=describe(told.title, told.description, category),
            severity=told.severity,
            category=category,
            site=site.id if site else None,
            site_name=site.name if site else None,
            device_id=device.device_id if device else None,
            device_name=device.name if device else None,
            device_type=device.device_type if device else None,
            occurred_at=aware(told.occurred_at) or now,
            resolved_at=aware(told.resolved_at),
            cause=told.cause,
            resolution=told.resolution,
            helped=told.helped,
        )
        _check_times(incident.occurred_at, incident.resolved_at, now)
        number = await self._records.add(content_hash(incident), await self._vector(incident.description))
        return remembered_view(await self._found(number, scope), scope)

    async def find(self, caller: Caller, number: int) -> RememberedView:
        """One incident; raises a 404 problem for one that is not in the caller's scope."""
        scope = await self._scoping.scope(caller)
        return remembered_view(await self._found(number, scope), scope)

    async def resolve(self, caller: Caller, number: int, told: ResolutionRequest) -> RememberedView:
        """Change what was done and whether it helped; raises a 404 problem as `find`."""
        scope = await self._scoping.scope(caller)
        found = await self._found(number, scope)
        changes = {name: getattr(told, name) for name in told.__struct_fields__}
        given = {name: value for name, value in changes.items() if value is not msgspec.UNSET}
        if "resolved_at" in given:
            given["resolved_at"] = aware(given["resolved_at"])
            _check_times(found.occurred_at, given["resolved_at"], self._clock())
        changed = await self._records.resolve(number, scope.sites, given) if given else found
        if changed is None:
            raise _unknown(number)
        return remembered_view(changed, scope)

    async def feedback(self, caller: Caller, number: int, told: FeedbackRequest) -> None:
        """Keep whether the caller found an incident useful; raises a 404 problem as `find`."""
        scope = await self._scoping.scope(caller)
        if not await self._records.feedback(number, scope.sites, caller.owner, useful=told.useful):
            raise _unknown(number)

    async def forget(self, caller: Caller, number: int) -> None:
        """Delete an incident for good; raises a 404 problem as `find`."""
        scope = await self._scoping.scope(caller)
        if not await self._records.forget(number, scope.sites):
            raise _unknown(number)

    async def overview(self, caller: Caller) -> MemoryOverview:
        """Counts over the caller's sites."""
        return await self._records.overview((await self._scoping.scope(caller)).sites)

    async def _found(self, number: int, scope: Scope) -> Recalled:
        found = await self._records.find(number, scope.sites)
        if found is None:
            raise _unknown(number)
        return found

    async def _place(self, caller: Caller, told: RecordRequest) -> tuple[Scope, SiteName | None, DeviceName | None]:
        """The site and device that are meant. Who sees some sites only must name one, or could not see the incident."""
        if told.device_id is not None:
            scope, device = await self._scoping.device(caller, str(told.device_id))
            site = scope.names.site_by_id.get(device.site_id)
            if told.site_id is not None and (site is None or scope.site(str(told.site_id)) != site):
                raise _wrong("site_id", "The device is at another site.")
            return scope, site, device
        if told.site_id is not None:
            return *await self._scoping.site(caller, str(told.site_id)), None
        scope = await self._scoping.scope(caller)
        if scope.visible is not None:
            raise _wrong("site_id", "Name a site_id or device_id: this key sees some sites only.")
        return scope, None, None

    async def _category(self, told: RecordRequest, scope: Scope) -> str:
        text = "\n".join(part for part in (told.title, told.description) if part)
        like_it = await self._memory.recall(text, scope.sites, VOTERS)
        return categorise(told.title, like_it.incidents)

    async def _vector(self, text: str) -> list[float] | None:
        try:
            return await self._embedder.embed_question(text)
        except PartDown:
            return None


def _check_times(occurred: datetime, resolved: datetime | None, now: datetime) -> None:
    for field, moment in (("occurred_at", occurred), ("resolved_at", resolved)):
        if moment is not None and moment > now + AHEAD:
            raise _wrong(field, f"{field} is {rfc3339(moment)}, which is still to come: correct the date.")
    if resolved is not None and resolved < occurred:
        raise _wrong("resolved_at", "An incident cannot be resolved before it occurred.")


def _wrong(field: str, detail: str) -> Problem:
    return Problem(400, detail, kind="bad-request", field=field)


def _unknown(number: int) -> Problem:
    return Problem(404, f"No remembered incident {number} is known to this key.", kind="unknown-incident")


def _key(given: str | int | None) -> str | None:
    return None if given is None else str(given)


def _lower(values: list[str] | None) -> tuple[str, ...] | None:
    """HOMEPOT and the gateway write kinds in lower case."""
    return None if values is None else tuple(value.lower() for value in values)
