"""HOMEPOT's recommendations for jobs: the same windows and chances as this gateway's own routes tell."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from ai_gateway.access.types import Caller
from ai_gateway.homepot_api.job_types import (
    DayPlan,
    DayWindow,
    OptimalWindows,
    OtherTime,
    ProbabilityRequest,
    ScheduledJob,
    ScheduleRequest,
    SuccessProbability,
)
from ai_gateway.jobs.service import JobPlanner, SitePlan, ends_of, local_words
from ai_gateway.jobs.windows import SAYINGS, Window
from ai_gateway.jobs.wire import FactorView, Priority
from ai_gateway.kit.queries import aware

WEEK: Final = 7
WITHIN: Final[dict[Priority, timedelta]] = {
    "high": timedelta(hours=24),
    "medium": timedelta(hours=72),
    "low": timedelta(days=7),
}
"""How long a job of a priority may wait for its window; a critical one does not wait."""
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OTHERS: Final = 3
NO_SCHEDULE: Final = "HOMEPOT has no opening hours of this site."
NO_CASES: Final = "No job in view ended in the last 90 days, so nothing says how likely one succeeds."


class Recommendations:
    """Reads for callers; raises a 404 problem for an id that is not known to them, ``Unavailable`` without a database."""

    def __init__(self, planner: JobPlanner) -> None:
        """Args: planner: windows and chances."""
        self._planner = planner

    async def optimal_windows(self, caller: Caller, site_id: str, day_of_week: int | None = None) -> OptimalWindows:
        """A site's week, or one day of it, from the next midnight by its clock on."""
        plan = await self._planner.site_plan(caller, site_id)
        if plan.week is None:
            return OptimalWindows(site_id=plan.site.site_id, status="no_schedule", message=NO_SCHEDULE)
        days = _week(plan)
        return OptimalWindows(
            site_id=plan.site.site_id,
            recommendations=[day for day in days if day_of_week in {None, day.day_of_week}],
            analysis_timestamp=plan.now,
        )

    async def schedule(self, caller: Caller, asked: ScheduleRequest) -> ScheduledJob:
        """When a job of that priority should run."""
        plan = await self._planner.site_plan(caller, asked.site_id)
        earliest = max(self._planner.soon(aware(asked.earliest_start), "earliest_start"), plan.now)
        windows = [one for one in plan.windows(earliest, WEEK) if not one.asleep]
        waits = WITHIN.get(asked.job_priority)
        fit = [one for one in windows if waits and one.best <= earliest + waits]
        if fit:
            chosen = fit[0]
            return self._at(
                plan, chosen.best, _why(plan, chosen, asked.job_priority), [one for one in windows if one is not chosen]
            )
        urgent = f"Priority {asked.job_priority} does not wait" if waits is None else "No window comes in time"
        state = SAYINGS[plan.kind(earliest)]
        return self._at(plan, earliest, f"{urgent}, so it runs at once. {state} at that time.", windows)

    def _at(self, plan: SitePlan, at: datetime, reasoning: str, others: list[Window]) -> ScheduledJob:
        return ScheduledJob(
            recommended_time=at,
            confidence=ends_of(plan.record.at(at, plan.zone)[0])["probability"],
            reasoning=" ".join([reasoning, *plan.notes()]),
            alternative_times=[OtherTime(one.best, plan.why(one)) for one in others[:OTHERS]],
            site_status=UNSET if plan.week is None else _week(plan)[at.astimezone(plan.zone).weekday()],
        )

    async def success(self, caller: Caller, asked: ProbabilityRequest) -> SuccessProbability:
        """How likely a job for that device succeeds at that time."""
        found = await self._planner.success(caller, asked.device_id, aware(asked.scheduled_time), site_id=asked.site_id)
        if found.probability is None:
            return SuccessProbability(probability=None, factors=[], timestamp=found.generated_at, error=NO_CASES)
        against = [FactorView("device_state", 0.0, found.probability, "negative", one) for one in found.concerns]
        return SuccessProbability(
            probability=found.probability, factors=[*found.factors, *against], timestamp=found.generated_at
        )


def _why(plan: SitePlan, window: Window, priority: str) -> str:
    when = local_words(window.start, window.end, plan.zone)
    return f"The best window for priority {priority}: {when} ({plan.zone.key}). {plan.why(window)}"


def _week(plan: SitePlan) -> list[DayPlan]:
    """Monday first."""
    local = plan.now.astimezone(plan.zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    windows = plan.windows(midnight, WEEK)
    return [_day(plan, weekday, [one for one in windows if _weekday(plan, one) == weekday]) for weekday in range(WEEK)]


def _weekday(plan: SitePlan, window: Window) -> int:
    return window.start.astimezone(plan.zone).weekday()


def _day(plan: SitePlan, weekday: int, windows: list[Window]) -> DayPlan:
    fit = [one for one in windows if one.kind != "peak" and not one.asleep]
    return DayPlan(
        day=DAYS[weekday],
        day_of_week=weekday,
        status="open" if any(one.kind in {"quiet", "peak"} for one in windows) else "closed",
        optimal_windows=[
            DayWindow(
                f"{one.start.astimezone(plan.zone):%H:%M}", f"{one.end.astimezone(plan.zone):%H:%M}", plan.why(one)
            )
            for one in fit
        ],
        is_maintenance_window=any(day.maintenance for day in plan.days if day.day == weekday),
    )
