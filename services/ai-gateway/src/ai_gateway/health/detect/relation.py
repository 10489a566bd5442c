"""Relation: the part of a value that the device's other metrics do not explain."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.cells import Array, Cells, State, lasting

_RIDGE: Final = 0.05
_WIDTHS: Final = 10.0
_DAYS: Final = 60.0
_OF_SEASON: Final = 3.0
"""Times its deviation from the season that a value's lack of explanation counts at most, and at most as many times as that is
usual deviations: else what explains it may be the trouble, as where sales stop and the shop stays as warm as it was."""
_REFITS_A_DAY: Final = 24.0
_ENOUGH: Final = 300
"""Rows before the first fit."""


def blank(m: int) -> dict[str, NDArray[Any]]:
    """What is read and written whole each round."""
    return {name: np.zeros(m) for name in ("relation_lasting", "relation_mean", "relation_square")}


def profile(m: int) -> dict[str, NDArray[Any]]:
    """The long part of the memory: correlations, and the inverse of the matrix that they make."""
    return {"together": np.zeros((m, m), np.float32), "inverse": np.zeros((m, m), np.float32)}


def step(cells: Cells, state: State, arrays: State, rows: NDArray[np.int64], season: Array) -> Array:
    """``(n, m)``: residual of a ridge regression of each metric on all others, in its standard deviations.

    NaN before the first fit. With ``P`` the inverse correlations and ``y`` the standardised values, the residual of metric ``j`` is
    ``(P y)[j] / P[j, j]`` and its variance ``1 / P[j, j]`` (conditional normal distribution). Before the round's `surprise`.
    """
    gap = cells.raw - np.where(cells.seen > 0, state["relation_mean"], cells.raw)
    y = np.clip(gap / np.sqrt(state["relation_square"] + cells.floor**2), -_WIDTHS, _WIDTHS)
    y = np.where(cells.known & (cells.seen > 0), y, 0.0)
    inverse = arrays["inverse"][rows].astype(np.float64)
    own = np.diagonal(inverse, axis1=1, axis2=2)
    residual = (inverse * y[:, None, :]).sum(axis=-1) / np.sqrt(np.maximum(own, 1e-9))
    together = arrays["together"][rows]
    rate = cells.rate(_DAYS)
    state["relation_mean"] = cells.raw - gap * (1 - rate)
    state["relation_square"] += rate * (gap * gap - state["relation_square"])
    rate = rate.max(axis=1)[:, None, None]
    together = (together + rate * (y[:, :, None] * y[:, None, :] - together)).astype(np.float32)
    arrays["together"][rows] = together
    count = cells.seen.max(axis=1)
    every = np.maximum(np.floor(cells.day[:, 0] / _REFITS_A_DAY), 1)
    due = np.flatnonzero((count >= _ENOUGH) & (count % every == 0))
    if len(due):
        loaded = together[due].astype(np.float64) + _RIDGE * np.eye(together.shape[1])
        arrays["inverse"][rows[due]] = np.linalg.inv(loaded)
    state["relation_lasting"] = lasting(cells, state["relation_lasting"], residual)
    unexplained = cells.bad(state["relation_lasting"])
    return np.where(own > 0, np.fmin(unexplained, np.fmin(season, _OF_SEASON) * season), np.nan)
