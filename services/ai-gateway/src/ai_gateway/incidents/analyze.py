"""``analyze``: all that is known of one device over a period, put together without a model."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from ai_gateway.access.scope import Scope
from ai_gateway.access.types import Caller, Mode
from ai_gateway.health.analysis import SPANS, Span, Stat, quality, totals, trends, uptime
from ai_gateway.health.periods import Readings
from ai_gateway.health.service import Freshness
from ai_gateway.health.types import AnomalyRow, DeviceHealth
from ai_gateway.health.wire import anomaly_view, health_parts, told
from ai_gateway.homepot.names import DeviceName
from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.scoped.series import Heard
from ai_gateway.homepot.scoped.view import View
from ai_gateway.incidents.advice import Situation, recommendations, summary
from ai_gateway.incidents.records import Records
from ai_gateway.incidents.report import Analysis, Metrics, series
from ai_gateway.incidents.types import Incident, Similar
from ai_gateway.incidents.wire import incident_view, past_incident
from ai_gateway.kit.errors import Unavailable
from ai_gateway.memory.types import Excerpt, Shelf

MOST_ANOMALIES = 50
MOST_INCIDENTS = 20
MOST_SIMILAR = 5
MOST_RUNBOOKS = 1
DIGITS = 3


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was read about a device. ``health`` and ``state`` are absent where there is nothing on record."""

    device: DeviceName
    span: Span
    since: datetime
    now: datetime
    fresh: Freshness
    readings: Readings
    health: DeviceHealth | None
    anomalies: list[AnomalyRow]
    incidents: list[Incident]
    state: DeviceState | None
    runbooks: list[Excerpt]


class Analyzer:
    """Analyses devices in the caller's scope."""

    def __init__(self, records: Records, shelf: Shelf) -> None:
        """Args: records: what is read. shelf: runbooks."""
        self._records = records
        self._shelf = shelf

    async def analyze(self, caller: Caller, device_id: str, period: str, mode: Mode) -> Analysis:
        """Analyse one device.

        Raises:
            Problem: 404 for a device that this key does not know.
            Unavailable: one of the databases is down.
        """
        scope, device = await self._records.scoping.device(caller, device_id)
        known = await self._read(scope, device, SPANS[period])
        return self._told(known, scope, mode)

    async def _read(self, scope: Scope, device: DeviceName, span: Span) -> Known:
        records, now = self._records, self._records.clock()
        since, sites, only = span.starts(now), scope.sites, (device.id,)
        readings, of_site, health, anomalies, incidents, states = await asyncio.gather(
            records.periods.read(sites, device.id, span, now),
            records.health.site_health((device.site_id,)),
            records.health.device_health(sites, devices=only, limit=1),
            records.health.anomalies(sites, devices=only, since=since, limit=MOST_ANOMALIES),
            records.incidents.incidents(sites, devices=only, since=since, limit=MOST_INCIDENTS),
            records.homepot.devices.states(View(sites=sites, devices=only), in_service_only=False, limit=1),
        )
        return Known(
            runbooks=await self._runbooks(incidents, (device.site_id,)),
            device=device,
            span=span,
            since=since,
            now=now,
            fresh=records.freshness([site.as_of for site in of_site], now),
            readings=readings,
            health=next(iter(health), None),
            anomalies=anomalies,
            incidents=incidents,
            state=next(iter(states), None),
        )

    async def _runbooks(self, incidents: Sequence[Incident], sites: tuple[int, ...]) -> list[Excerpt]:
        """What runbooks say about the first unresolved incident; nothing while they cannot be looked up."""
        worst = next((one for one in incidents if one.status != "resolved"), None)
        if worst is None:
            return []
        try:
            return await self._shelf.find(
                f"{worst.title}. {worst.cause.text if worst.cause else ''}", sites, MOST_RUNBOOKS
            )
        except Unavailable:
            return []

    def _told(self, known: Known, scope: Scope, mode: Mode) -> Analysis:
        similar, fresh = _similar(known.incidents), known.fresh
        situation = self._situation(known, similar)
        site = scope.names.site_by_id.get(known.device.site_id)
        return Analysis(
            device_id=known.device.device_id,
            device_name=known.device.name,
            site_id=site.site_id if site else None,
            site_name=site.name if site else None,
            period=known.span.name,
            mode=mode,
            since=known.since,
            until=known.now,
            generated_at=known.now,
            summary=summary(situation, mode),
            health_score=situation.score,
            status=told(situation.status, stale=fresh.stale),
            condition=situation.condition,
            as_of=fresh.as_of,
            stale=fresh.stale,
            health_parts=health_parts(known.health.parts) if known.health and not fresh.stale else [],
            anomalies_detected=[anomaly_view(row, scope) for row in known.anomalies],
            incidents=[incident_view(one, scope) for one in known.incidents],
            similar_past_incidents=[past_incident(one) for one in similar],
            recommendations=recommendations(situation),
            metrics=_metrics(known, situation.uptime),
            data_quality=situation.quality,
            series=series(known.readings.slices, [row.anomaly for row in known.anomalies]),
        )

    def _situation(self, known: Known, similar: Sequence[Similar]) -> Situation:
        heard, fresh = known.readings.heard, known.fresh
        told_of = known.health if known.health and not fresh.stale else None
        return Situation(
            name=known.device.name,
            condition=known.state.condition if known.state else "",
            status=told(known.health.status, stale=fresh.stale) if known.health else "unknown",
            score=round(told_of.score, DIGITS) if told_of and told_of.score is not None else None,
            stale=fresh.stale,
            scanned_at=fresh.as_of,
            anomalies=[row.anomaly for row in known.anomalies],
            incidents=known.incidents,
            similar=similar,
            runbooks=known.runbooks,
            trends=trends(known.readings.slices, known.since, known.now),
            uptime=uptime(_alive(known), known.since, known.now, self._records.window_s),
            quality=quality(heard, known.since, known.now, self._records.window_s, known.readings.source),
            period=known.span.name,
            now=known.now,
        )


def _alive(known: Known) -> Heard:
    """When the device was heard; its last heartbeat counts as well as a reading."""
    heard, beat = known.readings.heard, known.state.last_heartbeat_at if known.state else None
    if beat is None or heard.last_at is None or beat > known.now:
        return heard
    return msgspec.structs.replace(heard, last_at=max(heard.last_at, beat))


def _metrics(known: Known, up: float | None) -> Metrics:
    whole = totals(known.readings.slices)
    latest = known.health.latest if known.health else {}

    def of(value: Callable[[Stat], float]) -> dict[str, float]:
        return {name: round(value(stat), DIGITS) for name, stat in whole.items()}

    return Metrics(
        averages=of(lambda stat: stat.mean),
        maxima=of(lambda stat: stat.high),
        minima=of(lambda stat: stat.low),
        latest={name: round(value, DIGITS) for name, value in latest.items()},
        uptime=up,
    )


def _similar(incidents: Sequence[Incident]) -> list[Similar]:
    """The past incidents most like those of the device, each once, the most similar first."""
    found = {one.id: one for incident in incidents for one in incident.similar}
    return sorted(found.values(), key=lambda one: -one.similarity)[:MOST_SIMILAR]
