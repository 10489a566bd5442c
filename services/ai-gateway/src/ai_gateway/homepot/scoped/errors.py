"""Logged errors, by what they say, where and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ai_gateway.homepot.schema import variants
from ai_gateway.homepot.scoped.tallies import DeviceEvents, EventCount, QuietDevices, TimeCount
from ai_gateway.homepot.scoped.view import Period, ScopedReader, View

ERRORS = ("critical", "error", "warning")
"""Severities of error_logs that are errors."""


class ErrorLog(msgspec.Struct, frozen=True):
    """One logged error of one device."""

    id: int
    at: datetime
    category: str
    severity: str
    error_code: str | None
    error_message: str
    device_id: str
    device_name: str


class ErrorSummary(msgspec.Struct, frozen=True):
    """How many errors were logged, by how many devices, and the devices with the most."""

    events: int
    devices: int
    ranked: tuple[DeviceEvents, ...]


class ErrorPattern(msgspec.Struct, frozen=True):
    """Errors that say the same but for numbers. ``late``: the newest of ``events``; ``total``: errors of all patterns.

    ``days``: on how many days a device logged it, all devices together; ``late_days``: the newest of these.
    """

    severity: str
    category: str
    error_code: str | None
    pattern: str
    events: int
    devices: int
    late: int
    days: int
    late_days: int
    first_at: datetime
    last_at: datetime
    total: int


class ErrorKind(msgspec.Struct, frozen=True):
    """Errors of one code, category or severity (``None``: without a code). ``message``: what most of them say.

    ``total`` and ``kinds``: errors and kinds of the whole list, those that it does not show too.
    """

    kind: str | None
    events: int
    devices: int
    message: str
    total: int
    kinds: int


class CodeOnDevice(msgspec.Struct, frozen=True):
    """Errors with one code on one device. ``total``, ``devices``, ``since`` and ``latest``: of all devices in view."""

    device_id: str
    name: str
    condition: str
    code: str | None
    severity: str
    category: str
    message: str
    events: int
    total: int
    devices: int
    since: datetime
    latest: datetime


class ErrorHours(msgspec.Struct, frozen=True):
    """Errors in stretches, by column: the stretch's number, hours from its beginning, and how many. Hours without one are absent."""

    numbers: list[int]
    places: list[int]
    errors: list[int]


def error_filters(*, severities: Sequence[str] = ERRORS, categories: list[str] | None = None) -> dict[str, Any]:
    """Parameters that every query takes which reads some of the errors."""
    return {"severities": variants(*severities), "categories": categories}


class ErrorStore(ScopedReader):
    """Reads errors. ``filters`` are those of `error_filters`."""

    async def listed(self, view: View, period: Period, *, limit: int, **filters: Any) -> list[ErrorLog]:
        """Logged errors, newest first."""
        chosen = {"limit": limit, **error_filters(**filters)}
        return await self._rows("errors", ErrorLog, view, period, **chosen)

    async def summary(self, view: View, period: Period, *, limit: int, least: int = 1, **filters: Any) -> ErrorSummary:
        """Errors of devices that logged at least ``least``, and the devices with the most; information is no error."""
        chosen = {"limit": limit, "least": least, **error_filters(**filters)}
        return await self._one("error_summary", ErrorSummary, view, period, **chosen)

    async def totals(self, view: View, period: Period) -> list[EventCount]:
        """Logged errors by site and type, and by device where the view names devices."""
        return await self._rows("error_totals", EventCount, view, period, severities=variants(*ERRORS))

    async def patterns(
        self, view: View, period: Period, *, recent: datetime, limit: int, **filters: Any
    ) -> list[ErrorPattern]:
        """Logged errors by what they say, the most frequent first; ``recent``: from when on they also count as late."""
        chosen = {"recent": recent, "limit": limit, **error_filters(**filters)}
        return await self._rows("error_patterns", ErrorPattern, view, period, **chosen)

    async def kinds(self, view: View, period: Period, *, by: str, limit: int, **filters: Any) -> list[ErrorKind]:
        """Logged errors by ``code``, ``category`` or ``severity``, the most frequent first."""
        chosen = {"by": by, "limit": limit, **error_filters(**filters)}
        return await self._rows("error_kinds", ErrorKind, view, period, **chosen)

    async def with_code(self, view: View, period: Period, code: str, *, limit: int) -> list[CodeOnDevice]:
        """Logged errors that have a code, or name it in their message, by device, those with the most first."""
        chosen = {"code": code.upper(), "limit": limit, "severities": variants(*ERRORS)}
        return await self._rows("error_code", CodeOnDevice, view, period, **chosen)

    async def by_time(self, view: View, period: Period, unit: str, **filters: Any) -> list[TimeCount]:
        """Logged errors by when. ``unit``: ``hour``, ``day`` or ``week``, of UTC."""
        chosen = {"unit": unit, **error_filters(**filters)}
        return await self._rows("errors_by_time", TimeCount, view, period, **chosen)

    async def by_hour(self, view: View, stretches: Sequence[tuple[int, datetime]], hours: int) -> ErrorHours:
        """Logged errors by the hour. A stretch is a device, HOMEPOT's integer, and when it begins; it lasts ``hours``."""
        if not stretches:
            return ErrorHours([], [], [])
        sinces = [since for _, since in stretches]
        asked = {"numbers": list(range(len(stretches))), "of": [device for device, _ in stretches], "sinces": sinces}
        period = Period(min(sinces), max(sinces) + timedelta(hours=hours))
        chosen = {**asked, "hours": hours, "severities": variants(*ERRORS)}
        return await self._one("error_hours", ErrorHours, view, period, **chosen)

    async def devices_without(
        self, view: View, period: Period, *, limit: int, severities: Sequence[str] = ERRORS
    ) -> QuietDevices:
        """Devices in service that logged no error, by site and name."""
        chosen = {"limit": limit, "severities": variants(*severities)}
        none_of = {"rows": "{errors_logged}", "theirs": "logged_by", "own": "device_id"}
        return await self._one("devices_without", QuietDevices, view, period, none_of, **chosen)
