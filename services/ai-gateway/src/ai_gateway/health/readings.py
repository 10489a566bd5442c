"""HOMEPOT's rows become clean readings: known metrics in one unit, possible values, each row once."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import METRICS, NOT_MEASURES, metric_named
from ai_gateway.health.detect.rounds import rounds
from ai_gateway.health.detect.slots import Slots
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.types import Batch
from ai_gateway.homepot.telemetry import Readings

FUTURE_S: Final = 300.0
"""A row that is dated further ahead than this has a wrong clock."""
MOST_UNKNOWN: Final = 64
"""Metrics beside the catalogue's that are followed; later ones are only counted."""
UNIT_ROWS: Final = 30
"""Error rates of a device after which it is taken to write ratios, if none was above 1."""
RATIO_LIMIT: Final = 0.05
"""An error rate up to this is harmless in either unit (a ratio of 0.05 is 5 %)."""
LARGEST: Final = 1e30
"""Beyond this is no measurement, and near to what 32-bit floats can hold."""
GAP_WEIGHT: Final = 0.1
_COLUMNS: Final = tuple(metric.name for metric in METRICS if metric.name != "temperature_celsius")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,48}")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any])

Values = NDArray[np.float64]
Indices = NDArray[np.int64]


class Cleaned(NamedTuple):
    """The rows that are kept, in order.

    ``rows``: which of the given ones they are. ``fleet``: each row's index in the fleet. ``scored``: whether detectors may
    see it. ``first``: whether it is read for the first time ever. ``dropped``: how many rows or values by reason.
    """

    batch: Batch
    rows: Indices
    fleet: Indices
    scored: NDArray[np.bool_]
    first: NDArray[np.bool_]
    dropped: Counter[str]


class Cleaner:
    """Remembers of each device what cleaning needs, and which metric has which column."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Args: names: metrics in the order of their columns, as stored; the catalogue's are added behind them."""
        self.names = list(names)
        self.names += [metric.name for metric in METRICS if metric.name not in self.names]
        self._refused: set[str] = set()
        self.tracks = Slots(
            {
                "arrived": np.array(np.nan),
                "at": np.array(np.nan),
                "gap": np.array(np.nan, np.float32),
                "rates": np.array(0, np.int32),
                "percent": np.array(0, np.bool_),
            }
        )

    def clean(self, page: Readings, order: Indices, first: NDArray[np.bool_], fleet: Fleet, *, now: float) -> Cleaned:
        """Clean one page.

        Args:
            page: rows as read.
            order: the order to take them in.
            first: by row in that order, whether it is read for the first time ever.
            fleet: the devices in service.
            now: seconds since 1970.
        """
        dropped: Counter[str] = Counter()
        device, at = np.array(page.devices, np.int64)[order], np.array(page.at, np.float64)[order]
        index = fleet.index(device)
        keep = self._keep(device, at, index, now, dropped)
        rows = order[keep]
        device, at, index = device[keep], at[keep], index[keep]
        values = self._values(page, rows, dropped)
        self._bound(values, dropped)
        self._to_percent(device, values[:, self.names.index("error_rate")])
        self._note_gaps(device, at)
        scored = ~fleet.in_maintenance(index, at) & ~np.isnan(values).all(axis=1)
        batch = Batch(device, at, values.astype(np.float32))
        return Cleaned(batch, keep, index, scored, first[keep], dropped)

    def _keep(self, device: Indices, at: Values, index: Indices, now: float, dropped: Counter[str]) -> Indices:
        """The rows of devices in service, with a possible time, that do not repeat the device's row before."""
        known, possible = index >= 0, possible_times(at, now)
        dropped["not_in_service"] += int(np.count_nonzero(~known))
        dropped["wrong_time"] += int(np.count_nonzero(known & ~possible))
        keep = np.flatnonzero(known & possible)
        keep = keep[np.argsort(device[keep], kind="stable")]
        owner, moment = device[keep], at[keep]
        begins = np.diff(owner, prepend=-1) != 0
        places = self.tracks.rows(owner[begins])
        before = np.r_[np.nan, moment[:-1]] if len(keep) else moment
        before[begins] = self.tracks.arrays["arrived"][places]
        self.tracks.arrays["arrived"][places] = moment[np.r_[begins[1:], True] if len(keep) else begins]
        dropped["repeated"] += int(np.count_nonzero(moment == before))
        return np.sort(keep[moment != before])

    def _values(self, page: Readings, rows: Indices, dropped: Counter[str]) -> Values:
        """``(n, m)``: HOMEPOT's columns, then numbers of ``extra_metrics``, which may bring new metrics."""
        found = {name: np.array(getattr(page, name), np.float64)[rows] for name in _COLUMNS}
        extra: dict[str, list[tuple[int, float]]] = {}
        for row, text in enumerate([page.extra[row] for row in rows.tolist()]):
            for name, value in _numbers(text, dropped).items():
                extra.setdefault(name, []).append((row, value))
        for name in extra:
            self._admit(name, dropped)
        values = np.full((len(rows), len(self.names)), np.nan)
        for column, name in enumerate(self.names):
            if name in found:
                values[:, column] = found[name]
            if name in extra:
                at, what = zip(*extra[name], strict=True)
                told = np.full(len(rows), np.nan)
                told[list(at)] = what
                values[:, column] = np.where(np.isnan(values[:, column]), told, values[:, column])
        huge = np.abs(values) > LARGEST
        dropped["not_finite"] += int(np.count_nonzero(huge))
        values[huge] = np.nan
        return values

    def _admit(self, name: str, dropped: Counter[str]) -> None:
        """Give a new metric a column, while there is room."""
        if name in self.names:
            return
        if len(self.names) < len(METRICS) + MOST_UNKNOWN:
            self.names.append(name)
        else:
            dropped["too_many_metrics"] += 1

    def _bound(self, values: Values, dropped: Counter[str]) -> None:
        """Drop values that cannot be."""
        for column, name in enumerate(self.names):
            metric = metric_named(name)
            low = -np.inf if metric.low is None else metric.low
            high = np.inf if metric.high is None else metric.high
            wrong = (values[:, column] < low) | (values[:, column] > high)
            dropped["out_of_range"] += int(np.count_nonzero(wrong))
            values[wrong, column] = np.nan

    def _to_percent(self, device: Indices, rates: Values) -> None:
        """Turn ratios into percent, in place: a device that ever wrote above 1 writes percent.

        Until `UNIT_ROWS` rates have shown which it is, one that would matter as a ratio is not used.
        """
        rows = np.flatnonzero(~np.isnan(rates))
        rows = rows[np.argsort(device[rows], kind="stable")]
        if not len(rows):
            return
        owner, above = device[rows], rates[rows] > 1
        begins = np.flatnonzero(np.diff(owner, prepend=-1) != 0)
        sizes = np.diff(np.r_[begins, len(rows)])
        places = self.tracks.rows(owner[begins])
        counts, percents = self.tracks.arrays["rates"], self.tracks.arrays["percent"]
        sums = np.cumsum(above)
        is_percent = (sums - np.repeat(sums[begins] - above[begins], sizes) > 0) | np.repeat(percents[places], sizes)
        seen = np.arange(len(rows)) - np.repeat(begins, sizes) + 1 + np.repeat(counts[places], sizes)
        unclear = ~is_percent & (seen < UNIT_ROWS) & (rates[rows] > RATIO_LIMIT)
        rates[rows] = np.where(unclear, np.nan, np.where(is_percent, rates[rows], rates[rows] * 100))
        ends = begins + sizes - 1
        counts[places] = np.minimum(seen[ends], UNIT_ROWS)
        percents[places] = is_percent[ends]

    def _note_gaps(self, device: Indices, at: Values) -> None:
        """How long each device's usual pause between two rows is, and when its newest row was."""
        last, gap = self.tracks.arrays["at"], self.tracks.arrays["gap"]
        for turn in rounds(device):
            places = self.tracks.rows(device[turn])
            step = at[turn] - last[places]
            usual = gap[places]
            smooth = usual + GAP_WEIGHT * (np.minimum(step, 2 * usual) - usual)
            gap[places] = np.where(step > 0, np.where(np.isnan(usual), step, smooth), usual)
            last[places] = np.fmax(last[places], at[turn])


def possible_times(at: Values, now: float) -> NDArray[np.bool_]:
    """Whether something can have happened at each time: after 1970, and not ahead of us."""
    return (at >= 0) & (at <= now + FUTURE_S)


def _numbers(text: str | None, dropped: Counter[str]) -> Mapping[str, float]:
    """The numbers at the top of a JSON object whose names could be metrics."""
    if text is None:
        return {}
    try:
        found = _DECODER.decode(text)
        return {
            name: float(value)
            for name, value in found.items()
            if type(value) in {int, float} and name not in NOT_MEASURES and _NAME.fullmatch(name)
        }
    except (msgspec.DecodeError, OverflowError):
        dropped["not_json"] += 1
        return {}
