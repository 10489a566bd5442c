"""When a quantity that wears crosses its limit: a line through its recent days, with an interval."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Flags, Floats

LEAST: Final = 5
"""Days with readings that a trend needs."""
STEEP: Final = 3.0
"""A slope counts that is this many standard errors from none."""
LEVEL_Z: Final = 1.645
BROKEN: Final = 5.0
"""A newest day so far on the safe side of the line through the days before ended the trend: a disk was cleared.

In standard errors of that day by those before (the externally studentised residual: Cook & Weisberg 1982, 2.2.1).
"""
TINY: Final = 1e-9
"""What rounding leaves of a line without noise, as a share of its mean."""


class Crossing(NamedTuple):
    """``(n,)`` each.

    ``days``: until the limit is crossed, infinity if it is not foreseen; ``low``, ``high``: the ends of the
    90 % interval. ``slope``: per day. ``level``: where the line stands now. ``points``: days that it was made of.
    """

    days: Floats
    low: Floats
    high: Floats
    slope: Floats
    level: Floats
    points: Floats


def crossing(values: Floats, limit: Floats, *, up: bool = True) -> Crossing:
    """Of many machines at once. ``values``: ``(n, d)`` daily means, the last one of now, NaN where unknown.

    Errors of neighbouring days go together, so the slope's error is widened by what their correlation costs.
    """
    sign = 1.0 if up else -1.0
    known = ~np.isnan(values)
    count = known.sum(axis=1).astype(float)
    time = np.where(known, np.arange(values.shape[1]) - (values.shape[1] - 1.0), 0)
    y = np.where(known, sign * values, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle, mean = time.sum(axis=1) / count, y.sum(axis=1) / count
        off = np.where(known, time - middle[:, None], 0)
        width = (off**2).sum(axis=1)
        slope = (off * y).sum(axis=1) / width
        rest = np.where(known, y - mean[:, None] - slope[:, None] * off, 0)
        noise = (rest**2).sum(axis=1) / np.maximum(count - 2, 1)
        error = np.sqrt(noise * _longer(rest) / width)
        broken = _broken(rest, off, known, TINY * np.abs(mean))
        level = mean - slope * middle
        gap = sign * limit - level
        rising = (count >= LEAST) & (slope > 0) & (slope > STEEP * error) & ~broken
        days = np.where(rising, np.maximum(gap, 0) / slope, np.inf)
        low, high = _between(gap, slope, error, np.sqrt(noise), rising)
    over = (count >= LEAST) & (gap <= 0) & ~broken
    return Crossing(
        np.where(over, 0, days), np.where(over, 0, low), np.where(over, 0, high), sign * slope, sign * level, count
    )


def _broken(rest: Floats, off: Floats, known: Flags, least: Floats) -> Flags:
    """Whether the newest known day fell out of its line: residuals ``rest`` at times ``off`` from their middle."""
    last = (known.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1))[:, None]
    residual, distance = (np.take_along_axis(one, last, axis=1)[:, 0] for one in (rest, off))
    count = known.sum(axis=1)
    free = 1 - 1 / count - distance**2 / (off**2).sum(axis=1)
    others = np.maximum((rest**2).sum(axis=1) - residual**2 / free, 0) / np.maximum(count - 3, 1)
    found: Flags = residual < -BROKEN * np.sqrt(others * free) - least
    return found


def _longer(rest: Floats) -> Floats:
    """How much less the days tell than independent ones, by their correlation from day to day (1 … 19)."""
    together = (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / np.maximum((rest**2).sum(axis=1), 1e-12)
    rho = np.clip(together, 0, 0.9)
    found: Floats = (1 + rho) / (1 - rho)
    return found


def _between(gap: Floats, slope: Floats, error: Floats, noise: Floats, rising: Flags) -> tuple[Floats, Floats]:
    """Earliest by the steepest line and the noise on top, latest by the flattest and the noise below."""
    steep, flat = slope + LEVEL_Z * error, slope - LEVEL_Z * error
    low = np.maximum(gap - LEVEL_Z * noise, 0) / steep
    high = np.where(flat > 0, (np.maximum(gap, 0) + LEVEL_Z * noise) / flat, np.inf)
    return np.where(rising, low, np.inf), np.where(rising, high, np.inf)
