"""Trends that are found by a test over all days, not by two points. Pure functions, for many series at once.

Mann-Kendall's test of a monotone trend with Theil-Sen's slope and its rank interval (Sen 1968; Gilbert, Statistical Methods for
Environmental Pollution Monitoring, 1987, chapter 16). Neighbouring days are alike, which would make it find trends that are
none: the variance is widened by the lag-1 autocorrelation of the series without its trend (Hamed and Rao 1998, for an AR(1)
process). Of all series of a site those are kept whose false discovery rate is at most `RATE` (Benjamini and Hochberg 1995).
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_DAYS: Final = 10
RATE: Final = 0.05
Z_90: Final = 1.6449
"""Normal quantile of a central 90 %."""
MOST_LIKE: Final = 0.95
"""Highest autocorrelation that is believed: above, nothing could be told."""


class Trend(NamedTuple):
    """One series that has a trend: its row, the slope per day with its 90 % interval, and the rate of false ones up to it."""

    row: int
    slope: float
    low: float
    high: float
    days: int
    rate: float


class Tested(NamedTuple):
    """Mann-Kendall of each series, ``(n,)``: the probability of so clear a trend by chance, the days, the spread of the score.

    ``p`` is 1 for a series of less than `LEAST_DAYS` days.
    """

    p: Floats
    days: Floats
    spread: Floats


def find(values: Floats, rate: float = RATE) -> list[Trend]:
    """The series ``(n, days)`` with a trend, the surest first; NaN is a day that was not measured."""
    tested = judged(values)
    rates = false_rates(tested.p)
    rows = np.flatnonzero(rates <= rate)
    surest = rows[np.argsort(tested.p[rows], kind="stable")]
    slopes = [_slope(values[row], float(tested.spread[row])) for row in surest]
    return [
        Trend(int(row), slope, low, high, int(tested.days[row]), float(rates[row]))
        for row, (slope, low, high) in zip(surest, slopes, strict=True)
    ]


def judged(values: Floats) -> Tested:
    """The test of every series."""
    known = np.isfinite(values)
    days = known.sum(axis=1).astype(float)
    score = _score(np.ascontiguousarray(values.T, dtype=np.float32))
    spread = np.sqrt(days * (days - 1) * (2 * days + 5) / 18 * _likeness(values, known))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.maximum(np.abs(score) - 1, 0) / spread
    p = np.array([math.erfc(one / math.sqrt(2)) if math.isfinite(one) else 1.0 for one in z])
    return Tested(np.where(days >= LEAST_DAYS, p, 1.0), days, spread)


def _score(by_day: NDArray[np.float32]) -> Floats:
    """How many pairs of days rise less how many fall, ``(n,)``, of ``(days, n)``; a day that was not measured is in neither."""
    score = np.zeros(by_day.shape[1], np.int32)
    for day in range(1, len(by_day)):
        for before in range(day):
            score += by_day[day] > by_day[before]
            score -= by_day[day] < by_day[before]
    return score.astype(float)


def _likeness(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """By how much neighbouring days that are alike widen the variance, at least 1. The trend is taken out by least squares."""
    n = np.maximum(known.sum(axis=1), 1).astype(float)[:, None]
    at = np.where(known, np.arange(values.shape[1], dtype=float), 0.0)
    filled = np.where(known, values, 0.0)
    at = np.where(known, at - at.sum(axis=1, keepdims=True) / n, 0.0)
    filled = np.where(known, filled - filled.sum(axis=1, keepdims=True) / n, 0.0)
    line = (at * filled).sum(axis=1, keepdims=True) / np.maximum((at * at).sum(axis=1, keepdims=True), 1e-12)
    rest = np.where(known, filled - line * at, 0.0)
    whole = (rest * rest).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / whole
    alike = np.nan_to_num(alike)
    alike = (n[:, 0] * alike + 2) / np.maximum(n[:, 0] - 4, 1)  # in so few days it comes out too small
    alike = np.clip(alike, 0.0, MOST_LIKE)
    days = n[:, 0]  # 1 + 2 sum over lags k of (1 - k / days) alike^k
    return np.asarray(1 + 2 * (alike / (1 - alike) - alike * (1 - alike**days) / (days * (1 - alike) ** 2)))


def false_rates(p: Floats) -> Floats:
    """``(n,)``: the share of false ones among all series at least as sure as each (the adjusted p of Benjamini and Hochberg)."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    found = np.empty(len(p))
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def _slope(series: Floats, spread: float) -> tuple[float, float, float]:
    """Theil-Sen's slope per day and the ends of its 90 % interval."""
    at = np.flatnonzero(np.isfinite(series))
    later, earlier = np.tril_indices(len(at), -1)
    slopes = np.sort((series[at[later]] - series[at[earlier]]) / (at[later] - at[earlier]))
    reach = Z_90 * spread
    low = max(int((len(slopes) - reach) / 2), 0)
    high = min(math.ceil((len(slopes) + reach) / 2), len(slopes) - 1)
    return float(np.median(slopes)), float(slopes[low]), float(slopes[high])
