"""What the scan of health reads: rows of the whole fleet from a watermark on, in pages, as columns."""

from datetime import datetime
from typing import Any, Final

import msgspec

from ai_gateway.homepot.database import HomepotDatabase, Row
from ai_gateway.homepot.schema import variants


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a stream: ids in ``(after, until]`` but for ``later``, at most ``limit``, and those of ``again``.

    ``since``: seconds since 1970; health checks before this are passed over, as old parts of their table are compressed.
    """

    after: int
    until: int
    again: list[int]
    later: list[int]
    limit: int
    since: float


class Readings(msgspec.Struct, frozen=True):
    """Rows of device_metrics by column. ``at``: seconds since 1970, UTC. ``extra``: a JSON object's text."""

    ids: list[int]
    devices: list[int]
    at: list[float]
    cpu_percent: list[float | None]
    memory_percent: list[float | None]
    disk_percent: list[float | None]
    network_latency_ms: list[float | None]
    error_rate: list[float | None]
    transaction_count: list[float | None]
    transaction_volume: list[float | None]
    active_connections: list[float | None]
    queue_depth: list[float | None]
    extra: list[str | None]


class States(msgspec.Struct, frozen=True):
    """Rows of device_state_history by column. ``told``: whether the row tells of connectivity at all."""

    ids: list[int]
    devices: list[int]
    at: list[float]
    up: list[bool]
    told: list[bool]


class Checks(msgspec.Struct, frozen=True):
    """Rows of health_checks by column. ``codes``: HTTP status."""

    ids: list[int]
    devices: list[int]
    at: list[float]
    healthy: list[bool | None]
    codes: list[int | None]


class Devices(msgspec.Struct, frozen=True):
    """Devices by column. ``heard``: last heartbeat. ``resting``: HOMEPOT says that it is in maintenance."""

    ids: list[int]
    sites: list[int]
    types: list[str | None]
    heard: list[float | None]
    resting: list[bool | None]
    in_service: list[bool]


class OpeningDay(msgspec.Struct, frozen=True):
    """A site's schedule on a day of the week (0 is Monday); times in seconds after midnight by the site's clock.

    ``notes``: somebody's words. ``site_id``: its public id, by which its time zone is set.
    """

    site: int
    day: int
    opens: float | None
    closes: float | None
    closed: bool | None
    maintenance: bool | None
    peak_from: float | None = None
    peak_until: float | None = None
    notes: str | None = None
    site_id: str = ""


class Alerted(msgspec.Struct, frozen=True):
    """A device's active alerts; ``severe`` of them critical, error or high."""

    device: int
    alerts: int
    severe: int


class Newest(msgspec.Struct, frozen=True):
    """The highest id of each stream, 0 where it has no rows."""

    readings: int
    states: int
    checks: int


class _First(msgspec.Struct, frozen=True):
    before: int | None


_TABLES: Final = {"readings": "device_metrics", "states": "device_state_history", "checks": "health_checks"}
"""Where each stream's rows lie."""


class Telemetry:
    """Reads of the whole fleet: scope is applied where the results are read. All raise ``Unavailable``."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def readings(self, request: Request) -> Readings | None:
        """A page of device_metrics, not in order; ``None`` if there is nothing."""
        return await self._page("new_readings", Readings, request)

    async def states(self, request: Request) -> States | None:
        """A page of device_state_history, not in order."""
        return await self._page("new_states", States, request)

    async def checks(self, request: Request) -> Checks | None:
        """A page of health_checks, not in order."""
        return await self._page("new_checks", Checks, request)

    async def before(self, stream: str, since: datetime, most: int) -> int:
        """The id behind which a stream's rows of ``since`` and later begin, at most ``most`` ids back."""
        params = {"since": since, "most": most}
        found = await self._database.fetch("first_id", _First, params, put={"source": f"{{{_TABLES[stream]}}}"})
        return found[0].before or 0

    async def newest(self) -> Newest:
        """How far the ids go."""
        return (await self._database.fetch("newest_ids", Newest, {}))[0]

    async def devices(self) -> Devices:
        """Every device."""
        found = await self._database.fetch("telemetry_devices", Devices, {})
        return found[0] if found else Devices([], [], [], [], [], [])

    async def opening_days(self) -> list[OpeningDay]:
        """Every site's schedule, where it has one."""
        return await self._database.fetch("opening_days", OpeningDay, {"sites": None})

    async def alerted(self, since: datetime, now: datetime) -> list[Alerted]:
        """Devices with alerts that are active and were raised between the two times."""
        params = {"statuses": variants("active"), "since": since, "now": now}
        return await self._database.fetch("alerted_devices", Alerted, params)

    async def _page(self, query: str, shape: type[Row], request: Request) -> Row | None:
        params: dict[str, Any] = msgspec.structs.asdict(request)
        return next(iter(await self._database.fetch(query, shape, params)), None)
