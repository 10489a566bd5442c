"""HOMEPOT's shapes of its recommendations for jobs."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from ai_gateway.answers.types import MAX_ID_CHARS
from ai_gateway.jobs.wire import FactorView, Priority

Key = Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)]


class ScheduleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """When a job should run. ``earliest_start``: now if it is left out; without a zone it is UTC."""

    site_id: Key
    job_priority: Priority = "medium"
    earliest_start: datetime | None = None


class ProbabilityRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a job succeeds."""

    site_id: Key
    device_id: Key
    scheduled_time: datetime


class DayWindow(msgspec.Struct, frozen=True):
    """A stretch of a day by the site's clock, ``HH:MM``; one that lasts to midnight ends at ``00:00``."""

    start: str
    end: str
    reason: str


class DayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the site's week (0 is Monday), and its windows, the best first."""

    day: str
    day_of_week: int
    status: Literal["open", "closed"]
    optimal_windows: list[DayWindow]
    is_maintenance_window: bool


class OptimalWindows(msgspec.Struct, frozen=True, kw_only=True):
    """A site's week; without a schedule ``status`` ``no_schedule`` with a ``message``, and nothing else."""

    site_id: str
    recommendations: list[DayPlan] | UnsetType = UNSET
    analysis_timestamp: datetime | UnsetType = UNSET
    status: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


class OtherTime(msgspec.Struct, frozen=True):
    """Another time for the job."""

    time: datetime
    reason: str


class ScheduledJob(msgspec.Struct, frozen=True, kw_only=True):
    """When to run the job. ``confidence``: the probability (0-1) that a job of this site succeeds then, where jobs tell.

    ``site_status``: that day of the site's week, where it has a schedule.
    """

    recommended_time: datetime
    confidence: float | None
    reasoning: str
    alternative_times: list[OtherTime]
    site_status: DayPlan | UnsetType = UNSET


class SuccessProbability(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a job succeeds, ratio 0-1; ``error``: why nothing says so."""

    probability: float | None
    factors: list[FactorView]
    timestamp: datetime
    error: str | UnsetType = UNSET
