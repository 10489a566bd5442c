"""What the detectors say of a round's rows, and ways to sum it up over a device's metrics."""

from typing import NamedTuple

import numpy as np

from ai_gateway.health.detect.cells import Array

START = 3.0
"""Widths from which a deviation is evidence."""
MOST = 100.0
"""Widths beyond which a deviation is no more evidence."""


class Evidence(NamedTuple):
    """``(n, m)`` deviations in usual widths, 0 in directions that are not bad and where nothing was measured.

    NaN: the detector does not know enough yet.     ``missed`` and ``stepped``: of `surprise`. ``recent`` and ``deviation``: from the baselines of 8 hours and of 3 days.
    """

    missed: Array
    stepped: Array
    recent: Array
    deviation: Array
    season: Array
    relation: Array
    drift: Array

    @property
    def surprise(self) -> Array:
        """``(n, m)``: the two kinds of surprise in one."""
        return (self.missed + self.stepped) / 2

    def named(self, name: str) -> Array:
        """The deviations ``(n, m)`` of one detector."""
        return np.asarray(getattr(self, name))

    def worst(self, name: str, count: int) -> Array:
        """``(n,)``: the mean of the ``count`` largest deviations of a row; NaN where the detector cannot say any yet."""
        values = self.named(name)
        values = np.where(np.isnan(values), np.where(np.isnan(values).all(axis=1), np.nan, 0.0)[:, None], values)
        if values.shape[1] <= count:
            return np.asarray(values.mean(axis=1))
        return np.asarray(np.partition(values, -count, axis=1)[:, -count:].mean(axis=1))

    def broad(self, name: str, count: int) -> Array:
        """``(n,)``: as `worst`, of square roots, squared: many that are odd count more than one that is very odd."""
        return Evidence.worst(self._replace(**{name: np.sqrt(self.named(name))}), name, count) ** 2

    def weight(self) -> Array:
        """``(n,)``: the evidence of all metrics together: sum of ``ln(1 + widths beyond 3)`` over four detectors."""
        parts = (self.missed, self.stepped, self.recent, self.deviation)
        total = sum((np.log1p(np.clip(part - START, 0.0, MOST)) for part in parts), start=np.zeros_like(self.missed))
        return np.asarray(total.sum(axis=1))


def logarithm(size: Array) -> Array:
    """Natural logarithm of sizes of 0 or more: one scale for tails of any weight."""
    return np.asarray(np.log(size + 1e-3))


def smoothed(value: Array, new: Array, rows: Array | float) -> Array:
    """An exponentially weighted mean over so many rows, moved on by one row."""
    return np.asarray(value + (new - value) / rows)
