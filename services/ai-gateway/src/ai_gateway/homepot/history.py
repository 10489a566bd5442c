"""What incidents read of HOMEPOT: its alerts as they come and go, and what was done to devices before trouble began."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from ai_gateway.homepot.database import HomepotDatabase, Row
from ai_gateway.homepot.schema import variants

SETTLED: Final = ("resolved", "ignored")
"""States of an alert that nobody has to deal with any more."""


class NewAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert. ``of_site``: it names no device. ``device``, ``site``: absent if HOMEPOT does not know them any more.

    ``served``: its device, or site, is in service and not in maintenance.
    """

    id: int
    at: datetime
    title: str
    severity: str
    category: str
    status: str
    resolved_at: datetime | None
    notes: str | None
    of_site: bool
    device: int | None
    site: int | None
    served: bool


class AlertState(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an alert; ``served`` as in `NewAlert`."""

    id: int
    status: str
    resolved_at: datetime | None
    notes: str | None
    served: bool


class RecordedChange(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to one device. ``site_wide``: to its whole site.

    ``what``: ``set`` or ``rolled_back`` (of configuration), ``job``, ``command``. ``source`` and ``id``: where it is
    recorded. ``name``: the parameter, action or command; ``value``: the new value or version.
    """

    device: int
    site: int
    site_wide: bool
    source: str
    id: int
    what: str
    at: datetime
    name: str
    old: str | None
    value: str | None
    status: str | None
    reason: str | None


class ChangeReach(msgspec.Struct, frozen=True):
    """At how many devices of a site the same was done."""

    site: int
    what: str
    name: str
    value: str | None
    devices: int


class SiteDevices(msgspec.Struct, frozen=True):
    """How many devices of a site are in service."""

    site: int
    devices: int


class History:
    """Reads of the whole fleet: scope is applied where the results are read. All raise ``Unavailable``."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def new_alerts(self, after: int, recent: datetime, limit: int) -> list[NewAlert]:
        """Alerts with an id above ``after`` in its order; settled ones only if raised at ``recent`` or later."""
        return await self._fetch("new_alerts", NewAlert, after=after, recent=recent, settled=_settled(), limit=limit)

    async def alert_states(self, ids: Sequence[int]) -> list[AlertState]:
        """These alerts as they are now; one that is gone is missing."""
        return await self._fetch("alert_states", AlertState, ids=list(ids))

    async def device_changes(self, since: Mapping[int, datetime], until: datetime, limit: int) -> list[RecordedChange]:
        """What was done to devices, to each from a time of its own on, the latest first."""
        if not since:
            return []
        bounds = {"devices": list(since), "sinces": list(since.values()), "since": min(since.values()), "until": until}
        return await self._fetch("device_changes", RecordedChange, **bounds, limit=limit)

    async def change_reach(
        self, since: Mapping[str, datetime], sites: Sequence[int], until: datetime
    ) -> list[ChangeReach]:
        """At how many devices in service of these sites anything of these names was done, by value.

        ``since``: by name, from when on.
        """
        bounds = {"names": list(since), "sinces": list(since.values()), "until": until}
        return await self._fetch("change_reach", ChangeReach, **bounds, sites=list(sites))

    async def devices_in_service(self, sites: Sequence[int]) -> dict[int, int]:
        """How many devices of each of these sites are in service; a site without any is missing."""
        rows = await self._fetch("devices_in_service", SiteDevices, sites=list(sites))
        return {row.site: row.devices for row in rows}

    async def _fetch(self, query: str, row: type[Row], **params: Any) -> list[Row]:
        return await self._database.fetch(query, row, params)


def _settled() -> list[str]:
    return variants(*SETTLED)
