"""What a site's last 30 days say, put together without a model."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ai_gateway.access.scope import Scope
from ai_gateway.access.types import Caller
from ai_gateway.health.schedule import zone_of
from ai_gateway.health.service import status_of
from ai_gateway.health.types import SiteHealth
from ai_gateway.health.wire import rounded, told
from ai_gateway.homepot.scoped.planning import JobHistory
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.incidents.records import Records
from ai_gateway.incidents.types import Incident
from ai_gateway.insights.costs import Amounts, costs
from ai_gateway.insights.findings import findings
from ai_gateway.insights.likeness import compared
from ai_gateway.insights.reading import DAYS, PERIOD, Read, SiteReader
from ai_gateway.insights.store import InsightStore, LikeSite, Losses
from ai_gateway.insights.views import error_views, job_success, late_share
from ai_gateway.insights.wire import Counts, JobSuccess, Overall, SiteInsights
from ai_gateway.kit.queries import Page
from ai_gateway.kit.settings import CostRate
from ai_gateway.prediction.service import SCORE_H, PredictionService
from ai_gateway.prediction.types import HOURS
from ai_gateway.prediction.wire import RiskPage

MOST_INCIDENTS: Final = 500
SHOWN: Final = 20
LEAST_RISK: Final = 0.2
STALE_ROUND_S: Final = 3 * 3600.0


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
        reader: SiteReader,
        store: InsightStore,
        jobs: JobHistory,
        predictions: PredictionService,
        costing: Costing,
        zones: Mapping[str, str],
    ) -> None:
        """Args: records, reader, store, jobs, predictions: what is read. costing: rates. zones: of sites, by public id."""
        self._records = records
        self._reader = reader
        self._store = store
        self._jobs = jobs
        self._predictions = predictions
        self._costing = costing
        self._zones = zones

    async def review(self, caller: Caller, site_id: str) -> SiteInsights:
        """A site's last 30 days."""
        scope, site = await self._records.scoping.site(caller, site_id)
        records, now = self._records, self._records.clock()
        period, only = Period(now - PERIOD, now), (site.id,)
        zone = zone_of(site.site_id, self._zones)
        (read, ends, risks), (health, losses, incidents, like) = await asyncio.gather(
            asyncio.gather(
                self._reader.read(scope, site.id, now),
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
        overall = self._overall(health, now)
        patterns, success = error_views(read.errors, late_share(read.errors, now)), job_success(ends, zone)
        counted = _counts(health, losses, incidents, read, success, period)
        similar, ahead = compared(like), [] if risks.stale else risks.devices
        return SiteInsights(
            site_id=site.site_id,
            site_name=site.name,
            period_days=DAYS,
            since=period.since,
            until=now,
            overall_health=overall,
            counts=counted,
            key_findings=findings(overall, counted, read.trends, patterns, read.told, success, similar, ahead),
            trends=read.trends[:SHOWN],
            series_tested=read.series,
            error_patterns=patterns[:SHOWN],
            changes=read.told,
            job_success=success,
            like_sites=similar,
            predicted_issues=ahead,
            predictions_stale=risks.stale,
            cost_analysis=costs(_amounts(losses, counted, like, risks), self._costing.rates, self._costing.currency),
            generated_at=now,
        )

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


def _counts(
    health: Sequence[SiteHealth],
    losses: Losses,
    incidents: Sequence[Incident],
    read: Read,
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
        errors=read.errors[0].total if read.errors else 0,
        changes=len(read.changes),
        jobs=jobs.jobs,
        failed_jobs=jobs.jobs - jobs.succeeded,
    )


def _amounts(losses: Losses, counts: Counts, like: Sequence[LikeSite], risks: RiskPage) -> Amounts:
    expected = None if risks.stale or not like else like[0].failures
    return Amounts(losses.silent_s / 3600, counts.incidents, counts.failed_jobs, expected)
