"""Records: a detector by itself raises an alarm where it is further off than at any time of the last days."""

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.calibrate import Memory, Ring
from ai_gateway.health.detect.cells import Array, Cells, State
from ai_gateway.health.detect.evidence import Evidence, smoothed

ACCEPTED: Final = 2.0
"""False alarms per device-week for which margins were measured."""
TAIL: Final = 0.25
"""Logarithm of evidence by which alarms become ``e`` times rarer (measured on SMD, ASD and NAB's dev halves)."""
_BLOCK: Final = {"deviation": 1 / 6, "season": 1 / 6, "relation": 1 / 6, "drift": 1 / 6, "slow_drift": 1.0}
"""Days of a block. What drifts slowly is in a short block hardly above the record of the block before."""
_DETECTOR: Final = {"slow_drift": "drift"}
_DAYS: Final = 16 / 3
_SLOW_MARGIN: Final = 0.5
"""Added for the longer blocks, in which only what still grows counts: else their alarms would last for a day."""
_STILL: Final = 0.02
_MARGIN: Final = 0.18
_SHARE: Final = {"season": 0.75, "relation": 0.75}
"""Of the margin: means of an hour have lighter tails."""
_MARGIN_METRICS: Final = 0.2
_NORMAL: Final = 1.25
_RESTLESS_DAYS: Final = 1 / 3
_ROWS: Final = 8
_OWN_PACE: Final = 1 / 16
_LEAST: Final = {"deviation": 2.0, "season": 1.0, "relation": 1.0, "drift": 2.0}
"""Widths below which deviations do not differ."""
_MOST: Final = 5.0


def margin(least: float, sensitivity: float) -> float:
    """A margin moved so that it meets another accepted alarm rate: evidence has a Pareto tail with index 1 / `TAIL`."""
    return max(least + TAIL * math.log(ACCEPTED / sensitivity), 0.0)


class Recorded(NamedTuple):
    """``score``: ``(n,)``, NaN while warming up. ``metric``: by detector the score ``(n, m)`` of each metric alone.

    ``restless``: ``(n,)``, 0-1, how far the last hours were from usual. ``alone``: ``(n,)``, widths from which a usual metric
    is a record. ``expected``, ``half``: ``(n, m)``, the band outside of which a value is a record of `deviation`.
    """

    score: Array
    metric: dict[str, Array]
    restless: Array
    alone: Array
    expected: Array
    half: Array


class Records:
    """Each detector's worst metric against the highest of the last 5 days, by blocks of 4 hours or a day.

    A metric counts by how far it is beyond its own usual maximum of 4 hours: one that is often far off hides no other.
    """

    def __init__(self, m: int, sensitivity: float) -> None:
        """Args: m: metrics. sensitivity: accepted false alarms per device-week."""
        self._m = m
        names = [name for name in _BLOCK if m > 1 or name != "relation"]
        self._detectors = [name for name in names if name not in _DETECTOR]
        self._rings = {
            name: Ring(
                name=name, size=math.ceil(_DAYS / _BLOCK[name]), days=_BLOCK[name], rows=8, spreads=2.0, highest=1.0
            )
            for name in names
        }
        self._margin = margin(_MARGIN, sensitivity)

    def blank(self) -> dict[str, NDArray[Any]]:
        """What is read and written whole each round."""
        now = {f"{name}_most": np.full(self._m, -np.inf) for name in self._detectors}
        own = {f"{name}_own": np.full(self._m, np.nan) for name in self._detectors}
        return now | own | {name: np.array(0.0) for name in ("restless", "block_rows", "blocks")}

    def profile(self) -> dict[str, NDArray[Any]]:
        """The rings."""
        return {name: array for ring in self._rings.values() for name, array in ring.blank().items()}

    def step(
        self, evidence: Evidence, cells: Cells, state: State, memory: Memory, measured: NDArray[np.int64]
    ) -> Recorded:
        """Judge the round's rows, then learn them. Args: measured: ``(n,)``, how many metrics the device has."""
        arrays, rows = memory
        needed = self._margin + _MARGIN_METRICS * np.log(np.maximum(measured, 1))
        reached = arrays["deviation_usual"][rows] + arrays["deviation_reach"][rows] + needed
        own = state["deviation_own"]
        alone = np.exp(reached[:, None] + own)
        usual = np.where(np.isnan(own), 0.0, own).sum(axis=1) / np.maximum((~np.isnan(own)).sum(axis=1), 1)
        beyond: dict[str, Array] = {}
        metric: dict[str, Array] = {}
        sizes = self._sizes(evidence, cells, state)
        for name, ring in self._rings.items():
            size = sizes[_DETECTOR.get(name, name)]
            worst = np.fmax.reduce(size, axis=1)
            so_far = arrays[f"{name}_now"][rows]
            above, reach = ring.step(memory, worst, cells.span)
            limit = needed * _SHARE.get(name, 1.0) + reach + worst - above
            if name in _DETECTOR:
                limit += np.where(worst < so_far - _STILL, np.inf, _SLOW_MARGIN)
            beyond[name] = np.exp(np.minimum(worst - limit, _MOST))
            part = np.exp(np.minimum(size - limit[:, None], _MOST))
            detector = _DETECTOR.get(name, name)
            metric[detector] = np.fmax(metric[detector], part) if detector in metric else part
        each = np.nan_to_num(np.stack(list(beyond.values())))
        strange = (np.minimum(each, 2.0) ** 3).mean(axis=0)
        state["restless"] = smoothed(state["restless"], strange, np.maximum(cells.day[:, 0] * _RESTLESS_DAYS, 1))
        return Recorded(
            score=np.where(np.isnan(reached), np.nan, each.max(axis=0)),
            metric=metric,
            restless=state["restless"] / (1 + state["restless"]),
            alone=np.exp(reached + usual),
            expected=state["location"][..., 1],
            half=alone * _NORMAL * np.maximum(state["spread"][..., 1], cells.floor),
        )

    def _sizes(self, evidence: Evidence, cells: Cells, state: State) -> dict[str, Array]:
        """By detector ``(n, m)`` logarithms of deviations over their usual maxima; NaN if not known. Then learns them."""
        count = state["block_rows"] + 1
        full = count >= np.maximum(_ROWS, np.floor(cells.span * _BLOCK["deviation"]))
        pace = np.maximum(_OWN_PACE, 1 / (state["blocks"] + 1))[:, None]
        sizes = {}
        for name in self._detectors:
            widths = evidence.named(name)
            size = np.where(cells.known, np.log(np.maximum(widths, _LEAST[name])), np.nan)
            own, most = state[f"{name}_own"], np.fmax(state[f"{name}_most"], size)
            sizes[name] = size - own
            learnt = np.where(np.isnan(own), most, own + pace * (most - own))
            state[f"{name}_own"] = np.where(full[:, None] & np.isfinite(most), learnt, own)
            state[f"{name}_most"] = np.where(full[:, None], -np.inf, most)
        state["block_rows"] = np.where(full, 0, count)
        state["blocks"] = state["blocks"] + full
        return sizes
