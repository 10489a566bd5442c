"""The fleet's health ahead: how many devices are expected to fail, where and when, and where health has been going."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.queries import Page
from ai_gateway.prediction.counts import Counts, counts, slope
from ai_gateway.prediction.forecast_wire import (
    Expected,
    ForecastDay,
    HealthForecast,
    HealthTrend,
    SiteForecast,
)
from ai_gateway.prediction.service import LONG_AGO, PredictionService
from ai_gateway.prediction.store import PredictionReader
from ai_gateway.prediction.sums import ScoreDay, SiteOutlook, sums_at, sums_by_site

DAY_H: Final = 24.0
TREND_DAYS: Final = 30
LEAST_CHANGE: Final = 0.01
"""Change of the score in a week below which health is steady, however surely it moves."""
NO_ROUND: Final = "The worker has told no risk yet; it does so once an hour after its first scan."
DIGITS: Final = 4


class ForecastService:
    """Reads forecasts for callers. Every method raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, scoping: Scoping, reader: PredictionReader, risks: PredictionService, clock: Clock) -> None:
        """Args: scoping: callers and names. reader: own database. risks: know whether a round is too old. clock: now."""
        self._scoping = scoping
        self._reader = reader
        self._risks = risks
        self._clock = clock

    async def forecast(self, caller: Caller, site_id: str | None, hours: float, page: Page) -> HealthForecast:
        """What is expected within ``hours``, the sites with the most failures first; a 404 problem for an unknown site."""
        scope, sites, _ = await self._scoping.chosen(caller, site_id, None)
        since = (self._clock() - timedelta(days=TREND_DAYS)).date()
        rows, days = await asyncio.gather(self._reader.site_outlooks(sites), self._reader.health_days(sites, since))
        as_of = rows[0].as_of if rows else await self._reader.last_predicted()
        stale = self._risks.stale(as_of)
        _, caveat = await self._risks.basis(sites)
        if stale:
            rows = []
        return HealthForecast(
            horizon_hours=hours,
            as_of=as_of,
            stale=stale,
            detail=(LONG_AGO if as_of else NO_ROUND) if stale else None,
            basis=rows[0].basis if rows else None,  # type: ignore[arg-type]  # the table's check
            caveat=None if stale else caveat,
            expected=None if stale else _expected(counts(sums_at(rows, (hours,))), 0, sum(row.devices for row in rows)),
            days=_days(rows, hours),
            trend=_trend(days),
            count=len(rows),
            sites=_sites(rows, hours, scope, page),
            limit=page.limit,
            offset=page.offset,
        )


def _expected(found: Counts, place: int, devices: int) -> Expected:
    failing, low, high = (float(side[place]) for side in found)
    high = min(high, devices)
    return Expected(
        devices=devices,
        failing=round(failing, DIGITS),
        low=int(low),
        high=int(high),
        share=round(failing / devices, DIGITS) if devices else None,
        share_low=round(low / devices, DIGITS) if devices else None,
        share_high=round(high / devices, DIGITS) if devices else None,
    )


def _days(rows: Sequence[SiteOutlook], hours: float) -> list[ForecastDay]:
    if not rows:
        return []
    ends = np.append(np.arange(DAY_H, hours, DAY_H), hours)
    found = counts(sums_at(rows, ends.tolist()))
    alone = np.diff(found.expected, prepend=0.0)
    most = sum(row.devices for row in rows)
    return [
        ForecastDay(
            until=rows[0].as_of + timedelta(hours=end),
            failing=round(alone[place], DIGITS),
            so_far=round(float(found.expected[place]), DIGITS),
            low=int(found.low[place]),
            high=int(min(found.high[place], most)),
        )
        for place, end in enumerate(ends.tolist())
    ]


def _sites(rows: Sequence[SiteOutlook], hours: float, scope: Scope, page: Page) -> list[SiteForecast]:
    expected = sums_by_site(rows, hours).expected
    order = sorted(range(len(rows)), key=lambda place: (-expected[place], rows[place].site))
    shown = [rows[place] for place in order[page.offset : page.offset + page.limit]]
    found = counts(sums_by_site(shown, hours))
    names = scope.names.site_by_id
    return [
        SiteForecast(
            site_id=names[row.site].site_id if row.site in names else str(row.site),
            name=names[row.site].name if row.site in names else None,
            expected=_expected(found, place, row.devices),
        )
        for place, row in enumerate(shown)
    ]


def _trend(days: Sequence[ScoreDay]) -> HealthTrend:
    """A change counts if its interval is on one side of none, and if it is large enough to matter."""
    scores = np.array([one.score for one in days])
    moved = slope(np.array([one.day.toordinal() for one in days], float), scores)
    score = round(float(scores[-1]), DIGITS) if days else None
    if moved is None:
        return HealthTrend(direction="unknown", days=len(days), score=score, per_week=None, low=None, high=None)
    week, low, high = (round(7 * value, DIGITS) for value in moved)
    matters = abs(week) >= LEAST_CHANGE and (low > 0 or high < 0)
    return HealthTrend(
        direction=("improving" if week > 0 else "worsening") if matters else "steady",
        days=len(days),
        score=score,
        per_week=week,
        low=low,
        high=high,
    )
