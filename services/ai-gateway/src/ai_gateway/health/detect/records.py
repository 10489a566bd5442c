"""Records: a detector by itself raises an alarm where it is further off than at any time of the last days."""

import math
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.calibrate import Memory, Ring
from ai_gateway.health.detect.cells import Array, Cells, State
from ai_gateway.health.detect.evidence import Evidence

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
_NEAR: Final = 0.1
"""So close to its highest of the running block a mean of an hour must stay: else its alarm would last until it has sunk."""
_MARGIN: Final = 0.18
_SHARE: Final = {"relation": 0.85}
"""Of the margin: means of an hour have lighter tails."""
_MARGIN_METRICS: Final = 0.2
_EACH: Final = ("season", "relation")
"""Whose metrics are each compared with their own records: what is restless in one metric hides nothing in another."""
_FEW: Final = 10
"""Metrics up to which each one's record counts: of more, one is always off, so it must be a record of the worst as well."""
_NORMAL: Final = 1.25
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

    ``alone``: ``(n,)``, widths from which a usual metric is a record. ``expected``, ``half``: ``(n, m)``, the band outside of which a value is a record of `deviation`.
    """

    score: Array
    metric: dict[str, Array]
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
                name=name,
                size=math.ceil(_DAYS / _BLOCK[name]),
                days=_BLOCK[name],
                rows=8,
                spreads=2.0,
                highest=1.0,
                metrics=m if name in _EACH else 0,
            )
            for name in names
        }
        self._worst = {
            name: msgspec.structs.replace(ring, name=f"{name}_worst", metrics=0)
            for name, ring in self._rings.items()
            if ring.metrics
        }
        self._margin = margin(_MARGIN, sensitivity)

    def blank(self) -> dict[str, NDArray[Any]]:
        """What is read and written whole each round."""
        now = {f"{name}_most": np.full(self._m, -np.inf) for name in self._detectors}
        own = {f"{name}_own": np.full(self._m, np.nan) for name in self._detectors}
        return now | own | {name: np.array(0.0) for name in ("block_rows", "blocks")}

    def profile(self) -> dict[str, NDArray[Any]]:
        """The rings."""
        rings = (*self._rings.values(), *self._worst.values())
        return {name: array for ring in rings for name, array in ring.blank().items()}

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
        for name in self._rings:
            detector = _DETECTOR.get(name, name)
            size = sizes[detector]
            part = np.exp(np.minimum(self._above(name, size, needed, memory, cells.span), _MOST))
            beyond[name] = np.fmax.reduce(part, axis=1)
            metric[detector] = np.fmax(metric[detector], part) if detector in metric else part
        each = np.nan_to_num(np.stack(list(beyond.values())))
        return Recorded(
            score=np.where(np.isnan(reached), np.nan, each.max(axis=0)),
            metric=metric,
            alone=np.exp(reached + usual),
            expected=state["location"][..., 1],
            half=alone * _NORMAL * np.maximum(state["spread"][..., 1], cells.floor),
        )

    def _above(self, name: str, size: Array, needed: Array, memory: Memory, span: Array) -> Array:
        """``(n, m)``: how far each metric's size is above what makes it a record. Then the ring learns."""
        ring, share = self._rings[name], _SHARE.get(name, 1.0)
        many = (~np.isnan(size)).sum(axis=1) > _FEW
        worst = np.fmax.reduce(size, axis=1)
        arrays, rows = memory
        so_far = arrays[f"{name}_now"][rows]
        if ring.metrics:
            above, reach = ring.step(memory, size, span)
            above = np.where(size < so_far - _NEAR, -np.inf, above)
            beyond, most = self._worst[name].step(memory, worst, span)
            of_device = size - (worst - beyond + np.where(many, most, 0.0))[:, None]
            return np.asarray(np.minimum(above - reach, of_device) - (share * needed)[:, None])
        above, reach = ring.step(memory, worst, span)
        limit = needed * share + reach + worst - above
        if name in _DETECTOR:
            limit += np.where(worst < so_far - _STILL, np.inf, _SLOW_MARGIN)
        return np.asarray(size - limit[:, None])

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
