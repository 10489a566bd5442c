"""What is known of each metric: its unit, which direction is bad, what range is possible, what deviation matters."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Limits = Mapping[str, Mapping[str, float]]
"""Level limits by device type and metric; type ``*`` holds for all."""
Direction = Literal["up", "down", "both"]
Spread = Literal["even", "count", "ratio"]


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity. Values outside ``low`` … ``high`` cannot be and are dropped.

    ``bad``: the direction that means trouble. ``matters``: the least deviation, in the metric's unit, that a person would
    look at; ``None``: learnt from the device's own history. ``limit``: the level from which a value is bad on any device
    (seed thresholds; a setting overrides them by device type). ``category``: of an incident that this metric leads.
    ``spread``: how what is usual spreads: evenly, as a ``count`` of so many in the time of a reading, or as a ``ratio`` of
    the level, of a quantity of 0 or more. ``countdown``: it falls as time passes, so only its limit is judged.
    """

    name: str
    label: str
    unit: str
    bad: Direction = "both"
    low: float | None = None
    high: float | None = None
    matters: float | None = None
    limit: float | None = None
    category: str = "performance"
    spread: Spread = "even"
    countdown: bool = False

    @property
    def weights(self) -> tuple[float, float]:
        """What a deviation up, and one down, counts."""
        return (0.0, 0.0) if self.countdown else (float(self.bad != "down"), float(self.bad != "up"))


METRICS: Final = (
    Metric(name="cpu_percent", label="CPU", unit="%", bad="up", low=0, high=100, matters=10, limit=90),
    Metric(name="memory_percent", label="memory", unit="%", bad="up", low=0, high=100, matters=5, limit=90),
    Metric(
        name="disk_percent", label="disk", unit="%", bad="up", low=0, high=100, matters=2, limit=90, category="storage"
    ),
    Metric(
        name="network_latency_ms",
        label="network latency",
        unit="ms",
        bad="up",
        low=0,
        matters=30,
        limit=200,
        category="connectivity",
        spread="ratio",
    ),
    Metric(
        name="error_rate",
        label="error rate",
        unit="%",
        bad="up",
        low=0,
        high=100,
        matters=1,
        limit=5,
        category="application",
    ),
    Metric(
        name="temperature_celsius",
        label="temperature",
        unit="°C",
        bad="up",
        low=-60,
        high=200,
        matters=5,
        limit=60,
        category="temperature",
    ),
    Metric(
        name="transaction_count",
        label="transactions",
        unit="",
        bad="down",
        low=0,
        category="application",
        spread="count",
    ),
    Metric(
        name="transaction_volume",
        label="transaction volume",
        unit="",
        bad="down",
        low=0,
        category="application",
        spread="count",
    ),
    Metric(
        name="active_connections", label="active connections", unit="", low=0, category="connectivity", spread="count"
    ),
    Metric(name="queue_depth", label="queue depth", unit="", bad="up", low=0, category="application", spread="count"),
)
"""HOMEPOT's columns, error rate in percent. Thresholds of the seed: 90 % CPU, memory and disk, 200 ms, 5 % errors."""
WEARING: Final = (
    Metric(name="battery_percent", label="battery", unit="%", bad="down", low=0, high=100, limit=20, category="power"),
    Metric(
        name="certificate_days_left",
        label="remaining certificate validity",
        unit="days",
        bad="down",
        limit=7,
        category="security",
        countdown=True,
    ),
    Metric(
        name="warranty_days_left",
        label="remaining warranty",
        unit="days",
        bad="down",
        limit=30,
        category="configuration",
        countdown=True,
    ),
)
"""What HOMEPOT has no column for and agents can tell in ``extra_metrics``, described so that its end is foreseen."""
NOT_MEASURES: Final = frozenset({"uptime_seconds", "uptime_hours", "timestamp", "pid"})
"""Numbers in ``extra_metrics`` whose level says nothing: counters that only grow, and identifiers."""
BY_NAME: Final = {metric.name: metric for metric in (*METRICS, *WEARING)}


def limit_of(limits: Limits, kind: str | None, name: str) -> float | None:
    """The level from which a metric is bad on devices of a type: the type's own, that of all types, or the built-in one."""
    return limits.get(kind or "", {}).get(name, limits.get("*", {}).get(name, metric_named(name).limit))


def metric_named(name: str) -> Metric:
    """The metric of that name; one that nobody has described gets a default, and is reported once by the reader."""
    return BY_NAME.get(name) or Metric(name=name, label=name.replace("_", " "), unit="")
