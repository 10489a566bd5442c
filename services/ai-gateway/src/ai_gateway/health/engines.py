"""One engine for each device type, with the metrics that devices of that type report and the limits set for it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import METRICS, Limits, Metric, limit_of, metric_named
from ai_gateway.health.detect import Engine
from ai_gateway.health.types import Batch, Verdicts

_NOBODY: Final = np.array([-1], np.int64)

Indices = NDArray[np.int64]


class _Part(msgspec.Struct):
    """The engine of one type; its metrics stand in columns ``columns`` of the whole. ``devices``: ascending."""

    engine: Engine
    columns: list[int]
    devices: Indices


class Remembered(msgspec.Struct, frozen=True):
    """What the engine of one type knows of some devices, in the order of ``devices``."""

    type: str
    metrics: list[str]
    devices: Indices
    arrays: dict[str, NDArray[Any]]


class Engines:
    """Scores readings of all types at once."""

    def __init__(self, *, sensitivity: float, limits: Limits) -> None:
        """Args: sensitivity: false alarms per device-week. limits: over the catalogue's own."""
        self._sensitivity = sensitivity
        self._limits = limits
        self._parts: dict[str, _Part] = {}
        self._metrics: dict[tuple[str, str], Metric] = {}

    def metric(self, kind: str, name: str) -> Metric:
        """A metric with the limit that holds for devices of this type."""
        if (kind, name) not in self._metrics:
            limit = limit_of(self._limits, kind, name)
            self._metrics[kind, name] = msgspec.structs.replace(metric_named(name), limit=limit)
        return self._metrics[kind, name]

    def score(self, batch: Batch, types: Sequence[str], kinds: Indices, names: Sequence[str]) -> Verdicts:
        """What the detectors say of every row, over all columns.

        Args:
            batch: readings with a column for each of ``names``.
            types: the types' names.
            kinds: ``(n,)``: each row's type, as an index of ``types``.
            names: the columns' metrics.
        """
        n, m = batch.values.shape
        blank = np.full((4, n, m), np.nan, np.float32)
        whole = Verdicts(
            np.full(n, np.nan, np.float32), blank[0], blank[1], blank[2], blank[3], np.zeros((n, m), np.int8)
        )
        for kind in np.unique(kinds).tolist():
            rows = np.flatnonzero(kinds == kind)
            part = self._part(types[kind], _measured(batch.values[rows]), names)
            part.devices = np.union1d(part.devices, batch.device[rows])
            cells = np.ix_(rows, np.array(part.columns, np.int64))
            found = part.engine.score(Batch(batch.device[rows], batch.at[rows], batch.values[cells]))
            whole.score[rows] = found.score
            whole.metric_score[cells], whole.detector[cells] = found.metric_score, found.detector
            whole.expected[cells], whole.lower[cells], whole.upper[cells] = found.expected, found.lower, found.upper
        return whole

    def snapshot(self, devices: Indices, kinds: Sequence[str], names: Sequence[str]) -> list[Remembered]:
        """All that is remembered of the devices, whose types ``kinds`` names."""
        found = []
        for kind, part in self._parts.items():
            own = devices[np.array([name == kind for name in kinds], bool) & np.isin(devices, part.devices)]
            if len(own):
                metrics = [names[column] for column in part.columns]
                found.append(Remembered(kind, metrics, own, part.engine.snapshot(own)))
        return found

    def restore(self, remembered: Sequence[Remembered], names: Sequence[str]) -> None:
        """Take up a `snapshot` again. An engine's metrics are only ever added to, so the longest list holds all."""
        for one in sorted(remembered, key=lambda one: -len(one.metrics)):
            part = self._part(one.type, [names.index(name) for name in one.metrics], names)
            blank = part.engine.snapshot(_NOBODY)
            part.devices = np.union1d(part.devices, one.devices)
            part.engine.restore(one.devices, _widened(one.arrays, blank, len(one.devices)))
            part.engine.forget(_NOBODY)

    def forget(self, devices: Indices) -> None:
        """Drop what is known of devices that are gone."""
        for part in self._parts.values():
            part.engine.forget(devices)
            part.devices = np.setdiff1d(part.devices, devices)

    def alarm_rate(self) -> float:
        """Alarms per device-week really raised over all devices; NaN while there is none."""
        rates = [(part.engine.alarm_rate(), len(part.devices)) for part in self._parts.values()]
        told = [(rate, devices) for rate, devices in rates if not np.isnan(rate)]
        devices = sum(count for _, count in told)
        return sum(rate * count for rate, count in told) / devices if devices else float("nan")

    def device_bytes(self, kind: str) -> int:
        """Bytes remembered of one device of a type."""
        return self._parts[kind].engine.device_bytes if kind in self._parts else 0

    def _part(self, kind: str, columns: Sequence[int], names: Sequence[str]) -> _Part:
        """The engine of a type, with at least these columns."""
        part = self._parts.get(kind)
        have = part.columns if part else []
        wanted = [*have, *(column for column in columns if column not in have)]
        if part is None or wanted != have:
            metrics = [self.metric(kind, names[column]) for column in wanted]
            new = _Part(Engine(metrics, sensitivity=self._sensitivity), wanted, np.empty(0, np.int64))
            if part:
                _hand_over(part, new)
            part = self._parts[kind] = new
        return part


def layout() -> str:
    """Changes whenever an engine remembers something else: state of another layout cannot be taken up."""
    arrays = Engine(METRICS).snapshot(_NOBODY)
    shapes = [f"{name} {array.dtype} {array.shape}" for name, array in sorted(arrays.items())]
    return hashlib.sha256("\n".join(shapes).encode()).hexdigest()[:16]


def _measured(values: NDArray[np.float32]) -> list[int]:
    """The columns with any value, in the order of their first one, which does not depend on how rows were cut."""
    there = ~np.isnan(values)
    columns = np.flatnonzero(there.any(axis=0))
    return columns[np.argsort(there[:, columns].argmax(axis=0), kind="stable")].tolist()  # type: ignore[no-any-return]


def _hand_over(old: _Part, new: _Part) -> None:
    """What the old engine knows of its devices, in one that has more metrics."""
    new.devices = old.devices
    if len(old.devices):
        blank = new.engine.snapshot(_NOBODY)
        new.engine.restore(old.devices, _widened(old.engine.snapshot(old.devices), blank, len(old.devices)))
        new.engine.forget(_NOBODY)


def _widened(
    arrays: Mapping[str, NDArray[Any]], blank: Mapping[str, NDArray[Any]], devices: int
) -> dict[str, NDArray[Any]]:
    """Arrays of few metrics in the shape for more: the new metrics stand behind the others and have no past."""
    wide = {}
    for name, row in blank.items():
        wide[name] = np.repeat(row, devices, axis=0)
        if name in arrays:
            wide[name][tuple(slice(0, size) for size in arrays[name].shape)] = arrays[name]
    return wide
