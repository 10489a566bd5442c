"""Understand a question: whom it is about, what it asks, which time it means. Code does this, never the model."""

import re
from datetime import datetime
from typing import Literal

import msgspec

from ai_gateway.access.types import DEFAULT_MODE, Mode
from ai_gateway.answers.bounds import Bound, read_bound
from ai_gateway.answers.codes import intent_of_code, read_codes, read_jobs
from ai_gateway.answers.deeds import read_deed
from ai_gateway.answers.followup import codes_before, follow
from ai_gateway.answers.intent import Intent, read_intent
from ai_gateway.answers.leaving_out import left_out, without
from ai_gateway.answers.names import Found, NameIndex, UnknownName
from ai_gateway.answers.people import read_person
from ai_gateway.answers.period import TimeRange, read_against, read_time_range, strip_time
from ai_gateway.answers.platforms import Platform, read_platform
from ai_gateway.answers.settle import is_it_well, settle, well_being
from ai_gateway.answers.topic import Topic, read_topic
from ai_gateway.answers.types import QueryRequest
from ai_gateway.answers.vocabulary import (
    ALERT_STATUSES,
    CATEGORIES,
    CONDITIONS,
    SEVERITIES,
    TYPE_WORDS,
    Metric,
    metric_in,
    metrics_in,
)
from ai_gateway.answers.wording import plain_words
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.view import View

Aggregate = Literal["latest", "mean", "max", "min"]
Order = Literal["newest", "oldest"]

_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_FIRST = "top|bottom|first|last|latest|newest|most recent|oldest|earliest|worst|best|highest|lowest"
_AMOUNT = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
_TOP = re.compile(
    rf"\b(?:{_FIRST}) ({_AMOUNT})\b|\b({_AMOUNT}) (?:{_FIRST})\b|"
    rf"\b(?:the|which|what) ({_AMOUNT}) \w+s\b(?=.* (?:most|least|fewest|{_FIRST})\b)"
)
_ORDERS: tuple[tuple[Order, str], ...] = (
    (
        "oldest",
        r"\b(?:oldest|earliest)\b|\blongest[- ](?:open|standing|running|lasting|unresolved|active)\b|\bopen (?:the )?longest\b",
    ),
    ("newest", r"\b(?:newest|latest|most recent(?:ly)?|last)\b"),
)
_AGGREGATES: tuple[tuple[Aggregate, str], ...] = (
    ("mean", r"\baverages?\b|\bavg\b|\bmean\b|on average"),
    ("max", r"\bmax\w*\b|\bpeak\w*\b|\b(?:worst|highest)\b.{0,40}\bwhen\b"),
    ("min", r"\bmin(?:imum)?\b"),
)
_LOWEST = re.compile(r"\blowest\b|\bbottom\b|\bleast\b|\bfewest\b|\bminimum\b|\bcoolest\b|\bcoldest\b")
_RANKING = re.compile(
    r"\bwhich\b.{0,80}\b(?:most|highest|lowest|least|fewest|hottest|fullest|busiest|slowest|worst)\b|\b(?:top|bottom) \d+|\b(?:most|highest|lowest|hottest|fullest|busiest|slowest|coldest|coolest)\b"
)


_WARNINGS = re.compile(r"\bwarnings\b")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question, understood. Empty tuples and ``None`` mean that it names no such thing."""

    text: str
    asked: str = ""
    """Its words in lower case after those that a follow-up leaves unsaid."""
    intent: Intent
    mode: Mode
    view: View
    scope: tuple[int, ...] | None = None
    """HOMEPOT's integers of the sites that may be spoken of at all; ``None`` means every site."""
    devices: tuple[DeviceName, ...] = ()
    sites: tuple[SiteName, ...] = ()
    excluded: tuple[SiteName, ...] = ()
    types: tuple[str, ...] = ()
    unknown: tuple[UnknownName, ...] = ()
    ambiguous: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """Codes of errors that it names, in capitals."""
    jobs: tuple[str, ...] = ()
    """Ids of jobs that it names."""
    person: str | None = None
    """Whose changes, or resolved alerts, it asks for."""
    topic: Topic | None = None
    """What the errors, alerts or changes that it asks for are about."""
    time_range: TimeRange | None = None
    against: TimeRange | None = None
    """The time that ``time_range`` is compared with."""
    platform: Platform | None = None
    deed: str | None = None
    """What it asks to be done, such as ``restart``."""
    conditions: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    alert_statuses: tuple[str, ...] = ("active",)
    metric: Metric | None = None
    metrics: tuple[Metric, ...] = ()
    """All that it names, ``metric`` among them."""
    aggregate: Aggregate | None = None
    bound: Bound | None = None
    lowest: bool = False
    ranking: bool = False
    top: int | None = None
    order: Order | None = None

    @property
    def lost(self) -> bool:
        """Whether all it names is unknown, so that there is nothing to look at."""
        return bool(self.unknown) and not self.devices and not self.sites

    @property
    def where(self) -> str:
        """`` at Building A`` or an empty text."""
        names = " and ".join(site.name for site in self.sites)
        without = " and ".join(site.name for site in self.excluded)
        return (f" at {names}" if names else "") + (f" outside {without}" if without else "")


def understand(request: QueryRequest, index: NameIndex, now: datetime, focus: View) -> Question:
    """Resolve names, type, time, filters and intent.

    Args:
        request: the caller's question.
        index: names in the caller's scope.
        now: what “today” and “the last hour” are relative to.
        focus: the scope, narrowed to ``device_id`` and ``site_id`` of the request where given.
    """
    request = msgspec.structs.replace(request, question=plain_words(request.question, index.holds))
    platform, rest = read_platform(request.question)
    codes, rest = read_codes(rest, index.holds)
    jobs, rest = read_jobs(rest)
    person, rest = read_person(rest, index.holds)
    topic, rest = read_topic(rest, index.holds)
    followed = follow(msgspec.structs.replace(request, question=rest), index)
    found, whole = followed.found, followed.asked
    if not (codes or found.devices or found.sites):
        codes = codes_before(request, index.holds)
    excluded = left_out(found.sites, request.question.lower())
    named = found
    found = msgspec.structs.replace(found, sites=tuple(site for site in found.sites if site not in excluded))
    lowered = strip_time(found.rest.lower(), now)
    metric = metric_in(followed.own) or metric_in(
        found.rest.lower()
    )  # a “Cold Room Sensor” is no question about temperature
    time_range = read_time_range(request.question.lower(), now) or read_time_range(whole, now)
    types = () if found.devices else _types(lowered, index)
    devices, sites = _focused(found, index, focus)
    intent = settle(whole, named, devices, metric, time_range, now)
    if jobs:
        intent = Intent.JOBS
    elif codes:
        intent = intent_of_code(intent, read_intent(whole), devices=bool(devices))
    if platform and intent is Intent.UNKNOWN:
        intent = Intent.STATUS
    against = read_against(request.question.lower(), now) if intent is Intent.COMPARISON else None
    timeless = strip_time(whole, now)
    return Question(
        text=request.question,
        asked=whole,
        intent=intent,
        mode=request.mode or DEFAULT_MODE,
        view=_narrow(without(focus, excluded, index), devices, sites, types),
        scope=focus.sites,
        devices=devices,
        sites=sites,
        excluded=excluded,
        types=types,
        unknown=() if intent is Intent.SIMILAR else found.unknown,  # there, a name is part of the symptom
        ambiguous=found.ambiguous,
        codes=codes,
        jobs=jobs,
        person=person,
        topic=topic,
        time_range=against[0] if against else time_range,
        against=against[1] if against else None,
        platform=platform,
        deed=read_deed(request.question.lower(), found.rest.lower()),
        conditions=() if well_being(whole) or is_it_well(whole) else _conditions(lowered),
        severities=_severities(lowered),
        categories=tuple(category for category in CATEGORIES if re.search(rf"\b{category}\b", lowered)),
        alert_statuses=_pick(ALERT_STATUSES, lowered) or ("active",),
        metric=metric,
        metrics=metrics_in(followed.own) or metrics_in(found.rest.lower()),
        aggregate=_aggregate(whole),
        bound=read_bound(lowered),
        lowest=bool(_LOWEST.search(whole)),
        ranking=bool(_RANKING.search(whole)) or _extreme(whole, devices),
        top=_number(top[1] or top[2] or top[3]) if (top := _TOP.search(timeless)) else None,
        order=next((order for order, pattern in _ORDERS if re.search(pattern, timeless)), None),
    )


def _number(word: str) -> int:
    return _NUMBERS.get(word) or int(word)


def _aggregate(text: str) -> Aggregate | None:
    return next((name for name, pattern in _AGGREGATES if re.search(pattern, text)), None)


def _extreme(text: str, devices: tuple[DeviceName, ...]) -> bool:
    """Whether the maximum over many devices is asked for: whose it is belongs to the answer."""
    return not devices and _aggregate(text) in {"max", "min"}


def _focused(found: Found, index: NameIndex, focus: View) -> tuple[tuple[DeviceName, ...], tuple[SiteName, ...]]:
    """Add the device or site that the request itself names by id."""
    devices, sites = found.devices, found.sites
    if focus.devices is not None and not devices:
        devices = tuple(device for device in index.devices if device.id in focus.devices)
    return devices, sites


def _narrow(focus: View, devices: tuple[DeviceName, ...], sites: tuple[SiteName, ...], types: tuple[str, ...]) -> View:
    """The view of this question: the scope and what it names, together."""
    chosen = tuple(device.id for device in devices) or None
    if focus.devices is not None:
        chosen = tuple(set(chosen or focus.devices) & set(focus.devices)) or focus.devices
    named = tuple(site.id for site in sites) or None
    if devices:
        named = None  # a device's own site was used to find it; “compare X with Building A” names both
    if focus.sites is not None:
        named = tuple(set(named or focus.sites) & set(focus.sites))
    return View(sites=named, devices=chosen, types=types or None)


def _types(text: str, index: NameIndex) -> tuple[str, ...]:
    """Types in use by their own names, and by the field's words in what is left of the text."""
    known = index.names.types
    chosen = set()
    for kind in sorted(known, key=len, reverse=True):
        own = re.compile(rf"\b{kind.replace('_', '[ _-]')}s?\b")
        if own.search(text):
            chosen.add(kind)
            text = own.sub(" ", text)
    spoken = {kind for words, kind in TYPE_WORDS.items() if kind in known and re.search(rf"\b(?:{words})\b", text)}
    return tuple(sorted(chosen | spoken))


def _conditions(text: str) -> tuple[str, ...]:
    """Every state that the words name; “online” and “healthy” only where no other state is asked for."""
    chosen: dict[str, None] = {}
    for pattern, conditions in CONDITIONS.items():
        whole = re.compile(rf"\b(?:{pattern})\b")
        if whole.search(text) and not (chosen and conditions[0] in {"online", "healthy"}):
            chosen.update(dict.fromkeys(conditions))
            text = whole.sub(" ", text)  # “not healthy” is found first, and holds no “healthy” then
    return tuple(chosen)


def _severities(text: str) -> tuple[str, ...]:
    """The severities that the words name. “Warnings” by themselves are alerts of any; beside “critical” they are warnings."""
    chosen = _pick(SEVERITIES, text)
    return (
        (*chosen, "warning") if "critical" in chosen and _WARNINGS.search(text) and "warning" not in chosen else chosen
    )


def _pick(table: dict[str, tuple[str, ...]], text: str) -> tuple[str, ...]:
    """Every value that the words name; what an earlier row has read, as “not critical”, a later one does not see."""
    chosen: dict[str, None] = {}
    for pattern, values in table.items():
        whole = re.compile(rf"\b(?:{pattern})\b")
        if whole.search(text):
            chosen.update(dict.fromkeys(values))
            text = whole.sub(" ", text)
    return tuple(chosen)
