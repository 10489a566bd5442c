"""``python -m bench.prediction.scale``: how long a training and an hourly round of a whole fleet take, and how much memory.

The fleet is made up: HOMEPOT's ten metrics by the day, signs, errors and failures at random, so that nothing can be learnt and
no short cut taken. Each figure is measured in a process of its own; seconds are also told as those of the processor.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final, TypeVar

import numpy as np

from ai_gateway.health.catalogue import METRICS
from ai_gateway.prediction.core.artefact import pack, unpack
from ai_gateway.prediction.core.types import DAY, Events, History, Readings
from ai_gateway.prediction.fleet import FAILURES, HAPPENINGS
from ai_gateway.prediction.outlook import outlook
from ai_gateway.prediction.training import train
from ai_gateway.prediction.types import Fleet
from bench.figures import Figure

END: Final = 1_790_000_000 // DAY * DAY
EVERY_DAYS: Final = 20.0
"""Days between two events of a kind on a device."""
MIB: Final = 1024.0
T = TypeVar("T")


def made_up(devices: int, days: int, seed: int = 0) -> Fleet:
    """A fleet whose devices have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    begin = END - days * DAY
    kinds = (*FAILURES, *HAPPENINGS)
    count = int(devices * days / EVERY_DAYS * len(kinds))
    rows = devices * days
    history = History(
        machines=tuple(map(str, range(devices))),
        metrics=tuple(metric.name for metric in METRICS),
        kinds=kinds,
        trait_names=(),
        readings=Readings(
            np.tile(np.arange(devices), days),
            np.repeat(begin + DAY * np.arange(1, days + 1), devices),
            rng.normal(50, 5, (rows, len(METRICS))),
        ),
        events=Events(
            rng.integers(0, devices, count), rng.integers(begin, END, count), rng.integers(0, len(kinds), count)
        ),
        traits=np.empty((devices, 0)),
        since=np.full(devices, begin),
        until=np.full(devices, END),
    )
    return Fleet(history, np.arange(devices), np.zeros(devices, np.int64))


def hourly(devices: int, days: int, model: bytes) -> None:
    """The risk of every device."""
    fleet, predictor = made_up(devices, days), unpack(model)
    began = time.perf_counter(), time.process_time()
    outlook(fleet, (1, predictor), END)
    _tell("hourly round", devices, days, began, 60.0)


def _trained(devices: int, days: int) -> bytes:
    fleet = made_up(devices, days)
    began = time.perf_counter(), time.process_time()
    model = pack(train(fleet, None).model)
    _tell("training", devices, days, began, 300.0)
    return model


def _tell(name: str, devices: int, days: int, began: tuple[float, float], goal_s: float) -> None:
    """The goals are those of the default sizes."""
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    size = {"devices": devices, "days": days, "cpu_s": round(cpu, 1)}
    print(Figure(name=name, value=wall, unit="s", at_most=goal_s, detail=size).line(), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    goal = 2048.0 if name == "training" else None
    print(Figure(name=f"{name}, memory", value=peak, unit="MiB", at_most=goal, detail=size).line(), flush=True)


def _alone(what: Callable[..., T], *arguments: Any) -> T:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(what, *arguments).result()


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(prog="python -m bench.prediction.scale", description=__doc__)
    parser.add_argument("--devices", type=int, default=100_000, help="of the hourly round")
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--trained", type=int, default=1000, help="devices that a model is trained on")
    options = parser.parse_args()
    model = _alone(_trained, options.trained, options.days)
    _alone(hourly, options.devices, options.days, model)


if __name__ == "__main__":
    main()
