"""Answer questions like “Are there more alerts today than yesterday?”: the same figure of two times."""

import re
from typing import Final

from ai_gateway.answers.gather.measures import MEASURES, STATES, Measure, measure_of, where_words
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.gather.trend import tell_trend
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.text import be, capital, count, number

_COMPARES: Final = re.compile(r"\b(?:compar\w+|vs|versus|against|differ\w*)\b")


async def gather_periods(task: Task, first: TimeRange, second: TimeRange) -> None:
    """Say in which of two times there was more, and, where one is shorter, how it stood after as long a time."""
    if _asks_all(task):
        part = _part(first.period, second.period)
        second = TimeRange(part, f"{second.words}, in as long a time from its start") if part else second
        await tell_trend(task, first, second)
        return
    measure = measure_of(task)
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


def _part(first: Period, second: Period) -> Period | None:
    """The beginning of the second that is as long as the first, where the first is the shorter one."""
    length = first.until - first.since
    return Period(second.since, second.since + length) if length < second.until - second.since else None


def _asks_all(task: Task) -> bool:
    """Whether it compares two times without a word of what."""
    question = task.question
    named = question.metric or question.severities or question.categories or question.conditions
    told = any(re.search(pattern, question.asked) for pattern, _ in MEASURES) or STATES.search(question.asked)
    return bool(_COMPARES.search(question.asked)) and not (named or told)


def _show(measure: Measure, value: float) -> str:
    return f"{number(value)}{measure.unit.rstrip()}" if measure.unit.strip() else number(value)


def _fact(task: Task, measure: Measure, words: str, value: float | None) -> str:
    """One side in words, such as “yesterday (UTC) there were 12 alerts”."""
    if value is None:
        return f"{words}{where_words(task)} there is no figure for {measure.many}."
    if measure.unit:
        return f"{words} the {measure.many}{where_words(task)} was {_show(measure, value)}."
    return f"{words} there {'was' if value == 1 else 'were'} {count(int(value), measure.one, measure.many)}{where_words(task)}."


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
        known = [(words, value) for words, value in ((one.words, now), (other.words, then)) if value is not None]
        missing = [(words, None) for words, value in ((one.words, now), (other.words, then)) if value is None]
        return " ".join(capital(_fact(task, measure, words, value)) for words, value in (*missing, *known))
    figures = f"{_show(measure, now)} against {_show(measure, then)}"
    if measure.unit:
        how = "higher" if now > then else "lower" if now < then else "the same"
        return f"The {measure.many}{where_words(task)} is {how} {one.words} {'as' if now == then else 'than'} {other.words}: {figures}."
    how = f"more {measure.many}" if now > then else f"fewer {measure.many}" if now < then else f"as many {measure.many}"
    link = "as" if now == then else "than"
    return f"There {be(2)} {how}{where_words(task)} {one.words} {link} {other.words}: {figures}."
