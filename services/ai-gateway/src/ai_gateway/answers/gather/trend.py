"""“Is it getting better?”, “Which site improved?”: what was raised, logged, failed and heard in two times."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from ai_gateway.answers.gather.measures import alerts, errors, jobs, where_words
from ai_gateway.answers.gather.presence import presence_of, share_of, shares_by_site
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.understand.course import asks_worse
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import as_long_before
from ai_gateway.answers.understand.vocabulary import EVERY_STATUS
from ai_gateway.homepot.scoped.readings import Presence
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.kit.text import capital, clean, count, listing, number

Amounts = list[tuple[str, int]]
"""What sites had of something; a site may come more than once."""
NO_EARLIER_HEALTH: Final = "How healthy devices were at an earlier time is not on record."
NO_EARLIER_READINGS: Final = "Uptime is not compared: there are no readings on record of the beginning of both times."


async def gather_trend(task: Task) -> None:
    """Whether it gets better or worse: what was raised, logged and failed in the last week, or the time named, and before."""
    chosen = task.range(timedelta(days=7), "in the last 7 days")
    await tell_trend(task, chosen, as_long_before(chosen))


async def tell_trend(task: Task, chosen: TimeRange, before: TimeRange) -> None:
    """Whether ``chosen`` was better or worse than ``before``, by what was raised, logged and failed in each."""
    compared, alone, steps = [], [], []
    for measure in (alerts(task), errors(task), jobs(task, failed=True)):
        read = await asyncio.gather(measure.read(chosen.period), measure.read(before.period))
        now, then = (int(one or 0) for one in read)
        if then or await _is_kept(task, measure.source, before.period):
            compared.append(f"{count(now, measure.one, measure.many)} against {then or 'none'}")
            steps.append((now > then) - (now < then))
        else:
            alone.append(count(now, measure.one, measure.many))
    await _compare_uptime(task, chosen, before, compared, steps)
    text = f"by what is on record it is {_better_or_worse(steps)}{where_words(task)} {chosen.words} than {before.words}: {listing(compared)}."
    if not compared:
        text = f"Whether it got better{where_words(task)} cannot be told: nothing is on record before to compare with."
    task.findings.state("comparison", capital(text), "alerts:count, error_logs:count, jobs:count")
    if not any("uptime" in one for one in compared):
        task.findings.state("note", NO_EARLIER_READINGS, "device_metrics:count")
    if alone:
        text = f"Not compared, as none is on record before: {listing(alone)} {chosen.words}."
        task.findings.state("count", text, "alerts:count, error_logs:count, jobs:count")
    task.findings.state("note", NO_EARLIER_HEALTH, "computed")


async def _is_kept(task: Task, source: str, period: Period) -> bool:
    """Whether anything of the kind is on record of a time in all that the caller sees: else nobody kept it then."""
    question = task.question
    whole = View(sites=question.scope)
    if question.view == whole:
        return False
    wide = msgspec.structs.replace(question, view=whole, severities=(), categories=())
    everywhere = msgspec.structs.replace(task, question=wide)
    measures = (alerts(everywhere), errors(everywhere), jobs(everywhere))
    return bool(await next(one for one in measures if one.source == source).read(period))


async def _compare_uptime(
    task: Task, chosen: TimeRange, before: TimeRange, compared: list[str], steps: list[int]
) -> None:
    """Add how much of both times devices sent readings, where readings are on record of all of both."""
    now, then = (share_of(one) for one in await _presences(task, chosen, before))
    if now is None or then is None:
        return
    compared.append(f"uptime, by the readings that came, of {number(now)} % against {number(then)} %")
    steps.append((round(now, 1) < round(then, 1)) - (round(now, 1) > round(then, 1)))


async def _presences(task: Task, chosen: TimeRange, before: TimeRange) -> tuple[list[Presence], list[Presence]]:
    return await asyncio.gather(presence_of(task, chosen.period), presence_of(task, before.period))


def _better_or_worse(steps: list[int]) -> str:
    """In words; a step is above 0 where there is more of what is bad than before, and below where there is less."""
    worse, better = any(one > 0 for one in steps), any(one < 0 for one in steps)
    if worse and better:
        return "better in part and worse in part"
    return "worse" if worse else "better" if better else "neither better nor worse"


class _Of(NamedTuple):
    """What sites are compared by: its words, its source, and each site's figure in both times. ``good``: more of it is better."""

    words: str
    source: str
    now: Mapping[str, float]
    then: Mapping[str, float]
    good: bool = False
    unit: str = ""

    def change(self, name: str) -> float:
        """By how much it got worse at a site; below 0, better."""
        step = round(self.now.get(name, 0) - self.then.get(name, 0), 1)
        return -step if self.good else step


async def tell_sites(task: Task) -> None:
    """Which site got better, or worse, most: by alerts, then by errors, failed jobs and uptime, in the last week, or the time named."""
    chosen = task.range(timedelta(days=7), "in the last 7 days")
    before = as_long_before(chosen)
    devices, *kinds = await asyncio.gather(
        task.homepot.devices.counts(task.question.view),
        _of_alerts(task, chosen, before),
        _of_errors(task, chosen, before),
        _of_jobs(task, chosen, before),
        _of_uptime(task, chosen, before),
    )
    names = sorted({row.site_name for row in devices if row.in_service})
    ids = {row.site_id: row.site_name for row in devices}
    first, logged, *others = kinds
    logged = logged._replace(now=_named(logged.now, ids), then=_named(logged.then, ids))
    when = f" {chosen.words}, against those {before.words},"
    _tell_of(task, first, names, when)
    alone = [one for one in (logged, *others) if not any(one.then.values())]
    for one in (logged, *others):
        if one not in alone:
            _tell_of(task, one, names, "")
    if alone:
        text = f"Sites are not compared by {listing(one.words for one in alone)}: none are on record before."
        task.findings.state("note", text, "error_logs:count, jobs:count, device_metrics:count")
    task.findings.state("note", NO_EARLIER_HEALTH, "computed")


def _tell_of(task: Task, of: _Of, names: list[str], when: str) -> None:
    """Which site moved the way that is asked most by one of them, and the figures of all, that one first."""
    sign = 1 if asks_worse(task.question.asked) else -1
    ranked = sorted(names, key=lambda name: (-sign * of.change(name), name))
    moved = [name for name in ranked if sign * of.change(name) > 0]
    how = "worse" if sign > 0 else "better"
    lead = f"the site that got {how} most is {clean(moved[0], 80)}" if moved else f"no site got {how}"
    told = [
        f"{clean(name, 80)} {number(of.now.get(name, 0))}{of.unit} against {number(of.then.get(name, 0))}{of.unit}"
        for name in ranked
    ]
    text = f"by the {of.words}{when or ','} {lead}: {listing(told)}."
    task.findings.state("comparison", capital(text), of.source)


def _named(figures: Mapping[str, float], ids: Mapping[int, str]) -> dict[str, float]:
    """By the names of sites in place of HOMEPOT's integers of them."""
    return {ids[int(site)]: value for site, value in figures.items() if int(site) in ids}


async def _in_both(
    read: Callable[[Period], Awaitable[Amounts]], chosen: TimeRange, before: TimeRange
) -> tuple[Counter[str], Counter[str]]:
    """Each site's sum in one time and in the other."""
    now, then = await asyncio.gather(read(chosen.period), read(before.period))
    return _sums(now), _sums(then)


def _sums(amounts: Amounts) -> Counter[str]:
    found: Counter[str] = Counter()
    for site, amount in amounts:
        found[site] += amount
    return found


async def _of_alerts(task: Task, chosen: TimeRange, before: TimeRange) -> _Of:
    async def read(period: Period) -> Amounts:
        rows = await task.homepot.alerts.counts(
            task.question.view, statuses=EVERY_STATUS, since=period.since, until=period.until
        )
        return [(row.site_name or "", row.alerts) for row in rows]

    return _Of("alerts raised", "alerts:count", *await _in_both(read, chosen, before))


async def _of_errors(task: Task, chosen: TimeRange, before: TimeRange) -> _Of:
    """By HOMEPOT's integers of the sites."""

    async def read(period: Period) -> Amounts:
        rows = await task.homepot.errors.totals(task.question.view, period)
        return [(str(row.site_id), row.events) for row in rows]

    return _Of("warnings and errors logged", "error_logs:count", *await _in_both(read, chosen, before))


async def _of_jobs(task: Task, chosen: TimeRange, before: TimeRange) -> _Of:
    async def read(period: Period) -> Amounts:
        rows = await task.homepot.jobs.counts(task.question.view, period)
        return [(row.site_name, row.jobs) for row in rows if row.status == "failed"]

    return _Of("jobs that failed", "jobs:count", *await _in_both(read, chosen, before))


async def _of_uptime(task: Task, chosen: TimeRange, before: TimeRange) -> _Of:
    now, then = (shares_by_site(one) for one in await _presences(task, chosen, before))
    return _Of("uptime, as far as readings came", "device_metrics:count", now, then, good=True, unit=" %")
