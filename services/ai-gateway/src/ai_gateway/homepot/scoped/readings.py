"""What devices measured: the newest readings, and one metric of many devices over a period."""

from datetime import datetime, timedelta

import msgspec

from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.scoped.view import Period, ScopedReader, View


class Reading(msgspec.Struct, frozen=True):
    """A device's newest reading. Percent 0-100, latency in ms, temperature in °C; ``error_rate`` as written."""

    id: int
    device_id: str
    name: str
    site_name: str
    condition: str
    at: datetime
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None
    network_latency_ms: float | None
    error_rate: float | None
    temperature_celsius: float | None
    error_rate_max: float | None


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


class ReadingStore(ScopedReader):
    """Reads readings."""

    async def latest(self, view: View, *, since: datetime, limit: int) -> list[Reading]:
        """The newest reading of each device in view; meant for a few named devices."""
        return await self._rows("latest_readings", Reading, view, since=since, limit=limit)

    async def breaches(self, view: View, limits: dict[str, float], *, since: datetime, limit: int) -> list[Reading]:
        """Newest readings at or above a limit. ``limits``: the metrics' names, and ``error_ratio`` (0-1)."""
        return await self._rows("breaches", Reading, view, since=since, limit=limit, **limits)

    async def ranking(
        self,
        view: View,
        metric: str,
        period: Period,
        *,
        valid: tuple[float, float],
        rank_by: str = "latest",
        ascending: bool = False,
        past: tuple[str, float] | None = None,
        until: float | None = None,
        limit: int,
    ) -> MetricRanking:
        """Devices in service, or named by the view, by one metric over a period.

        Args:
            view: whose readings.
            metric: its column, or ``temperature_celsius``.
            period: when.
            valid: lowest and highest value that can be.
            rank_by: ``latest``, ``mean``, ``max`` or ``min``: what devices are ranked by and compared in.
            ascending: the lowest first.
            past: only devices past this: ``>``, ``>=``, ``<`` or ``<=``, and the value.
            until: and at most this.
            limit: most devices.
        """
        compare, bound = past or (None, None)
        ranking = {
            "rank_by": rank_by,
            "ascending": ascending,
            "compare": compare,
            "bound": bound,
            "limit": limit,
            "until_value": until,
        }
        chosen = {"metric": metric, "low": valid[0], "high": valid[1], **ranking}
        return await self._one("metric_ranking", MetricRanking, view, period, **chosen)

    async def sums(
        self,
        view: View,
        metric: str,
        period: Period,
        *,
        valid: tuple[float, float],
        beside: WholeHours | None = None,
    ) -> ReadingSums:
        """One metric by device, as written; of hours that are summed up elsewhere, only what they lack is read.

        ``valid``: lowest and highest value that can be.
        """
        chosen = {"metric": metric, "low": valid[0], "high": valid[1]}
        hours = {"whole_since": beside and beside.since, "whole_until": beside and beside.until}
        known = {**hours, "after": beside and beside.after, "gaps": beside and beside.gaps}
        return await self._one("reading_sums", ReadingSums, view, period, **chosen, **known)

    async def measured_devices(self, view: View) -> MeasuredDevices:
        """The devices in view that are in service, and any that the view names."""
        return await self._one("measured_devices", MeasuredDevices, view)

    async def presence(self, view: View, period: Period, *, width: timedelta) -> list[Presence]:
        """In how many stretches of ``width`` each device in view sent readings, the fewest first."""
        return await self._rows("presence", Presence, view, period, width=width)

    async def unmeasured(self, view: View, period: Period, *, limit: int) -> list[DeviceState]:
        """Devices in service that sent no reading in the period, by name."""
        return await self._rows("unmeasured", DeviceState, view, period, limit=limit)
