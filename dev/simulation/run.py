"""The product's own health stage over a simulation, in memory: no database and no worker, but the same code."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from ai_gateway.health.catalogue import METRICS as CATALOGUE
from ai_gateway.health.fleet import Fleet as Service
from ai_gateway.health.hours import Hours
from ai_gateway.health.state import pack, unpack
from ai_gateway.health.types import Anomaly, Batch
from ai_gateway.health.watch import Watch
from ai_gateway.homepot.telemetry import Checks, Devices, OpeningDay, Readings, States
from ai_gateway.kit.settings import Settings
from dev.simulation.clock import HOUR_S, SUNDAY
from dev.simulation.fleet import COLUMN, TYPES, Fleet
from dev.simulation.load import between
from dev.simulation.rows import METRICS_OF_ROW
from dev.simulation.simulate import Page, Simulation

DEFAULTS: Final = Settings.model_construct()
"""The settings that the product ships, whatever the environment says."""
_2000_S: Final = 946_684_800

Identity = tuple[int, str, str | None, datetime]


class Health:
    """Takes pages in order. ``anomalies``: each as it was last told; ``told_at``: the page that told of it first.

    ``hours``: the mean of each metric by device and hour (Unix seconds), which incidents ask for the rise of a metric.
    """

    def __init__(self, simulation: Simulation, settings: Settings = DEFAULTS) -> None:
        """Args: simulation: for its fleet and its state changes. settings: those of health."""
        self._settings = settings
        self._simulation = simulation
        self._days = opening_days(simulation.fleet)
        self._reached = simulation.span[0]
        self.watch = self._new_watch([metric.name for metric in CATALOGUE])
        self.anomalies: dict[Identity, Anomaly] = {}
        self.told_at: dict[Identity, float] = {}
        self.hours: dict[tuple[int, str], dict[float, tuple[float, int]]] = {}

    def feed(self, page: Page) -> None:
        """Take up one page as a scan does: state changes and checks, readings, then who is silent by now."""
        self.enter(page)
        self.read(page.readings, page.until)
        self.end(page)

    def enter(self, page: Page) -> None:
        """Take over who is in service, their heartbeats, and what happened."""
        self.watch.enter(self._service(page))
        states = _states_read(self._simulation, self._reached, page.until)
        self.watch.states(states, np.arange(len(states.ids)), page.until)
        self.watch.checks(_checks_read(page), np.arange(len(page.checks.at)), page.until)
        self._collect(page.until)

    def read(self, readings: Batch, until: float) -> None:
        """Take up readings, all of a page or some rows of it, as if a transaction ended after them."""
        if len(readings.at):
            first = np.ones(len(readings.at), dtype=np.bool_)
            rows = np.arange(len(readings.at))
            self._sum(self.watch.readings(readings_read(readings), rows, first, until).hours)
        self._collect(until)

    def end(self, page: Page) -> None:
        """See who is silent by now."""
        self.watch.end(page.until)
        self._collect(page.until)
        self._reached = page.until

    def restart(self) -> None:
        """Forget everything but the bytes that a worker would have stored, and go on from those."""
        stored = {int(block): pack(self.watch.snapshot(int(block))) for block in self.watch.blocks()}
        old, self.watch = self.watch, self._new_watch(self.watch.cleaner.names)
        self.watch.enter(old.fleet)
        self.watch.restore({block: unpack(data) for block, data in stored.items()})

    def _new_watch(self, names: Sequence[str]) -> Watch:
        settings = self._settings
        return Watch(
            names,
            sensitivity=settings.health_sensitivity,
            limits=settings.health_limits,
            quiet_s=settings.health_quiet_s,
            online_window_s=settings.online_window_s,
        )

    def _collect(self, until: float) -> None:
        for anomaly in self.watch.book.changed():
            key = (anomaly.device, anomaly.kind, anomaly.metric, anomaly.started_at)
            self.anomalies[key] = anomaly
            self.told_at.setdefault(key, until)
        self.watch.book.collected()

    def means(self, device: int, metric: str, since: float, until: float) -> list[tuple[float, float]]:
        """Hours (Unix seconds) and means of one metric of one device, in the order of time."""
        found = self.hours.get((device, metric), {})
        return [(hour, total / count) for hour, (total, count) in sorted(found.items()) if since <= hour <= until]

    def _service(self, page: Page) -> Service:
        fleet = self._simulation.fleet
        heard = [None if np.isnan(at) else at for at in page.heartbeat.tolist()]
        types: list[str | None] = [TYPES[kind] for kind in fleet.kind.tolist()]
        sites = (fleet.site + 1).tolist()
        return Service(
            Devices(fleet.device.tolist(), sites, types, heard, [False] * len(sites), [True] * len(sites)), self._days
        )

    def _sum(self, hours: Hours) -> None:
        starts = (hours.hour / 1e6 + _2000_S).tolist()
        for name in ("memory_percent", "disk_percent"):
            column = self.watch.cleaner.names.index(name)
            totals, counts = hours.total[:, column].tolist(), hours.samples[:, column].tolist()
            for device, hour, total, count in zip(hours.device.tolist(), starts, totals, counts, strict=True):
                of_device = self.hours.setdefault((device, name), {})
                before = of_device.get(hour, (0.0, 0))
                if count:
                    of_device[hour] = (before[0] + total, before[1] + count)


def readings_read(readings: Batch) -> Readings:
    """Readings as they are read of HOMEPOT: error rates as ratios, temperature in a JSON object."""
    values = readings.values.astype(np.float64).round(3)
    values[:, COLUMN["error_rate"]] /= 100
    known = np.asarray(values, dtype=object)
    known[np.isnan(values)] = None
    columns = {name: known[:, COLUMN[name]].tolist() for name in METRICS_OF_ROW}
    heat = known[:, COLUMN["temperature_celsius"]].tolist()
    extra = [None if degrees is None else f'{{"temperature_celsius": {degrees}}}' for degrees in heat]
    ids = list(range(len(readings.at)))
    return Readings(ids=ids, devices=readings.device.tolist(), at=readings.at.tolist(), extra=extra, **columns)


def _states_read(simulation: Simulation, start: float, end: float) -> States:
    rows = between(simulation.events.states, start, end)
    return States(
        ids=list(range(len(rows))),
        devices=[row.device for row in rows],
        at=[row.at for row in rows],
        up=[row.after == "online" for row in rows],
        told=[True] * len(rows),
    )


def _checks_read(page: Page) -> Checks:
    healthy = page.checks.healthy
    return Checks(
        ids=list(range(len(healthy))),
        devices=page.checks.device.tolist(),
        at=page.checks.at.tolist(),
        healthy=healthy.tolist(),
        codes=np.where(healthy, 200, 504).tolist(),
    )


def opening_days(fleet: Fleet) -> list[OpeningDay]:
    """HOMEPOT's schedules, which hold local times."""
    sites = fleet.sites
    return [
        OpeningDay(
            site=site + 1,
            day=day,
            opens=float(sites.opens_h[site] * HOUR_S),
            closes=float(sites.closes_h[site] * HOUR_S),
            closed=bool(day == SUNDAY and sites.sunday_closed[site]),
            maintenance=False,
        )
        for site in range(len(sites.offset_h))
        for day in range(7)
    ]
