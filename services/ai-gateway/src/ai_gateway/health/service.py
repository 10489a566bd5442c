"""What is told of health and anomalies: the last scan in the caller's scope, and never “healthy” from an old one."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

import msgspec

from ai_gateway.access.scope import Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.filters import Where
from ai_gateway.health.reader import HealthReader
from ai_gateway.health.score import UNKNOWN, status
from ai_gateway.health.types import SiteHealth
from ai_gateway.health.wire import (
    AnomalyPage,
    FleetHealth,
    anomaly_view,
    device_view,
    rounded,
    site_view,
    told,
)
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.queries import Page
from ai_gateway.kit.text import age

WORST = 10
UNWELL = ("warning", "critical")


class _Which(TypedDict):
    devices: Sequence[int] | None
    severities: Sequence[str] | None
    since: datetime | None
    open_only: bool


class Freshness(msgspec.Struct, frozen=True):
    """When the worker last scanned, and whether that is too long ago. ``as_of`` absent: it never did."""

    as_of: datetime | None
    stale: bool

    @classmethod
    def of(cls, scans: Sequence[datetime], now: datetime, stale_s: float) -> "Freshness":
        """By the newest of several scans."""
        newest = max(scans, default=None)
        return cls(newest, newest is None or (now - newest).total_seconds() > stale_s)


class HealthService:
    """Reads health for callers. Every method raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, scoping: Scoping, reader: HealthReader, clock: Clock, stale_s: float) -> None:
        """Args: scoping: callers and names. reader: the last scan. clock: now. stale_s: age of a scan that is too old."""
        self._scoping = scoping
        self._reader = reader
        self._clock = clock
        self._stale_s = stale_s

    async def anomalies(self, caller: Caller, where: Where, page: Page, *, open_only: bool) -> AnomalyPage:
        """A page of anomalies, the worst first; raises a 404 problem for an unknown site or device."""
        scope, sites, devices = await self._scoping.chosen(caller, where.site_id, where.device_id)
        which = _Which(devices=devices, severities=where.severities, since=where.since, open_only=open_only)
        rows, count, of_sites = await asyncio.gather(
            self._reader.anomalies(sites, limit=page.limit, offset=page.offset, **which),
            self._reader.count_anomalies(sites, **which),
            self._reader.site_health(sites),
        )
        fresh = self._freshness(of_sites)
        return AnomalyPage(
            count=count,
            anomalies=[anomaly_view(row, scope) for row in rows],
            limit=page.limit,
            offset=page.offset,
            as_of=fresh.as_of,
            stale=fresh.stale,
        )

    async def health(self, caller: Caller, site_id: str | None, page: Page) -> FleetHealth:
        """The fleet in the caller's view, or one site of it."""
        scope, sites, _ = await self._scoping.chosen(caller, site_id, None)
        of_sites, worst = await asyncio.gather(
            self._reader.site_health(sites), self._reader.device_health(sites, statuses=UNWELL, limit=WORST)
        )
        fresh = self._freshness(of_sites)
        shown = of_sites[page.offset : page.offset + page.limit]
        score = fleet_score(of_sites)
        unscanned = 0 if of_sites else scope.count_devices(sites)
        healthy = sum(site.healthy for site in of_sites)
        return FleetHealth(
            score=None if fresh.stale else rounded(score),
            status=told(status_of(score), stale=fresh.stale),
            as_of=fresh.as_of,
            stale=fresh.stale,
            detail=self._why(fresh),
            devices=sum(site.devices for site in of_sites) + unscanned,
            healthy=0 if fresh.stale else healthy,
            warning=sum(site.warning for site in of_sites),
            critical=sum(site.critical for site in of_sites),
            unknown=sum(site.unknown for site in of_sites) + unscanned + (healthy if fresh.stale else 0),
            open_anomalies=sum(site.open_anomalies for site in of_sites),
            site_count=len(of_sites),
            sites=[
                site_view(one, scope, told(status_of(one.score), stale=fresh.stale), stale=fresh.stale) for one in shown
            ],
            worst=[device_view(one, scope, stale=fresh.stale) for one in worst],
            limit=page.limit,
            offset=page.offset,
        )

    def _freshness(self, sites: Sequence[SiteHealth]) -> Freshness:
        return Freshness.of([site.as_of for site in sites], self._clock(), self._stale_s)

    def _why(self, fresh: Freshness) -> str | None:
        """Why nothing is called healthy."""
        if not fresh.stale:
            return None
        if fresh.as_of is None:
            return "The worker has not looked at these devices yet, so how they are is unknown."
        when = age(fresh.as_of, self._clock())
        return f"The worker's last scan was {when}; who was healthy then is unknown now. See that the worker runs."


def fleet_score(sites: Sequence[SiteHealth]) -> float | None:
    """The mean over all devices with a score; ``None`` if there is none."""
    known = [(site.score, site.healthy + site.warning + site.critical) for site in sites if site.score is not None]
    devices = sum(count for _, count in known)
    return sum(score * count for score, count in known) / devices if devices else None


def status_of(score: float | None) -> str:
    """The word for the score of a site or a fleet."""
    return UNKNOWN if score is None else status(score, known=True)
