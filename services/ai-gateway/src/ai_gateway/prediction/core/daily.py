"""Readings of a large fleet, kept a day at a time as they came, and put in the order of machines for some of them only."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ai_gateway.prediction.core.types import Floats, Ints, Readings

Singles: TypeAlias = NDArray[np.float32]


class Day(NamedTuple):
    """``at``: when its rows were known. ``of``: ``(k,)`` numbers of machines, ascending. ``values``: ``(k, m)``, NaN was not measured."""

    at: int
    of: Ints
    values: Singles


class Daily(NamedTuple):
    """A row a machine and day at most. ``numbers``: ``(machines,)`` ascending, as `Day` has them. ``days``: oldest first.

    It stands for `Readings` without holding them: single precision, and no second copy by machine.
    """

    numbers: Ints
    metrics: int
    days: Sequence[Day]

    @property
    def machine(self) -> Ints:
        """As of `Readings`; made anew."""
        return self.since(0).machine

    @property
    def at(self) -> Ints:
        """As of `Readings`; made anew."""
        return self.since(0).at

    @property
    def values(self) -> Floats:
        """As of `Readings`; made anew."""
        return self.since(0).values

    def of(self, machines: Ints) -> Readings:
        """The rows of some machines, ascending, which are numbered from 0; by machine and time."""
        return self._rows(machines, self.days)

    def since(self, moment: int) -> Readings:
        """The rows known at ``moment`` or later."""
        return self._rows(np.arange(len(self.numbers)), [day for day in self.days if day.at >= moment])

    def _rows(self, machines: Ints, days: Sequence[Day]) -> Readings:
        shape = len(machines), len(days)
        values = np.full((*shape, self.metrics), np.nan)
        there = np.zeros(shape, bool)
        wanted = self.numbers[machines]
        for place, day in enumerate(days):
            if len(day.of):
                row = np.minimum(np.searchsorted(day.of, wanted), len(day.of) - 1)
                there[:, place] = day.of[row] == wanted
                known = there[:, place]
                values[known, place] = day.values[row[known]]
        at = np.array([day.at for day in days], np.int64)
        machine, column = np.nonzero(there)
        return Readings(machine, at[column], values.reshape(there.size, self.metrics) if there.all() else values[there])
