"""How fast the detectors judge a large fleet from memory, and how much they remember of it."""

import time
from collections.abc import Iterator
from typing import Final

import numpy as np

from ai_gateway.health.catalogue import METRICS
from ai_gateway.health.detect import Engine
from ai_gateway.health.types import Batch
from bench.figures import Figure, percentile
from bench.lab import QUICK_SHARE, Lab

DEVICES: Final = 100_000
MEASURED: Final = METRICS[:6]
GOAL_S: Final = 5.0
GOAL_BYTES: Final = 2048.0
SAMPLE: Final = 100
HISTORY: Final = 330
MINUTES: Final = 60
"""Of history, and measured: in that hour every device closes blocks and refits relations, all at the same minute."""
_START_S: Final = 1_767_571_200.0


def measure(lab: Lab) -> Iterator[Figure]:
    """One row of every device a minute, on memory that is full.

    What is measured is time on the processor of one thread: other jobs of the machine do not count.
    """
    devices = DEVICES // (QUICK_SHARE if lab.quick else 1)
    engine = _experienced(devices)
    seconds = [_minute(engine, devices, HISTORY + minute) for minute in range(MINUTES)]
    detail = {"devices": devices, "metrics": len(MEASURED), "p50": round(percentile(seconds, 50), 2)}
    yield Figure(name="scoring_minute_cpu_worst", value=max(seconds), unit="s", at_most=GOAL_S, detail=detail)
    remembered = engine.device_bytes / len(MEASURED)
    yield Figure(name="state_of_a_device_metric", value=remembered, unit="bytes", at_most=GOAL_BYTES)


def _experienced(devices: int) -> Engine:
    """An engine whose devices remember what a few of them lived through."""
    few = Engine(MEASURED)
    for minute in range(HISTORY):
        _minute(few, SAMPLE, minute)
    memory = few.snapshot(np.arange(devices) % SAMPLE)
    engine = Engine(MEASURED)
    engine.restore(np.arange(devices), memory)
    return engine


def _minute(engine: Engine, devices: int, minute: int) -> float:
    """Seconds of one core to judge noise about a level; every 10th device misses a metric."""
    rng = np.random.default_rng(minute)
    values = rng.normal(40, 5, (devices, len(MEASURED))).astype(np.float32)
    values[::10, 0] = np.nan
    batch = Batch(np.arange(devices), np.full(devices, _START_S + 60 * minute), values)
    started = time.process_time()
    engine.score(batch)
    return time.process_time() - started
