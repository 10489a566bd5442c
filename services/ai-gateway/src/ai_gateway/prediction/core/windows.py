"""Rows of each machine in a stretch of time, for many moments at once.

Every figure is made of the rows within its window alone, in their order: what lies outside, in the future or in other
machines' rows, cannot change it, not even by rounding.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.prediction.core.types import Flags, Floats, Instants, Ints

_BITS: Final = 36
_SPAN: Final = 1 << _BITS
"""More seconds than there are since 1970, so that a machine and a time make one sortable number."""


class Ordered(NamedTuple):
    """Rows by machine and time. ``key``: ``(n,)`` sorted. ``order``: ``(n,)``, where each row came from."""

    key: Ints
    order: Ints

    def bounds(self, instants: Instants, seconds: int | None) -> tuple[Ints, Ints]:
        """First and behind-last row in ``(at - seconds, at]``; ``None``: of all the machine's past."""
        last = np.searchsorted(self.key, instants.machine * _SPAN + instants.at, side="right")
        opening = instants.machine * _SPAN + (instants.at - seconds if seconds is not None else -1)
        return np.searchsorted(self.key, opening, side="right"), last

    def counts(self, instants: Instants, seconds: int | None) -> Ints:
        """How many rows each window of `bounds` holds."""
        first, last = self.bounds(instants, seconds)
        return last - first

    @property
    def machine(self) -> Ints:
        """``(n,)``: the machine of each row."""
        return self.key >> _BITS

    @property
    def at(self) -> Ints:
        """``(n,)``: the time of each row."""
        return self.key & (_SPAN - 1)

    def chosen(self, rows: Flags | Ints) -> "Ordered":
        """Some of the rows."""
        return Ordered(self.key[rows], self.order[rows])


def ordered(machine: Ints, at: Ints) -> Ordered:
    """Sort rows; those of the same machine and moment keep their order."""
    key = (machine << _BITS) + at
    if (key[1:] >= key[:-1]).all():
        return Ordered(key, np.arange(len(key)))
    order = np.argsort(key, kind="stable")
    return Ordered(key[order], order)


class Summed(NamedTuple):
    """Rows made ready for sums over many windows, ``(n + 1, m)`` each, the last row of nothing.

    ``known``: 1 where there is a value. ``values``: 0 where there is none.
    """

    known: Floats
    values: Floats
    squares: Floats

    def mean(self, first: Ints, last: Ints) -> Floats:
        """``(n, m)``: of each window, NaN without a value."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = reduced(np.add, self.values, first, last, 0) / reduced(np.add, self.known, first, last, 0)
        return found

    def moments(self, first: Ints, last: Ints) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each window."""
        with np.errstate(invalid="ignore", divide="ignore"):
            count = reduced(np.add, self.known, first, last, 0)
            mean = reduced(np.add, self.values, first, last, 0) / count
            return mean, np.sqrt(np.maximum(reduced(np.add, self.squares, first, last, 0) / count - mean**2, 0))


def summed(values: Floats) -> Summed:
    """Of ``(n, m)`` rows."""
    padded = np.concatenate([values, np.full((1, values.shape[1]), np.nan)])
    known = ~np.isnan(padded)
    filled = np.where(known, padded, 0)
    return Summed(known.astype(float), filled, filled**2)


def reduced(how: Any, values: NDArray[Any], first: Ints, last: Ints, empty: float) -> NDArray[Any]:
    """``how`` (a ufunc) over ``values[first:last]`` for each pair; ``empty`` where there is no row.

    Rows behind the last one that is asked for spare a copy.
    """
    out = np.full((len(first), *values.shape[1:]), empty, dtype=np.float64)
    some = np.flatnonzero(last > first)
    some = some[np.argsort(first[some], kind="stable")]  # reduceat also walks from each window to the next
    if len(some):
        if last.max() >= len(values):
            values = np.concatenate([values, np.full((1, *values.shape[1:]), empty)])
        pairs = np.stack([first[some], last[some]], axis=1).ravel()
        out[some] = how.reduceat(values, pairs, axis=0)[::2]
    return out


def since_last(rows: Ordered, instants: Instants) -> Floats:
    """``(n,)`` seconds since the machine's last row, NaN where there is none yet."""
    first, last = rows.bounds(instants, None)
    return np.where(last > first, instants.at - _taken(rows.at, last - 1), np.nan)


def last_value(rows: Ordered, values: NDArray[Any], instants: Instants) -> Floats:
    """``(n, m)``: the machine's newest row, NaN where there is none yet. ``values``: in the order of ``rows``."""
    first, last = rows.bounds(instants, None)
    found: Floats = np.where((last > first)[:, None], _taken(values, last - 1), np.nan)
    return found


def _taken(values: NDArray[Any], places: Ints) -> NDArray[Any]:
    if not len(values):
        return np.full((len(places), *values.shape[1:]), np.nan)
    return values[np.maximum(places, 0)]
