"""What the route about the fleet's health ahead sends."""

from datetime import datetime
from typing import Literal

import msgspec

Direction = Literal["improving", "steady", "worsening", "unknown"]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """How many of ``devices`` fail within the horizon: ``failing`` are expected, ``low`` to ``high`` hold 90 %.

    ``share`` and its ends: ratio 0-1 of the devices, absent without one.
    """

    devices: int
    failing: float
    low: int
    high: int
    share: float | None
    share_low: float | None
    share_high: float | None


class ForecastDay(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of up to 24 hours that ends at ``until``.

    ``failing``: expected in it. ``so_far``: expected up to its end, of which ``low`` to ``high`` hold 90 %.
    """

    until: datetime
    failing: float
    so_far: float
    low: int
    high: int


class SiteForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One site within the horizon; its name is absent if HOMEPOT no longer has it."""

    site_id: str
    name: str | None
    expected: Expected


class HealthTrend(msgspec.Struct, frozen=True, kw_only=True):
    """Where the mean health score (ratio 0-1) of the last ``days`` days is going.

    ``per_week``: its change, with a 90 % interval from ``low`` to ``high``; absent with less than a week of days.
    """

    direction: Direction
    days: int
    score: float | None
    per_week: float | None
    low: float | None
    high: float | None


class HealthForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of the caller's sites as of the worker's last round. ``count``: all sites, of which ``sites`` is a page.

    While ``stale``, ``detail`` says why, and nothing is expected of anything. ``caveat``: why devices are not told apart, so
    that their number is a base rate; absent where a model tells.
    """

    horizon_hours: float
    as_of: datetime | None
    stale: bool
    detail: str | None
    basis: Literal["model", "lifetimes", "prior"] | None
    caveat: str | None
    expected: Expected | None
    days: list[ForecastDay]
    trend: HealthTrend
    count: int
    sites: list[SiteForecast]
    limit: int
    offset: int
