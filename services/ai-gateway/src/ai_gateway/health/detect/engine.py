"""The detection engine: readings in, verdicts out, one row of memory a device."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import Metric
from ai_gateway.health.detect import deviation, relation, season, surprise
from ai_gateway.health.detect.cells import DAY_S, Array, Cells, State
from ai_gateway.health.detect.evidence import Evidence
from ai_gateway.health.detect.judge import DETECTORS, Judge
from ai_gateway.health.detect.rounds import rounds
from ai_gateway.health.detect.scale import Scale
from ai_gateway.health.detect.slots import Slots
from ai_gateway.health.types import Batch, Floats, Verdicts

SENSITIVITY: Final = 2.0
"""False alarms per device-week that an operator accepts unless told otherwise."""
Limits = Callable[[NDArray[np.int64]], Floats]

__all__ = ["DETECTORS", "SENSITIVITY", "Engine"]

_CHUNK = 4096
"""Devices that are scored at once: their memory stays in the processor's cache."""
_FLOOR = 0.01
_RANGE_DAYS = 14.0
_GAP_ROWS = 20.0
_FIRST_EVERY_S = 60.0
_SPAN_ROWS = 144.0


class Engine:
    """Scores readings as they arrive; what it says of a device depends on that device's rows and their order alone."""

    def __init__(
        self, metrics: Sequence[Metric], *, sensitivity: float = SENSITIVITY, limits: Limits | None = None
    ) -> None:
        """Args: sensitivity: false alarms per device-week. limits: level limits ``(len(devices), m)``, NaN for none."""
        self.metrics = tuple(metrics)
        self.sensitivity = sensitivity
        self._limits = limits
        self._scale = Scale(metrics)
        m = len(self.metrics)
        self._judge = Judge(self.metrics, sensitivity)
        self._default_limit = np.array([[np.nan if x.limit is None else x.limit for x in metrics]], np.float32)
        self._matters = np.array([x.matters or 0.0 for x in metrics])
        self._up, self._down = np.array([x.weights for x in metrics]).reshape(-1, 2).T
        self._related = m > 1
        hot = (
            _blank(m)
            | surprise.blank(m)
            | deviation.blank(m)
            | season.blank(m)
            | relation.blank(m)
            | self._judge.blank()
        )
        self._hot = tuple(hot)
        long = season.profile(m) | (relation.profile(m) if self._related else {}) | self._judge.profile()
        self._slots = Slots(hot | long)

    def score(self, batch: Batch) -> Verdicts:
        """What the detectors say of every row, in the batch's order."""
        n, m = batch.values.shape
        blank = np.full((4, n, m), np.nan, np.float32)
        verdicts = Verdicts(
            np.full(n, np.nan, np.float32), blank[0], blank[1], blank[2], blank[3], np.zeros((n, m), np.int8)
        )
        self._slots.rows(batch.device)
        values = self._scale.to(batch.values)
        for turn in rounds(batch.device):
            for start in range(0, len(turn), _CHUNK):
                chosen = turn[start : start + _CHUNK]
                self._round(Batch(batch.device[chosen], batch.at[chosen], values[chosen]), chosen, verdicts)
        expected, lower, upper = (self._scale.back(one) for one in (verdicts.expected, verdicts.lower, verdicts.upper))
        return verdicts._replace(expected=expected, lower=lower, upper=upper)

    def snapshot(self, devices: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """All that is remembered of the devices: name to an array whose leading axis is that of ``devices``."""
        return self._slots.take(devices)

    def restore(self, devices: NDArray[np.int64], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take up a `snapshot` again: verdicts go on as if nothing had happened."""
        self._slots.put(devices, arrays)

    def forget(self, devices: NDArray[np.int64]) -> None:
        """Drop what is known of devices that are gone."""
        self._slots.forget(devices)

    def alarm_rate(self) -> float:
        """Alarms per device-week really raised over all known devices; NaN before any device was judged."""
        rows = self._slots.rows(self._slots.devices)
        weeks = float(self._slots.arrays["judged_days"][rows].sum()) / 7
        return float(self._slots.arrays["alarms"][rows].sum()) / weeks if weeks else float("nan")

    @property
    def device_bytes(self) -> int:
        """Bytes remembered of one device."""
        return self._slots.row_bytes

    def _round(self, batch: Batch, turn: NDArray[np.int64], out: Verdicts) -> None:
        """One row of each of some devices: every detector in turn, then the judge."""
        rows = self._slots.rows(batch.device)
        arrays = self._slots.arrays
        state = {name: arrays[name][rows] for name in self._hot}
        last = state["last"]
        cells = self._cells(batch, state)
        seasonal = season.step(cells, state, arrays, rows)
        related = relation.step(cells, state, arrays, rows, seasonal) if self._related else np.zeros_like(cells.x)
        missed, stepped = surprise.step(cells, state, last)
        recent, lasting = deviation.step(cells, state)
        evidence = Evidence(
            missed=missed,
            stepped=stepped,
            recent=recent,
            deviation=lasting,
            season=seasonal,
            relation=related,
            drift=deviation.drift(cells, state),
        )
        limit = self._scale.to(self._default_limit if self._limits is None else self._limits(batch.device))
        verdicts = self._judge.judge(evidence, cells, state, (arrays, rows), limit, self._scale.slope(limit))
        for name in Verdicts._fields:
            getattr(out, name)[turn] = getattr(verdicts, name)
        state["seen"] += cells.known
        for name, array in state.items():
            arrays[name][rows] = array

    def _cells(self, batch: Batch, state: State) -> Cells:
        """The rows beside what the detectors ask of time, scale and direction; learns cadence and range."""
        at = batch.at
        known = ~np.isnan(batch.values)
        seen = state["seen"]
        x = np.where(known, batch.values, state["last"]).astype(np.float64)
        every = _cadence(at - state["at"], state)
        floor = np.maximum(_FLOOR * np.maximum(state["high"] - state["low"], np.abs(state["mean"])), 1e-9)
        fresh = known & ((seen == 0) | (at[:, None] - state["value_at"] > _GAP_ROWS * every[:, None]))
        cells = Cells(
            x=x,
            raw=self._scale.back(x),
            known=known,
            seen=seen,
            day=(DAY_S / every)[:, None],
            span=np.minimum(DAY_S / every, np.maximum(state["steps"] / 2, _SPAN_ROWS)),
            floor=np.maximum(floor, self._matters / 3 * self._scale.slope(np.where(seen > 0, state["mean"], x))),
            up=self._up,
            down=self._down,
            fresh=fresh,
            at=at,
        )
        first = known & (seen == 0)
        self._start(state, first, x)
        rate = cells.rate(_RANGE_DAYS)
        state["low"] = np.minimum(x, state["low"] + rate * (state["mean"] - state["low"]))
        state["high"] = np.maximum(x, state["high"] + rate * (state["mean"] - state["high"]))
        state["last"] = x
        state["at"] = at
        state["value_at"] = np.where(known, at[:, None], state["value_at"])
        return cells

    def _start(self, state: State, first: NDArray[np.bool_], x: Array) -> None:
        """Where a metric is measured for the first time, every mean begins there."""
        for name in ("mean", "low", "high"):
            state[name] = np.where(first, x, state[name])
        for name in ("location", "level"):
            state[name] = np.where(first[..., None], x[..., None], state[name])


def _blank(m: int) -> dict[str, NDArray[Any]]:
    single = ("seen", "last", "low", "high")
    return {name: np.zeros(m) for name in single} | {
        "at": np.array(np.nan),
        "every": np.array(np.nan),
        "steps": np.array(0.0),
        "value_at": np.full(m, np.nan),
    }


def _cadence(passed: Array, state: State) -> Array:
    """Seconds between rows, ``(n,)``: near the median of the steps, which a gap hardly moves; learns the last step."""
    every, steps = state["every"], state["steps"]
    forward = passed > 0
    known = np.where(np.isnan(every), passed, every)
    pace = np.maximum(1 / (steps + 1), 0.02)
    learnt = known + pace * (np.clip(passed, 0.5 * known, 1.5 * known) - known)
    state["every"] = np.where(forward, learnt, every)
    state["steps"] = steps + forward
    return np.where(np.isnan(state["every"]), _FIRST_EVERY_S, state["every"])
