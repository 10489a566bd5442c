"""Which time a question of jobs, changes and errors means, of whom, and how many are told."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from ai_gateway.answers.gather.sources import Task, kind_words
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import last
from ai_gateway.homepot.scoped.tallies import QuietDevices
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.text import capital, clean, count, listing, number, some_of

LISTED: Final = 12
QUIET: Final = 12
"""Devices without anything that are named."""
NEWEST_WITHIN: Final = timedelta(days=30)
"""“The last three errors”, and what nobody set a time for, are looked for so far back."""
_EVER: Final = re.compile(r"\bever\b")
_HOW_OFTEN: Final = re.compile(r"\bhow (?:often|frequent\w*|regularly)\b|\bhow many times\b")
BY_DEVICE: Final = re.compile(
    r"\b(?:devices|terminals|sensors|gateways|tablets|tills) (?:by|with(?: the)? most)\b|"
    r"\b(?:which|what) (?:device|terminal|sensor|gateway|tablet|pos)\w*\b|\b(?:per|by|each) device\b"
)
BY_SITE: Final = re.compile(
    r"\b(?:sites|stores|shops) (?:by|with|having|that (?:have|had|log\w*))\b|\b(?:which|what) (?:site|store)s?\b|\b(?:per|by|each|every|(?:the |one )same|single) (?:site|store)\b"
)
T = TypeVar("T")


def scope_words(task: Task) -> str:
    """`` of Checkout 1``, `` at Building A`` or an empty text."""
    devices = listing((clean(device.name, 80) for device in task.question.devices), most=3)
    return f" of {devices}" if task.question.devices else f"{type_words(task)}{task.question.where}"


def type_words(task: Task) -> str:
    """`` of gateways and tablets``, or an empty text."""
    kinds = [f"{kind_words(kind)}s" for kind in task.question.types]
    return f" of {listing(kinds)}" if kinds else ""


def most_told(task: Task) -> int:
    """How many are told: as many as “the last 5” asks for."""
    return min(task.question.top or LISTED, LISTED)


def chosen_range(task: Task) -> TimeRange:
    """The question's time range. The newest may be older than a day."""
    if task.question.order == "newest":
        return task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    return task.range()


async def looked_back(
    task: Task, read: Callable[[Period], Awaitable[T]], found: Callable[[T], object]
) -> tuple[TimeRange, T]:
    """What the question's time holds; where it names none and the last day holds nothing, what the last 30 days do.

    ``found``: whether anything was.
    """
    chosen = chosen_range(task)
    rows = await read(chosen.period)
    if (
        (found(rows) and not _EVER.search(task.question.asked))
        or task.question.time_range
        or task.question.order == "newest"
    ):
        return chosen, rows
    month = last(task.now, NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    rows = await read(month.period)
    older = found(rows) and not _EVER.search(task.question.asked)
    return (TimeRange(month.period, f"{month.words} (none in the last 24 hours)") if older else month), rows


def rate_words(events: int, period: Period) -> str:
    """``2.4 a day on average`` or ``one every 15 days on average``."""
    days = max((period.until - period.since) / timedelta(days=1), 1.0)
    if events >= days:
        return f"{number(events / days)} a day on average"
    every = days / events
    return f"one every {number(every)} days on average" if events > 1 else f"once in {number(days)} days"


def asks_how_often(text: str) -> bool:
    """Whether ``text`` (lower case) asks how often something happens."""
    return bool(_HOW_OFTEN.search(text))


def leaders(ranked: Sequence[tuple[str, float]]) -> str:
    """``Building A has``, or ``Building A and Old Town Depot have`` where they share the first place. ``ranked``: not empty."""
    first = [name for name, amount in ranked if amount == ranked[0][1]]
    return f"{listing(first)} {'has' if len(first) == 1 else 'have'}"


def newest_first(task: Task, told: int) -> None:
    """Where the newest are asked for, the ``told`` claims that were added last, newest first, are the answer."""
    if told and task.question.order == "newest":
        claims = task.findings.claims
        task.findings.claims = [*claims[-told:], *claims[:-told]]


def tell_quiet(task: Task, found: QuietDevices, lacking: str, source: str) -> None:
    """Say first how many devices in service had nothing, and which. ``lacking``: such as ``logged no errors today``."""
    names = [clean(one.name, 80) for one in found.named]
    tail = f": {some_of(names, found.quiet)}" if names else ""
    text = (
        f"{found.quiet or 'none'} of {count(found.devices, 'device')} in service{task.question.where} {lacking}{tail}."
    )
    say_first(task, capital(text), source)
    for device in found.named:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)


def say_first(task: Task, text: str, source: str, kind: str = "count") -> None:
    """Put a sentence before all others: it is what was asked."""
    task.findings.state(kind, text, source)
    task.findings.claims.insert(0, task.findings.claims.pop())
