"""What devices and sites were told: jobs, commands and push messages."""

from datetime import datetime

import msgspec

from ai_gateway.homepot.scoped.tallies import TimeCount
from ai_gateway.homepot.scoped.view import Period, ScopedReader, View


class Job(msgspec.Struct, frozen=True):
    """A job for a site or one of its devices."""

    id: int
    job_id: str
    action: str
    status: str | None
    priority: str | None
    at: datetime
    completed_at: datetime | None
    error_message: str | None
    site_name: str
    device_id: str | None
    device_name: str | None
    device: int | None = None
    """HOMEPOT's integer of it."""


class JobCount(msgspec.Struct, frozen=True):
    """Jobs of one kind and status at one site."""

    status: str | None
    action: str
    site_name: str
    jobs: int


class JobHour(msgspec.Struct, frozen=True):
    """Finished jobs that were made in one hour of the day (0-23, UTC) and ended alike."""

    hour: int
    succeeded: bool
    error_message: str | None
    jobs: int


class DeviceJobs(msgspec.Struct, frozen=True):
    """How many jobs a device had. ``devices``: how many devices had any."""

    device_id: str
    name: str
    condition: str
    jobs: int
    devices: int


class JobTime(msgspec.Struct, frozen=True):
    """How long jobs of one action took that ended well, in seconds; ``None`` is all of them together."""

    action: str | None
    jobs: int
    mean_s: float
    median_s: float
    longest_s: float


class PushCount(msgspec.Struct, frozen=True):
    """Push messages of one provider that ended alike. ``timed``: how many have a latency, ``latency_ms``: its sum."""

    provider: str | None
    status: str | None
    error_code: str | None
    messages: int
    timed: int
    latency_ms: int


class Command(msgspec.Struct, frozen=True):
    """A command sent to a device."""

    id: int
    command_type: str
    status: str | None
    at: datetime
    device_id: str
    device_name: str
    device: int
    """HOMEPOT's integer of it."""


class JobStore(ScopedReader):
    """Reads jobs, commands and messages."""

    async def listed(
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
        return await self._rows("jobs", Job, view, period, **chosen)

    async def counts(self, view: View, period: Period, action: str | None = None) -> list[JobCount]:
        """Jobs by status, action and site."""
        return await self._rows("job_counts", JobCount, view, period, action=action)

    async def by_device(
        self, view: View, period: Period, *, limit: int, statuses: list[str] | None = None, action: str | None = None
    ) -> list[DeviceJobs]:
        """Devices by how many jobs they had, or jobs of these states, the most first."""
        chosen = {"job_statuses": statuses, "action": action, "limit": limit}
        return await self._rows("jobs_by_device", DeviceJobs, view, period, **chosen)

    async def by_time(
        self, view: View, period: Period, unit: str, *, action: str | None = None, failed: bool = False
    ) -> list[TimeCount]:
        """Jobs, or those that failed, by when they were made. ``unit``: ``hour``, ``day`` or ``week``, of UTC."""
        return await self._rows("jobs_by_time", TimeCount, view, period, unit=unit, action=action, failed=failed)

    async def by_hour(self, view: View, period: Period) -> list[JobHour]:
        """Finished jobs by hour of the day (UTC), outcome and error."""
        return await self._rows("job_hours", JobHour, view, period)

    async def times(self, view: View, period: Period, *, action: str | None = None) -> list[JobTime]:
        """How long jobs took that ended well: all together, then by what they do."""
        return await self._rows("job_times", JobTime, view, period, action=action)

    async def push_counts(self, view: View, period: Period) -> list[PushCount]:
        """Push messages by provider, outcome and error code."""
        return await self._rows("push_counts", PushCount, view, period)

    async def commands(self, view: View, period: Period, *, limit: int, action: str | None = None) -> list[Command]:
        """Commands sent to devices, newest first; ``action``: a word of what they do."""
        return await self._rows("commands", Command, view, period, action=action, limit=limit)
