"""Alerts of HOMEPOT that somebody resolved: what went wrong, and what was done about it."""

from datetime import datetime

import msgspec

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.schema import variants


class ResolvedAlert(msgspec.Struct, frozen=True):
    """A resolved alert with what was done about it; the device or site may be gone."""

    id: int
    at: datetime
    title: str
    description: str | None
    severity: str
    category: str
    resolved_at: datetime
    resolution_notes: str | None
    device_id: str | None
    device_name: str | None
    device_type: str | None
    site: int | None
    site_name: str | None


class ResolvedAlerts:
    """Reads them."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def page(self, *, after: datetime, after_id: int, limit: int) -> list[ResolvedAlert]:
        """A page behind ``(after, after_id)`` in the order in which they were resolved; raises ``Unavailable``."""
        params = {"statuses": variants("resolved"), "after": after, "after_id": after_id, "limit": limit}
        return await self._database.fetch("resolved_alerts", ResolvedAlert, params)
