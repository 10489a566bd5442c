"""Unrest: how odd the last while was, a rank among rows that raise no alarm."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.cells import Array, Cells, State
from ai_gateway.health.detect.evidence import Evidence, smoothed

_HALF_HOUR, _HOUR, _THIRD, _DAY = 1 / 52, 1 / 26, 1 / 3, 2 / 3
"""Days of the means."""
_WORST: Final = 4
_MISSED_SHARE: Final = 0.4
_TOGETHER_SHARE: Final = 2.4
_USUAL: Final = 1.7
_MOST: Final = 2.0
_MOST_WIDTHS: Final = 100.0
"""Beyond these a row counts no more: one great moment is no long trouble."""


def blank() -> dict[str, NDArray[Any]]:
    """What is read and written whole each round."""
    return {name: np.array(0.0) for name in ("missed_lately", "together_lately", "records_lately", "missed_day")}


def step(evidence: Evidence, cells: Cells, state: State, records: Array, together: Array) -> Array:
    """``(n,)``: 0-1, exclusive.

    Of a device that has an agreement, the logarithm of the last half hour's surprise and the agreement of the last hour,
    itself a logarithm; of another, those of how near records came in 8 hours (cubed, so that near ones count most) and
    of the surprise of 16 hours. Args: records, together: ``(n,)`` scores, NaN where there is none.
    """
    day = cells.day[:, 0]
    missed = np.minimum(np.nan_to_num(evidence.worst("missed", _WORST)), _MOST_WIDTHS)
    agreed = np.clip(np.nan_to_num(together), 0.0, _MOST)
    near = np.minimum(np.nan_to_num(records), _MOST) ** 3
    lately = {
        "missed_lately": (missed, _HALF_HOUR),
        "together_lately": (agreed, _HOUR),
        "records_lately": (near, _THIRD),
        "missed_day": (missed, _DAY),
    }
    for name, (value, days) in lately.items():
        state[name] = smoothed(state[name], value, np.maximum(day * days, 1))
    many = _MISSED_SHARE * np.log(state["missed_lately"] + 0.1) + _TOGETHER_SHARE * state["together_lately"] - _USUAL
    few = 0.5 * (np.log(state["records_lately"] + 0.01) + np.log(state["missed_day"] + 0.1))
    rank = np.where(np.isnan(together), few, many)
    return np.asarray(1 / (1 + np.exp(-rank)))
