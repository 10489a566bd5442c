"""Surprise: how far a value is from what the metric's own last values foretell, and from the last value."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.cells import Array, Cells, State

ORDER: Final = 3
DAYS: Final = 60.0
_FLOORS: Final = 2.5
_REFIT: Final = 8.0
_UPPER: Final = 0.9
_UPPER_PACE: Final = 0.002


def blank(m: int) -> dict[str, NDArray[Any]]:
    """Memory of a device of which nothing is known."""
    single = ("mean", "step_square", "step_size", "step_upper", "miss_square", "miss_size", "miss_upper")
    return {name: np.zeros(m) for name in single} | {
        "lag": np.zeros((m, ORDER + 1)),
        "auto": np.zeros((m, ORDER + 1)),
        "weight": np.zeros((m, ORDER)),
    }


def step(cells: Cells, state: State, last: Array) -> tuple[Array, Array]:
    """``(n, m)`` twice: the miss of an autoregression and the step from the last value, each in its usual size.

    The usual size is half the root mean square plus half the upper decile, so that regular jumps are usual. The weights
    solve the Yule-Walker equations of running autocovariances by Levinson's recursion.
    """
    rate = cells.rate(DAYS)
    deviation = cells.x - state["mean"]
    miss = np.where(cells.fresh, 0.0, deviation - (state["weight"] * state["lag"][..., :ORDER]).sum(axis=-1))
    change = np.where(cells.fresh, 0.0, cells.x - last)
    missed = cells.bad(miss) / _size(cells, state, "miss", miss, rate)
    stepped = cells.bad(change) / _size(cells, state, "step", change, rate)
    state["mean"] += rate * deviation
    _remember(cells, state, rate)
    refit = (cells.seen % _REFIT == 0)[..., None]
    state["weight"] = np.where(refit, _levinson(state["auto"], cells.floor), state["weight"])
    return missed, stepped


def _size(cells: Cells, state: State, name: str, value: Array, rate: Array) -> Array:
    """The usual size before this value; then learns the value, the decile by stochastic approximation."""
    square, mean, upper = (state[f"{name}_{part}"] for part in ("square", "size", "upper"))
    size = np.maximum(0.5 * np.sqrt(square) + 0.5 * upper, _FLOORS * cells.floor)
    absolute = np.abs(value)
    pace = np.maximum(mean, 0.2 * cells.floor) * np.maximum(_UPPER_PACE, 1 / np.sqrt(cells.seen + 1))
    moved = upper + pace * (_UPPER - (absolute <= upper))
    state[f"{name}_upper"] = np.where(cells.known, np.maximum(moved, 0.0), upper)
    state[f"{name}_square"] = square + rate * (absolute * absolute - square)
    state[f"{name}_size"] = mean + rate * (absolute - mean)
    return size


def _remember(cells: Cells, state: State, rate: Array) -> None:
    now = cells.x - state["mean"]
    moved = np.concatenate([now[..., None], state["lag"][..., :ORDER]], axis=-1)
    moved = np.where(cells.fresh[..., None], now[..., None], moved)
    lag = np.where(cells.known[..., None], moved, state["lag"])
    state["auto"] += rate[..., None] * (now[..., None] * lag - state["auto"])
    state["lag"] = lag


def _levinson(auto: Array, floor: Array) -> Array:
    """Weights ``(n, m, ORDER)`` of an autoregression with the autocovariances ``(n, m, ORDER + 1)``."""
    weights = np.zeros((*auto.shape[:-1], ORDER))
    left = auto[..., 0] * 1.0001 + 1e-3 * floor * floor
    for i in range(ORDER):
        known = sum((weights[..., j] * auto[..., i - j] for j in range(i)), start=np.zeros_like(left))
        reflection = (auto[..., i + 1] - known) / left
        before = weights[..., :i].copy()
        weights[..., :i] = before - reflection[..., None] * before[..., ::-1]
        weights[..., i] = reflection
        left *= np.maximum(1 - reflection * reflection, 1e-4)
    return weights
