"""What flows through the stage: columnar readings in, verdicts and anomalies out."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SEVERITIES: Final = ("info", "warning", "critical")
"""From the least to the most severe."""
RISK: Final = "risk"
"""The kind of what prediction announces. It stands in the log, so that incidents take it up, and is listed nowhere as an anomaly."""


class Batch(NamedTuple):
    """Cleaned readings in the order of their arrival; a device may have several rows, not in the order of time.

    ``device``: ``(n,) int64``, HOMEPOT's integers. ``at``: ``(n,) float64``, seconds since 1970 in UTC. ``values``:
    ``(n, m) float32`` in the catalogue's units, one column a metric; NaN was not measured.
    """

    device: NDArray[np.int64]
    at: NDArray[np.float64]
    values: Floats


class Verdicts(NamedTuple):
    """What the detectors say of a `Batch`, row by row. Above 1 is anomalous, on one scale for all detectors.

    ``score``: ``(n,)``, NaN while the device is warming up. ``metric_score``, ``expected``, ``lower``, ``upper``: ``(n, m)``,
    NaN where nothing can be said; ``metric_score`` ranks what explains the row. ``detector``: ``(n, m) int8``, the index in
    ``detect.DETECTORS`` of the one that gave a metric its score.
    """

    score: Floats
    metric_score: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    detector: NDArray[np.int8]


class Explained(msgspec.Struct, frozen=True):
    """One metric's part in an anomaly, in the metric's unit. ``score``: above 1 is anomalous."""

    metric: str
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    score: float


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of trouble of one device: a row of ``ai_anomaly_logs``.

    ``(device, kind, metric, started_at)`` is its identity. ``kind``: a detector's name, or ``flapping``, ``checks``,
    ``silence``. ``score``, ``value`` and the band are those of the worst moment so far; ``ended_at`` absent: still on.
    """

    device: int
    site: int
    kind: str
    metric: str | None
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    severity: str
    score: float
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    explained: tuple[Explained, ...]
    detail: str | None = None


class HealthPart(msgspec.Struct, frozen=True):
    """What lowers a device's health: ``weight`` is the share (0-1) that it takes away. ``kind``: anomaly, alert, check."""

    name: str
    kind: str
    weight: float
    text: str


class DeviceHealth(msgspec.Struct, frozen=True):
    """A device as of a scan. ``score``: ratio 0-1, absent while unknown. ``latest``: newest value of each metric."""

    device: int
    site: int
    as_of: datetime
    score: float | None
    status: str
    parts: tuple[HealthPart, ...]
    latest: dict[str, float]
    latest_at: datetime | None


class SiteHealth(msgspec.Struct, frozen=True):
    """A site as of a scan: the mean score of its known devices, and how many devices are how."""

    site: int
    as_of: datetime
    score: float | None
    devices: int
    healthy: int
    warning: int
    critical: int
    unknown: int
    open_anomalies: int


class AnomalyRow(msgspec.Struct, frozen=True):
    """A stored anomaly. ``incident``: the one it belongs to, once it does."""

    id: int
    detected_at: datetime
    incident: UUID | None
    anomaly: Anomaly


class ReadingHour(msgspec.Struct, frozen=True):
    """One metric of one device in one hour: ``total / samples`` is the mean."""

    device: int
    hour: datetime
    samples: int
    total: float
    low: float
    high: float


class DeviceHour(msgspec.Struct, frozen=True):
    """All metrics of one device in one hour, in the order of ``ai_metrics``; one without samples counts as not measured."""

    hour: datetime
    samples: tuple[int, ...]
    total: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class SiteHour(msgspec.Struct, frozen=True):
    """How many of some devices sent readings in an hour, and their transactions."""

    hour: datetime
    devices: int
    transactions: float


class Troubles(msgspec.Struct, frozen=True):
    """Stretches in which devices were in trouble, by column, in seconds since 1970."""

    devices: list[int]
    since: list[int]
    until: list[int]


class HourSums(msgspec.Struct, frozen=True):
    """Metrics over whole hours by device, by column, with an element for each metric asked for.

    From ``since`` up to but without ``until``, of rows of device_metrics with ids up to ``after`` but ``gaps``. Of no
    samples, low is infinity and high is -infinity.
    """

    since: datetime
    until: datetime
    after: int
    gaps: list[int]
    devices: list[int]
    samples: list[list[int]]
    totals: list[list[float]]
    lows: list[list[float]]
    highs: list[list[float]]
