"""Answer questions like “What is the CPU of the lobby terminal?”, “Which device has the least free disk?”, “Average latency yesterday?”."""

import asyncio
import re
from datetime import timedelta
from functools import partial

import msgspec

from ai_gateway.answers.gather.course import tell_no_total
from ai_gateway.answers.gather.readings import Sums, first_named, read_sums, valid_range
from ai_gateway.answers.gather.sources import DAY, Task, noun, title
from ai_gateway.answers.understand.bounds import bounds_of, of_rest
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import last
from ai_gateway.answers.understand.question import Question
from ai_gateway.answers.understand.ranking import Aggregate
from ai_gateway.answers.understand.vocabulary import COUNTED, METRIC_BY_COLUMN, Metric
from ai_gateway.homepot.scoped.readings import MetricRanking, MetricStats
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import age, be, capital, clean, count, listing, number, some_of

TOP = 5
MOST_METRICS = 4
LISTED = 10
NEWEST = timedelta(minutes=15)
_EVER = re.compile(
    r"\b(?:ever|at any (?:time|point|moment)|any ?time|once|how often|how many times)\b|"
    r"\b(?:did|was|were)\b.{0,80}\b(?:exceed|above|over|below|under|go|reach)\b|"
    r"\b(?:has|have|had)\b.{0,60}\b(?:exceeded|been|gone|reached|risen|fallen|dropped)\b|\bexceeded\b"
)
"""Asks whether the limit was passed in a time, not whether the mean of it was."""
_SPACE = frozenset({"disk_percent", "memory_percent"})
_FREE = re.compile(r"\b(?:free|unused|available|left|remaining)\b")
_TOTAL = re.compile(
    r"\b(?:totals?|sum|altogether|all together|in all|overall|number of|count of|how many|how much)\b|\bwhat (?:is|are|was|were)\b.{0,20}\b(?:sales|turnover|revenue|takings)\b"
)
_WHEN = re.compile(r"\bwhen\b|\bwhat time\b")
_WORDS: dict[Aggregate, str] = {"latest": "newest", "mean": "average", "max": "highest", "min": "lowest"}


async def gather_metrics(task: Task) -> None:
    """Each metric that is asked for: of one device, of those past a bound, ranked, or over all."""
    question = task.question
    metrics = question.metrics or (METRIC_BY_COLUMN["cpu_percent"],)
    bounds = {metric.column: bound for metric, bound in bounds_of(question.asked, metrics)}
    for metric in metrics[:MOST_METRICS]:
        bound = bounds.get(metric.column, question.bound) if len(metrics) > 1 else question.bound
        asked = msgspec.structs.replace(question, metrics=(metric,), bound=bound)
        await _gather(msgspec.structs.replace(task, question=_of_used(asked)), metric)


def _of_used(question: Question) -> Question:
    """Free space as what is used, which is what devices tell: “less than 10 % free” is more than 90 % used."""
    metric = question.metric
    if metric is None or metric.column not in _SPACE or not _FREE.search(question.asked):
        return question
    return msgspec.structs.replace(question, bound=of_rest(question.bound), lowest=not question.lowest)


async def _gather(task: Task, metric: Metric) -> None:
    chosen = _time_range(task)
    if asks_total(task, metric) and not task.question.bound:
        await tell_no_total(task, metric)
        if not _is_ranking(task):
            return
    found = await _read(task, metric, chosen)
    if not found and not task.question.time_range:  # nothing fresh: what is newest in a day?
        chosen = last(task.now, DAY, "in the last 24 hours")
        found = await _read(task, metric, chosen)
    if not found:
        await _nothing(task, metric, chosen)
    elif isinstance(found, Sums):
        await _overall(task, metric, found, chosen)
    elif task.question.bound:
        _past_bound(task, metric, found, chosen)
    elif _is_ranking(task):
        _ranked(task, metric, found, chosen)
    else:
        _each(task, metric, found, chosen)


async def _read(task: Task, metric: Metric, chosen: TimeRange) -> MetricRanking | Sums | None:
    """What the answer will show, and no more; ``None`` if there are no readings."""
    question = task.question
    rank = partial(
        task.homepot.readings.ranking, question.view, metric.column, chosen.period, valid=valid_range(metric)
    )
    aggregate = _aggregate(task)
    if bound := question.bound:
        found = await rank(
            rank_by=aggregate,
            ascending=not bound.above,
            past=(bound.sign, bound.value),
            until=bound.until,
            limit=LISTED,
        )
    elif _is_ranking(task):
        found = await rank(rank_by=aggregate, ascending=question.lowest, limit=question.top or TOP)
    elif question.devices:
        found = await rank(limit=LISTED)
    else:
        (sums,) = await read_sums(task, question.view, [metric], chosen.period)
        if len(sums.devices) != 1:
            return sums if len(sums.devices) else None
        found = await rank(limit=LISTED)
    return found if found.devices else None


def asks_total(task: Task, metric: Metric) -> bool:
    """Whether it asks for a sum of what devices count."""
    return metric.column in COUNTED and bool(_TOTAL.search(task.question.asked))


def _is_ranking(task: Task) -> bool:
    return task.question.ranking or bool(task.question.top and not task.question.order)


def _time_range(task: Task) -> TimeRange:
    question = task.question
    if question.time_range:
        return question.time_range
    if question.devices or _aggregate(task) != "latest" or _counts(task):
        return last(task.now, DAY, "in the last 24 hours")
    return last(task.now, NEWEST, "in the last 15 minutes")


def _aggregate(task: Task) -> Aggregate:
    """What to compare: what the question says, else the peak of a period it names, else the newest value."""
    question = task.question
    if question.bound and _EVER.search(question.asked):
        return "max" if question.bound.above else "min"
    if question.aggregate and not (question.ranking and question.aggregate != "mean"):
        return question.aggregate
    if _counts(task):
        return "mean"  # one reading of them says little
    if question.time_range:
        return "mean" if not question.ranking else ("min" if question.lowest else "max")
    return "latest"


def _counts(task: Task) -> bool:
    """Whether devices are ranked by what they count."""
    return bool(task.question.ranking and task.question.metric and task.question.metric.column in COUNTED)


def _value(row: MetricStats, aggregate: Aggregate) -> float:
    values: dict[Aggregate, float] = {"latest": row.latest, "mean": row.mean, "max": row.high, "min": row.low}
    return values[aggregate]


def _show(value: float, metric: Metric) -> str:
    return f"{number(value)}{metric.unit}"


def _prove(task: Task, metric: Metric, row: MetricStats, chosen: TimeRange) -> tuple[str, ...]:
    task.findings.concern(row.device_id, clean(row.name, 80), row.condition)
    return task.findings.prove(
        "metric",
        f"{title(row.name, row.device_id)} at {clean(row.site_name, 80)}: {_sentence(task, metric, row, chosen)}.",
        f"device_metrics.{metric.column}",
        at=row.latest_at,
        device_id=row.device_id,
    )


def _sentence(task: Task, metric: Metric, row: MetricStats, chosen: TimeRange) -> str:
    return (
        f"{metric.label} {_show(row.latest, metric)} {age(row.latest_at, task.now)}; {chosen.words} average "
        f"{_show(row.mean, metric)}, lowest {_show(row.low, metric)} ({rfc3339(row.low_at)}), highest "
        f"{_show(row.high, metric)} ({rfc3339(row.high_at)}) over {count(row.samples, 'reading')}"
    )


def _each(task: Task, metric: Metric, summary: MetricRanking, chosen: TimeRange) -> None:
    aggregate = _aggregate(task)
    for row in summary.ranked:
        proof = _prove(task, metric, row, chosen)
        asked = "" if aggregate == "latest" else f"{_WORDS[aggregate]} "
        lead = f"the {asked}{metric.label} of {title(row.name, row.device_id)}"
        when = f"{age(row.latest_at, task.now)}" if aggregate == "latest" else chosen.words
        verb = be(2 if metric.label.endswith("s") else 1)
        value = _value(row, aggregate)
        free = f", {_show(100 - value, metric)} free" if _free(task, metric) else ""
        task.findings.claim(f"{lead} {verb} {_show(value, metric)}{free} ({when}).", proof)
        task.findings.claim(f"{clean(row.name, 80)}: {_sentence(task, metric, row, chosen)}.", proof)


def _free(task: Task, metric: Metric) -> bool:
    return metric.column in _SPACE and bool(_FREE.search(task.question.asked))


def _past_bound(task: Task, metric: Metric, summary: MetricRanking, chosen: TimeRange) -> None:
    bound, aggregate, amount = task.question.bound, _aggregate(task), summary.matching
    if bound is None:
        return
    fact = (
        f"{count(amount, noun(task))} of {summary.devices} with readings {chosen.words}{task.question.where} "
        f"{'has' if amount == 1 else 'have'} {'an' if aggregate == 'mean' else 'a'} {_WORDS[aggregate]} {metric.label} "
        f"{bound.words}{metric.unit}"
    )
    proof = task.findings.prove("count", capital(f"{fact}."), f"device_metrics.{metric.column}")
    shown = [(row, _prove(task, metric, row, chosen)) for row in summary.ranked]
    names = [f"{title(row.name, row.device_id)} {_show(_value(row, aggregate), metric)}" for row, _ in shown]
    task.findings.claim(f"{fact}{f': {some_of(names, amount)}' if amount else ''}.", proof, *(one for _, one in shown))


def _ranked(task: Task, metric: Metric, summary: MetricRanking, chosen: TimeRange) -> None:
    question, aggregate, ranked = task.question, _aggregate(task), summary.ranked
    proofs = [_prove(task, metric, row, chosen) for row in ranked]
    best = ranked[0]
    word = "lowest" if question.lowest else "highest"
    kind = f"{_WORDS[aggregate]} " if aggregate in {"latest", "mean"} else ""
    lead = (
        f"{title(best.name, best.device_id)} at {clean(best.site_name, 80)} has the {word} {kind}{metric.label}"
        f"{question.where} {chosen.words}: {_show(_value(best, aggregate), metric)}{_when(task, best, aggregate)}"
    )
    others = listing(f"{title(r.name, r.device_id)} {_show(_value(r, aggregate), metric)}" for r in ranked[1:])
    task.findings.claim(f"{lead}.", proofs[0])
    if len(ranked) > 1:
        task.findings.claim(f"Next {be(len(ranked) - 1)} {others}.", *proofs[1:])


def _when(task: Task, row: MetricStats, aggregate: Aggregate) -> str:
    """At what time the extreme was, where the question asks for it."""
    at = {"max": row.high_at, "min": row.low_at, "latest": row.latest_at}.get(aggregate)
    return f" at {rfc3339(at)}" if at and _WHEN.search(task.question.asked) else ""


async def _overall(task: Task, metric: Metric, sums: Sums, chosen: TimeRange) -> None:
    what = f"{count(len(sums.devices), noun(task))}{task.question.where}"
    mean, readings = _show(sums.mean() or 0.0, metric), count(int(sums.samples.sum()), "reading")
    fact = f"the average {metric.label} of {what} {chosen.words} is {mean} over {readings}"
    task.findings.state("metric", capital(f"{fact}."), f"device_metrics.{metric.column}")
    highest, lowest = sums.highs.max(), sums.lows.min()
    high, low = await asyncio.gather(
        first_named(task, sums.devices[sums.highs == highest]), first_named(task, sums.devices[sums.lows == lowest])
    )
    for word, row, value in (("highest", high, highest), ("lowest", low, lowest)):
        text = f"The {word} {metric.label} was {_show(float(value), metric)} on {title(row.name, row.device_id)}."
        task.findings.claim(
            text, task.findings.prove("metric", text, f"device_metrics.{metric.column}", device_id=row.device_id)
        )
        task.findings.concern(row.device_id, clean(row.name, 80), row.condition)


async def _nothing(task: Task, metric: Metric, chosen: TimeRange) -> None:
    """Say that there is no data, and when there last was."""
    question = task.question
    whose = listing((title(one.name, one.device_id) for one in question.devices), most=3) if question.devices else ""
    subject = f" for {whose}" if whose else question.where or " for the devices in view"
    text = f"There are no {metric.label} readings{subject} {chosen.words}."
    proof = task.findings.prove("no_data", text, f"device_metrics.{metric.column}")
    task.findings.claim(text, proof)
    if question.devices:
        since = task.now - timedelta(days=365)
        for reading in await task.homepot.readings.latest(question.view, since=since, limit=LISTED):
            task.findings.concern(reading.device_id, clean(reading.name, 80), reading.condition)
            words = f"The newest reading of {title(reading.name, reading.device_id)} of any kind is from {rfc3339(reading.at)}."
            task.findings.state("reading", words, "device_metrics", at=reading.at, device_id=reading.device_id)
