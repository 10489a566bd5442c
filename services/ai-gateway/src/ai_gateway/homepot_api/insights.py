"""HOMEPOT's insights: push messages, one device, one site."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ai_gateway.access.types import Caller
from ai_gateway.health.analysis import Slice, Span, totals, trends
from ai_gateway.homepot.scoped.jobs import JobHour, PushCount
from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot_api.predictions import WINDOW_H, FailurePredictions
from ai_gateway.homepot_api.recommendations import Recommendations
from ai_gateway.homepot_api.types import (
    ConfigurationImpact,
    CorrelatedIssue,
    DeviceErrors,
    DeviceInsights,
    DeviceMeans,
    HourSuccess,
    JobPatterns,
    JobSummary,
    Performance,
    PushInsights,
    PushSummary,
    SiteInsights,
)
from ai_gateway.incidents.records import Records
from ai_gateway.incidents.types import Incident
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.text import clean, count

POINT_S: Final = 10_800
MOST_ERROR_DAYS: Final = 7
MOST_IMPACT_DAYS: Final = 14
"""As in HOMEPOT, whatever period is asked for."""
LEAST_JOBS: Final = 5
LEAST_SUCCESS: Final = 90.0
MOST_HOURS: Final = 5
"""HOMEPOT's rule for its best hours."""
MOST_INCIDENTS: Final = 200
MOST_ISSUES: Final = 20
CHANGES: Final = frozenset({"config", "rollback", "firmware", "job", "command"})
"""Kinds of cause that are recorded changes."""
EXTRA_MEANS: Final = ("transaction_volume", "active_connections", "queue_depth")
DIGITS: Final = 2


class Insights:
    """Reads for callers; raises a 404 problem for an id that is not known to them, ``Unavailable`` without a database."""

    def __init__(self, records: Records, predictions: FailurePredictions, recommendations: Recommendations) -> None:
        """Args: records: what is read. predictions: risks. recommendations: a site's windows."""
        self._records = records
        self._predictions = predictions
        self._recommendations = recommendations
        self._clock = records.clock

    async def pushes(self, caller: Caller, device_id: str | None, days: int) -> PushInsights:
        """How push messages of the last ``days`` fared, of one device if it is named."""
        _, sites, devices = await self._records.scoping.chosen(caller, None, device_id)
        rows = await self._records.homepot.jobs.push_counts(
            View(sites=sites, devices=devices), self._records.homepot.last(days=days)
        )
        providers, reasons = Counter[str](), Counter[str]()
        for row in rows:
            if row.provider:
                providers[row.provider] += row.messages
            if row.status == "failed" and row.error_code:
                reasons[row.error_code] += row.messages
        return PushInsights(
            period_days=days,
            device_id=device_id,
            summary=_push_summary(rows),
            provider_breakdown=dict(providers),
            failure_reasons=dict(reasons),
            analysis_timestamp=self._clock(),
        )

    async def device(self, caller: Caller, device_id: str, days: int) -> DeviceInsights:
        """A device's figures, errors and risk."""
        scope, device = await self._records.scoping.device(caller, device_id)
        now, view, error_days = self._clock(), View(sites=scope.sites, devices=(device.id,)), min(days, MOST_ERROR_DAYS)
        span = Span(f"{days}d", timedelta(days=days), POINT_S, hourly=True)
        readings, health, errors, prediction = await asyncio.gather(
            self._records.periods.read(scope.sites, device.id, span, now),
            self._records.health.device_health(scope.sites, devices=(device.id,), limit=1),
            self._records.homepot.errors.totals(view, self._records.homepot.last(days=error_days)),
            self._predictions.device(caller, device_id, WINDOW_H),
        )
        fresh = [one for one in health if not self._records.freshness([one.as_of], now).stale]
        score = fresh[0].score if fresh else None
        slices, total = readings.slices, sum(row.events for row in errors)
        performance = Performance(
            device_id=device.device_id,
            period_days=days,
            metrics=_means(slices),
            trends={"cpu": _trend(slices, span, self._clock)},
            health_score=None if score is None else round(100 * score, DIGITS),
            analysis_timestamp=now,
        )
        return DeviceInsights(
            device_id=device.device_id,
            analysis_period_days=days,
            performance=performance if slices else _silent(device.device_id),
            errors=_errors(total, error_days),
            failure_prediction=prediction,
            generated_at=now,
        )

    async def site(self, caller: Caller, site_id: str, days: int) -> SiteInsights:
        """How the jobs of a site fared, and what its changes brought."""
        _, site = await self._records.scoping.site(caller, site_id)
        impact_days = min(days, MOST_IMPACT_DAYS)
        since = self._records.homepot.last(days=impact_days).since
        jobs, windows, incidents = await asyncio.gather(
            self._records.homepot.jobs.by_hour(View(sites=(site.id,)), self._records.homepot.last(days=days)),
            self._recommendations.optimal_windows(caller, site_id),
            self._records.incidents.incidents((site.id,), since=since, limit=MOST_INCIDENTS),
        )
        opened = [incident for incident in incidents if incident.opened_at >= since]
        return SiteInsights(
            site_id=site.site_id,
            analysis_period_days=days,
            job_patterns=_job_patterns(site.site_id, days, jobs, self._clock),
            scheduling_windows=windows,
            configuration_impact=_impact(site.site_id, impact_days, opened),
            generated_at=self._clock(),
        )


def _push_summary(rows: Sequence[PushCount]) -> PushSummary:
    total, timed = sum(row.messages for row in rows), sum(row.timed for row in rows)
    delivered = sum(row.messages for row in rows if row.status == "delivered")
    return PushSummary(
        total_sent=total,
        delivered=delivered,
        failed=sum(row.messages for row in rows if row.status == "failed"),
        delivery_rate_percent=round(100 * delivered / total, DIGITS) if total else None,
        avg_latency_ms=round(sum(row.latency_ms for row in rows) / timed, DIGITS) if timed else None,
    )


def _means(slices: Sequence[Slice]) -> DeviceMeans:
    means = {name: round(stat.mean, DIGITS) for name, stat in totals(slices).items()}
    return DeviceMeans(
        avg_cpu_percent=means.get("cpu_percent"),
        avg_memory_percent=means.get("memory_percent"),
        avg_disk_percent=means.get("disk_percent"),
        sample_count=sum(piece.readings for piece in slices),
        **{f"avg_{name}": means[name] for name in EXTRA_MEANS if name in means},
    )


def _trend(slices: Sequence[Slice], span: Span, clock: Clock) -> str:
    """Whether CPU moved by more than matters from the first quarter of the period to the last."""
    now = clock()
    moved = next((one for one in trends(slices, span.starts(now), now) if one.metric == "cpu_percent"), None)
    if moved is None:
        return "stable"
    return "increasing" if moved.last > moved.first else "decreasing"


def _silent(device_id: str) -> Performance:
    return Performance(device_id=device_id, status="no_data", message="The device sent no readings in this period.")


def _errors(total: int, days: int) -> DeviceErrors:
    if not total:
        return DeviceErrors(error_rate_per_day=0, status="no_errors")
    return DeviceErrors(error_rate_per_day=round(total / days, DIGITS), total_errors=total, period_days=days)


def _job_patterns(site_id: str, days: int, rows: Sequence[JobHour], clock: Clock) -> JobPatterns:
    total, won = sum(row.jobs for row in rows), sum(row.jobs for row in rows if row.succeeded)
    if not total:
        return JobPatterns(site_id=site_id, status="no_data", message="No job of this site ended in this period.")
    reasons = Counter[str]()
    for row in rows:
        if not row.succeeded:
            reasons[clean(row.error_message) or "unknown"] += row.jobs
    return JobPatterns(
        site_id=site_id,
        period_days=days,
        summary=JobSummary(total_jobs=total, successful=won, failed=total - won, success_rate=_percent(won, total)),
        optimal_hours=_best_hours(rows),
        failure_patterns=dict(reasons.most_common(MOST_ISSUES)),
        analysis_timestamp=clock(),
    )


def _best_hours(rows: Sequence[JobHour]) -> list[HourSuccess]:
    ended, won = Counter[int](), Counter[int]()
    for row in rows:
        ended[row.hour] += row.jobs
        won[row.hour] += row.jobs if row.succeeded else 0
    hours = [
        HourSuccess(hour=hour, success_rate=_percent(won[hour], jobs), sample_size=jobs)
        for hour, jobs in ended.items()
        if jobs >= LEAST_JOBS
    ]
    good = [hour for hour in hours if hour.success_rate >= LEAST_SUCCESS]
    return sorted(good, key=lambda hour: (-hour.success_rate, -hour.sample_size, hour.hour))[:MOST_HOURS]


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, DIGITS)


def _impact(site_id: str, days: int, incidents: Sequence[Incident]) -> ConfigurationImpact:
    caused = [
        CorrelatedIssue(
            incident_id=str(incident.id), title=incident.title, cause=incident.cause.text, opened_at=incident.opened_at
        )
        for incident in incidents
        if incident.cause and incident.cause.kind in CHANGES
    ]
    return ConfigurationImpact(
        site_id=site_id,
        period_days=days,
        impact_score=round(len(caused) / len(incidents), DIGITS) if incidents else None,
        correlated_issues=caused[:MOST_ISSUES],
        recommendation=_advice(len(caused), len(incidents), days),
    )


def _advice(caused: int, incidents: int, days: int) -> str:
    if not incidents:
        return f"No incident in {count(days, 'day')}, so no change did harm that shows."
    if not caused:
        return f"None of {count(incidents, 'incident')} in {count(days, 'day')} is put down to a recorded change."
    return (
        f"A recorded change is the probable cause of {caused} of {count(incidents, 'incident')}: look at these changes."
    )
