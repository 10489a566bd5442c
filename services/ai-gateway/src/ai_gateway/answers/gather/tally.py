"""Counts by hour, day or week: “how many alerts did we get per day this week?”."""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ai_gateway.answers.gather.recent import say_first
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.homepot.scoped.tallies import TimeCount
from ai_gateway.kit.text import capital, count, listing, number

FEW: Final = 10
"""So many hours or days are told one by one, those with nothing too."""
MOST_SHOWN: Final = 16
BUSIEST: Final = 5
"""Hours of the day that are told."""


class Unit(msgspec.Struct, frozen=True):
    """What is counted by. ``span``: how far back where no time is named."""

    name: str
    length: timedelta
    span: timedelta
    words: str
    shape: str


_HOUR: Final = Unit("hour", timedelta(hours=1), timedelta(days=1), "in the last 24 hours", "%Y-%m-%d %H:00")
_DAY: Final = Unit("day", timedelta(days=1), timedelta(days=7), "in the last 7 days", "%Y-%m-%d")
_WEEK: Final = Unit("week", timedelta(weeks=1), timedelta(days=28), "in the last 28 days", "week of %Y-%m-%d")
_FOLDED: Final = msgspec.structs.replace(_HOUR, span=timedelta(days=7), words="in the last 7 days")
"""Hours of several days, for the times of day."""
_UNITS: Final = tuple(
    (
        unit,
        re.compile(
            rf"\b(?:per|by(?: the)?|for each|for every|each|every|which|what|busiest|worst|quietest) {unit.name}s?\b(?! ago)|"
            rf"\b(?:often|times|alerts|alarms|errors|warnings|jobs|changes|many|get|have|see|log|raise) an? {unit.name}\b|"
            rf"\b{adverb}\b|\b{unit.name} by {unit.name}\b|\b{unit.name}[- ]?wise\b"
        ),
    )
    for unit, adverb in ((_HOUR, "hourly"), (_DAY, "daily"), (_WEEK, "weekly"))
)
_TREND: Final = re.compile(
    r"\btrends?\b|\b(?:increasing|decreasing|growing|rising|falling)\b|\b(?:going|gone|went|go) (?:up|down)\b|\bover time\b"
)
_IN_THE_LAST: Final = re.compile(r"\b(?:last|past|within|in|for|next) (?:an?|each|every) (?:hour|day|week)\b")
_TIME_OF_DAY: Final = re.compile(r"\b(?:time|times|hours?) of (?:the )?day\b|\b(?:what|which) times?\b")
_MOST: Final = re.compile(r"\b(?:which|what|busiest|worst) (?:hour|day|week)\b|\bmost\b")


def read_unit(text: str) -> Unit | None:
    """What the question (lower case) wants counted by, if it does."""
    if _TIME_OF_DAY.search(text):
        return _FOLDED
    text = _IN_THE_LAST.sub(" ", text)
    if _TREND.search(text):
        return _DAY
    return next((unit for unit, pattern in _UNITS if pattern.search(text)), None)


def unit_range(task: Task, unit: Unit) -> TimeRange:
    """The question's time range, or so far back as suits the unit."""
    return task.range(unit.span, unit.words)


def tell_tally(task: Task, unit: Unit, chosen: TimeRange, rows: list[TimeCount], noun: str, source: str) -> None:
    """Say first how many there were in each hour, day or week. ``noun``: of one, such as ``alert``."""
    counted = dict.fromkeys(_starts(chosen, unit), 0) | {row.at: row.events for row in rows}
    if not any(counted.values()):
        return
    if _TIME_OF_DAY.search(task.question.asked):
        _tell_times_of_day(task, chosen, counted, noun, source)
        return
    total = sum(counted.values())
    one_day = len({at.date() for at in counted}) == 1
    shape = "%H:00" if unit.name == "hour" and one_day else unit.shape
    text = f"by {unit.name} (UTC), {noun}s {chosen.words}: {_listed(counted, shape)}"
    if task.question.aggregate == "mean":
        lengths = max((chosen.period.until - chosen.period.since) / unit.length, 1.0)
        text += f"; {number(total / lengths)} {'an' if unit.name == 'hour' else 'a'} {unit.name} on average"
    if _MOST.search(task.question.asked):
        busiest = max(counted, key=lambda at: counted[at])
        text = f"most were {_at(unit)} {busiest.strftime(shape)}: {count(counted[busiest], noun)}; {text}"
    say_first(task, capital(f"{text}."), source)


def _tell_times_of_day(task: Task, chosen: TimeRange, counted: dict[datetime, int], noun: str, source: str) -> None:
    """All days together: in which hours of the day most happen."""
    hours: Counter[int] = Counter()
    for at, amount in counted.items():
        hours[at.hour] += amount
    ranked = [(hour, amount) for hour, amount in hours.most_common(BUSIEST) if amount]
    words = listing(f"{hour:02d}:00: {amount}" for hour, amount in ranked)
    first, most = ranked[0]
    text = f"most {noun}s {chosen.words} came between {first:02d}:00 and {(first + 1) % 24:02d}:00 UTC: {most} of {hours.total()}; by hour of the day: {words}."
    say_first(task, capital(text), source)


def _at(unit: Unit) -> str:
    return "on" if unit.name == "day" else "in the" if unit.name == "week" else "in the hour from"


def _listed(counted: dict[datetime, int], shape: str) -> str:
    """Few of them one by one; of many, only those with any, and of very many the busiest."""
    if len(counted) <= FEW:
        return listing((f"{at.strftime(shape)}: {amount}" for at, amount in sorted(counted.items())), most=FEW)
    some = {at: amount for at, amount in counted.items() if amount}
    shown = sorted(sorted(some, key=lambda at: (-some[at], at))[:MOST_SHOWN])
    words = listing((f"{at.strftime(shape)}: {some[at]}" for at in shown), most=MOST_SHOWN)
    rest = sum(some.values()) - sum(some[at] for at in shown)
    return f"{words}; {rest or 'none'} in the other {len(counted) - len(shown)}" if len(shown) < len(counted) else words


def start_of(at: datetime, unit: Unit) -> datetime:
    """The beginning of the hour, day or week (UTC) that a moment is in."""
    at = at.replace(minute=0, second=0, microsecond=0)
    if unit.name == "hour":
        return at
    at = at.replace(hour=0)
    return at - timedelta(days=at.weekday()) if unit.name == "week" else at


def _starts(chosen: TimeRange, unit: Unit) -> list[datetime]:
    """The beginnings of all hours, days or weeks of a period, oldest first."""
    at = start_of(chosen.period.since, unit)
    starts = []
    while at < chosen.period.until:
        starts.append(at)
        at += unit.length
    return starts
