"""Reads and tests what a site's rows say: trends, error patterns, and what changes of configuration did."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.access.scope import Scope
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.wire import device_ref
from ai_gateway.homepot.scoped.changes import ConfigChange
from ai_gateway.homepot.scoped.errors import ErrorPattern
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.insights.changes import MOST, ChangeReader
from ai_gateway.insights.store import InsightStore
from ai_gateway.insights.trends import RATE, Trend, find
from ai_gateway.insights.views import WEEK, matters, midnight, trend_view
from ai_gateway.insights.wire import ChangeView, TrendView

DAYS: Final = 30
PERIOD: Final = timedelta(days=DAYS)
MOST_ERRORS: Final = 100
MOST_CHANGES: Final = 200
KEEP: Final = timedelta(minutes=15)
MOST_KEPT: Final = 256


class Read(NamedTuple):
    """What a site's rows say. ``told``: of the first of ``changes``, in their order. ``series``: how many were tested for a trend."""

    trends: list[TrendView]
    series: int
    errors: list[ErrorPattern]
    changes: list[ConfigChange]
    told: list[ChangeView]


class Judging(NamedTuple):
    """How changes are judged: those older than ``settled``, the newest ``most``; ``rate``: of false ones among all that is told."""

    settled: timedelta = timedelta(0)
    most: int = MOST
    rate: float = RATE


USUAL: Final = Judging()


class _Kept(NamedTuple):
    """The trends of a site: device, metric, its mean level, and the trend. ``at``: when they were looked for."""

    until: datetime
    at: datetime
    trends: list[tuple[int, str, float, Trend]]
    series: int


class SiteReader:
    """Raises ``Unavailable`` while a database does not answer."""

    def __init__(self, homepot: HomepotStore, store: InsightStore) -> None:
        """Args: homepot: errors and changes. store: the worker's days and hours."""
        self._homepot = homepot
        self._store = store
        self._changes = ChangeReader(homepot, store)
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    async def read(self, scope: Scope, site: int, now: datetime, judging: Judging = USUAL) -> Read:
        """The last `PERIOD` of a site in scope."""
        view, since = View(sites=(site,)), now - PERIOD
        (trends, series, changes, told), errors = await asyncio.gather(
            self._measured(scope, site, now, judging),
            self._homepot.errors.patterns(view, Period(since, now), recent=now - WEEK, limit=MOST_ERRORS),
        )
        return Read(trends, series, errors, changes, told)

    async def _measured(
        self, scope: Scope, site: int, now: datetime, judging: Judging
    ) -> tuple[list[TrendView], int, list[ConfigChange], list[ChangeView]]:
        view, changed = View(sites=(site,)), Period(now - PERIOD, now - judging.settled)
        measured, changes, metrics = await asyncio.gather(
            self._homepot.readings.measured_devices(view),
            self._homepot.changes.listed(view, changed, limit=MOST_CHANGES),
            self._store.metrics(),
        )
        (trends, series), told = await asyncio.gather(
            self._trends(scope, site, measured.ids, metrics, now),
            self._changes.read(
                scope, site, measured.ids, changes, metrics, now=now, most=judging.most, rate=judging.rate
            ),
        )
        return trends, series, changes, told

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


def _trend(device: int, name: str, level: float, trend: Trend, scope: Scope) -> TrendView | None:
    """``None`` for one that is sure and yet too small for anybody to look at."""
    metric = metric_named(name)
    view = trend_view(trend, device_ref(device, scope), metric, DAYS)
    return view if matters(metric, view.change, level) else None
