"""A made-up fleet as the worker's database holds it, whose devices have nothing to do with each other."""

from typing import Any, Final, NamedTuple

import numpy as np

from ai_gateway.health.catalogue import METRICS
from ai_gateway.homepot.happenings import Happened
from ai_gateway.prediction.core.daily import Singles
from ai_gateway.prediction.core.types import DAY, Ints
from ai_gateway.prediction.fleet import FAILURES, HAPPENINGS, NOTHING, Told, fleet_of
from ai_gateway.prediction.types import Fleet

END: Final = 1_790_000_000 // DAY * DAY
METRIC_NAMES: Final = tuple(metric.name for metric in METRICS)
ANOMALIES: Final = {
    "offline": ("silence", None, "warning"),
    "checks": ("checks", None, "warning"),
    "critical": ("deviation", "cpu_percent", "critical"),
}
SITE: Final = 20
"""Devices of a site."""


class Made(NamedTuple):
    """What the worker's database would hold: each as `fleet_of` takes it."""

    watched: dict[str, list[Any]]
    signs: dict[str, list[Any]]
    told: Told
    days: list[tuple[int, Ints, Singles]]

    @property
    def fleet(self) -> Fleet:
        """As of `END`."""
        return fleet_of(self.watched, self.signs, METRIC_NAMES, self.days, END, self.told)


def made_up(devices: int, days: int, every_days: float, seed: int = 0) -> Made:
    """``every_days``: between two events of a kind on a device."""
    rng = np.random.default_rng(seed)
    begin = END - days * DAY
    every = np.arange(devices)
    means = (
        (begin + day * DAY, every, rng.normal(50, 5, (devices, len(METRICS))).astype(np.float32)) for day in range(days)
    )
    signs: dict[str, list[Any]] = {name: [] for name in ("devices", "at", "ended", "kinds", "metrics", "severities")}
    happened = Happened([], [], [])
    for kind in (*FAILURES, *HAPPENINGS):
        count = int(devices * days / every_days)
        of, at = rng.integers(0, devices, count).tolist(), rng.integers(begin, END, count).tolist()
        if kind.name in ANOMALIES:
            rows = (of, at, at, *([what] * count for what in ANOMALIES[kind.name]))
            for name, column in zip(signs, rows, strict=True):
                signs[name] += column
        else:
            for name, column in (("devices", of), ("at", at), ("kinds", [kind.name] * count)):
                getattr(happened, name).extend(column)
    watched = {"devices": every.tolist(), "sites": (every // SITE).tolist(), "since": [begin] * devices}
    return Made(watched, signs, NOTHING._replace(happened=happened), list(means))
