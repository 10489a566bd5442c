"""Whether a metric has been rising steadily, since when, and how fast: told from its hourly means."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, linear_regression, median
from typing import Final, NamedTuple

LEAST_HOURS: Final = 4
LEAST_RISE: Final = 2.0
"""Points of a percentage that a rise must come to."""
STEADY: Final = 0.7
"""The share of steps that must go upwards."""
FULL: Final = 100.0
LABELS: Final = {"disk_percent": "disk", "memory_percent": "memory"}
"""The metrics that fill up; all are in percent."""
HOUR: Final = timedelta(hours=1)


class Course(NamedTuple):
    """A steady rise of a percentage. ``full_in``: until 100 % at this rate, if within thirty days."""

    metric: str
    label: str
    since: datetime
    first: float
    last: float
    per_hour: float
    full_in: timedelta | None


def course_of(metric: str, hours: Sequence[tuple[datetime, float]]) -> Course | None:
    """The rise that leads up to the newest hour, or ``None`` if there is none.

    ``hours``: means in the order of time. The rise begins where a level before it and a line after it fit them best (least
    squares), and its rate is that of the line. A median of three keeps one odd hour from counting.
    """
    if metric not in LABELS or len(hours) < LEAST_HOURS:
        return None
    times = [(at - hours[0][0]) / HOUR for at, _ in hours]
    smooth = [median(value for _, value in hours[max(0, place - 1) : place + 2]) for place in range(len(hours))]
    start = min(range(len(hours) - LEAST_HOURS + 1), key=lambda place: _misfit(times, smooth, place))
    rise = smooth[start:]
    slope = linear_regression(times[start:], rise).slope
    steps = [later > earlier for earlier, later in pairwise(rise)]
    just_cleared = hours[-1][1] < (rise[0] + rise[-1]) / 2
    if just_cleared or slope <= 0 or rise[-1] - rise[0] < LEAST_RISE or sum(steps) < STEADY * len(steps):
        return None
    left = (FULL - rise[-1]) / slope * HOUR
    full_in = left if left <= timedelta(days=30) else None
    return Course(metric, LABELS[metric], hours[start][0], rise[0], rise[-1], slope, full_in)


def _misfit(times: Sequence[float], values: Sequence[float], place: int) -> float:
    """The squared error of a level before ``place`` and a line from it on."""
    level = fmean(values[:place]) if place else 0.0
    line = linear_regression(times[place:], values[place:])
    after = zip(times[place:], values[place:], strict=True)
    return sum((value - level) ** 2 for value in values[:place]) + sum(
        (value - line.intercept - line.slope * at) ** 2 for at, value in after
    )
