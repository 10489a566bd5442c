"""One row of each of some devices with what is remembered of them: what every detector is given."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
State = dict[str, NDArray[Any]]
"""Name to the memory of this round's devices, ``(n, …)``: detectors read it and leave there what to remember."""

SETTLING: Final = 20
"""Values of a metric that are learnt from before any deviation of it counts."""
DAY_S: Final = 86400.0
_ROW_S: Final = 20.0
LASTING_DAYS: Final = 1 / 24
LASTING_ROWS: Final = 3.0
LASTING_MOST: Final = 8.0


class Cells(NamedTuple):
    """``x``: ``(n, m)`` values, where not ``known`` the last one. ``seen``: ``(n, m)``, values before this one.

    ``raw``: ``(n, m)``, ``x`` in the metric's unit where that is judged on another scale. ``day``: ``(n, 1)``, rows a day of each device. ``span``: ``(n,)``, the same, but at most
    half of its history. ``floor``: ``(n, m)``, the least scale of a metric's deviations.
    ``up``, ``down``: ``(m,)``, 1 where that direction is bad, else 0. ``fresh``: ``(n, m)``, first value after a gap.
    """

    x: Array
    raw: Array
    known: NDArray[np.bool_]
    seen: Array
    day: Array
    span: Array
    floor: Array
    up: Array
    down: Array
    fresh: NDArray[np.bool_]
    at: Array

    def rate(self, days: float, least: float = 12.0) -> Array:
        """``(n, m)``: weight of this value in a mean over ``days``, of all values while they are few; 0 if not known."""
        return np.where(self.known, np.maximum(1 / np.maximum(self.day * days, least), 1 / (self.seen + 1)), 0.0)

    def rows(self, count: float) -> Array:
        """``(n,)``: so many rows, or as many as they are of 20 s each where rows come faster."""
        return np.asarray(np.maximum(count, count * self.day[:, 0] * _ROW_S / DAY_S))

    def bad(self, deviation: Array) -> Array:
        """The size of a signed deviation in the directions that are bad, 0 in others and where nothing is known."""
        size = np.where(deviation > 0, deviation * self.up, -deviation * self.down)
        return np.where(self.known & (self.seen > SETTLING), size, 0.0)


def clipped(deviation: Array, scale: Array, seen: Array, widths: float) -> Array:
    """Deviations cut at so many scales once a scale is known: an outlier moves what is learnt only so far."""
    bound = np.where(seen > SETTLING, widths * scale, np.inf)
    return np.clip(deviation, -bound, bound)


def lasting(cells: Cells, before: Array, widths: Array, most: float = LASTING_MOST) -> Array:
    """The mean of the last hour's signed deviations, each counted up to ``most`` widths: noise cancels, what lasts does not."""
    new = np.clip(np.nan_to_num(widths), -most, most)
    pace = 1 / np.maximum(cells.day * LASTING_DAYS, LASTING_ROWS)
    return np.where(cells.known, before + pace * (new - before), before)
