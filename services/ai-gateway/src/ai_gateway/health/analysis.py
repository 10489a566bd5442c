"""One device over a period, in figures: means, extremes, trends, a chart, and how good the data are. Pure functions."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import DeviceHour
from ai_gateway.homepot.scoped.series import SERIES, Gap, Heard, SeriesSlice

SILENT_INTERVALS: Final = 3
"""A silence of more than this many usual intervals counts as being down, if it is longer than the online window too."""
MOST_GAPS: Final = 10
DIGITS: Final = 3
LARGEST: Final = 1e12
"""No metric of a device reaches it."""
HOUR: Final = timedelta(hours=1)


class Span(msgspec.Struct, frozen=True):
    """A period to analyse. ``width_s``: seconds a point of its charts stands for. ``hourly``: made of hourly summaries."""

    name: str
    length: timedelta
    width_s: int
    hourly: bool = False

    def starts(self, now: datetime) -> datetime:
        """Where it begins: on the hour if it is made of hours."""
        begin = now - self.length
        return begin.replace(minute=0, second=0, microsecond=0) if self.hourly else begin


SPANS: Final = {
    span.name: span
    for span in (
        Span("1h", timedelta(hours=1), 15),
        Span("24h", timedelta(hours=24), 300),
        Span("7d", timedelta(days=7), 3600, hourly=True),
        Span("30d", timedelta(days=30), 10_800, hourly=True),
    )
}
"""At most 288 points a chart."""


class Stat(NamedTuple):
    """Values of one metric in one stretch: how many, their sum, the lowest and the highest."""

    samples: int
    total: float
    low: float
    high: float

    def joined(self, other: "Stat") -> "Stat":
        """Both stretches as one."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Stat(self.samples + other.samples, self.total + other.total, low, high)

    @property
    def mean(self) -> float:
        """Their mean."""
        return self.total / self.samples


class Slice(NamedTuple):
    """A stretch from ``at`` on: how many readings came, and each metric that was measured."""

    at: datetime
    readings: int
    stats: dict[str, Stat]


class Silence(msgspec.Struct, frozen=True):
    """A stretch without a reading, longer than usual."""

    since: datetime
    until: datetime
    seconds: float


class DataQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How far the figures can be trusted.

    ``coverage``: percent of the readings that the device's usual interval promises. ``gaps``: the longest silences of
    ``gap_count``. ``source``: ``readings``, or ``hourly summaries`` with the newest readings behind them.
    """

    samples: int
    interval_s: float | None
    coverage: float | None
    gap_count: int
    gaps: tuple[Silence, ...]
    last_reading_at: datetime | None
    last_reading_age_s: float | None
    source: str


class Trend(msgspec.Struct, frozen=True):
    """A metric's mean in the first and in the last quarter of the period, where they differ by more than matters."""

    metric: str
    first: float
    last: float


def from_readings(rows: Iterable[SeriesSlice]) -> list[Slice]:
    """HOMEPOT's rows, error rates as percent: a device that never exceeds 1 writes ratios."""
    rows = list(rows)
    position = SERIES.index("error_rate")
    highest = max((row.high[position] or 0.0 for row in rows), default=0.0)
    scales = [100.0 if name == "error_rate" and highest <= 1 else 1.0 for name in SERIES]
    return [Slice(row.at, row.readings, _stats(row, scales)) for row in rows]


def _stats(row: SeriesSlice, scales: list[float]) -> dict[str, Stat]:
    columns = zip(SERIES, scales, row.samples, row.total, row.low, row.high, strict=True)
    return {
        name: Stat(samples, total, low, high)
        if scale == 1.0
        else Stat(samples, total * scale, round(low * scale, DIGITS), round(high * scale, DIGITS))
        for name, scale, samples, total, low, high in columns
        if samples and total is not None and low is not None and high is not None
    }


def possible(slices: Iterable[Slice]) -> bool:
    """Whether every value lies in its metric's valid range; not a number lies in none."""
    bounds = {name: _bounds(name) for name in SERIES}
    return all(
        bounds[name][0] <= stat.low and stat.high <= bounds[name][1]
        for piece in slices
        for name, stat in piece.stats.items()
    )


def _bounds(name: str) -> tuple[float, float]:
    metric = metric_named(name)
    return -LARGEST if metric.low is None else metric.low, LARGEST if metric.high is None else metric.high


def from_hours(names: Sequence[str], rows: Iterable[DeviceHour]) -> list[Slice]:
    """Hourly summaries; ``names``: the metrics in the order of their lists."""
    return [_from_hour(names, row) for row in rows]


def _from_hour(names: Sequence[str], row: DeviceHour) -> Slice:
    columns = zip(names, row.samples, row.total, row.low, row.high, strict=False)  # lists may be short at the end
    stats = {name: Stat(samples, total, low, high) for name, samples, total, low, high in columns if samples}
    return Slice(row.hour, max((stat.samples for stat in stats.values()), default=0), stats)


def regrouped(slices: Iterable[Slice], since: datetime, width_s: int) -> list[Slice]:
    """The same in stretches of ``width_s`` seconds from ``since`` on, oldest first."""
    groups: dict[int, Slice] = {}
    for piece in slices:
        place = int((piece.at - since).total_seconds() // width_s)
        begun = groups.get(place) or Slice(since + timedelta(seconds=place * width_s), 0, {})
        groups[place] = Slice(begun.at, begun.readings + piece.readings, _joined(begun.stats, piece.stats))
    return [groups[place] for place in sorted(groups)]


def _joined(one: dict[str, Stat], other: dict[str, Stat]) -> dict[str, Stat]:
    both = {name: one[name].joined(stat) if name in one else stat for name, stat in other.items()}
    return {**one, **both}


def totals(slices: Iterable[Slice]) -> dict[str, Stat]:
    """Each metric over all of the stretches."""
    whole: dict[str, Stat] = {}
    for piece in slices:
        for name, stat in piece.stats.items():
            seen = whole.get(name)
            whole[name] = seen.joined(stat) if seen else stat
    return whole


Point = tuple[datetime, float, float, float]
"""Start of a stretch, and the mean, the lowest and the highest value in it."""


def chart(slices: Iterable[Slice], metric: str) -> list[Point]:
    """The points of one metric; a stretch without a reading has none."""
    return [
        (piece.at, round(stat.total / stat.samples, DIGITS), stat.low, stat.high)
        for piece in slices
        if (stat := piece.stats.get(metric))
    ]


def _short(value: float) -> float:
    return round(value, DIGITS)


def trends(slices: Sequence[Slice], since: datetime, until: datetime) -> list[Trend]:
    """Metrics that moved by more than the catalogue says matters, between the first quarter and the last."""
    quarter = (until - since) / 4
    first = totals(piece for piece in slices if piece.at < since + quarter)
    last = totals(piece for piece in slices if piece.at >= until - quarter)
    moved = [Trend(name, _short(first[name].mean), _short(last[name].mean)) for name in first if name in last]
    return [one for one in moved if _matters(one)]


def _matters(trend: Trend) -> bool:
    least = metric_named(trend.metric).matters
    return least is not None and abs(trend.last - trend.first) >= least


def heard_by_hour(slices: Sequence[Slice], last_at: datetime | None, before_at: datetime | None) -> Heard:
    """When a device was heard, from hourly stretches: only a silence of a whole hour is seen."""
    hours = sorted(piece.at for piece in slices if piece.readings)
    counts = sorted(piece.readings for piece in slices if piece.readings)
    usual = 3600 / counts[len(counts) // 2] if counts else None
    gaps = tuple(
        Gap(later, (later - earlier - HOUR).total_seconds())
        for earlier, later in pairwise(hours)
        if later - earlier > HOUR
    )
    return Heard(sum(counts), hours[0] if hours else None, last_at, before_at, usual, gaps)


def silences(heard: Heard, since: datetime, until: datetime, window_s: float) -> list[Silence]:
    """The stretches in which the device counts as down, longest first.

    A device is down from ``limit`` seconds after a reading until its next one; ``limit`` is the online window, or three of
    the device's usual intervals where those are longer. Without a reading before, it is not counted as down before its
    first one.
    """
    limit = timedelta(seconds=silence_limit(heard, window_s))
    pairs = [(gap.ended_at - timedelta(seconds=gap.seconds), gap.ended_at) for gap in heard.longest]
    if heard.before_at is not None:
        pairs.append((heard.before_at, heard.first_at or until))
    if heard.last_at is not None:
        pairs.append((heard.last_at, until))
    found = [(max(begin + limit, since), min(end, until)) for begin, end in pairs]
    down = [Silence(begin, end, (end - begin).total_seconds()) for begin, end in found if begin < end]
    return sorted(down, key=lambda one: (-one.seconds, one.since))


def silence_limit(heard: Heard, window_s: float) -> float:
    """Seconds without a reading after which this device counts as down."""
    return max(window_s, SILENT_INTERVALS * (heard.usual_s or 0.0))


def uptime(heard: Heard, since: datetime, until: datetime, window_s: float) -> float | None:
    """Percent of the period in which the device was not silent; ``None`` if no reading of it was ever seen."""
    begin = since if heard.before_at is not None else heard.first_at
    if begin is None or begin >= until:
        return None
    down = sum(one.seconds for one in silences(heard, since, until, window_s))
    return round(100 * max(1 - down / (until - begin).total_seconds(), 0.0), 2)


def quality(heard: Heard, since: datetime, until: datetime, window_s: float, source: str) -> DataQuality:
    """How good the data of a period are."""
    down = silences(heard, since, until, window_s)
    last = heard.last_at or heard.before_at
    begin = since if heard.before_at is not None else heard.first_at
    coverage = None
    if heard.usual_s and begin is not None and begin < until:
        promised = max((until - begin).total_seconds() / heard.usual_s, 1.0)
        coverage = round(min(100 * heard.readings / promised, 100.0), 1)
    return DataQuality(
        samples=heard.readings,
        interval_s=heard.usual_s,
        coverage=coverage if last is None or heard.readings else 0.0,
        gap_count=len(down),
        gaps=tuple(down[:MOST_GAPS]),
        last_reading_at=last,
        last_reading_age_s=round((until - last).total_seconds(), 1) if last else None,
        source=source,
    )
