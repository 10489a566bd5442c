"""What a fault does to readings."""

from collections.abc import Callable
from typing import Final

import numpy as np

from dev.simulation.course import COUNT, CPU, DISK, ERRORS, HEAT, LATENCY, MEMORY, VOLUME
from dev.simulation.faults import HOUR_S, RECIPES, Fault
from dev.simulation.fleet import COLUMN, Fleet, Floats

Effect = Callable[[Floats, Fleet, int, Floats, float, np.random.Generator], None]
"""Changes the values ``(q, m)`` of the device with that index in place, ``hours (q,)`` into the fault of that amount."""

CLIMBING: Final = ("memory_leak", "disk_filling", "temperature_drift")
ROUNDING: Final = 0.03


def apply(fault: Fault, amount: float, fleet: Fleet, at: Floats, values: Floats, rng: np.random.Generator) -> None:
    """Change the block ``values (k, n, m)``, whose readings are taken ``at (k, n)``, where the fault is on."""
    effect = EFFECTS.get(fault.kind)
    if effect is None:
        return
    for device in fault.devices:
        index = device - 1
        began = began_at(fault, device)
        on = np.flatnonzero((at[:, index] >= began) & (at[:, index] < fault.ended))
        if len(on):
            series = values[on, index]
            effect(series, fleet, index, (at[on, index] - began) / HOUR_S, amount, rng)
            values[on, index] = series


def began_at(fault: Fault, device: int) -> float:
    """When the fault began on that device: with a roll-out, as long after its own change as the first one's."""
    lead = fault.started - min((change.at for change in fault.changes), default=fault.started)
    own = next((change.at + lead for change in fault.changes if change.device == device), fault.started)
    return own if fault.scope == "change" else fault.started


def size_of(kind: str, amount: float, hours: float, fleet: Fleet, index: int, noise: Floats) -> float:
    """The fault's largest change of its metric, in the noise's standard deviations of ``noise (n, m)``."""
    level, load = fleet.level[index], fleet.load[index]
    points = {
        "level_limit": amount - level[CPU] - load[CPU] / 2,
        "out_of_season": amount * load[CPU],
        "transactions_collapse": (1 - amount) * 0.8 * load[COUNT],
        **dict.fromkeys(CLIMBING, amount * hours),
    }
    metric = RECIPES[kind].metric
    if metric is None:
        return 0.0
    # A reading is rounded to 0.1, which alone is a deviation of 0.03.
    return round(float(points.get(kind, amount) / max(noise[index, COLUMN[metric]], ROUNDING)), 1)


def _level_limit(
    series: Floats, _fleet: Fleet, _index: int, hours: Floats, amount: float, rng: np.random.Generator
) -> None:
    series[:, CPU] = amount + rng.normal(0, 1.2, len(hours))


def _add(column: int) -> Effect:
    def add(series: Floats, _f: Fleet, _i: int, _hours: Floats, amount: float, _rng: np.random.Generator) -> None:
        series[:, column] += amount

    return add


def _climb(column: int, cap: float) -> Effect:
    def climb(series: Floats, _f: Fleet, _i: int, hours: Floats, amount: float, _rng: np.random.Generator) -> None:
        series[:, column] = np.minimum(series[:, column] + amount * hours, cap)

    return climb


def _out_of_season(
    series: Floats, fleet: Fleet, index: int, _hours: Floats, amount: float, _rng: np.random.Generator
) -> None:
    """The night has the CPU of a busy noon."""
    series[:, CPU] += amount * fleet.load[index, CPU]


def _overheating(
    series: Floats, _fleet: Fleet, _index: int, hours: Floats, amount: float, _rng: np.random.Generator
) -> None:
    series[:, HEAT] += amount * (1 - np.exp(-hours / 0.5))


def _transactions_collapse(
    series: Floats, fleet: Fleet, index: int, _hours: Floats, amount: float, rng: np.random.Generator
) -> None:
    """A till that hardly sells has less work to do."""
    before = series[:, COUNT].copy()
    series[:, COUNT] = rng.binomial(before.astype(np.int64), amount)
    series[:, VOLUME] *= series[:, COUNT] / np.maximum(before, 1)
    series[:, CPU] -= fleet.load[index, CPU] * (before - series[:, COUNT]) / fleet.load[index, COUNT]


EFFECTS: Final[dict[str, Effect]] = {
    "level_limit": _level_limit,
    "deviation": _add(MEMORY),
    "out_of_season": _out_of_season,
    "broken_relation": _add(CPU),
    "memory_leak": _climb(MEMORY, 97.0),
    "disk_filling": _climb(DISK, 99.2),
    "temperature_drift": _climb(HEAT, 90.0),
    "overheating": _overheating,
    "error_rate": _add(ERRORS),
    "error_burst": _add(ERRORS),
    "change": _add(ERRORS),
    "transactions_collapse": _transactions_collapse,
    "site_latency": _add(LATENCY),
}
