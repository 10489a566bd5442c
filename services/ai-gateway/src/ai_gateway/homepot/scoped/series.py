"""One device's readings over a period, in stretches: what a chart and its figures are made of."""

from datetime import datetime
from typing import Final

import msgspec

from ai_gateway.homepot.scoped.view import Period, ScopedReader, View

SERIES: Final = (
    "cpu_percent",
    "memory_percent",
    "disk_percent",
    "network_latency_ms",
    "error_rate",
    "temperature_celsius",
    "transaction_count",
    "transaction_volume",
    "active_connections",
    "queue_depth",
)
"""The metrics of a `SeriesSlice`, in its order; the error rate as written."""


class SeriesSlice(msgspec.Struct, frozen=True):
    """A stretch of one device's readings from ``at`` on. The lists are in the order of ``SERIES``."""

    at: datetime
    readings: int
    samples: tuple[int, ...]
    total: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class Gap(msgspec.Struct, frozen=True):
    """A stretch without a reading, up to ``ended_at``."""

    ended_at: datetime
    seconds: float


class Heard(msgspec.Struct, frozen=True):
    """When a device was heard in a period. ``before_at``: last before it; ``usual_s``: median seconds between readings."""

    readings: int
    first_at: datetime | None
    last_at: datetime | None
    before_at: datetime | None
    usual_s: float | None
    longest: tuple[Gap, ...]


class SeriesStore(ScopedReader):
    """Reads a series."""

    async def slices(self, view: View, period: Period, *, width_s: int, checked: bool = False) -> list[SeriesSlice]:
        """The readings of the one device in view, in stretches of ``width_s`` seconds, oldest first.

        ``checked``: without values that cannot be.
        """
        return await self._rows("device_series", SeriesSlice, view, period, width=width_s, checked=checked)

    async def gaps(self, view: View, period: Period, *, least_s: float, limit: int) -> Heard | None:
        """When the one device in view was heard, with its longest gaps of more than ``least_s``; ``None``: not in view."""
        return next(iter(await self._rows("device_gaps", Heard, view, period, least=least_s, limit=limit)), None)
