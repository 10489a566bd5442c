"""The questions that the rest of the program asks of HOMEPOT, each one set-based, bounded query in ``sql/``."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ai_gateway.homepot.database import HomepotDatabase, Row
from ai_gateway.homepot.measures import MeasuredDevices, MetricRanking, Presence, ReadingSums, WholeHours
from ai_gateway.homepot.schema import alert_filters, variants
from ai_gateway.homepot.series import Heard, SeriesSlice
from ai_gateway.homepot.tallies import (
    CodeOnDevice,
    DeviceJobs,
    ErrorKind,
    JobTime,
    QuietDevices,
    ResolveTime,
    TimeCount,
)
from ai_gateway.homepot.types import (
    Alert,
    AlertCount,
    Command,
    ConfigChange,
    DeviceCount,
    DeviceEvents,
    DeviceName,
    DeviceState,
    Digest,
    ErrorHours,
    ErrorLog,
    ErrorPattern,
    ErrorSummary,
    EventCount,
    FailingChecks,
    FirmwareCount,
    Job,
    JobCount,
    JobHour,
    PlatformCount,
    PushCount,
    Reading,
    ResolvedAlert,
    Served,
    SiteName,
    StateChange,
    View,
)
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.db import answers

NEWEST_CHECK_IDS = 20_000
"""How far back from the newest id health checks are read; ids are shared by all devices."""
CHECK_RUN = 10
ERRORS = ("critical", "error", "warning")
"""Severities of error_logs that are errors."""


class Period:
    """A stretch of time, both ends aware; the end belongs to it."""

    __slots__ = ("since", "until")

    def __init__(self, since: datetime, until: datetime) -> None:
        """Args: since: start. until: end."""
        self.since = since
        self.until = until


class HomepotStore:
    """Typed reads. Each takes the caller's ``View`` and raises ``Unavailable`` when HOMEPOT does not answer."""

    def __init__(self, database: HomepotDatabase, clock: Clock, online_window_s: int) -> None:
        """Args: database: where to read. clock: now. online_window_s: how old a heartbeat of an online device may be."""
        self._database = database
        self._clock = clock
        self._window = timedelta(seconds=online_window_s)

    @property
    def answers(self) -> bool:
        """Whether HOMEPOT's database gave anybody an answer lately."""
        return answers(self._database.pool)

    async def _fetch(self, query: str, row: type[Row], view: View, **params: Any) -> list[Row]:
        return await self._database.fetch(query, row, self._scoped(view, params))

    def _scoped(self, view: View, params: dict[str, Any]) -> dict[str, Any]:
        """The parameters of a query in the caller's view: the one place where a query gets its scope."""
        now = self._clock()
        return {"now": now, "heard_since": now - self._window, **view.params, **params}

    async def site_names(self) -> list[SiteName]:
        """All sites."""
        return await self._fetch("directory_sites", SiteName, View())

    async def device_names(self) -> list[DeviceName]:
        """All devices."""
        return await self._fetch("directory_devices", DeviceName, View())

    async def names_digest(self) -> str:
        """Changes when any of these names does."""
        return (await self._fetch("directory_digest", Digest, View()))[0].digest

    async def firmware_counts(self, view: View) -> list[FirmwareCount]:
        """Devices in service by firmware, the most frequent first."""
        return await self._fetch("firmware_counts", FirmwareCount, view)

    async def platform_counts(self, view: View, platform: str | None) -> list[PlatformCount]:
        """Devices in service by operating system, the most frequent first. ``platform``: a regular expression."""
        return await self._fetch("platform_counts", PlatformCount, view, platform=platform)

    async def device_counts(self, view: View) -> list[DeviceCount]:
        """Devices by site, type and state, those out of service included."""
        return await self._fetch("device_counts", DeviceCount, view)

    async def served_devices(self, view: View) -> int:
        """How many devices in view are in service."""
        return (await self._fetch("served_devices", Served, view))[0].devices

    async def device_states(
        self,
        view: View,
        *,
        conditions: list[str] | None = None,
        firmware: str | None = None,
        platform: str | None = None,
        other: bool = False,
        in_service_only: bool = True,
        silent_since: datetime | None = None,
        limit: int = 50,
    ) -> list[DeviceState]:
        """Devices in any of ``conditions`` and with that firmware, where given, the worst first.

        ``platform``: a regular expression of their operating system; ``other``: which it does not fit.
        ``silent_since``: only those without a heartbeat since then.
        """
        return await self._fetch(
            "device_states",
            DeviceState,
            view,
            conditions=conditions,
            firmware=firmware,
            platform=platform,
            other=other,
            in_service_only=in_service_only,
            silent_since=silent_since,
            limit=limit,
        )

    async def alert_counts(self, view: View, **filters: Any) -> list[AlertCount]:
        """Alerts by severity, category and site. ``filters`` as in `alert_filters`."""
        return await self._fetch("alert_counts", AlertCount, view, **alert_filters(**filters))

    async def alert_totals(self, view: View) -> list[EventCount]:
        """Active alerts by site and type, and by device where the view names devices."""
        return await self._fetch("alert_totals", EventCount, view, **alert_filters())

    async def alerts(self, view: View, *, limit: int, order: str | None = None, **filters: Any) -> list[Alert]:
        """Alerts, the most severe and then the newest first; ``newest`` or ``oldest``: only by time."""
        return await self._fetch("alerts", Alert, view, limit=limit, order=order, **alert_filters(**filters))

    async def alerts_by_device(self, view: View, *, limit: int, **filters: Any) -> list[DeviceEvents]:
        """Devices by number of alerts, most first."""
        return await self._fetch("alerts_by_device", DeviceEvents, view, limit=limit, **alert_filters(**filters))

    async def alerts_by_time(self, view: View, unit: str, **filters: Any) -> list[TimeCount]:
        """Alerts by when they were raised. ``unit``: ``hour``, ``day`` or ``week``, of UTC."""
        return await self._fetch("alerts_by_time", TimeCount, view, unit=unit, **alert_filters(**filters))

    async def devices_without_alerts(self, view: View, *, limit: int, **filters: Any) -> QuietDevices:
        """Devices in service that have none of these alerts, by site and name."""
        chosen = {"limit": limit, **alert_filters(**filters)}
        rows = {"rows": "{alerts_in_view}", "theirs": "device", "own": "id"}
        return await self._quiet(view, rows, chosen)

    async def resolve_times(self, view: View, period: Period, **filters: Any) -> list[ResolveTime]:
        """How long alerts took that were resolved in a period: all together, then by severity."""
        chosen = alert_filters(**{**filters, "statuses": ("resolved",), "since": None, "until": None})
        within = {"resolved_since": period.since, "resolved_until": period.until}
        return await self._fetch("resolve_times", ResolveTime, view, **within, **chosen)

    async def breaches(self, view: View, limits: dict[str, float], *, since: datetime, limit: int) -> list[Reading]:
        """Newest readings at or above a limit. ``limits``: the metrics' names, and ``error_ratio`` (0-1)."""
        return await self._fetch("breaches", Reading, view, since=since, limit=limit, **limits)

    async def latest_readings(self, view: View, *, since: datetime, limit: int) -> list[Reading]:
        """The newest reading of each device in view; meant for a few named devices."""
        return await self._fetch("latest_readings", Reading, view, since=since, limit=limit)

    async def metric_ranking(
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
        return (await self._timed("metric_ranking", MetricRanking, view, period, **chosen))[0]

    async def presence(self, view: View, period: Period, *, width: timedelta) -> list[Presence]:
        """In how many stretches of ``width`` each device in view sent readings, the fewest first."""
        return await self._timed("presence", Presence, view, period, width=width)

    async def unmeasured(self, view: View, period: Period, *, limit: int) -> list[DeviceState]:
        """Devices in service that sent no reading in the period, by name."""
        return await self._timed("unmeasured", DeviceState, view, period, limit=limit)

    async def measured_devices(self, view: View) -> MeasuredDevices:
        """The devices in view that are in service, and any that the view names."""
        return (await self._fetch("measured_devices", MeasuredDevices, view))[0]

    async def reading_sums(
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
        return (await self._timed("reading_sums", ReadingSums, view, period, **chosen, **known))[0]

    async def device_series(
        self, view: View, period: Period, *, width_s: int, checked: bool = False
    ) -> list[SeriesSlice]:
        """The readings of the one device in view, in stretches of ``width_s`` seconds, oldest first.

        ``checked``: without values that cannot be.
        """
        return await self._timed("device_series", SeriesSlice, view, period, width=width_s, checked=checked)

    async def device_gaps(self, view: View, period: Period, *, least_s: float, limit: int) -> Heard | None:
        """When the one device in view was heard, with its longest gaps of more than ``least_s``; ``None``: not in view."""
        return next(iter(await self._timed("device_gaps", Heard, view, period, least=least_s, limit=limit)), None)

    async def failing_checks(self, view: View, period: Period, *, limit: int) -> list[FailingChecks]:
        """Devices with failed health checks among the newest `NEWEST_CHECK_IDS` checks."""
        return await self._fetch(
            "failing_checks",
            FailingChecks,
            view,
            since=period.since,
            until=period.until,
            newest_ids=NEWEST_CHECK_IDS,
            run=CHECK_RUN,
            limit=limit,
        )

    async def state_changes(self, view: View, period: Period, *, limit: int) -> list[StateChange]:
        """Changes of recorded state, newest first."""
        return await self._timed("state_changes", StateChange, view, period, limit=limit)

    async def flapping(self, view: View, period: Period, *, least: int, limit: int) -> list[DeviceEvents]:
        """Devices with at least ``least`` changes between online, offline and error."""
        return await self._timed("flapping", DeviceEvents, view, period, least=least, limit=limit)

    async def error_summary(
        self,
        view: View,
        period: Period,
        *,
        limit: int,
        least: int = 1,
        severities: Sequence[str] = ERRORS,
        categories: list[str] | None = None,
    ) -> ErrorSummary:
        """Errors of devices that logged at least ``least``, and the devices with the most; information is no error."""
        chosen = {"limit": limit, "least": least, "severities": variants(*severities), "categories": categories}
        return (await self._timed("error_summary", ErrorSummary, view, period, **chosen))[0]

    async def error_totals(self, view: View, period: Period) -> list[EventCount]:
        """Logged errors by site and type, and by device where the view names devices."""
        return await self._timed("error_totals", EventCount, view, period, severities=variants(*ERRORS))

    async def errors(
        self,
        view: View,
        period: Period,
        *,
        limit: int,
        severities: Sequence[str] = ERRORS,
        categories: list[str] | None = None,
    ) -> list[ErrorLog]:
        """Logged errors, newest first."""
        chosen = {"limit": limit, "severities": variants(*severities), "categories": categories}
        return await self._timed("errors", ErrorLog, view, period, **chosen)

    async def error_patterns(
        self,
        view: View,
        period: Period,
        *,
        recent: datetime,
        limit: int,
        severities: Sequence[str] = ERRORS,
        categories: list[str] | None = None,
    ) -> list[ErrorPattern]:
        """Logged errors by what they say, the most frequent first; ``recent``: from when on they also count as late."""
        chosen = {"recent": recent, "severities": variants(*severities), "categories": categories, "limit": limit}
        return await self._timed("error_patterns", ErrorPattern, view, period, **chosen)

    async def error_kinds(
        self,
        view: View,
        period: Period,
        *,
        by: str,
        limit: int,
        severities: Sequence[str] = ERRORS,
        categories: list[str] | None = None,
    ) -> list[ErrorKind]:
        """Logged errors by ``code``, ``category`` or ``severity``, the most frequent first."""
        chosen = {"by": by, "limit": limit, "severities": variants(*severities), "categories": categories}
        return await self._timed("error_kinds", ErrorKind, view, period, **chosen)

    async def error_code(self, view: View, period: Period, code: str, *, limit: int) -> list[CodeOnDevice]:
        """Logged errors that have a code, or name it in their message, by device, those with the most first."""
        chosen = {"code": code.upper(), "limit": limit, "severities": variants(*ERRORS)}
        return await self._timed("error_code", CodeOnDevice, view, period, **chosen)

    async def errors_by_time(
        self,
        view: View,
        period: Period,
        unit: str,
        severities: Sequence[str] = ERRORS,
        categories: list[str] | None = None,
    ) -> list[TimeCount]:
        """Logged errors by when. ``unit``: ``hour``, ``day`` or ``week``, of UTC."""
        chosen = {"unit": unit, "severities": variants(*severities), "categories": categories}
        return await self._timed("errors_by_time", TimeCount, view, period, **chosen)

    async def devices_without_errors(
        self, view: View, period: Period, *, limit: int, severities: Sequence[str] = ERRORS
    ) -> QuietDevices:
        """Devices in service that logged no error, by site and name."""
        chosen = {
            "since": period.since,
            "until": period.until,
            "limit": limit,
            "severities": variants(*severities),
        }
        rows = {"rows": "{errors_logged}", "theirs": "logged_by", "own": "device_id"}
        return await self._quiet(view, rows, chosen)

    async def devices_without_changes(self, view: View, period: Period, *, limit: int) -> QuietDevices:
        """Devices in service whose configuration was not changed, by site and name."""
        rows = {"rows": "{device_changes_made}", "theirs": "entity_id", "own": "device_id"}
        chosen = {"since": period.since, "until": period.until, "limit": limit}
        return await self._quiet(view, rows, chosen)

    async def _quiet(self, view: View, rows: Mapping[str, str], params: dict[str, Any]) -> QuietDevices:
        """Devices in service that none of the ``rows`` names: what `devices_without` says of them, by placeholder."""
        return (await self._database.fetch("devices_without", QuietDevices, self._scoped(view, params), put=rows))[0]

    async def error_hours(self, view: View, stretches: Sequence[tuple[int, datetime]], hours: int) -> ErrorHours:
        """Logged errors by the hour. A stretch is a device, HOMEPOT's integer, and when it begins; it lasts ``hours``."""
        if not stretches:
            return ErrorHours([], [], [])
        sinces = [since for _, since in stretches]
        asked = {"numbers": list(range(len(stretches))), "of": [device for device, _ in stretches], "sinces": sinces}
        period = Period(min(sinces), max(sinces) + timedelta(hours=hours))
        chosen = {**asked, "hours": hours, "severities": variants(*ERRORS)}
        return (await self._timed("error_hours", ErrorHours, view, period, **chosen))[0]

    async def config_changes(
        self, view: View, period: Period, *, limit: int, rolled_back_only: bool = False, parameter: str | None = None
    ) -> list[ConfigChange]:
        """Configuration changes of devices, and of sites where the view names no device or type."""
        filters = {"rolled_back_only": rolled_back_only, "parameter": parameter}
        return await self._timed("config_changes", ConfigChange, view, period, limit=limit, **filters)

    async def jobs(
        self,
        view: View,
        period: Period,
        *,
        limit: int,
        statuses: list[str] | None = None,
        action: str | None = None,
        oldest: bool = False,
        ids: list[str] | None = None,
    ) -> list[Job]:
        """Jobs, newest first, or oldest first; ``action``: a word of what they do; ``ids``: only these."""
        chosen = {"job_statuses": statuses, "action": action, "oldest": oldest, "ids": ids, "limit": limit}
        return await self._timed("jobs", Job, view, period, **chosen)

    async def jobs_by_device(
        self, view: View, period: Period, *, limit: int, statuses: list[str] | None = None, action: str | None = None
    ) -> list[DeviceJobs]:
        """Devices by how many jobs they had, or jobs of these states, the most first."""
        chosen = {"job_statuses": statuses, "action": action, "limit": limit}
        return await self._timed("jobs_by_device", DeviceJobs, view, period, **chosen)

    async def job_times(self, view: View, period: Period, *, action: str | None = None) -> list[JobTime]:
        """How long jobs took that ended well: all together, then by what they do."""
        return await self._timed("job_times", JobTime, view, period, action=action)

    async def jobs_by_time(
        self, view: View, period: Period, unit: str, *, action: str | None = None, failed: bool = False
    ) -> list[TimeCount]:
        """Jobs, or those that failed, by when they were made. ``unit``: ``hour``, ``day`` or ``week``, of UTC."""
        return await self._timed("jobs_by_time", TimeCount, view, period, unit=unit, action=action, failed=failed)

    async def job_counts(self, view: View, period: Period, action: str | None = None) -> list[JobCount]:
        """Jobs by status, action and site."""
        return await self._timed("job_counts", JobCount, view, period, action=action)

    async def job_hours(self, view: View, period: Period) -> list[JobHour]:
        """Finished jobs by hour of the day (UTC), outcome and error."""
        return await self._timed("job_hours", JobHour, view, period)

    async def push_counts(self, view: View, period: Period) -> list[PushCount]:
        """Push messages by provider, outcome and error code."""
        return await self._timed("push_counts", PushCount, view, period)

    async def commands(self, view: View, period: Period, *, limit: int) -> list[Command]:
        """Commands sent to devices, newest first."""
        return await self._timed("commands", Command, view, period, limit=limit)

    async def resolved_alerts(self, *, after: datetime, after_id: int, limit: int) -> list[ResolvedAlert]:
        """A page of resolved alerts behind ``(after, after_id)`` in the order of their resolution."""
        return await self._fetch(
            "resolved_alerts",
            ResolvedAlert,
            View(),
            statuses=variants("resolved"),
            after=after,
            after_id=after_id,
            limit=limit,
        )

    async def _timed(self, query: str, row: type[Row], view: View, period: Period, **params: Any) -> list[Row]:
        return await self._fetch(query, row, view, since=period.since, until=period.until, **params)

    def last(self, **ago: float) -> Period:
        """The period from ``timedelta(**ago)`` before now until now."""
        now = self._clock()
        return Period(now - timedelta(**ago), now)
