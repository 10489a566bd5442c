"""What is usual of a metric at an hour of the day, by such hours of the days before, and since when it is not as usual."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final, NamedTuple

from ai_gateway.answers.gather.moved import matters, show, source
from ai_gateway.answers.gather.sources import DAY, Task
from ai_gateway.answers.understand.vocabulary import Metric
from ai_gateway.health.analysis import from_readings
from ai_gateway.health.catalogue import metric_named
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, number, span

LEAST_DAYS: Final = 3
"""Days with readings at such hours that say what is usual."""
WIDE: Final = 3 * 1.4826
"""Median absolute deviations that what is expected reaches to either side: three standard deviations of a normal spread."""
DAYS: Final = 7
AS_USUAL: Final = "as usual"
STEP: Final = timedelta(minutes=15)
"""Stretches that are looked at one by one, from the newest back."""
AROUND: Final = 2
"""Such stretches on either side belong to the same time of day."""


class Usual(NamedTuple):
    """What is expected at such hours, in the metric's unit, by so many days."""

    middle: float
    low: float
    high: float
    days: int


def usual_of(metric: Metric, means: Sequence[float]) -> Usual | None:
    """What is expected by the means of such hours; no narrower than what matters of the metric. ``None``: too few days."""
    if len(means) < LEAST_DAYS:
        return None
    middle = median(means)
    spread = max(WIDE * median(abs(one - middle) for one in means), matters(metric, middle))
    known = metric_named(metric.column)
    low = middle - spread if known.low is None else max(middle - spread, known.low)
    high = middle + spread if known.high is None else min(middle + spread, known.high)
    return Usual(middle, low, high, len(means))


def stands(value: float, usual: Usual) -> str:
    """In words."""
    if value > usual.high:
        return "higher than usual"
    return "lower than usual" if value < usual.low else AS_USUAL


async def tell_since(task: Task, metric: Metric, view: View, whose: str) -> None:
    """Since when the metric of the one device in view has not been as usual."""
    days = dict(await _stretches(task, metric, view))
    what = f"{metric.label}{whose}"
    since, usual = None, None
    for at in sorted(days, reverse=True):
        expected = _expected(metric, days, at)
        if expected is None or stands(days[at], expected) == AS_USUAL:
            break
        since, usual = at, expected
    if since is None or usual is None:
        text = f"the {what} is as usual now, so there is no time since when it is not."
    else:
        text = (
            f"the {what} has not been as usual since about {rfc3339(since)}, for {span(task.now - since)}: {show(days[since], metric)} then,"
            f" and {number(usual.low)} to {show(usual.high, metric)} was expected by that time of the days before."
        )
    task.findings.state("metric", capital(text), source(metric))


async def _stretches(task: Task, metric: Metric, view: View) -> list[tuple[datetime, float]]:
    """The mean of each stretch of the days, oldest first, that has readings."""
    period = Period(task.now - (DAYS + 1) * DAY, task.now)
    rows = await task.homepot.series.slices(view, period, width_s=int(STEP.total_seconds()), checked=True)
    return [(one.at, one.stats[metric.column].mean) for one in from_readings(rows) if metric.column in one.stats]


def _expected(metric: Metric, known: dict[datetime, float], at: datetime) -> Usual | None:
    """What was usual at that time of the days before: the mean of each day's stretches around it."""
    means = []
    for day in range(1, DAYS + 1):
        near = [known.get(at - day * DAY + step * STEP) for step in range(-AROUND, AROUND + 1)]
        values = [one for one in near if one is not None]
        if values:
            means.append(sum(values) / len(values))
    return usual_of(metric, means)
