"""The maintenance plan of a caller's sites: read from the worker's last round and HOMEPOT's hours; nothing is scheduled."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.schedule import Schedule, zone_of
from ai_gateway.health.wire import device_ref
from ai_gateway.homepot.scoped.planning import JobHistory
from ai_gateway.jobs.service import NO_ZONE, local_words
from ai_gateway.jobs.week import Hour, stretches
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.queries import Page
from ai_gateway.maintenance.visits import Plan, Risk, Visit, plan, risk_at
from ai_gateway.maintenance.wire import Avoided, MaintenancePlan, PlannedDevice, VisitView
from ai_gateway.prediction.forecast import NO_ROUND
from ai_gateway.prediction.service import LONG_AGO, PredictionService
from ai_gateway.prediction.types import HOURS, Prediction
from ai_gateway.prediction.words import reasoning, see_to

MOST: Final = 500
"""Devices that are planned for, the riskiest first."""
NOTHING_KNOWN: Final = [Hour(None, None)] * 24
NO_SCHEDULE: Final = "HOMEPOT has no opening hours of {sites}, so any time is as good there as another."
MOST_LEFT: Final = 50
DIGITS: Final = 4


class SiteVisits(NamedTuple):
    """One site's plan, and what it was made of."""

    site: int
    zone: ZoneInfo
    scheduled: bool
    found: Sequence[Prediction]
    plan: Plan


class MaintenancePlanner:
    """Reads for callers. Every method raises ``Unavailable`` while a database does not answer."""

    def __init__(
        self,
        scoping: Scoping,
        risks: PredictionService,
        hours: JobHistory,
        clock: Clock,
        *,
        zones: Mapping[str, str],
        each: timedelta,
    ) -> None:
        """Args: scoping: callers. risks: of devices. hours: of sites. clock: now. zones: by site. each: work on one device."""
        self._scoping = scoping
        self._risks = risks
        self._hours = hours
        self._clock = clock
        self._zones = zones
        self._each = each

    async def plan(
        self, caller: Caller, site_id: str | None, hours: float, least: float, page: Page
    ) -> MaintenancePlan:
        """Visits within ``hours``, for devices with at least that risk or a limit ahead; a 404 problem for an unknown site."""
        scope, sites, _ = await self._scoping.chosen(caller, site_id, None)
        return await self.within(scope, sites, hours, least, page)

    async def within(
        self, scope: Scope, sites: tuple[int, ...] | None, hours: float, least: float, page: Page
    ) -> MaintenancePlan:
        """As `plan`, of these sites in scope."""
        found, as_of = await asyncio.gather(self._risks.due(sites, hours, least, MOST), self._risks.last())
        basis, caveat = await self._risks.basis(sites)
        stale = self._risks.stale(as_of)
        planned = [] if stale else await self._planned(scope, found, hours)
        visits = sorted(
            ((one, visit) for one in planned for visit in one.plan.visits),
            key=lambda pair: (-pair[1].avoided.expected.sum(), pair[1].start, pair[0].site),
        )
        left = [one.found[place].device for one in planned for place in one.plan.left]
        return MaintenancePlan(
            horizon_hours=hours,
            least_risk=least,
            as_of=as_of,
            stale=stale,
            detail=(LONG_AGO if as_of else NO_ROUND) if stale else None,
            basis=None if stale else basis,  # type: ignore[arg-type]  # the table's check
            caveat=None if stale else caveat,
            devices=sum(len(visit.places) for _, visit in visits),
            avoided=None if stale else _total([visit.avoided for _, visit in visits]),
            left=[device_ref(device, scope) for device in left[:MOST_LEFT]],
            notes=self._notes(planned, scope),
            count=len(visits),
            visits=[_view(one, visit, scope, hours) for one, visit in visits[page.offset : page.offset + page.limit]],
            limit=page.limit,
            offset=page.offset,
        )

    async def _planned(self, scope: Scope, found: Sequence[Prediction], hours: float) -> list[SiteVisits]:
        of: dict[int, list[Prediction]] = defaultdict(list)
        for one in found:
            of[one.site].append(one)
        days = await self._hours.opening_days(*of) if of else []
        schedule, now = Schedule(days), self._clock()
        return await asyncio.to_thread(
            lambda: [self._site(site, group, schedule, scope, now, hours) for site, group in of.items()]
        )

    def _site(
        self, site: int, found: Sequence[Prediction], schedule: Schedule, scope: Scope, now: datetime, hours: float
    ) -> SiteVisits:
        week, zone = schedule.week(site), zone_of(_public(site, scope), self._zones)
        until = found[0].as_of + timedelta(hours=hours)
        ahead = stretches(week, NOTHING_KNOWN, zone, now, int(np.ceil(hours / 24)))
        return SiteVisits(site, zone, week is not None, found, plan(found, ahead, found[0].as_of, until, self._each))

    def _notes(self, planned: Sequence[SiteVisits], scope: Scope) -> list[str]:
        """What an operator should know beside the visits."""
        without = [one for one in planned if not one.scheduled]
        unset = [one for one in planned if one.scheduled and not {_public(one.site, scope), "*"} & set(self._zones)]
        told = f"{len(without)} of the sites" if len(without) > 1 else "one of the sites"
        return [*([NO_SCHEDULE.format(sites=told)] if without else []), *([NO_ZONE] if unset else [])]


def _public(site: int, scope: Scope) -> str:
    known = scope.names.site_by_id.get(site)
    return known.site_id if known else str(site)


def _total(parts: Sequence[Risk]) -> Avoided:
    sides = ([getattr(part, name).sum() for part in parts] for name in Risk._fields)
    return Avoided(*(round(float(sum(side)), DIGITS) for side in sides))


def _view(one: SiteVisits, visit: Visit, scope: Scope, hours: float) -> VisitView:
    names = scope.names.site_by_id.get(one.site)
    return VisitView(
        site_id=_public(one.site, scope),
        site_name=names.name if names else None,
        kind=visit.window.kind,
        window_start=visit.window.start,
        window_end=visit.window.end,
        start=visit.start,
        end=visit.end,
        time_zone=one.zone.key,
        local=local_words(visit.start, visit.end, one.zone),
        avoided=_total([visit.avoided]),
        devices=[
            _device(one.found[place], Risk(*(side[[row]] for side in visit.avoided)), scope, hours)
            for row, place in enumerate(visit.places)
        ],
    )


def _device(found: Prediction, avoided: Risk, scope: Scope, hours: float) -> PlannedDevice:
    return PlannedDevice(
        device=device_ref(found.device, scope),
        probability=round(float(risk_at([found], [hours]).expected[0, 0]), DIGITS),
        avoided=_total([avoided]),
        action=see_to(found, HOURS.index(hours)),
        reasoning=reasoning(found, HOURS.index(hours)),
    )
