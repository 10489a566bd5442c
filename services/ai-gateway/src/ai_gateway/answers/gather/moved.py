"""“Which device got slower today?”, “Which sites run hotter than yesterday?”: whose metric moved most between two times."""

import asyncio
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.answers.gather.readings import Sums, read_sums
from ai_gateway.answers.gather.sources import Task, noun, title
from ai_gateway.answers.understand.course import asks_which_site, read_direction
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.vocabulary import Metric
from ai_gateway.health.catalogue import metric_named
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.text import capital, clean, count, number, some_of

LISTED: Final = 5
SHARE: Final = 0.1
"""Of the level, what matters of a metric of which nobody said it."""


class Moved(NamedTuple):
    """The mean of a thing, HOMEPOT's integer of it, in the time asked of and in the one before."""

    key: int
    now: float
    then: float

    @property
    def change(self) -> float:
        """By how much it rose."""
        return self.now - self.then


async def tell_who_moved(task: Task, metric: Metric, chosen: TimeRange, before: TimeRange) -> None:
    """The devices, or sites, whose mean moved the way that is asked, by at least what matters; the most first."""
    view, text = task.question.view, task.question.asked
    by_site = asks_which_site(text)
    (now,), (then,) = await asyncio.gather(
        read_sums(task, view, [metric], chosen.period), read_sums(task, view, [metric], before.period)
    )
    both = _both(_means(now, by_site=by_site), _means(then, by_site=by_site))
    if not both:
        fact = f"There are no readings of the {metric.label}{task.question.where} {chosen.words} and {before.words} to compare."
        task.findings.state("no_data", fact, source(metric))
        return
    direction = read_direction(text, bad=metric_named(metric.column).bad)
    how = {1: "rose", -1: "fell", 0: "moved"}[direction]
    both.sort(key=lambda one: (-one.change * direction if direction else -abs(one.change), one.key))
    moved = [one for one in both if one.change * direction >= 0 and abs(one.change) >= matters(metric, one.then)]
    names = await _names(task, [one.key for one in moved[:LISTED] or both[:1]], by_site=by_site)
    first, kind = both[0], "site" if by_site else noun(task)
    most = (
        f"{names[first.key]}: average {metric.label} {show(first.now, metric)} {chosen.words}, against"
        f" {show(first.then, metric)} {before.words}"
    )
    if not moved:
        lead = f"no {kind}{task.question.where} of {len(both)} {how} in {metric.label} by what matters; the nearest is {most}."
        task.findings.state("metric", capital(lead), source(metric))
        return
    task.findings.state("metric", f"The {metric.label} {how} most on {most}.", source(metric))
    listed = [f"{names[one.key]} {_change(one, metric)}" for one in moved[:LISTED]]
    fact = f"It {how} by what matters on {count(len(moved), kind)} of {len(both)}{task.question.where}: {some_of(listed, len(moved))}."
    task.findings.state("count", fact, source(metric))


def _means(sums: Sums, *, by_site: bool) -> dict[int, float]:
    """The mean of all readings by HOMEPOT's integer of the device, or site."""
    keys, places = np.unique(sums.sites if by_site else sums.devices, return_inverse=True)
    means = np.bincount(places, sums.totals, len(keys)) / np.bincount(places, sums.samples, len(keys))
    return dict(zip(keys.tolist(), means.tolist(), strict=True))


def _both(now: dict[int, float], then: dict[int, float]) -> list[Moved]:
    """What has readings in both times."""
    return [Moved(key, mean, then[key]) for key, mean in now.items() if key in then]


async def _names(task: Task, keys: list[int], *, by_site: bool) -> dict[int, str]:
    """How each is called; devices become part of the answer."""
    if not keys:
        return {}
    if by_site:
        counts = await task.homepot.devices.counts(View(sites=tuple(keys)))
        return {row.site_id: clean(row.site_name, 80) for row in counts}
    view = View(sites=task.question.view.sites, devices=tuple(keys))
    states = await task.homepot.devices.states(view, in_service_only=False, limit=len(keys))
    by_id = {state.id: state for state in states}
    for state in (by_id[key] for key in keys):
        task.findings.concern(state.device_id, clean(state.name, 80), state.condition)
    return {key: f"{title(by_id[key].name, by_id[key].device_id)} at {clean(by_id[key].site_name, 80)}" for key in keys}


def _change(one: Moved, metric: Metric) -> str:
    return f"{'+' if one.change > 0 else '-'}{number(abs(one.change))}{step(metric)}"


def matters(metric: Metric, level: float) -> float:
    """The least difference that a person would look at."""
    known = metric_named(metric.column).matters
    return known if known is not None else SHARE * abs(level)


def step(metric: Metric) -> str:
    """The unit of a difference: of percentages it is points."""
    return " points" if metric.unit == " %" else metric.unit


def show(value: float, metric: Metric) -> str:
    """A value with its unit."""
    return f"{number(value)}{metric.unit}"


def source(metric: Metric) -> str:
    """Where its readings are."""
    return f"device_metrics.{metric.column}"
