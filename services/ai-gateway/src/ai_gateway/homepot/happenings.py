"""What happened to devices, as far as it may announce or explain a failure: errors, jobs, commands, changes, states."""

from datetime import datetime

import msgspec

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.schema import variants


class Happened(msgspec.Struct, frozen=True):
    """By column, the first of each kind in each hour of a device. ``at``: seconds since 1970, UTC."""

    devices: list[int]
    kinds: list[str]
    at: list[int]


class Installed(msgspec.Struct, frozen=True):
    """Every device by column. ``at``: seconds since 1970 when HOMEPOT first had it. ``tenants``: whose it is."""

    devices: list[int]
    types: list[str | None]
    at: list[int | None]
    tenants: list[int | None]


class Happenings:
    """Reads of the whole fleet: what callers see of it is cut to their scope later. All raise ``Unavailable``."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def between(self, since: datetime, until: datetime) -> Happened:
        """What happened in that time."""
        params = {"since": since, "until": until, "severities": variants("critical", "error", "high")}
        return (await self._database.fetch("happenings", Happened, params))[0]

    async def installed(self) -> Installed:
        """All devices."""
        return (await self._database.fetch("installed", Installed, {}))[0]
