"""What a site's last 30 days say, put together without a model."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.access.scope import Scope
from ai_gateway.access.types import Caller
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.schedule import zone_of
from ai_gateway.health.service import status_of
from ai_gateway.health.types import SiteHealth
from ai_gateway.health.wire import device_ref, rounded, told
from ai_gateway.homepot.jobs import JobHistory
from ai_gateway.homepot.store import Period
from ai_gateway.homepot.types import ErrorPattern, View
from ai_gateway.incidents.records import Records
from ai_gateway.incidents.types import Incident
from ai_gateway.insights.changes import ChangeReader
from ai_gateway.insights.costs import Amounts, costs
from ai_gateway.insights.findings import findings
from ai_gateway.insights.likeness import compared
from ai_gateway.insights.store import InsightStore, LikeSite, Losses
from ai_gateway.insights.trends import Trend, find
from ai_gateway.insights.views import WEEK, error_views, job_success, matters, midnight, trend_view
from ai_gateway.insights.wire import ChangeView, Counts, JobSuccess, Overall, SiteInsights, TrendView
from ai_gateway.kit.queries import Page
from ai_gateway.kit.settings import CostRate
from ai_gateway.prediction.service import SCORE_H, PredictionService
from ai_gateway.prediction.types import HOURS
from ai_gateway.prediction.wire import RiskPage

DAYS: Final = 30
PERIOD: Final = timedelta(days=DAYS)
MOST_ERRORS: Final = 100
MOST_CHANGES: Final = 200
MOST_INCIDENTS: Final = 500
SHOWN: Final = 20
LEAST_RISK: Final = 0.2
STALE_ROUND_S: Final = 3 * 3600.0


KEEP: Final = timedelta(minutes=15)
MOST_KEPT: Final = 256


class _Kept(NamedTuple):
    """The trends of a site: device, metric, its mean level, and the trend. ``at``: when they were looked for."""

    until: datetime
    at: datetime
    trends: list[tuple[int, str, float, Trend]]
    series: int


class Costing:
    """The operator's rates; ``currency``: how they are told."""

    def __init__(self, rates: Mapping[CostRate, float], currency: str | None) -> None:
        """Args: rates: what one of each costs, those that are known."""
        self.rates = rates
        self.currency = currency


class SiteReview:
    """Reads for callers; raises a 404 problem for a site that is not known to them, ``Unavailable`` without a database."""

    def __init__(
        self,
        records: Records,
        store: InsightStore,
        jobs: JobHistory,
        predictions: PredictionService,
        costing: Costing,
        zones: Mapping[str, str],
    ) -> None:
        """Args: records, store, jobs, predictions: what is read. costing: rates. zones: of sites, by public id."""
        self._records = records
        self._store = store
        self._jobs = jobs
        self._predictions = predictions
        self._costing = costing
        self._zones = zones
        self._changes = ChangeReader(store)
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    async def review(self, caller: Caller, site_id: str) -> SiteInsights:
        """A site's last 30 days."""
        scope, site = await self._records.scoping.site(caller, site_id)
        records, now = self._records, self._records.clock()
        period, only = Period(now - PERIOD, now), (site.id,)
        view, zone = View(sites=only), zone_of(site.site_id, self._zones)
        (measured, errors, ends, risks), (health, losses, incidents, like) = await asyncio.gather(
            asyncio.gather(
                self._measured(scope, site.id, period),
                records.homepot.error_patterns(view, period, recent=now - WEEK, limit=MOST_ERRORS),
                self._jobs.ends(site.id, period),
                self._predictions.at_risk(caller, site_id, SCORE_H, LEAST_RISK, Page(SHOWN, 0)),
            ),
            asyncio.gather(
                records.health.site_health(only),
                self._store.losses(site.id, period.since, now),
                records.incidents.incidents(only, since=period.since, limit=MOST_INCIDENTS),
                self._like(scope, site.id, period),
            ),
        )
        trends, series, changes, change_count = measured
        overall = self._overall(health, now)
        patterns, success = error_views(errors, WEEK / PERIOD), job_success(ends, zone)
        counted = _counts(health, losses, incidents, errors, change_count, success, period)
        similar, ahead = compared(like), [] if risks.stale else risks.devices
        return SiteInsights(
            site_id=site.site_id,
            site_name=site.name,
            period_days=DAYS,
            since=period.since,
            until=now,
            overall_health=overall,
            counts=counted,
            key_findings=findings(overall, counted, trends, patterns, changes, success, similar, ahead),
            trends=trends[:SHOWN],
            series_tested=series,
            error_patterns=patterns[:SHOWN],
            changes=changes,
            job_success=success,
            like_sites=similar,
            predicted_issues=ahead,
            predictions_stale=risks.stale,
            cost_analysis=costs(_amounts(losses, counted, like, risks), self._costing.rates, self._costing.currency),
            generated_at=now,
        )

    async def _measured(
        self, scope: Scope, site: int, period: Period
    ) -> tuple[list[TrendView], int, list[ChangeView], int]:
        """Trends, how many series were looked at, changes with their effects, and how many changes there were."""
        view = View(sites=(site,))
        measured, changes, metrics = await asyncio.gather(
            self._records.homepot.measured_devices(view),
            self._records.homepot.config_changes(view, period, limit=MOST_CHANGES),
            self._store.metrics(),
        )
        (trends, series), told_of = await asyncio.gather(
            self._trends(scope, site, measured.ids, metrics, period.until),
            self._changes.read(scope, site, measured.ids, changes, metrics),
        )
        return trends, series, told_of, len(changes)

    async def _trends(
        self, scope: Scope, site: int, devices: Sequence[int], metrics: Mapping[str, int], now: datetime
    ) -> tuple[list[TrendView], int]:
        """What was found serves for `KEEP` again: days that are over change no more, but for readings that come late."""
        until = midnight(now)
        kept = self._kept.get(site)
        if kept is None or kept.until != until or kept.at < now - KEEP:
            kept = self._kept[site] = await self._found(devices, metrics, until, now)
            self._kept.move_to_end(site)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        views = [_trend(device, metric, level, trend, scope) for device, metric, level, trend in kept.trends]
        return [one for one in views if one], kept.series

    async def _found(self, devices: Sequence[int], metrics: Mapping[str, int], until: datetime, now: datetime) -> _Kept:
        means = await self._store.day_means(devices, list(metrics.values()), until - PERIOD, until)
        series = means.reshape(-1, means.shape[-1])
        found = await asyncio.to_thread(find, series)  # tens of milliseconds for a large site
        names = list(metrics)
        trends = [
            (devices[one.row // len(names)], names[one.row % len(names)], float(np.nanmean(series[one.row])), one)
            for one in found
        ]
        return _Kept(until, now, trends, int(np.isfinite(series).any(axis=1).sum()))

    async def _like(self, scope: Scope, site: int, period: Period) -> list[LikeSite]:
        place = HOURS.index(SCORE_H) + 1
        return await self._store.like_sites(
            scope.sites, site, period.since, period.until, place=place, fresh_s=STALE_ROUND_S
        )

    def _overall(self, health: Sequence[SiteHealth], now: datetime) -> Overall:
        fresh = self._records.freshness([one.as_of for one in health], now)
        score = health[0].score if health else None
        return Overall(
            score=None if fresh.stale else rounded(score),
            status=told(status_of(score), stale=fresh.stale),
            as_of=fresh.as_of,
            stale=fresh.stale,
        )


def _trend(device: int, name: str, level: float, trend: Trend, scope: Scope) -> TrendView | None:
    """``None`` for one that is sure and yet too small for anybody to look at."""
    metric = metric_named(name)
    view = trend_view(trend, device_ref(device, scope), metric, DAYS)
    return view if matters(metric, view.change, level) else None


def _counts(
    health: Sequence[SiteHealth],
    losses: Losses,
    incidents: Sequence[Incident],
    errors: Sequence[ErrorPattern],
    changes: int,
    jobs: JobSuccess,
    period: Period,
) -> Counts:
    site = next(iter(health), None)
    return Counts(
        devices=site.devices if site else 0,
        healthy=site.healthy if site else 0,
        warning=site.warning if site else 0,
        critical=site.critical if site else 0,
        unknown=site.unknown if site else 0,
        open_anomalies=site.open_anomalies if site else 0,
        anomalies=losses.anomalies,
        incidents=sum(one.opened_at >= period.since for one in incidents),
        open_incidents=sum(one.status != "resolved" for one in incidents),
        errors=errors[0].total if errors else 0,
        changes=changes,
        jobs=jobs.jobs,
        failed_jobs=jobs.jobs - jobs.succeeded,
    )


def _amounts(losses: Losses, counts: Counts, like: Sequence[LikeSite], risks: RiskPage) -> Amounts:
    expected = None if risks.stale or not like else like[0].failures
    return Amounts(losses.silent_s / 3600, counts.incidents, counts.failed_jobs, expected)
