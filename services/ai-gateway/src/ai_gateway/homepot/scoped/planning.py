"""What planning reads of HOMEPOT: how jobs ended, and when sites are open. All in a caller's sites."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.homepot.telemetry import OpeningDay

MOST_ENDS: Final = 20_000
Sites = tuple[int, ...] | None


class JobEnds(msgspec.Struct, frozen=True):
    """Jobs that ended, by column. ``devices``: HOMEPOT's integers, 0 for a job of a whole site. ``at``: seconds since 1970."""

    devices: list[int]
    types: list[str]
    at: list[int]
    succeeded: list[bool]


class JobShare(msgspec.Struct, frozen=True):
    """Jobs for devices of one type (empty: for whole sites). ``here``: at the site in question."""

    here: bool
    device_type: str
    jobs: int
    succeeded: int


class JobHistory:
    """Every read raises ``Unavailable`` when HOMEPOT does not answer."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def ends(self, site: int, period: Period, action: str | None = None) -> JobEnds:
        """The newest jobs of a site that ended. ``action``: a word of what they do."""
        params = {"since": period.since, "until": period.until, "action": action, "limit": MOST_ENDS}
        return (await self._database.fetch("job_ends", JobEnds, {**params, "sites": [site]}))[0]

    async def shares(self, sites: Sites, site: int, period: Period, action: str | None = None) -> list[JobShare]:
        """How jobs of all these sites ended (``None``: all), and which of them were those of one ``site``."""
        params = {"since": period.since, "until": period.until, "action": action, "site": site}
        return await self._database.fetch("job_shares", JobShare, {**params, "sites": _listed(sites)})

    async def opening_days(self, *sites: int) -> list[OpeningDay]:
        """The schedules of these sites, where they have one."""
        return await self._database.fetch("opening_days", OpeningDay, {"sites": list(sites)})


def _listed(sites: Sequence[int] | None) -> list[int] | None:
    return None if sites is None else list(sites)
