"""Who is in the simulated fleet: sites with opening hours, devices with a type, and what each usually reads."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import METRICS as CATALOGUE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

METRICS: Final = tuple(metric.name for metric in CATALOGUE)
"""The columns of every matrix here, in the catalogue's order and units."""
COLUMN: Final = {name: index for index, name in enumerate(METRICS)}

TYPES: Final = ("pos_terminal", "gateway", "iot_sensor", "tablet")
TYPE_SHARES: Final = (0.5, 0.1, 0.2, 0.2)
DEVICES_PER_SITE: Final = 6
FIRMWARE: Final = ("2.4.1", "5.1.2", "1.9.3", "3.2.0")
FREEZER_C: Final = -18.0
SPREAD: Final = 0.12
NEVER_MEASURED: Final = 0.04
POWERS_DOWN: Final = 0.3
CONSTANT: Final = 0.3


class Usual(NamedTuple):
    """A metric's ordinary course: its level while the site is closed, what full load adds, and its noise.

    Percent, ms, °C; transactions and connections in ten minutes. ``noise`` is a standard deviation; of latency it is
    relative. Counts have the noise of a Poisson process and leave it at 0.
    """

    level: float
    load: float = 0.0
    noise: float = 0.0


USUAL: Final[dict[str, dict[str, Usual]]] = {
    "pos_terminal": {
        "cpu_percent": Usual(11, 24, 1.6),
        "memory_percent": Usual(44, 2.5, 0.7),
        "disk_percent": Usual(48, 0, 0.05),
        "network_latency_ms": Usual(28, 0.15, 0.12),
        "error_rate": Usual(0.4),
        "temperature_celsius": Usual(42, 3, 0.3),
        "transaction_count": Usual(0, 26),
        "transaction_volume": Usual(0, 11.4),
        "active_connections": Usual(5, 8),
        "queue_depth": Usual(0.2, 1.2),
    },
    "gateway": {
        "cpu_percent": Usual(9, 18, 1.4),
        "memory_percent": Usual(38, 2, 0.6),
        "disk_percent": Usual(35, 0, 0.05),
        "network_latency_ms": Usual(12, 0.2, 0.12),
        "error_rate": Usual(0.3),
        "temperature_celsius": Usual(46, 2, 0.3),
        "active_connections": Usual(14, 60),
    },
    "iot_sensor": {
        "cpu_percent": Usual(7, 0, 0.8),
        "memory_percent": Usual(24, 0, 0.3),
        "disk_percent": Usual(15, 0, 0.02),
        "network_latency_ms": Usual(40, 0.1, 0.15),
        "temperature_celsius": Usual(22, 0.5, 0.3),
    },
    "tablet": {
        "cpu_percent": Usual(6, 22, 1.8),
        "memory_percent": Usual(50, 4, 0.9),
        "disk_percent": Usual(40, 0, 0.05),
        "network_latency_ms": Usual(35, 0.15, 0.14),
        "error_rate": Usual(0.4),
        "temperature_celsius": Usual(31, 4, 0.4),
        "active_connections": Usual(1, 4),
    },
}
"""By device type; levels follow the sample fleet's. A metric that is not named is not measured."""


class Sites(NamedTuple):
    """One entry a site, whose HOMEPOT integer is its index + 1. Hours are local; ``offset_h`` is standard time's."""

    offset_h: Floats
    summer_time: Bools
    opens_h: Floats
    closes_h: Floats
    sunday_closed: Bools


class Fleet(NamedTuple):
    """One entry a device. ``level``, ``load``, ``noise``: ``(n, m)``, NaN where a metric is not measured.

    ``kind`` indexes `TYPES`, ``site`` indexes ``sites``. ``phase_s``: how long after each step's start the device
    reports. ``powers_down``: it is off while its site is closed. ``backs_up``, ``restarts``: a nightly job of half an
    hour that costs CPU; a nightly restart before which memory grows slowly.
    """

    sites: Sites
    device: Ints
    kind: NDArray[np.int8]
    site: Ints
    phase_s: Floats
    powers_down: Bools
    backs_up: Bools
    restarts: Bools
    level: Floats
    load: Floats
    noise: Floats

    def of_type(self, *names: str) -> Ints:
        """The indexes of the devices of these types."""
        return np.flatnonzero(np.isin(self.kind, [TYPES.index(name) for name in names]))


def make_fleet(devices: int, step_s: float, seed: int) -> Fleet:
    """A fleet of that size, about six devices a site, which depends on the arguments alone."""
    rng = np.random.default_rng((seed, 0))
    count = max(devices // DEVICES_PER_SITE, 1)
    site = np.arange(devices) % count
    kind = rng.permutation(np.repeat(np.arange(len(TYPES)), _shares(devices))).astype(np.int8)
    level, load, noise = _traits(kind, rng)
    is_till = kind == TYPES.index("pos_terminal")
    powers_down = is_till & (rng.random(count) < POWERS_DOWN)[site]
    return Fleet(
        sites=_sites(count, rng),
        device=np.arange(1, devices + 1),
        kind=kind,
        site=site,
        phase_s=rng.uniform(0, min(step_s, 50.0), devices),
        powers_down=powers_down,
        backs_up=np.isin(kind, (0, 1)) & ~powers_down & (rng.random(devices) < 0.5),  # noqa: PLR2004
        restarts=is_till & (rng.random(devices) < 0.5),  # noqa: PLR2004
        level=level,
        load=load,
        noise=noise,
    )


def _shares(devices: int) -> list[int]:
    """How many devices each type has: the types' shares, with at least one of each where there is room."""
    counts = [max(int(devices * share), 1) for share in TYPE_SHARES[1:]]
    return [devices - sum(counts), *counts]


def _sites(count: int, rng: np.random.Generator) -> Sites:
    return Sites(
        offset_h=rng.choice([0.0, 1.0, 2.0], count, p=[0.6, 0.3, 0.1]),
        summer_time=rng.random(count) < 0.75,  # noqa: PLR2004
        opens_h=rng.choice([7.0, 8.0, 9.0], count),
        closes_h=rng.choice([18.0, 20.0, 22.0], count),
        sunday_closed=rng.random(count) < 0.5,  # noqa: PLR2004
    )


def _traits(kind: NDArray[np.int8], rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Each device's own level, load and noise: its type's with a spread, some metrics never measured, some constant."""
    table = np.array([[USUAL[name].get(metric, Usual(np.nan)) for metric in METRICS] for name in TYPES])
    found = table[kind] * rng.uniform(1 - SPREAD, 1 + SPREAD, (len(kind), len(METRICS), 1))
    level, load, noise = found[..., 0], found[..., 1], found[..., 2]
    sensors = np.flatnonzero(kind == TYPES.index("iot_sensor"))
    level[sensors[::4], COLUMN["temperature_celsius"]] = FREEZER_C
    constant = sensors[rng.random(len(sensors)) < CONSTANT]
    for name in ("memory_percent", "disk_percent"):
        noise[constant, COLUMN[name]] = 0.0
    for name in ("error_rate", "active_connections", "queue_depth"):
        level[rng.random(len(kind)) < NEVER_MEASURED, COLUMN[name]] = np.nan
    return level, load, noise
