"""How devices and sites are, as the last scan left it: what routes, answers and incidents read."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Final

import msgspec

from ai_gateway.health.types import (
    AnomalyRow,
    DeviceHealth,
    DeviceHour,
    HourSums,
    ReadingHour,
    SiteHealth,
    SiteHour,
    Troubles,
)
from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql, scoped

PACKAGE: Final = "ai_gateway.health"
PART: Final = "database"
JOB: Final = "scan_health"
"""The name of the scan's position among the watermarks."""
DOWN: Final = "The gateway's own database does not answer; the health of devices cannot be told."

Sites = tuple[int, ...] | None
"""Which sites a caller may see, as HOMEPOT's integers; ``None``: all."""

_CHOSEN: Final = {
    "sites": scoped("{in_scope site}"),
    "devices": "device = ANY(%(devices)s)",
    "since": "last_at >= %(since)s",
    "open_only": "ended_at IS NULL",
    "severities": "severity = ANY(%(severities)s)",
    "statuses": "status = ANY(%(statuses)s)",
}
"""A condition stands in the query only where it is asked for, so that each index can serve."""
_SUMMED: Final = {
    "{samples}": "coalesce(sum(h.samples[{}]), 0)::int",
    "{totals}": "coalesce(sum(h.total[{}]), 0)",
    "{lows}": "coalesce(min(h.low[{}]), 'infinity')",
    "{highs}": "coalesce(max(h.high[{}]), '-infinity')",
}
"""Written out for each metric asked for: arrays of rows as many as metrics would cost three times as much to sum up."""


class HealthReader:
    """Every query takes the caller's sites and raises ``Unavailable`` while the database does not answer."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: the gateway's own database."""
        self._pool = pool
        self._metrics: list[str] = []

    async def device_health(
        self,
        sites: Sites,
        *,
        devices: Sequence[int] | None = None,
        statuses: Sequence[str] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[DeviceHealth]:
        """Devices in any of ``statuses`` (healthy, warning, critical, unknown), the worst first."""
        query, params = _chosen("device_health", sites=sites, devices=devices, statuses=statuses)
        rows = await self._query(query, {**params, "limit": limit, "offset": offset})
        return msgspec.convert(rows, list[DeviceHealth])

    async def site_health(self, sites: Sites) -> list[SiteHealth]:
        """Each site's score and counts, the worst first."""
        return msgspec.convert(await self._run("site_health", {"sites": _listed(sites)}), list[SiteHealth])

    async def anomalies(
        self,
        sites: Sites,
        *,
        devices: Sequence[int] | None = None,
        since: datetime | None = None,
        open_only: bool = False,
        severities: Sequence[str] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[AnomalyRow]:
        """Anomalies, the worst first. ``since``: those that were on then or later."""
        query, params = _chosen(
            "anomalies", sites=sites, devices=devices, since=since, severities=severities, open_only=open_only
        )
        rows = await self._query(query, {**params, "limit": limit, "offset": offset})
        return msgspec.convert([_anomaly_row(row) for row in rows], list[AnomalyRow])

    async def count_anomalies(
        self,
        sites: Sites,
        *,
        devices: Sequence[int] | None = None,
        since: datetime | None = None,
        open_only: bool = False,
        severities: Sequence[str] | None = None,
    ) -> int:
        """How many anomalies `anomalies` would list in all."""
        query, params = _chosen(
            "count_anomalies", sites=sites, devices=devices, since=since, severities=severities, open_only=open_only
        )
        return int((await self._query(query, params))[0]["anomalies"])

    async def reading_hours(
        self,
        sites: Sites,
        metric: str,
        since: datetime,
        until: datetime,
        *,
        devices: Sequence[int] | None = None,
    ) -> list[ReadingHour]:
        """One metric by device and hour, in its catalogue's unit; may be HEALTH_STATE_INTERVAL_S behind."""
        params = {"sites": _listed(sites), "devices": _listed(devices), "metric": metric}
        rows = await self._run("reading_hours", {**params, "since": since, "until": until})
        return msgspec.convert(rows, list[ReadingHour])

    async def site_hours(
        self, sites: Sites, devices: Sequence[int], since: datetime, until: datetime
    ) -> list[SiteHour]:
        """These devices by the hour, oldest first; an hour in which none of them was heard is missing."""
        params = {"sites": _listed(sites), "devices": list(devices), "since": since, "until": until}
        return msgspec.convert(await self._run("site_hours", params), list[SiteHour])

    async def troubles(self, sites: Sites, devices: Sequence[int], since: datetime, until: datetime) -> Troubles:
        """When these devices had an anomaly that is more than information."""
        params = {"sites": _listed(sites), "devices": list(devices), "since": since, "until": until}
        return msgspec.convert((await self._run("troubles", params))[0], Troubles)

    async def device_hours(
        self, sites: Sites, device: int, since: datetime, until: datetime
    ) -> tuple[list[str], list[DeviceHour]]:
        """One device by hour, oldest first, and the names of the metrics in each hour's lists; as far behind."""
        params = {"sites": _listed(sites), "device": device, "since": since, "until": until}
        names = [row["name"] for row in await self._run("metric_names", {})]
        return names, msgspec.convert(await self._run("device_hours", params), list[DeviceHour])

    async def hour_sums(
        self, devices: Sequence[int], metrics: Sequence[str], since: datetime, until: datetime, *, least_id: int
    ) -> HourSums | None:
        """These devices over the hours from ``since`` up to ``until``, in the catalogue's units.

        ``None`` if the scan has not come as far as the row ``least_id`` of device_metrics, began after these hours, or
        knows one of the metrics not yet.
        """
        if not set(metrics) <= set(self._metrics):
            self._metrics = [row["name"] for row in await self._run("metric_names", {})]
        if not set(metrics) <= set(self._metrics):
            return None
        text = load_sql(PACKAGE, "hour_sums")
        for column, summed in _SUMMED.items():
            places = (self._metrics.index(metric) + 1 for metric in metrics)
            text = text.replace(column, ", ".join(summed.format(place) for place in places))
        chosen = {"devices": list(devices), "since": since, "until": until, "least": least_id, "job": JOB}
        rows = await self._query(text, chosen)
        return msgspec.convert(rows[0], HourSums) if rows else None

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        return await self._query(load_sql(PACKAGE, query), params)

    async def _query(self, text: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._connection() as conn:
            return await fetch_all(conn, text, params)

    def _connection(self) -> AbstractAsyncContextManager[Connection]:
        return connection(self._pool, part=PART, detail=DOWN)


def _listed(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


def _chosen(query: str, *, open_only: bool = False, **asked: Any) -> tuple[str, dict[str, Any]]:
    """The query with the conditions that are asked for, and their parameters."""
    values = {name: list(value) if isinstance(value, tuple | list) else value for name, value in asked.items()}
    params = {name: value for name, value in values.items() if value is not None}
    names = [*params, "open_only"] if open_only else [*params]
    return load_sql(PACKAGE, query).replace("{chosen}", " AND ".join(_CHOSEN[name] for name in names) or "true"), params


def _anomaly_row(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "detected_at": row["detected_at"], "incident": row["incident"], "anomaly": row}
