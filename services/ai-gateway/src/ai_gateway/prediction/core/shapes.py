"""What a machine's last days look like: how far they are from what had been usual of it, so that machines can be compared.

Of each metric every day's deviation from the median of the month before, in units of its noise; of each kind of event how
many more there were than usual. Noise is told from the differences of neighbouring days, so that what grows slowly does not
hide itself (Rice, 1984: Bandwidth choice for nonparametric regression). What is within three deviations counts for nothing,
beyond it each doubling counts one: a flat machine has no shape, and a huge deviation does not outweigh all else.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.prediction.core.portions import portions
from ai_gateway.prediction.core.types import DAY, Flags, Floats, History, Instants, Ints
from ai_gateway.prediction.core.windows import ordered

WINDOW: Final = 7
"""Days whose shape is compared."""
BASE_DAYS: Final = 30
"""Days before them, from which it is known what is usual."""
LEAST_DAYS: Final = 5
"""Days with readings, and differences of days, that this takes."""
COUNTED: Final = (1, 3, 7)
"""Days over which events are counted."""
UNUSUAL: Final = 3.0
"""Deviations beyond which something counts, as in `usual.EXCURSION`."""
MOST: Final = 5.0
"""Doublings that one number counts at most."""
MACHINES: Final = 500
"""Machines whose days are laid out at a time, …"""
AT_ONCE: Final = 2000
"""… and moments whose days are looked at."""
_NORMAL: Final = 1.4826 / np.sqrt(2)
"""From the median absolute difference of neighbouring days to a standard deviation."""
_PRIOR: Final = 0.5
"""Events that are believed to have been in the base besides those seen (Jeffreys)."""

Shape = NDArray[np.float32]


class Shapes(NamedTuple):
    """Of ``n`` moments. ``values``: ``(n, f)`` doublings, below 0 where something fell. ``subject``: ``(f,)``, the place in ``names``.

    ``names``: the metrics, then the kinds of events. ``stood``: ``(n, names)``: the newest day's mean in the metric's unit, or
    the number of events in a week; NaN unknown.
    """

    names: tuple[str, ...]
    subject: Ints
    values: Shape
    stood: Floats

    @property
    def size(self) -> Shape:
        """``(n,)``: the squared length; 1 is one day of six deviations."""
        found: Shape = np.einsum("nf,nf->n", self.values, self.values)
        return found

    def part(self, first: int, last: int) -> "Shapes":
        """Of some of the moments."""
        return self._replace(values=self.values[first:last], stood=self.stood[first:last])

    def weighted(self, weight: Floats) -> "Shapes":
        """The same with ``(names,)`` weights on what is compared."""
        return self._replace(values=self.values * weight.astype(np.float32)[self.subject])


def shapes(history: History, instants: Instants, floors: Floats) -> Shapes:
    """Made of rows at or before each moment. ``floors``: ``(m,)``, the least noise that is believed of each metric, NaN none."""
    kinds = [place for place, kind in enumerate(history.kinds) if not kind.late]
    names = (*history.metrics, *(history.kinds[place].name for place in kinds))
    metrics = len(history.metrics)
    days = np.tile(np.arange(metrics), WINDOW)
    subject = np.concatenate([days, metrics + np.repeat(np.arange(len(kinds)), len(COUNTED))])
    found = np.zeros((len(instants.at), len(subject)), np.float32)
    stood = np.full((len(instants.at), len(names)), np.nan)
    for made in portions(history, instants, MACHINES):
        part = made()
        found[part.places, : len(days)], stood[part.places, :metrics] = _days(part.history, part.instants, floors)
        found[part.places, len(days) :], stood[part.places, metrics:] = _counts(part.history, part.instants, kinds)
    return Shapes(names, subject, found, stood)


def _days(history: History, instants: Instants, floors: Floats) -> tuple[Shape, Floats]:
    """``(n, WINDOW * m)`` doublings, the oldest day first, and ``(n, m)`` the newest known mean."""
    metrics, count = len(history.metrics), len(instants.at)
    values, stood = np.zeros((count, WINDOW * metrics), np.float32), np.full((count, metrics), np.nan)
    if not metrics or not len(history.readings.at):
        return values, stood
    grid, first = _grid(history)
    last = instants.at // DAY - first
    for begin in range(0, count, AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        window, usual, noise = _last_days(grid, instants.machine[part], last[part])
        with np.errstate(invalid="ignore", divide="ignore"):
            off = (window - usual[:, None]) / np.fmax(noise, floors)[:, None]
        values[part], stood[part] = _doublings(off).reshape(len(off), -1), _newest(window)
    return values, stood


def _grid(history: History) -> tuple[Shape, int]:
    """``(machines, days, m)``: the row known at each midnight, with room before the first for its window; and that first day."""
    readings = history.readings
    day = -(-readings.at // DAY)
    first = int(day.min()) - WINDOW - BASE_DAYS
    grid = np.full((len(history.machines), int(day.max()) - first + 1, len(history.metrics)), np.nan, np.float32)
    grid[readings.machine, day - first] = readings.values
    return grid, first


def _last_days(grid: Shape, machine: Ints, last: Ints) -> tuple[Shape, Shape, Shape]:
    """``(n, WINDOW, m)`` means, and ``(n, m)`` what was usual before them and its noise; NaN where too little is known."""
    days = last[:, None] + np.arange(1 - WINDOW - BASE_DAYS, 1)
    there = (days >= 0) & (days < grid.shape[1])
    rows = np.where(there[:, :, None], grid[machine[:, None], np.where(there, days, 0)], np.float32(np.nan))
    base, window = rows[:, :BASE_DAYS], rows[:, BASE_DAYS:]
    steps = np.diff(base, axis=1)
    steps -= _median(steps)[:, None]
    return window, _median(base), _NORMAL * _median(np.abs(steps))


def _median(values: Shape) -> Shape:
    """``(n, m)`` over the second of three axes, of what is known; NaN with fewer than `LEAST_DAYS`."""
    ranked = np.sort(values, axis=1)
    known = (~np.isnan(values)).sum(axis=1)
    places = np.stack([np.maximum(known - 1, 0) // 2, known // 2], axis=1)
    middle = np.take_along_axis(ranked, np.minimum(places, values.shape[1] - 1), axis=1).mean(axis=1)
    found: Shape = np.where(known >= LEAST_DAYS, middle, np.nan).astype(np.float32)
    return found


def _newest(window: Shape) -> Shape:
    """``(n, m)``: the last known of each window."""
    place = window.shape[1] - 1 - (~np.isnan(window))[:, ::-1].argmax(axis=1)
    found: Shape = np.take_along_axis(window, place[:, None], axis=1)[:, 0]
    return found


def _doublings(deviations: Floats) -> Shape:
    """How often a deviation is doubled beyond `UNUSUAL`; nothing where it is unknown, or has no scale."""
    size = np.where(np.isfinite(deviations), np.abs(deviations) / UNUSUAL, 1)
    found: Shape = (np.sign(deviations) * np.clip(np.log2(np.maximum(size, 1)), 0, MOST)).astype(np.float32)
    return np.where(np.isnan(found), np.float32(0), found)


def _counts(history: History, instants: Instants, kinds: list[int]) -> tuple[Shape, Floats]:
    """``(n, kinds * COUNTED)`` doublings, and ``(n, kinds)``, how many there were in a week."""
    count = len(instants.at)
    found = list(_of_kinds(history, instants, kinds))
    values = np.stack([one for columns, _ in found for one in columns], axis=1) if found else np.empty((count, 0))
    seen = np.stack([week for _, week in found], axis=1) if found else np.empty((count, 0))
    return _doublings(values), seen


def _of_kinds(history: History, instants: Instants, kinds: list[int]) -> Iterator[tuple[list[Floats], Floats]]:
    events = history.events
    before = Instants(instants.machine, instants.at - WINDOW * DAY)
    for place in kinds:
        mine: Flags = events.kind == place
        rows = ordered(events.machine[mine], events.at[mine])
        rate = (rows.counts(before, BASE_DAYS * DAY) + _PRIOR) / BASE_DAYS
        seen = [rows.counts(instants, days * DAY).astype(float) for days in COUNTED]
        yield [_residual(one, rate * days) for one, days in zip(seen, COUNTED, strict=True)], seen[-1]


def _residual(count: Floats, expected: Floats) -> Floats:
    """The signed deviance residual of Poisson counts: how many standard deviations from what was to be expected."""
    logs = count * np.log(np.maximum(count, 1) / expected)
    found: Floats = np.sign(count - expected) * np.sqrt(np.maximum(2 * (logs - (count - expected)), 0))
    return found
