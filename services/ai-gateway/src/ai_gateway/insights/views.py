"""What was computed of a site as it is sent: names, units and words in place of places and integers. Pure functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ai_gateway.health.catalogue import Metric
from ai_gateway.health.wire import DeviceRef
from ai_gateway.homepot.scoped.errors import ErrorPattern
from ai_gateway.homepot.scoped.planning import JobEnds
from ai_gateway.insights.effects import Effect
from ai_gateway.insights.trends import Trend
from ai_gateway.insights.wire import EffectView, ErrorPatternView, HourView, JobSuccess, TrendView
from ai_gateway.jobs.success import PRIOR, Beta, Cases, chance
from ai_gateway.kit.beta import cumulative
from ai_gateway.kit.text import clean

DIGITS: Final = 4
CHANCE: Final = 0.05
RELATIVE: Final = 0.2
"""Where nobody has said what matters of a metric: so large a part of its own level."""


def trend_view(trend: Trend, device: DeviceRef, metric: Metric, span: int) -> TrendView:
    """``span``: days of the period."""
    rising = trend.slope > 0
    return TrendView(
        device=device,
        metric=metric.name,
        label=metric.label,
        unit=metric.unit,
        direction="rising" if rising else "falling",
        bad=_bad(metric, rising=rising),
        per_day=round(trend.slope, DIGITS),
        low=round(trend.low, DIGITS),
        high=round(trend.high, DIGITS),
        change=round(trend.slope * (span - 1), DIGITS),
        days=trend.days,
        false_rate=round(trend.rate, DIGITS),
    )


def matters(metric: Metric, change: float, level: float) -> bool:
    """Whether a person would look at so large a change of a metric at that level."""
    least = metric.matters if metric.matters is not None else RELATIVE * abs(level)
    return abs(change) >= max(least, 1e-9)


def effect_view(effect: Effect, metric: Metric) -> EffectView:
    """One metric after a change."""
    return EffectView(
        metric=metric.name,
        label=metric.label,
        unit=metric.unit,
        before=round(effect.before, DIGITS),
        after=round(effect.after, DIGITS),
        change=round(effect.change, DIGITS),
        low=round(effect.low, DIGITS),
        high=round(effect.high, DIGITS),
        hours=effect.hours,
        bad=_bad(metric, rising=effect.change > 0),
    )


def _bad(metric: Metric, *, rising: bool) -> bool:
    up, down = metric.weights
    return bool(up if rising else down)


def late_share(found: Sequence[ErrorPattern], now: datetime) -> float:
    """How much of the time that the log tells of is the last week (ratio 0-1): a log may not reach back the whole period."""
    began = min((one.first_at for one in found), default=now)
    return WEEK / max(now - began, WEEK)


def error_views(found: Sequence[ErrorPattern], late_share: float, chance: float = CHANCE) -> list[ErrorPatternView]:
    """``late_share``: how much of the time that is logged counts as late (ratio 0-1). ``chance``: of one false one in a site.

    A pattern is growing if it would come on so many late days by chance in fewer than one of twenty sites like this: an exact
    binomial test of the late ones among all days of devices on which it came, divided by the number of patterns (Bonferroni).
    Days, not errors: a device that logs one seldom logs one alone.
    """
    return [
        ErrorPatternView(
            pattern=clean(one.pattern, 200),
            severity=one.severity,
            category=one.category,
            error_code=clean(one.error_code, 50) if one.error_code else None,
            count=one.events,
            devices=one.devices,
            last_week=one.late,
            growing=_by_chance(one, late_share) * len(found) <= chance,
            first_at=one.first_at,
            last_at=one.last_at,
        )
        for one in found
    ]


def _by_chance(one: ErrorPattern, share: float) -> float:
    """The probability of at least so many late days."""
    return cumulative(share, one.late_days, one.days - one.late_days + 1) if one.late_days and share < 1 else 1.0


def job_success(ends: JobEnds, zone: ZoneInfo) -> JobSuccess:
    """By the hour of the site's day; an hour with few jobs is held to what all of them say."""
    hours = [Cases(0, 0)] * 24
    for at, succeeded in zip(ends.at, ends.succeeded, strict=True):
        place = datetime.fromtimestamp(at, zone).hour
        hours[place] = hours[place].plus(Cases(1, int(succeeded)))
    whole = Cases(len(ends.at), sum(ends.succeeded))
    belief = Beta(PRIOR + whole.succeeded, PRIOR + whole.failed)
    told = [round(end, DIGITS) for end in chance(belief)] if whole.jobs else [None] * 3
    return JobSuccess(
        time_zone=zone.key,
        jobs=whole.jobs,
        succeeded=whole.succeeded,
        probability=told[0],
        low=told[1],
        high=told[2],
        hours=[
            HourView(hour, cases.jobs, cases.succeeded, *(round(end, DIGITS) for end in chance(belief.told(cases))))
            for hour, cases in enumerate(hours)
            if cases.jobs
        ],
    )


def midnight(now: datetime) -> datetime:
    """The last midnight in UTC: days are whole up to it."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    """The hour that a moment lies in."""
    return at.replace(minute=0, second=0, microsecond=0)


WEEK: Final = timedelta(days=7)
