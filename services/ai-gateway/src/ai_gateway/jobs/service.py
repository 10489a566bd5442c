"""What is told of jobs ahead, in the caller's scope. Everything is read; nothing is scheduled or written."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.reader import HealthReader
from ai_gateway.health.schedule import Schedule, Week, zone_of
from ai_gateway.health.types import Troubles
from ai_gateway.health.wire import device_ref
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.devices import DeviceCount, DeviceState
from ai_gateway.homepot.scoped.planning import JobHistory
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot.telemetry import OpeningDay
from ai_gateway.jobs.chances import DIGITS, Job, Told, record_of, tell
from ai_gateway.jobs.success import Chance
from ai_gateway.jobs.week import Hour, Kind, kind_at, stretches, usual_hours
from ai_gateway.jobs.windows import Record, Window, by_block, in_trouble, ranked, reason
from ai_gateway.jobs.wire import JobChance, SiteWindows, WindowView
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.text import clean, count

PERIOD: Final = timedelta(days=90)
"""How far back jobs are cases."""
PROFILE: Final = timedelta(days=7)
"""How far back a usual hour is looked for."""
SAMPLE: Final = 30
"""Devices of a site that its usual hours are made of, spread over all."""
SHOWN: Final = 50
FARTHEST: Final = timedelta(days=366)
NOT_ANSWERING: Final = frozenset({"offline", "never_seen"})
NO_SCHEDULE: Final = "HOMEPOT has no opening hours of this site, so what is busy follows from its transactions alone."
NO_ZONE: Final = (
    "HOMEPOT's opening hours name no time zone and none is set for this site (SITE_TIME_ZONES): UTC is assumed."
)


class SitePlan(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a site's days ahead."""

    site: SiteName
    now: datetime
    zone: ZoneInfo
    zone_set: bool
    days: list[OpeningDay]
    week: Week | None
    hours: list[Hour]
    record: Record
    in_service: int
    silent: int

    def windows(self, since: datetime, days: int) -> list[Window]:
        """The windows of so many days, the best first."""
        found = stretches(self.week, self.hours, self.zone, since, days)
        return ranked(found, self.hours, self.record, self.zone)

    def kind(self, at: datetime) -> Kind:
        """What the site is at a moment."""
        return kind_at(self.week, self.hours, self.zone, at)

    def why(self, window: Window) -> str:
        """A window's reason, with what the schedule notes of its day."""
        weekday = window.start.astimezone(self.zone).weekday()
        noted = next((day.notes for day in self.days if day.day == weekday and day.maintenance and day.notes), None)
        return reason(window, clean(noted) if noted else None)

    def notes(self) -> list[str]:
        """What an operator should know beside the windows."""
        found = [] if self.zone_set else [NO_ZONE]
        if self.week is None:
            found.append(NO_SCHEDULE)
        if self.silent:
            verb = "does" if self.silent == 1 else "do"
            found.append(
                f"{self.silent} of {count(self.in_service, 'device')} in service {verb} not answer now and would miss a job."
            )
        return found


class JobPlanner:
    """Reads for callers; raises a 404 problem for an id that is not known to them, ``Unavailable`` without a database."""

    def __init__(
        self,
        scoping: Scoping,
        history: JobHistory,
        homepot: HomepotStore,
        reader: HealthReader,
        clock: Clock,
        zones: Mapping[str, str],
    ) -> None:
        """Args: scoping: callers. history, homepot, reader: where to read. clock: now. zones: by public id of a site."""
        self._scoping = scoping
        self._history = history
        self._homepot = homepot
        self._reader = reader
        self._clock = clock
        self._zones = zones

    async def windows(self, caller: Caller, site_id: str, days: int) -> SiteWindows:
        """The windows of a site in the ``days`` ahead, the best first."""
        scope, site = await self._scoping.site(caller, site_id)
        plan = await self.plan(scope, site)
        return SiteWindows(
            site_id=site.site_id,
            site_name=site.name,
            time_zone=plan.zone.key,
            schedule=plan.week is not None,
            devices=plan.in_service,
            not_answering=plan.silent,
            windows=[window_view(plan, one) for one in plan.windows(plan.now, days)[:SHOWN]],
            notes=plan.notes(),
            generated_at=plan.now,
        )

    async def site_plan(self, caller: Caller, site_id: str) -> SitePlan:
        """As `plan`, of the site with that id."""
        return await self.plan(*await self._scoping.site(caller, site_id))

    async def within(self, sites: tuple[int, ...] | None) -> Scope:
        """The scope of someone who sees these sites, for `plan` and `chance`."""
        return await self._scoping.within(sites)

    async def plan(self, scope: Scope, site: SiteName, action: str | None = None) -> SitePlan:
        """What is known of a site's days ahead. ``action``: only jobs with this word count as cases."""
        now = self._clock()
        period, zone = Period(now - PERIOD, now), zone_of(site.site_id, self._zones)
        days, ends, shares, counts, hours = await asyncio.gather(
            self._history.opening_days(site.id),
            self._history.ends(site.id, period, action),
            self._history.shares(scope.sites, site.id, period, action),
            self._homepot.devices.counts(View(sites=(site.id,))),
            self._usual(site.id, zone, now),
        )
        return SitePlan(
            site=site,
            now=now,
            zone=zone,
            zone_set=bool(set(self._zones) & {site.site_id, "*"}),
            days=days,
            week=Schedule(days).week(site.id),
            hours=hours,
            record=record_of(shares, by_block(ends, zone)),
            in_service=_devices(counts),
            silent=_devices(counts, NOT_ANSWERING),
        )

    async def _usual(self, site: int, zone: ZoneInfo, now: datetime) -> list[Hour]:
        """The site's usual hours, from a sample of its devices."""
        measured = await self._homepot.readings.measured_devices(View(sites=(site,)))
        sample = measured.ids[:: max(len(measured.ids) // SAMPLE, 1)][:SAMPLE]
        until = now.replace(minute=0, second=0, microsecond=0)  # the hour that has just begun is not over
        return usual_hours(await self._reader.site_hours((site,), sample, until - PROFILE, until), len(sample), zone)

    async def success(
        self,
        caller: Caller,
        device_id: str,
        at: datetime | None = None,
        action: str | None = None,
        *,
        site_id: str | None = None,
    ) -> JobChance:
        """How likely a job for a device, and of a site if it is named, succeeds that begins at that time (now)."""
        scope, device = await self._scoping.device(caller, device_id)
        if site_id is not None and (await self._scoping.site(caller, site_id))[1].id != device.site_id:
            raise Problem(
                404, f"The device {device_id!r} is not at this site.", kind="unknown-device", field="device_id"
            )
        return await self.chance(scope, device, self.soon(at, "at"), action)

    def soon(self, at: datetime | None, field: str) -> datetime:
        """That moment, or now; raises a 400 problem for one that is too far off to be planned for."""
        now = self._clock()
        if at is not None and abs(at - now) > FARTHEST:
            raise Problem(400, f"Send a {field} within {FARTHEST.days} days of now.", kind="bad-request", field=field)
        return at or now

    async def chance(self, scope: Scope, device: DeviceName, at: datetime | None, action: str | None) -> JobChance:
        """As `success`, of a device in scope."""
        now = self._clock()
        period, site = Period(now - PERIOD, now), scope.names.site_by_id[device.site_id]
        ends, shares, states = await asyncio.gather(
            self._history.ends(device.site_id, period, action),
            self._history.shares(scope.sites, device.site_id, period, action),
            self._homepot.devices.states(View(sites=scope.sites, devices=(device.id,)), in_service_only=False, limit=1),
        )
        chosen = sorted({*ends.devices, device.id} - {0})
        troubles = await self._reader.troubles((device.site_id,), chosen, period.since, now)
        job = Job(
            device.id,
            device.device_type,
            at or now,
            now,
            zone_of(site.site_id, self._zones),
            _now(troubles, device, now),
        )
        told = tell(job, shares, ends, in_trouble(ends, troubles.devices, troubles.since, troubles.until))
        return JobChance(
            device=device_ref(device.id, scope),
            action=action,
            at=job.at,
            jobs=sum(ring.jobs for ring in told.rings),
            cases=told.rings,
            factors=told.factors,
            concerns=_concerns(told, next(iter(states), None), job),
            period_days=PERIOD.days,
            generated_at=now,
            **ends_of(told.chance),
        )


def ends_of(chance: Chance | None) -> dict[str, float | None]:
    """A chance as fields, rounded; absent without one."""
    if chance is None:
        return dict.fromkeys(Chance._fields)
    return {name: round(value, DIGITS) for name, value in chance._asdict().items()}


def window_view(plan: SitePlan, window: Window) -> WindowView:
    """A window as it is sent."""
    return WindowView(
        start=window.start,
        end=window.end,
        best_start=window.best,
        local=local_words(window.start, window.end, plan.zone),
        kind=window.kind,
        reason=plan.why(window),
        jobs=window.cases.jobs,
        reachable=_share(window.hour.reach),
        busy=_share(window.hour.busy),
        **ends_of(window.chance),
    )


def local_words(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """``Thursday 26 November, 22:00 to 00:00``."""
    begin, finish = start.astimezone(zone), end.astimezone(zone)
    return f"{begin:%A} {begin.day} {begin:%B}, {begin:%H:%M} to {finish:%H:%M}"


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _devices(counts: Sequence[DeviceCount], conditions: frozenset[str] | None = None) -> int:
    return sum(row.devices for row in counts if row.in_service and (conditions is None or row.condition in conditions))


def _now(troubles: Troubles, device: DeviceName, now: datetime) -> bool:
    latest = int(now.timestamp())
    return any(of == device.id and end >= latest for of, end in zip(troubles.devices, troubles.until, strict=True))


def _concerns(told: Told, state: DeviceState | None, job: Job) -> list[str]:
    found = []
    if told.chance is None:
        found.append("No job in view ended in the last 90 days, so nothing says how likely one succeeds.")
    if state is None or not state.in_service:
        found.append("The device is out of service: a job does not reach it.")
    elif state.connectivity != "online":
        word = "has never been heard" if state.connectivity == "never_seen" else "does not answer now"
        found.append(f"The device {word}: a job reaches it once it is back.")
    elif state.condition == "maintenance":
        found.append("The device is being worked on.")
    if job.troubled:
        found.append("The device has an open anomaly: see to it first.")
    return found
