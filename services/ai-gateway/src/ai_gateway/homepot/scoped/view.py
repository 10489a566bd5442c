"""What a caller may see of HOMEPOT, over which time, and the one place where a query gets these."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ai_gateway.homepot.database import HomepotDatabase, Row
from ai_gateway.kit.clock import Clock


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Which devices a query may see; ``None`` means all. Every query takes one."""

    sites: tuple[int, ...] | None = None
    devices: tuple[int, ...] | None = None
    types: tuple[str, ...] | None = None

    @property
    def params(self) -> dict[str, list[int | str] | None]:
        """As the parameters that every query in a view takes."""
        chosen: dict[str, tuple[int | str, ...] | None] = {
            "sites": self.sites,
            "devices": self.devices,
            "types": self.types,
        }
        return {name: None if value is None else list(value) for name, value in chosen.items()}


class Period:
    """A stretch of time, both ends aware; the end belongs to it."""

    __slots__ = ("since", "until")

    def __init__(self, since: datetime, until: datetime) -> None:
        """Args: since: start. until: end."""
        self.since = since
        self.until = until

    @property
    def params(self) -> dict[str, datetime]:
        """As the parameters that every query over a period takes."""
        return {"since": self.since, "until": self.until}


class ScopedReader:
    """What reads in a caller's view is one of these. Every read raises ``Unavailable`` when HOMEPOT does not answer."""

    def __init__(self, database: HomepotDatabase, clock: Clock, online_window_s: int) -> None:
        """Args: database: where to read. clock: now. online_window_s: how old a heartbeat of an online device may be."""
        self._database = database
        self._clock = clock
        self._window = timedelta(seconds=online_window_s)

    async def _rows(
        self,
        query: str,
        row: type[Row],
        view: View,
        period: Period | None = None,
        put: Mapping[str, str] | None = None,
        /,
        **params: Any,
    ) -> list[Row]:
        """What ``sql/<query>.sql`` gives. ``put``: what stands for a placeholder there."""
        now = self._clock()
        scope = {"now": now, "heard_since": now - self._window, **view.params, **(period.params if period else {})}
        return await self._database.fetch(query, row, {**scope, **params}, put=put)

    async def _one(
        self,
        query: str,
        row: type[Row],
        view: View,
        period: Period | None = None,
        put: Mapping[str, str] | None = None,
        /,
        **params: Any,
    ) -> Row:
        """The same of a query that always gives one row."""
        return (await self._rows(query, row, view, period, put, **params))[0]
