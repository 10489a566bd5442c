"""Answer questions like “Are there more alerts today than yesterday?”: the same figure of two times."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, NamedTuple

from ai_gateway.answers.course import asks_worse
from ai_gateway.answers.gather.activity import MOST
from ai_gateway.answers.gather.alerts import EVERY_STATUS, severity_words
from ai_gateway.answers.gather.jobs import FAILED
from ai_gateway.answers.gather.readings import read_sums
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.period import TimeRange, as_long_before
from ai_gateway.answers.vocabulary import Metric
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.text import be, capital, clean, count, listing, number

_STATES: Final = re.compile(r"\b(?:offline|online|down|silent|unhealthy|healthy|reporting)\b")
"""How devices were at a time is not on record as a figure."""

NO_EARLIER_HEALTH: Final = "How healthy devices were at an earlier time is not on record."
_COMPARES: Final = re.compile(r"\b(?:compar\w+|vs|versus|against|differ\w*)\b")


class Measure(NamedTuple):
    """What is compared: its words, where it is read, and how; ``None`` where there is nothing to read."""

    one: str
    many: str
    source: str
    read: Callable[[Period], Awaitable[float | None]]
    unit: str = ""


async def gather_periods(task: Task, first: TimeRange, second: TimeRange) -> None:
    """Say in which of two times there was more, and, where one is shorter, how it stood after as long a time."""
    if _asks_all(task):
        part = _part(first.period, second.period)
        second = TimeRange(part, f"{second.words}, in as long a time from its start") if part else second
        await tell_trend(task, first, second)
        return
    measure = _measure(task)
    if measure is None:
        text = (
            "How many devices were in a state at an earlier time is not on record; alerts, errors, jobs, configuration changes "
            "and metrics can be compared between two times."
        )
        task.findings.state("no_data", text, "computed")
        return
    now, then = await measure.read(first.period), await measure.read(second.period)
    task.findings.claim(
        _verdict(task, measure, (first, now), (second, then)), *_proofs(task, measure, (first, now), (second, then))
    )
    part = _part(first.period, second.period)
    if part is None or measure.unit:
        return  # an average is not less for a shorter time
    whole = await measure.read(part)
    when = f"{second.words}, in as long a time from its start"
    told = _fact(task, measure, when, whole)
    task.findings.state("count", capital(told), measure.source)


async def gather_trend(task: Task) -> None:
    """Whether it gets better or worse: what was raised, logged and failed in the last week, or the time named, and before."""
    chosen = task.range(timedelta(days=7), "in the last 7 days")
    await tell_trend(task, chosen, as_long_before(chosen))


async def tell_trend(task: Task, chosen: TimeRange, before: TimeRange) -> None:
    """Whether ``chosen`` was better or worse than ``before``, by what was raised, logged and failed in each."""
    compared, alone, steps = [], [], []
    for measure in (_alerts(task), _errors(task), _jobs(task, failed=True)):
        read = await asyncio.gather(measure.read(chosen.period), measure.read(before.period))
        now, then = (int(one or 0) for one in read)
        if then:
            compared.append(f"{count(now, measure.one, measure.many)} against {then}")
            steps.append((now > then) - (now < then))
        else:
            alone.append(count(now, measure.one, measure.many))
    text = f"by what is on record it is {_better_or_worse(steps)}{_where(task)} {chosen.words} than {before.words}: {listing(compared)}."
    if not compared:
        text = f"Whether it got better{_where(task)} cannot be told: nothing is on record before to compare with."
    task.findings.state("comparison", capital(text), "alerts:count, error_logs:count, jobs:count")
    if alone:
        text = f"Not compared, as none is on record before: {listing(alone)} {chosen.words}."
        task.findings.state("count", text, "alerts:count, error_logs:count, jobs:count")
    task.findings.state("note", NO_EARLIER_HEALTH, "computed")


def _better_or_worse(steps: list[int]) -> str:
    """In words; a step is above 0 where there is more of what is bad than before, and below where there is less."""
    worse, better = any(one > 0 for one in steps), any(one < 0 for one in steps)
    if worse and better:
        return "better in part and worse in part"
    return "worse" if worse else "better" if better else "neither better nor worse"


async def tell_sites(task: Task) -> None:
    """Which site got better, or worse, most: by the alerts raised in the last week, or the time named, and before."""
    view = task.question.view
    chosen = task.range(timedelta(days=7), "in the last 7 days")
    before = as_long_before(chosen)
    devices = await task.homepot.devices.counts(view)
    names = sorted({row.site_name for row in devices if row.in_service})
    now, then = await asyncio.gather(_by_site(task, chosen.period), _by_site(task, before.period))
    sign = 1 if asks_worse(task.question.asked) else -1
    ranked = sorted(names, key=lambda name: (-sign * (now[name] - then[name]), name))
    moved = [name for name in ranked if sign * (now[name] - then[name]) > 0]
    how = "worse" if sign > 0 else "better"
    told = [f"{clean(name, 80)} {now[name]} against {then[name]}" for name in ranked]
    lead = f"the site that got {how} most is {clean(moved[0], 80)}" if moved else f"no site got {how}"
    text = f"by the alerts raised {chosen.words}, against those {before.words}, {lead}: {listing(told)}."
    task.findings.state("comparison", capital(text), "alerts:count")
    task.findings.state("note", NO_EARLIER_HEALTH, "computed")


async def _by_site(task: Task, period: Period) -> Counter[str]:
    """Alerts raised in a period, by the site's name."""
    rows = await task.homepot.alerts.counts(
        task.question.view, statuses=EVERY_STATUS, since=period.since, until=period.until
    )
    found: Counter[str] = Counter()
    for row in rows:
        found[row.site_name or ""] += row.alerts
    return found


def _part(first: Period, second: Period) -> Period | None:
    """The beginning of the second that is as long as the first, where the first is the shorter one."""
    length = first.until - first.since
    return Period(second.since, second.since + length) if length < second.until - second.since else None


def _asks_all(task: Task) -> bool:
    """Whether it compares two times without a word of what."""
    question = task.question
    named = question.metric or question.severities or question.categories or question.conditions
    told = any(re.search(pattern, question.asked) for pattern, _ in _MEASURES) or _STATES.search(question.asked)
    return bool(_COMPARES.search(question.asked)) and not (named or told)


def _measure(task: Task) -> Measure | None:
    """Alerts, errors, jobs, changes or a metric, by the question's words."""
    text = task.question.asked
    if task.question.metric:
        return _of_metric(task, task.question.metric)
    for pattern, make in _MEASURES:
        if re.search(pattern, text):
            return make(task)
    return None if _STATES.search(text) else _alerts(task)


def _of_metric(task: Task, metric: Metric) -> Measure:
    async def read(period: Period) -> float | None:
        (sums,) = await read_sums(task, task.question.view, [metric], period)
        return sums.mean()

    words = f"average {metric.label}"
    return Measure(words, words, f"device_metrics.{metric.column}", read, metric.unit or " ")


def _alerts(task: Task) -> Measure:
    question = task.question
    kind = "".join(f"{word} " for word in (*severity_words(question), *question.categories))

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


def _errors(task: Task) -> Measure:
    async def read(period: Period) -> float:
        return (await task.homepot.errors.summary(task.question.view, period, limit=1)).events

    return Measure("logged warning or error", "logged warnings and errors", "error_logs:count", read)


def _jobs(task: Task, *, failed: bool = False) -> Measure:
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


_MEASURES: Final[tuple[tuple[str, Callable[[Task], Measure]], ...]] = (
    (r"\berrors?\b", _errors),
    (r"\bjobs?\b|\bdeployments?\b|\bupdates?\b|\brollouts?\b", _jobs),
    (r"\balerts?\b|\balarms?\b|\bwarnings\b", _alerts),
    (r"\bconfig\w*|\bchanges\b", _changes),
)


def _show(measure: Measure, value: float) -> str:
    return f"{number(value)}{measure.unit.rstrip()}" if measure.unit.strip() else number(value)


def _where(task: Task) -> str:
    names = listing((clean(device.name, 80) for device in task.question.devices), most=3)
    return f" on {names}" if names and task.question.devices else task.question.where


def _fact(task: Task, measure: Measure, words: str, value: float | None) -> str:
    """One side in words, such as “yesterday (UTC) there were 12 alerts”."""
    if value is None:
        return f"{words}{_where(task)} there is no figure for {measure.many}."
    if measure.unit:
        return f"{words} the {measure.many}{_where(task)} was {_show(measure, value)}."
    return (
        f"{words} there {'was' if value == 1 else 'were'} {count(int(value), measure.one, measure.many)}{_where(task)}."
    )


def _proofs(task: Task, measure: Measure, *sides: tuple[TimeRange, float | None]) -> list[tuple[str, ...]]:
    return [
        task.findings.prove("comparison", capital(_fact(task, measure, side.words, value)), measure.source)
        for side, value in sides
    ]


def _verdict(
    task: Task, measure: Measure, first: tuple[TimeRange, float | None], second: tuple[TimeRange, float | None]
) -> str:
    (one, now), (other, then) = first, second
    if now is None or then is None:
        return capital(_fact(task, measure, one.words if now is None else other.words, None))
    figures = f"{_show(measure, now)} against {_show(measure, then)}"
    if measure.unit:
        how = "higher" if now > then else "lower" if now < then else "the same"
        return f"The {measure.many}{_where(task)} is {how} {one.words} {'as' if now == then else 'than'} {other.words}: {figures}."
    how = f"more {measure.many}" if now > then else f"fewer {measure.many}" if now < then else f"as many {measure.many}"
    link = "as" if now == then else "than"
    return f"There {be(2)} {how}{_where(task)} {one.words} {link} {other.words}: {figures}."
