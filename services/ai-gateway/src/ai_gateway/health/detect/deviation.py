"""Deviation from a recent baseline by robust location and scale, and drift of the level itself."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.cells import Array, Cells, State, clipped

DAYS: Final = (1 / 3, 3.0)
_WIDTHS = 3.0
_DRIFT_WIDTHS = 4.0
_DRIFT_SETTLING = 5
_DRIFT_DAYS = 16.0
_NORMAL = 1.25
"""Standard deviation over mean absolute deviation of a normal distribution, sqrt(pi / 2)."""


def blank(m: int) -> dict[str, NDArray[Any]]:
    """Memory of a device of which nothing is known."""
    return {
        "location": np.zeros((m, len(DAYS))),
        "spread": np.zeros((m, len(DAYS))),
        "level": np.zeros((m, 2)),
        "drift": np.zeros(m),
    }


def step(cells: Cells, state: State) -> tuple[Array, Array]:
    """``(n, m)`` twice: deviations from the baselines of the last 8 hours and 3 days, in robust standard deviations.

    Location and mean absolute deviation are exponentially weighted, and learn from a value cut at 3 scales (Huber).
    """
    scores = []
    for k, days in enumerate(DAYS):
        location, spread = state["location"][..., k], state["spread"][..., k]
        gap = cells.x - location
        scale = np.maximum(spread, cells.floor)
        scores.append(cells.bad(gap) / (_NORMAL * scale))
        rate = cells.rate(days)
        gap = clipped(gap, scale, cells.seen, _WIDTHS)
        state["location"][..., k] = location + rate * gap
        state["spread"][..., k] = spread + rate * (np.abs(gap) - spread)
    return scores[0], scores[1]


def drift(cells: Cells, state: State) -> Array:
    """``(n, m)``: how far the mean of 4 hours is from that of 4 days, in usual distances of the two."""
    quick, slow = state["level"][..., 0], state["level"][..., 1]
    quick = quick + cells.rate(1 / 6, 16) * (cells.x - quick)
    slow = slow + cells.rate(4, 72) * (cells.x - slow)
    state["level"][..., 0], state["level"][..., 1] = quick, slow
    distance, usual = quick - slow, state["drift"]
    score = cells.bad(distance) / np.maximum(usual, cells.floor / 4)
    learnt = np.where(
        cells.seen > _DRIFT_SETTLING,
        np.minimum(np.abs(distance), _DRIFT_WIDTHS * usual + cells.floor),
        np.abs(distance),
    )
    state["drift"] = usual + cells.rate(_DRIFT_DAYS, 72) * (learnt - usual)
    return score
