"""``python -m bench.prediction.scale``: how long a training and an hourly round of a whole fleet take, and how much memory.

The fleet is made up: HOMEPOT's ten metrics by the day, signs, errors and failures at random, so that nothing can be learnt and
no short cut taken. Each figure is measured in a process of its own; seconds are also told as those of the processor.
The round is the worker's job over an embedded Postgres, from reading what is known to the last row that it writes.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final, TypeVar

from ai_gateway.prediction.training import Trained, train
from bench.figures import Figure
from bench.prediction.hourly import Round
from bench.prediction.made_up import made_up

OFTEN_DAYS: Final = 20.0
"""Days between two events of a kind on a device of those that are learnt from, …"""
SELDOM_DAYS: Final = 180.0
"""… and of those whose risk is told."""
MIB: Final = 1024.0
T = TypeVar("T")


def _trained(devices: int, days: int) -> Trained:
    fleet = made_up(devices, days, OFTEN_DAYS).fleet
    began = time.perf_counter(), time.process_time()
    trained = train(fleet, None)
    _tell("training", {"devices": devices, "days": days}, began, 300.0, 2048.0)
    return trained


def _hourly(devices: int, days: int, trained: Trained) -> None:
    made = made_up(devices, days, SELDOM_DAYS)
    with Round(made, trained) as one:
        began = time.perf_counter(), time.process_time()
        one.run()
        _tell("hourly round", {"devices": devices, "days": days}, began, 60.0, None)


def _tell(
    name: str, size: dict[str, Any], began: tuple[float, float], at_most_s: float, at_most_mib: float | None
) -> None:
    """The goals are those of the default sizes."""
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    detail = size | {"cpu_s": round(cpu, 1)}
    print(Figure(name=name, value=wall, unit="s", at_most=at_most_s, detail=detail).line(), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    print(Figure(name=f"{name}, memory", value=peak, unit="MiB", at_most=at_most_mib, detail=size).line(), flush=True)


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
    trained = _alone(_trained, options.trained, options.days)
    _alone(_hourly, options.devices, options.days, trained)


if __name__ == "__main__":
    main()
