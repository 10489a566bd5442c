"""What is usual for a device: the highest evidence of each of its last blocks of time, and how far above that is rare."""

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.cells import Array

ENOUGH: Final = 4
"""Blocks of history before anything is said."""
Memory = tuple[dict[str, NDArray[Any]], NDArray[np.int64]]
"""Every array of the engine, and the rows of this round's devices in them."""


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """The maxima of the last ``size`` blocks; a block lasts ``days``, but at least ``rows`` rows.

    Of one evidence a device, or with ``metrics`` of each metric by itself; those share the blocks.
    ``usual`` is their mean; ``reach`` how far above it is rare: the largest of ``spreads`` standard deviations,
    ``highest`` times the way to the highest maximum, and ``least``. ``cut``: a maximum counts up to so many reaches, so
    that one great event does not hide the next; 0: it counts in full.
    """

    name: str
    size: int
    days: float
    rows: int = 24
    spreads: float = 0.0
    highest: float = 0.0
    least: float = 0.0
    cut: float = 0.0
    metrics: int = 0

    def blank(self) -> dict[str, NDArray[Any]]:
        """Memory of a device of which nothing is known."""
        each = (self.metrics,) if self.metrics else ()
        return {
            f"{self.name}_maxima": np.full((*each, self.size), np.nan, np.float32),
            f"{self.name}_blocks": np.array(0, np.int32),
            f"{self.name}_rows": np.array(0, np.int32),
            f"{self.name}_now": np.full(each, -np.inf),
            f"{self.name}_usual": np.full(each, np.nan),
            f"{self.name}_reach": np.full(each, np.nan),
        }

    def step(self, memory: Memory, evidence: Array, span: Array) -> tuple[Array, Array]:
        """Twice as evidence: how far it is above the usual, and the reach; NaN while history is short. Then learns.

        Args: evidence: ``(n,)``, or ``(n, m)``; NaN is not learnt. span: ``(n,)``, rows a day.
        """
        arrays, rows = memory
        above = evidence - arrays[f"{self.name}_usual"][rows]
        reach = arrays[f"{self.name}_reach"][rows]
        now = np.fmax(arrays[f"{self.name}_now"][rows], evidence)
        known = ~np.isnan(evidence)
        count = arrays[f"{self.name}_rows"][rows] + (known.any(axis=1) if self.metrics else known)
        full = count >= np.maximum(self.rows, np.floor(span * self.days))
        arrays[f"{self.name}_now"][rows] = np.where(full[:, None] if self.metrics else full, -np.inf, now)
        arrays[f"{self.name}_rows"][rows] = np.where(full, 0, count)
        if full.any():
            self._close(arrays, rows[full], now[full])
        return above, reach

    def _close(self, arrays: dict[str, NDArray[Any]], rows: NDArray[np.int64], highest: Array) -> None:
        """A block is over: its maximum takes the place of the oldest."""
        usual, reach = arrays[f"{self.name}_usual"][rows], arrays[f"{self.name}_reach"][rows]
        if self.cut:
            highest = np.fmin(highest, usual + self.cut * reach)
        blocks = arrays[f"{self.name}_blocks"][rows]
        maxima = arrays[f"{self.name}_maxima"][rows]
        maxima[np.arange(len(rows)), ..., blocks % self.size] = np.where(np.isfinite(highest), highest, np.nan)
        arrays[f"{self.name}_maxima"][rows] = maxima
        arrays[f"{self.name}_blocks"][rows] = blocks + 1
        there = ~np.isnan(maxima)
        held = np.maximum(there.sum(axis=-1), 1)
        maxima = maxima.astype(np.float64)
        mean = np.where(there, maxima, 0.0).sum(axis=-1) / held
        spread = np.sqrt((np.where(there, maxima - mean[..., None], 0.0) ** 2).sum(axis=-1) / held)
        top = np.where(there, maxima, -np.inf).max(axis=-1)
        reach = np.maximum(np.maximum(self.spreads * spread, self.highest * (top - mean)), self.least)
        enough = held >= ENOUGH
        arrays[f"{self.name}_usual"][rows] = np.where(enough, mean, np.nan)
        arrays[f"{self.name}_reach"][rows] = np.where(enough, reach, np.nan)
