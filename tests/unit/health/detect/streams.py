"""Made-up streams for the detectors: seeded, in the order of time, several devices in turn."""

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.detect import Engine
from ai_gateway.health.types import Batch, Verdicts

MINUTE = 60.0
START = 1_767_571_200.0
"""A Monday."""
METRICS = tuple(metric_named(name) for name in ("cpu_percent", "memory_percent", "odd_one"))


def engine(sensitivity: float = 1.0) -> Engine:
    return Engine(METRICS, sensitivity=sensitivity)


def stream(values: NDArray[np.floating], every: float = MINUTE, first: int = 1) -> Batch:
    """Rows of ``(time, devices, metrics)`` values: all devices' first rows, then all second rows."""
    time, devices, metrics = values.shape
    return Batch(
        np.tile(np.arange(first, first + devices), time).astype(np.int64),
        np.repeat(START + every * np.arange(time), devices),
        values.reshape(time * devices, metrics).astype(np.float32),
    )


def quiet(time: int, devices: int = 3, seed: int = 7) -> NDArray[np.float64]:
    """A daily rhythm with noise; the second metric follows the first, the third does as it likes."""
    rng = np.random.default_rng(seed)
    day = np.sin(np.arange(time) * 2 * np.pi / 1440)[:, None]
    load = 40 + 8 * day + rng.normal(0, 1.5, (time, devices))
    return np.stack([load, 20 + 0.5 * load + rng.normal(0, 0.5, load.shape), rng.normal(0, 1, load.shape)], axis=2)


def part(batch: Batch, rows: slice | NDArray[np.generic]) -> Batch:
    return Batch(batch.device[rows], batch.at[rows], batch.values[rows])


def joined(verdicts: list[Verdicts]) -> Verdicts:
    return Verdicts(*(np.concatenate(column) for column in zip(*verdicts, strict=True)))  # type: ignore[arg-type]


def assert_same(one: Verdicts, other: Verdicts) -> None:
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


def alarms(score: NDArray[np.floating]) -> int:
    on = np.nan_to_num(score) > 1
    return int((on & ~np.r_[False, on[:-1]]).sum())
