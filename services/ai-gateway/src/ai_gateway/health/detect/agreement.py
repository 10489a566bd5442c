"""Agreement: metrics and detectors that are odd at once, none of which alone would be worth an alarm."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.calibrate import Memory, Ring
from ai_gateway.health.detect.cells import Array, Cells, State
from ai_gateway.health.detect.evidence import Evidence, logarithm, smoothed
from ai_gateway.health.detect.records import margin

_SMOOTH: Final = (3.0, 3.0, 2.0)
_WEIGHTS: Final = (0.4, 0.4, 0.2)
_LEAST, _MOST = -0.5, 2.5
_WEIGHT_SHARE: Final = 0.3
_WEIGHT_GAIN: Final = 2.0
_WEIGHT_MOST: Final = 2.0
_MARGIN: Final = 0.75


class Agreement:
    """The mean of four views of a row, each as the logarithm of how far it is beyond what is usual for the device.

    Views: the five worst misses; the eight worst, the many before the few; the three worst deviations of 8 hours; and the
    evidence of all metrics added up. The mean is calibrated once more on its own history.
    """

    def __init__(self, sensitivity: float) -> None:
        """Args: sensitivity: accepted false alarms per device-week."""
        self._views = tuple(Ring(name=f"view{k}", size=96, days=1 / 6) for k in range(len(_SMOOTH)))
        self._weight = Ring(name="weight", size=168, days=1 / 24, spreads=2.5, highest=0.6, least=3.0, cut=1.5)
        self._mean = Ring(
            name="agreement", size=64, days=1 / 24, spreads=1.5, least=margin(_MARGIN, sensitivity), cut=1.5
        )

    def blank(self) -> dict[str, NDArray[Any]]:
        """What is read and written whole each round."""
        return {"views": np.zeros(len(_SMOOTH))}

    def profile(self) -> dict[str, NDArray[Any]]:
        """The rings."""
        rings = (*self._views, self._weight, self._mean)
        return {name: array for ring in rings for name, array in ring.blank().items()}

    def step(self, evidence: Evidence, cells: Cells, state: State, memory: Memory) -> Array:
        """``(n,)``: above 1 is an alarm; NaN while the device is warming up."""
        views = (evidence.worst("missed", 5), evidence.broad("missed", 8), evidence.worst("recent", 3))
        state["views"] = np.stack(
            [smoothed(state["views"][:, k], view, cells.rows(_SMOOTH[k])) for k, view in enumerate(views)], axis=1
        )
        mean = np.zeros(len(cells.at))
        for k, ring in enumerate(self._views):
            above, _ = ring.step(memory, logarithm(state["views"][:, k]), cells.span)
            mean += _WEIGHTS[k] * np.clip(above, _LEAST, _MOST)
        above, reach = self._weight.step(memory, evidence.weight(), cells.span)
        weight = np.clip(_WEIGHT_GAIN * (above / reach - 1), -1.0, _WEIGHT_MOST)
        beyond, needed = self._mean.step(memory, (1 - _WEIGHT_SHARE) * mean + _WEIGHT_SHARE * weight, cells.span)
        return np.asarray(np.maximum(beyond / needed, 0.0))
