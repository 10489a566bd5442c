"""What of two times is compared: alerts, errors, jobs, changes, uptime or a metric, and how each is read."""

import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from ai_gateway.answers.gather.activity import MOST
from ai_gateway.answers.gather.alerts import kind_of
from ai_gateway.answers.gather.jobs import FAILED
from ai_gateway.answers.gather.presence import presence_of, share_of
from ai_gateway.answers.gather.readings import read_sums
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.understand.vocabulary import EVERY_STATUS, UPTIME, Metric
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.text import clean, listing

STATES: Final = re.compile(r"\b(?:offline|online|down|silent|unhealthy|healthy|reporting)\b")
"""How devices were at a time is not on record as a figure."""


class Measure(NamedTuple):
    """What is compared: its words, where it is read, and how; ``None`` where there is nothing to read."""

    one: str
    many: str
    source: str
    read: Callable[[Period], Awaitable[float | None]]
    unit: str = ""


def measure_of(task: Task) -> Measure | None:
    """Alerts, errors, jobs, changes or a metric, by the question's words."""
    text = task.question.asked
    if task.question.metric:
        return _of_metric(task, task.question.metric)
    for pattern, make in MEASURES:
        if re.search(pattern, text):
            return make(task)
    return None if STATES.search(text) else alerts(task)


def _of_metric(task: Task, metric: Metric) -> Measure:
    async def read(period: Period) -> float | None:
        (sums,) = await read_sums(task, task.question.view, [metric], period)
        return sums.mean()

    words = f"average {metric.label}"
    return Measure(words, words, f"device_metrics.{metric.column}", read, metric.unit or " ")


def alerts(task: Task) -> Measure:
    """Alerts of any state, of the severities and categories that are asked for."""
    question = task.question
    kind = kind_of(question)

    async def read(period: Period) -> float:
        rows = await task.homepot.alerts.counts(
            question.view,
            statuses=EVERY_STATUS,
            severities=list(question.severities) or None,
            categories=list(question.categories) or None,
            since=period.since,
            until=period.until,
        )
        return sum(row.alerts for row in rows)

    return Measure(f"{kind}alert", f"{kind}alerts", "alerts:count", read)


def errors(task: Task) -> Measure:
    """Warnings and errors that devices logged."""

    async def read(period: Period) -> float:
        return (await task.homepot.errors.summary(task.question.view, period, limit=1)).events

    return Measure("logged warning or error", "logged warnings and errors", "error_logs:count", read)


def jobs(task: Task, *, failed: bool = False) -> Measure:
    """Jobs, or those that failed."""
    failed = failed or bool(FAILED.search(task.question.asked))

    async def read(period: Period) -> float:
        rows = await task.homepot.jobs.counts(task.question.view, period)
        return sum(row.jobs for row in rows if not failed or row.status == "failed")

    kind = "failed job" if failed else "job"
    return Measure(kind, f"{kind}s", "jobs:count", read)


def _changes(task: Task) -> Measure:
    async def read(period: Period) -> float | None:
        found = len(await task.homepot.changes.listed(task.question.view, period, limit=MOST))
        return found if found < MOST else None

    return Measure("configuration change", "configuration changes", "configuration_history:count", read)


def _uptime(task: Task) -> Measure:
    async def read(period: Period) -> float | None:
        return share_of(await presence_of(task, period))

    return Measure(
        "uptime by the readings that came", "uptime by the readings that came", "device_metrics:count", read, " %"
    )


MEASURES: Final[tuple[tuple[str, Callable[[Task], Measure]], ...]] = (
    (UPTIME, _uptime),
    (r"\berrors?\b", errors),
    (r"\bjobs?\b|\bdeployments?\b|\bupdates?\b|\brollouts?\b", jobs),
    (r"\balerts?\b|\balarms?\b|\bwarnings\b", alerts),
    (r"\bconfig\w*|\bchanges\b", _changes),
)


def where_words(task: Task) -> str:
    """`` on Checkout 1``, `` at Building A`` or an empty text."""
    names = listing((clean(device.name, 80) for device in task.question.devices), most=3)
    return f" on {names}" if names and task.question.devices else task.question.where
