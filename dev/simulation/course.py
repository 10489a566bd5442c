"""The healthy course of all metrics of all devices, step after step: rhythm, load, relations, noise with heavy tails."""

from typing import Final, NamedTuple

import numpy as np

from dev.simulation.clock import DAY_S, HOUR_S, Local, busy, local
from dev.simulation.fleet import COLUMN, FREEZER_C, METRICS, Bools, Fleet, Floats

CPU, MEMORY, DISK, LATENCY, ERRORS, HEAT, COUNT, VOLUME, CONNECTIONS, QUEUE = range(len(METRICS))

MEMORY_OF_NOISE_S: Final = np.array([600, 3600, 1, 1200, 1, 5400, 1, 1, 1, 1], dtype=np.float64)
"""How long noise remembers itself, by metric: the time constant of the slow part (AR(1)); 1 means not at all."""
SLOW_SHARE: Final = 0.6
TAIL_DEGREES: Final = 4.0
BUSYNESS_S: Final = 2 * HOUR_S
BUSYNESS: Final = 0.3
"""An hour may be busier than the last one of its weekday by this much (a standard deviation, log)."""
SPIKE_CPU: Final = (0.0006, 15.0)
SPIKE_LATENCY: Final = (0.0008, 3.0)
"""Single readings out of the ordinary: how often, and by how much on average (points; times the usual)."""
REQUESTS: Final = 250.0
BACKUP_H: Final = (2.5, 3.0)
BACKUP_CPU: Final = 14.0
RESTART_H: Final = 4.0
MEMORY_BY_DAY: Final = 3.0
DISK_BY_DAY: Final = 0.5
DEFROST_EVERY_H, DEFROST_H, DEFROST_C = 8.0, 0.5, 3.5
AMBIENT_C: Final = 0.8
HEAT_OF_CPU: Final = 0.08


class Moment(NamedTuple):
    """``at``: ``(k,)`` step starts, seconds since 1970. ``values``: ``(k, n, m)``. ``open``: ``(k, n)``, the site is."""

    at: Floats
    now: Local
    values: Floats
    open: Bools


class Course:
    """Computes blocks of steps in order; the noise of a block goes on where that of the last one ended."""

    def __init__(self, fleet: Fleet, step_s: float, seed: int) -> None:
        """Args: step_s: the time between a device's readings."""
        self._fleet = fleet
        self._rng = np.random.default_rng((seed, 1))
        devices, sites = len(fleet.device), len(fleet.sites.offset_h)
        self._phi = np.exp(-step_s / MEMORY_OF_NOISE_S)
        self._phi_site = float(np.exp(-step_s / BUSYNESS_S))
        self._slow = self._rng.standard_normal((devices, len(METRICS)))
        self._site = self._rng.standard_normal((sites, 3))  # busyness, the site's network, ambient temperature
        self._restart_s = self._rng.uniform(-600, 600, devices)

    def block(self, at: Floats) -> Moment:
        """The next steps, which start at ``at`` ``(k,)``."""
        fleet, now = self._fleet, local(self._fleet.sites, at)
        site = self._site_noise(len(at))
        noise = self._noise(len(at))
        usual = busy(fleet.sites, now)
        load = (usual * np.exp(BUSYNESS * site[..., 0] - BUSYNESS**2 / 2))[:, fleet.site]
        values = np.full((len(at), len(fleet.device), len(METRICS)), np.nan)
        self._counts(values, load)
        self._percents(values, load, noise, now)
        self._network(values, load, noise, site[..., 1][:, fleet.site])
        self._heat(values, load, noise, site[..., 2][:, fleet.site], now)
        return Moment(at, now, values, usual[:, fleet.site] > 0)

    def _site_noise(self, steps: int) -> Floats:
        fresh = self._rng.standard_normal((steps, *self._site.shape)) * np.sqrt(1 - self._phi_site**2)
        for step in range(steps):
            self._site = fresh[step] = self._phi_site * self._site + fresh[step]
        return np.asarray(fresh)

    def _noise(self, steps: int) -> Floats:
        """``(k, n, m)`` of variance 1: a slow part, and a quick one with the tails of Student's t of four degrees."""
        slow = self._rng.standard_normal((steps, *self._slow.shape)) * np.sqrt(1 - self._phi**2)
        for step in range(steps):
            self._slow = slow[step] = self._phi * self._slow + slow[step]
        quick = self._rng.standard_t(TAIL_DEGREES, slow.shape) / np.sqrt(TAIL_DEGREES / (TAIL_DEGREES - 2))
        return np.asarray(np.sqrt(SLOW_SHARE) * slow + np.sqrt(1 - SLOW_SHARE) * quick)

    def _counts(self, values: Floats, load: Floats) -> None:
        """Transactions, their volume, connections and queue: Poisson processes that follow the load."""
        fleet, draw = self._fleet, self._rng
        rate = np.nan_to_num(fleet.load[:, COUNT]) * load
        count = draw.poisson(rate)
        values[..., COUNT] = count + 0 * fleet.level[:, COUNT]
        basket = np.nan_to_num(fleet.load[:, VOLUME], nan=1.0)
        values[..., VOLUME] = draw.gamma(np.maximum(2.0 * count, 1e-9), basket / 2) + 0 * fleet.level[:, VOLUME]
        quiet = fleet.level[:, CONNECTIONS]
        connections = draw.poisson(np.nan_to_num(quiet + fleet.load[:, CONNECTIONS] * load))
        values[..., CONNECTIONS] = connections + 0 * quiet
        queue = draw.poisson(np.nan_to_num(fleet.level[:, QUEUE] + fleet.load[:, QUEUE] * load**2))
        values[..., QUEUE] = queue + 0 * fleet.level[:, QUEUE]
        share = np.nan_to_num(fleet.level[:, ERRORS]) / 100
        requests = REQUESTS * (0.4 + load)
        values[..., ERRORS] = 100 * draw.poisson(share * requests) / requests + 0 * fleet.level[:, ERRORS]

    def _percents(self, values: Floats, load: Floats, noise: Floats, now: Local) -> None:
        """CPU follows the work really done; memory and disk creep up and are cleared at night."""
        fleet = self._fleet
        mean = fleet.load[:, COUNT]
        work = np.where(mean > 0, values[..., COUNT] / np.where(mean > 0, mean, 1), load)
        hour = now.hour[:, fleet.site]
        backing = fleet.backs_up & (hour >= BACKUP_H[0]) & (hour < BACKUP_H[1])
        rare, size = SPIKE_CPU
        spikes = (self._rng.random(load.shape) < rare) * self._rng.exponential(size, load.shape)
        usual = fleet.level[:, CPU] + fleet.load[:, CPU] * work + BACKUP_CPU * backing
        values[..., CPU] = usual + fleet.noise[:, CPU] * noise[..., CPU] + spikes
        since = (now.seconds[:, fleet.site] - RESTART_H * HOUR_S - self._restart_s) % DAY_S / DAY_S
        leak = MEMORY_BY_DAY * (since - 0.5) * fleet.restarts
        level = fleet.level[:, MEMORY] + fleet.load[:, MEMORY] * np.minimum(load, 1.5) + leak
        values[..., MEMORY] = level + fleet.noise[:, MEMORY] * noise[..., MEMORY]
        grows = DISK_BY_DAY * (now.seconds[:, fleet.site] % DAY_S / DAY_S) * (fleet.noise[:, DISK] > 0)
        values[..., DISK] = fleet.level[:, DISK] + grows + fleet.noise[:, DISK] * noise[..., DISK]

    def _network(self, values: Floats, load: Floats, noise: Floats, site: Floats) -> None:
        """Latency is lognormal; a part of its noise is the site's, and shared by its devices."""
        fleet = self._fleet
        rare, size = SPIKE_LATENCY
        spikes = 1 + (self._rng.random(load.shape) < rare) * self._rng.exponential(size, load.shape)
        own = fleet.noise[:, LATENCY] * noise[..., LATENCY]
        level = fleet.level[:, LATENCY] * (1 + fleet.load[:, LATENCY] * load)
        values[..., LATENCY] = level * np.exp(own + 0.06 * site) * spikes

    def _heat(self, values: Floats, load: Floats, noise: Floats, site: Floats, now: Local) -> None:
        """Ambient temperature by the hour, the room's own wandering, the CPU's heat; freezers defrost."""
        fleet = self._fleet
        hour = now.hour[:, fleet.site]
        ambient = AMBIENT_C * (np.cos((hour - 15) / 12 * np.pi) + 0.7 * site)
        frozen = fleet.level[:, HEAT] == FREEZER_C
        defrost = np.where(frozen & (hour % DEFROST_EVERY_H < DEFROST_H), DEFROST_C, 0)
        level = fleet.level[:, HEAT] + fleet.load[:, HEAT] * np.minimum(load, 1.5) + ambient + defrost
        cpu = HEAT_OF_CPU * np.clip(values[..., CPU] - fleet.level[:, CPU], 0, None)
        values[..., HEAT] = level + np.nan_to_num(cpu) + fleet.noise[:, HEAT] * noise[..., HEAT]


def finish(values: Floats) -> None:
    """Bound and round in place, as agents do: percent 0.3-99.6, one decimal."""
    for name in ("cpu_percent", "memory_percent", "disk_percent"):
        np.clip(values[..., COLUMN[name]], 0.3, 99.6, out=values[..., COLUMN[name]])
    np.clip(values[..., ERRORS], 0, 100, out=values[..., ERRORS])
    np.round(values, 1, out=values)


def noise_of(fleet: Fleet) -> Floats:
    """``(n, m)``: the standard deviation of each metric's noise about its course on a usual busy hour (load 0.8)."""
    load = 0.8
    found = fleet.noise.copy()
    found[:, LATENCY] *= fleet.level[:, LATENCY]
    for column in (COUNT, CONNECTIONS, QUEUE):
        found[:, column] = np.sqrt(np.maximum(fleet.level[:, column] + fleet.load[:, column] * load, 0))
    found[:, VOLUME] = fleet.load[:, VOLUME] * np.sqrt(1.5 * fleet.load[:, COUNT] * load)
    found[:, ERRORS] = 100 * np.sqrt(fleet.level[:, ERRORS] / 100 / (REQUESTS * (0.4 + load)))
    return found
