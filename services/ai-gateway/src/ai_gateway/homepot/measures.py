"""What is read of device_metrics: one metric of many devices over a period."""

from datetime import datetime

import msgspec


class MetricStats(msgspec.Struct, frozen=True):
    """One metric of one device over a period, in the metric's own unit."""

    id: int
    device_id: str
    name: str
    site_name: str
    condition: str
    samples: int
    mean: float
    low: float
    high: float
    latest: float
    latest_at: datetime
    low_at: datetime
    high_at: datetime


class Presence(msgspec.Struct, frozen=True):
    """In how many stretches of a period a device sent readings, and when the last of the period was."""

    id: int
    device_id: str
    name: str
    site_name: str
    condition: str
    stretches: int
    reported: int
    latest_at: datetime | None


class MetricRanking(msgspec.Struct, frozen=True):
    """How many devices have readings of a metric, how many of them are past the bound, and the first of those."""

    devices: int
    matching: int
    ranked: tuple[MetricStats, ...]


class MeasuredDevices(msgspec.Struct, frozen=True):
    """Devices whose readings count, by column: HOMEPOT's integers of device and site, and the type.

    ``newest``: the highest id of any row of device_metrics.
    """

    ids: list[int]
    sites: list[int]
    types: list[str | None]
    newest: int


class WholeHours(msgspec.Struct, frozen=True):
    """Hours that are summed up: ``since`` up to but without ``until``, of rows with ids up to ``after`` but ``gaps``."""

    since: datetime
    until: datetime
    after: int
    gaps: list[int]


class ReadingSums(msgspec.Struct, frozen=True):
    """One metric over a period by device, by column; each device has at least one sample."""

    devices: list[int]
    samples: list[int]
    totals: list[float]
    lows: list[float]
    highs: list[float]
