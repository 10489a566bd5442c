"""The readings of one device at given times: a level, a daily rhythm, noise, and what its faults do to them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dev.homepot.facts import FaultKind
from dev.homepot.sample.world import Device, World

Series = NDArray[np.float64]
Signals = dict[str, Series]

DAY_S = 86_400.0
BUSIEST_HOUR = 14  # UTC
PERCENT_WRITERS = 4.0  # devices that write percent fail often enough to be seen above 1
FLAP_CYCLE_S = 1_350.0  # 22.5 minutes: eight times in three hours
FLAP_DOWN_S = 540.0


@dataclass(frozen=True)
class Level:
    """The usual readings of a device type: percent, ms, °C, connections, transactions in ten minutes."""

    cpu: float
    memory: float
    disk: float
    latency: float
    temperature: float
    connections: float
    transactions: float


LEVELS = {
    "pos_terminal": Level(26, 46, 48, 28, 44, 12, 22),
    "gateway": Level(18, 38, 35, 12, 47, 60, 0),
    "iot_sensor": Level(7, 24, 15, 40, 22, 1, 0),
    "tablet": Level(20, 52, 40, 35, 34, 4, 0),
}


def signals(world: World, device: Device, at: Series, rng: np.random.Generator) -> Signals:
    """All readings at the Unix times `at` ((n,) float64); error_rate is a ratio, transactions per ten minutes."""
    level = LEVELS[device.type]
    spread = world.rng(device.device_id, "traits").uniform(0.85, 1.15, size=4)
    rhythm = np.cos((at / DAY_S - BUSIEST_HOUR / 24) * 2 * np.pi)
    count = len(at)
    found: Signals = {
        "cpu": level.cpu * spread[0] * (1 + 0.25 * rhythm) + rng.normal(0, 1.6, count),
        "memory": device.levels.get("memory", level.memory * spread[1]) + 1.5 * rhythm + rng.normal(0, 0.7, count),
        "disk": device.levels.get("disk", level.disk * spread[2]) + 0.5 * (at / DAY_S % 1) + rng.normal(0, 0.05, count),
        "latency": level.latency * spread[3] * (1 + 0.15 * rhythm) * rng.lognormal(0, 0.12, count),
        "error_rate": np.abs(rng.normal(0.004, 0.0015, count)),
        "temperature": device.levels.get("temperature", level.temperature) + 0.8 * rhythm + rng.normal(0, 0.3, count),
        "connections": rng.poisson(level.connections * (1 + 0.4 * rhythm)).astype(np.float64),
        "queue": rng.poisson(1.0 + rhythm / 2, count).astype(np.float64),
        "transactions": rng.poisson(level.transactions * (1 + 0.8 * rhythm)).astype(np.float64),
    }
    if device.percent_errors:
        found["error_rate"] *= PERCENT_WRITERS
    for fault in device.faults:
        effect = EFFECTS.get(fault.kind)
        if effect is not None:
            hours = (at - world.began(fault)) / 3_600
            effect(found, np.flatnonzero(hours >= 0), hours, rng)
    return _bounded(found)


def reporting(world: World, device: Device, at: Series) -> NDArray[np.bool_]:
    """Whether the device can be heard at the Unix times `at`."""
    heard = np.full(len(at), device.living)
    if fault := device.fault("silent"):
        heard &= at < world.began(fault)
    if fault := device.fault("flapping"):
        since = at - world.began(fault)
        heard &= (since < 0) | (since % FLAP_CYCLE_S >= FLAP_DOWN_S)
    return heard


Effect = Callable[[Signals, NDArray[np.intp], Series, np.random.Generator], None]


def _cpu_runaway(found: Signals, now: NDArray[np.intp], _hours: Series, rng: np.random.Generator) -> None:
    found["cpu"][now] = rng.normal(96, 1.2, len(now))
    found["latency"][now] *= 1.4


def _memory_leak(found: Signals, now: NDArray[np.intp], hours: Series, rng: np.random.Generator) -> None:
    found["memory"][now] = np.minimum(found["memory"][now] + 2.4 * hours[now], rng.normal(96.5, 0.4, len(now)))


def _disk_filling(found: Signals, now: NDArray[np.intp], hours: Series, _rng: np.random.Generator) -> None:
    found["disk"][now] = np.minimum(found["disk"][now] + 0.35 * hours[now], 99.2)


def _site_latency(found: Signals, now: NDArray[np.intp], _hours: Series, rng: np.random.Generator) -> None:
    found["latency"][now] = rng.normal(780, 60, len(now))
    found["error_rate"][now] += 0.03


def _overheating(found: Signals, now: NDArray[np.intp], hours: Series, _rng: np.random.Generator) -> None:
    found["temperature"][now] += 38.3 * (1 - np.exp(-hours[now] / 0.6))


def _payment_timeout(found: Signals, now: NDArray[np.intp], _hours: Series, rng: np.random.Generator) -> None:
    found["error_rate"][now] = rng.normal(0.09, 0.01, len(now))
    found["transactions"][now] = np.floor(found["transactions"][now] / 10)


def _error_burst(found: Signals, now: NDArray[np.intp], _hours: Series, rng: np.random.Generator) -> None:
    found["error_rate"][now] = rng.normal(0.14, 0.012, len(now))


EFFECTS: dict[FaultKind, Effect] = {
    "cpu_runaway": _cpu_runaway,
    "memory_leak": _memory_leak,
    "disk_filling": _disk_filling,
    "site_latency": _site_latency,
    "overheating": _overheating,
    "payment_timeout": _payment_timeout,
    "error_burst": _error_burst,
}


def _bounded(found: Signals) -> Signals:
    for name in ("cpu", "memory", "disk"):
        found[name] = np.clip(found[name], 0.3, 99.6)
    return found
