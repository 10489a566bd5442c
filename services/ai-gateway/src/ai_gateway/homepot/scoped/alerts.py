"""Alerts, what they add up to, and how long they took."""

from datetime import datetime
from typing import Any

import msgspec

from ai_gateway.homepot.schema import variants
from ai_gateway.homepot.scoped.tallies import DeviceEvents, EventCount, QuietDevices, TimeCount
from ai_gateway.homepot.scoped.view import Period, ScopedReader, View


class Alert(msgspec.Struct, frozen=True):
    """One alert of a device, or of a site where the device's fields are absent."""

    id: int
    at: datetime
    title: str
    description: str | None
    severity: str
    category: str
    status: str
    resolved_at: datetime | None
    resolution_notes: str | None
    device_id: str | None
    device_name: str | None
    site_name: str | None
    condition: str | None
    resolved_by: str | None = None


class AlertCount(msgspec.Struct, frozen=True):
    """Alerts of one severity and category at one site."""

    severity: str
    category: str
    site_name: str | None
    alerts: int


class ResolveTime(msgspec.Struct, frozen=True):
    """How long resolved alerts took, in seconds: of one severity, of one site, or, without both, all of them together."""

    severity: str | None
    site_name: str | None
    alerts: int
    mean_s: float
    median_s: float
    longest_s: float


def alert_filters(
    *,
    statuses: tuple[str, ...] = ("active",),
    severities: list[str] | None = None,
    categories: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    about: str | None = None,
    resolver: str | None = None,
) -> dict[str, Any]:
    """Parameters that every alert query takes.

    ``about``: a regular expression of words in the title; ``resolver``: how the address of whoever resolved them begins.
    """
    return {
        "statuses": variants(*statuses),
        "severities": severities,
        "categories": categories,
        "since": since,
        "until": until,
        "about": about,
        "resolver": resolver,
    }


class AlertStore(ScopedReader):
    """Reads alerts. ``filters`` are those of `alert_filters`."""

    async def listed(self, view: View, *, limit: int, order: str | None = None, **filters: Any) -> list[Alert]:
        """Alerts, the most severe and then the newest first; ``newest`` or ``oldest``: only by time."""
        return await self._rows("alerts", Alert, view, limit=limit, order=order, **alert_filters(**filters))

    async def counts(self, view: View, **filters: Any) -> list[AlertCount]:
        """Alerts by severity, category and site."""
        return await self._rows("alert_counts", AlertCount, view, **alert_filters(**filters))

    async def totals(self, view: View) -> list[EventCount]:
        """Active alerts by site and type, and by device where the view names devices."""
        return await self._rows("alert_totals", EventCount, view, **alert_filters())

    async def by_device(self, view: View, *, limit: int, **filters: Any) -> list[DeviceEvents]:
        """Devices by number of alerts, most first."""
        return await self._rows("alerts_by_device", DeviceEvents, view, limit=limit, **alert_filters(**filters))

    async def by_time(self, view: View, unit: str, **filters: Any) -> list[TimeCount]:
        """Alerts by when they were raised. ``unit``: ``hour``, ``day`` or ``week``, of UTC."""
        return await self._rows("alerts_by_time", TimeCount, view, unit=unit, **alert_filters(**filters))

    async def devices_without(self, view: View, *, limit: int, **filters: Any) -> QuietDevices:
        """Devices in service that have none of these alerts, by site and name."""
        none_of = {"rows": "{alerts_in_view}", "theirs": "device", "own": "id"}
        return await self._one(
            "devices_without", QuietDevices, view, None, none_of, limit=limit, **alert_filters(**filters)
        )

    async def resolve_times(self, view: View, period: Period, **filters: Any) -> list[ResolveTime]:
        """How long alerts took that were resolved in a period: all together, then by severity and by site."""
        chosen = alert_filters(**{**filters, "statuses": ("resolved",), "since": None, "until": None})
        within = {"resolved_since": period.since, "resolved_until": period.until}
        return await self._rows("resolve_times", ResolveTime, view, **within, **chosen)
