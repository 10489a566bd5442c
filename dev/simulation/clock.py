"""What time it is at a site: local hours, opening times, and how busy an ordinary day is at that moment."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np

from dev.simulation.fleet import Bools, Floats, Ints, Sites

START: Final = datetime(2026, 10, 15, tzinfo=UTC)
"""A Thursday, ten days before summer time ends: the rhythm of most sites then moves by an hour."""
SUMMER_TIME_ENDS: Final = datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()
HOUR_S: Final = 3_600.0
DAY_S: Final = 86_400.0
SUNDAY: Final = 6
EPOCH_WEEKDAY: Final = 3  # 1 January 1970 was a Thursday
BUSY_BY_WEEKDAY: Final = np.array([0.80, 0.80, 0.85, 0.90, 1.05, 1.20, 0.70])
RAMP_H: Final = 0.5


class Local(NamedTuple):
    """Local time of ``(k, s)``: seconds since 1970 on the wall clock, hour of day (0-24), weekday (0 is Monday)."""

    seconds: Floats
    hour: Floats
    weekday: Ints


def local(sites: Sites, at: Floats) -> Local:
    """The wall clocks of all sites at the times ``at`` ``(k,)``, seconds since 1970 in UTC."""
    summer = (at[:, None] < SUMMER_TIME_ENDS) & sites.summer_time
    seconds = at[:, None] + HOUR_S * (sites.offset_h + summer)
    weekday = ((seconds // DAY_S).astype(np.int64) + EPOCH_WEEKDAY) % 7
    return Local(seconds, seconds % DAY_S / HOUR_S, weekday)


def is_open(sites: Sites, now: Local) -> Bools:
    """Whether each site is open: ``(k, s)``."""
    closed = (now.weekday == SUNDAY) & sites.sunday_closed
    return np.asarray((now.hour >= sites.opens_h) & (now.hour < sites.closes_h) & ~closed)


def busy(sites: Sites, now: Local) -> Floats:
    """How busy an ordinary day is: ``(k, s)``, 0 while closed, about 1 at the two peaks, noon and early evening."""
    peaks = 0.45 + 0.5 * np.exp(-(((now.hour - 12.5) / 1.8) ** 2)) + 0.45 * np.exp(-(((now.hour - 17.5) / 2) ** 2))
    ramp = np.clip(np.minimum(now.hour - sites.opens_h, sites.closes_h - now.hour) / RAMP_H, 0, 1)
    return np.asarray(peaks * ramp * BUSY_BY_WEEKDAY[now.weekday] * is_open(sites, now))
