"""Level limits: a value that is bad on any device of its type, whatever it used to be."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import Metric
from ai_gateway.health.detect.cells import Array, Cells, State
from ai_gateway.health.detect.evidence import smoothed
from ai_gateway.health.types import Floats

_ROWS = 3.0
_UNIT = 0.1
_MOST = 2.5
"""Counted of one value: however far it is off, alone it does not reach 1."""


class LevelLimits:
    """How far values of the last rows are past their limits, in deviations that matter."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        """Args: metrics: their directions, and what deviation matters (else a tenth of the limit)."""
        self._down = np.array([metric.bad == "down" for metric in metrics])
        self._matters = np.array([metric.matters or np.nan for metric in metrics])

    def blank(self) -> dict[str, NDArray[Any]]:
        """What is read and written whole each round."""
        return {"over": np.zeros(len(self._down))}

    def step(self, cells: Cells, state: State, limit: Floats, slope: Floats) -> Array:
        """``(n, m)``: 1 at the limit, more beyond, 0 well within or without a limit; one value alone does not reach 1."""
        beyond = np.where(self._down, limit - cells.x, cells.x - limit)
        unit = np.where(np.isnan(self._matters), np.maximum(_UNIT * np.abs(limit), 1e-9), self._matters * slope)
        over = np.where(np.isnan(limit) | ~cells.known, 0.0, np.maximum(1 + beyond / unit, 0.0))
        lately = smoothed(state["over"], np.minimum(over, _MOST), cells.rows(_ROWS)[:, None])
        state["over"] = np.where(cells.known, lately, state["over"])
        return np.minimum(over, state["over"])
