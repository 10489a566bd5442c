"""“Is Checkout 3 slower than usual?”, “Did CPU go up this week?”: a metric now, at such hours of the days before, and before that."""

import asyncio
from datetime import timedelta
from typing import Final, NamedTuple

from ai_gateway.answers.gather.anomalies import tell_signs_of
from ai_gateway.answers.gather.moved import matters, show, source, step, tell_who_moved
from ai_gateway.answers.gather.readings import read_sums
from ai_gateway.answers.gather.sources import DAY, Task, title
from ai_gateway.answers.gather.trend import gather_trend, tell_sites
from ai_gateway.answers.gather.usual import LEAST_DAYS, stands, tell_since, usual_of
from ai_gateway.answers.understand.course import (
    asks_moved,
    asks_since,
    asks_than_then,
    asks_which_site_moved,
    asks_who_moved,
)
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import last, likewise_before
from ai_gateway.answers.understand.vocabulary import Metric
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.kit.text import be, capital, clean, count, listing, number

NEWEST: Final = timedelta(minutes=15)
HOUR: Final = timedelta(hours=1)
DAYS: Final = 7
MOST: Final = 6
"""Devices of which each is told by itself."""


class Whole(NamedTuple):
    """The mean of a metric's readings in a time, and how many there were."""

    mean: float
    readings: int


async def gather_course(task: Task) -> None:
    """How the metric stands against what is usual of it and, of a time that is named, against as long a time before."""
    if task.question.metric is None:
        await (tell_sites(task) if asks_which_site_moved(task.question.asked) else gather_trend(task))
        return
    metric = task.question.metric
    if asks_who_moved(task.question.asked) and not task.question.devices:
        await tell_who_moved(task, metric, *_times(task, task.range()))
        return
    for view, whose in _whose(task)[:MOST]:
        if asks_since(task.question.asked) and task.question.devices:
            await tell_since(task, metric, view, whose)
        if task.question.time_range:
            await tell_change(task, metric, view, whose, *_times(task, task.question.time_range))
        await _tell_usual(task, metric, view, whose)
        if not task.question.time_range and asks_moved(task.question.asked):
            await tell_change(task, metric, view, whose, task.range(), likewise_before(task.range()))
    await tell_signs_of(task, metric.column)
    for device in task.question.devices[:MOST]:
        states = await task.homepot.devices.states(
            View(sites=task.question.view.sites, devices=(device.id,)), in_service_only=False, limit=1
        )
        for state in states:
            task.findings.concern(state.device_id, clean(state.name, 80), state.condition)


async def tell_no_total(task: Task, metric: Metric) -> None:
    """Say why there is no sum of a metric that devices count, and what its readings do tell."""
    tell_no_sum(task, metric)
    for view, whose in _whose(task)[:MOST]:
        await tell_change(task, metric, view, whose, task.range(), likewise_before(task.range()))


def tell_no_sum(task: Task, metric: Metric) -> None:
    """Say why there is no sum of a metric that devices count."""
    text = (
        f"How many {metric.label} there were in all cannot be told: HOMEPOT does not record whether a reading counts since a start or"
        " since the reading before, so readings must not be added up. Their average can be compared."
    )
    if metric.column == "transaction_volume":
        text = text.replace("How many transaction volume there were in all", "The whole transaction volume")
    task.findings.state("no_data", text, source(metric))


def _whose(task: Task) -> list[tuple[View, str]]:
    """Each named device by itself, or all in view together."""
    question = task.question
    if question.devices:
        return [
            (View(sites=question.view.sites, devices=(one.id,)), f" of {title(one.name, one.device_id)}")
            for one in question.devices
        ]
    return [(question.view, f" of the devices{question.where}" if question.where else " of the devices in view")]


async def _tell_usual(task: Task, metric: Metric, view: View, whose: str) -> None:
    now, words = await _mean(task, metric, view, Period(task.now - NEWEST, task.now)), "in the last 15 minutes"
    if now is None:
        now, words = await _mean(task, metric, view, Period(task.now - HOUR, task.now)), "in the last hour"
    what = f"{metric.label}{whose}"
    if now is None:
        text = f"There are no readings of the {what} in the last hour, so nothing can be compared."
        task.findings.state("no_data", text, source(metric))
        return
    usual = usual_of(metric, [one.mean for one in await _days_before(task, metric, view) if one])
    shown = f"{show(now.mean, metric)} on average {words}"
    if usual is None:
        text = f"The {what} {_be(metric)} {shown}; there are fewer than {LEAST_DAYS} days of readings at such hours to say what is usual."
        task.findings.state("metric", text, source(metric))
        return
    text = (
        f"the {what} {_be(metric)} {stands(now.mean, usual)}: {shown} ({count(now.readings, 'reading')}), and {number(usual.low)} to"
        f" {show(usual.high, metric)} is expected, by this hour of the {usual.days} days before (median"
        f" {show(usual.middle, metric)})."
    )
    task.findings.state("metric", capital(text), source(metric))


async def _days_before(task: Task, metric: Metric, view: View) -> list[Whole | None]:
    """The hour around this time of day, of each day before."""
    around = HOUR / 2
    middles = [task.now - day * DAY for day in range(1, DAYS + 1)]
    periods = [Period(middle - around, middle + around) for middle in middles]
    return await asyncio.gather(*(_mean(task, metric, view, period) for period in periods))


def _be(metric: Metric) -> str:
    return be(2 if metric.label.endswith("s") else 1)


def _times(task: Task, named: TimeRange) -> tuple[TimeRange, TimeRange]:
    """What is compared: the time that is named and as long before; or, of “than yesterday”, what came since and that time."""
    if not asks_than_then(task.question.asked):
        return named, likewise_before(named)
    if task.now - named.period.until > NEWEST:
        return TimeRange(Period(named.period.until, task.now), "since then"), named
    day = last(task.now, DAY, "in the last 24 hours")
    return day, TimeRange(Period(named.period.since, day.period.since), f"{named.words} before these")


async def tell_change(task: Task, metric: Metric, view: View, whose: str, chosen: TimeRange, before: TimeRange) -> None:
    """How the average of one time stands against that of another."""
    now, then = await asyncio.gather(_mean(task, metric, view, chosen.period), _mean(task, metric, view, before.period))
    what = f"average {metric.label}{whose}"
    if now is None or then is None:
        there = chosen.words if now is None else before.words
        task.findings.state("no_data", f"There are no readings of the {metric.label}{whose} {there}.", source(metric))
        return
    change = now.mean - then.mean
    least = matters(metric, then.mean)
    little = "" if abs(change) >= least else f", less than what matters of it ({number(least)}{step(metric)})"
    moved = f"{'rose' if change > 0 else 'fell'} by {number(abs(change))}{step(metric)}{little}"
    text = (
        f"the {what} {moved}: {show(now.mean, metric)} {chosen.words} ({count(now.readings, 'reading')}), against"
        f" {show(then.mean, metric)} {before.words} ({count(then.readings, 'reading')})."
    )
    task.findings.state("metric", capital(text), source(metric))
    await _tell_days(task, metric, view, whose, chosen)


async def _tell_days(task: Task, metric: Metric, view: View, whose: str, chosen: TimeRange) -> None:
    """The average of each day, where the time has several of them and few enough to read."""
    midnight = chosen.period.since.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + day * DAY for day in range(2 * DAYS) if midnight + day * DAY < chosen.period.until]
    if len(days) < LEAST_DAYS or midnight + 2 * DAYS * DAY < chosen.period.until:
        return
    periods = [Period(max(day, chosen.period.since), min(day + DAY, chosen.period.until)) for day in days]
    means = await asyncio.gather(*(_mean(task, metric, view, period) for period in periods))
    told = [f"{day:%Y-%m-%d} {show(one.mean, metric)}" for day, one in zip(days, means, strict=True) if one]
    text = f"by the day, the average {metric.label}{whose}: {listing(told, most=2 * DAYS)}."
    task.findings.state("metric", capital(text), source(metric))


async def _mean(task: Task, metric: Metric, view: View, period: Period) -> Whole | None:
    (sums,) = await read_sums(task, view, [metric], period)
    mean = sums.mean()
    return None if mean is None else Whole(mean, int(sums.samples.sum()))
