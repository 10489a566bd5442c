"""Understand a question: whom it is about, what it asks, which time it means. Code does this, never the model."""

import re
from datetime import datetime
from typing import NamedTuple

import msgspec

from ai_gateway.access.types import DEFAULT_MODE, Mode
from ai_gateway.answers.types import QueryRequest
from ai_gateway.answers.understand.bounds import Bound, read_bound
from ai_gateway.answers.understand.codes import intent_of_code, read_codes, read_jobs
from ai_gateway.answers.understand.dates import NoDate, only_dates
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.deeds import read_deed
from ai_gateway.answers.understand.filters import (
    read_categories,
    read_conditions,
    read_severities,
    read_statuses,
    read_types,
)
from ai_gateway.answers.understand.followup import codes_before, follow
from ai_gateway.answers.understand.intent import Intent, read_intent
from ai_gateway.answers.understand.leaving_out import left_out, without
from ai_gateway.answers.understand.name_index import NameIndex
from ai_gateway.answers.understand.names import Found, UnknownName
from ai_gateway.answers.understand.people import read_person
from ai_gateway.answers.understand.period import read_against, read_time_range, strip_time
from ai_gateway.answers.understand.platforms import Platform, read_platform
from ai_gateway.answers.understand.ranking import (
    Aggregate,
    Order,
    asks_lowest,
    asks_ranking,
    read_aggregate,
    read_order,
    read_top,
)
from ai_gateway.answers.understand.settle import is_it_well, settle, well_being
from ai_gateway.answers.understand.topic import Topic, read_topic
from ai_gateway.answers.understand.vocabulary import Metric, metrics_in
from ai_gateway.answers.understand.wording import plain_words
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.view import View

_RESOLVES = re.compile(r"\b(?:resolv|clos)\w*\b")


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
    shared: str = ""
    """The word that the names of all ``devices`` hold, where they are meant by that alone."""
    namesakes: tuple[str, tuple[DeviceName, ...]] | None = None
    """A word that means all of ``types``, and those of them whose names hold it."""
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
    no_date: NoDate | None = None
    """A date or time of it that does not exist."""
    platform: Platform | None = None
    deed: str | None = None
    """What it asks to be done, such as ``restart``."""
    conditions: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    alert_statuses: tuple[str, ...] = ("active",)
    metrics: tuple[Metric, ...] = ()
    aggregate: Aggregate | None = None
    bound: Bound | None = None
    lowest: bool = False
    ranking: bool = False
    top: int | None = None
    order: Order | None = None

    @property
    def metric(self) -> Metric | None:
        """The first metric that it names."""
        return next(iter(self.metrics), None)

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


class _Labels(NamedTuple):
    """What a question names by its form; ``rest``: its words without that, among which names of devices and sites are."""

    platform: Platform | None
    codes: tuple[str, ...]
    jobs: tuple[str, ...]
    person: str | None
    topic: Topic | None
    rest: str


class _Whom(NamedTuple):
    """Whom a question is about."""

    devices: tuple[DeviceName, ...]
    sites: tuple[SiteName, ...]
    excluded: tuple[SiteName, ...]
    types: tuple[str, ...]


def understand(request: QueryRequest, index: NameIndex, now: datetime, focus: View) -> Question:
    """Resolve names, type, time, filters and intent.

    Args:
        request: the caller's question.
        index: names in the caller's scope.
        now: what “today” and “the last hour” are relative to.
        focus: the scope, narrowed to ``device_id`` and ``site_id`` of the request where given.
    """
    text, no_date = only_dates(plain_words(request.question, index.holds), now)
    request, own = msgspec.structs.replace(request, question=text), text.lower()
    labels = _labels(text, index)
    followed = follow(msgspec.structs.replace(request, question=labels.rest), index)
    found, asked = followed.found, followed.asked
    if not (labels.codes or found.devices or found.sites):
        labels = labels._replace(codes=codes_before(request, index.holds))
    words = found.rest.lower()
    rest, timeless = strip_time(words, now), strip_time(asked, now)
    whom = _whom(found, own, rest, index, focus)
    word, called = index.namesakes(rest, whom.types)
    metrics = metrics_in(followed.own) or metrics_in(words)  # a “Cold Room Sensor” is no question about temperature
    time_range = read_time_range(own, now) or read_time_range(asked, now)
    intent = settle(asked, found, whom.devices, next(iter(metrics), None), time_range, now)
    intent = _of_labels(intent, labels, asked, whom)
    against = read_against(own, now) if intent is Intent.COMPARISON else None
    return Question(
        text=text,
        asked=asked,
        intent=intent,
        mode=request.mode or DEFAULT_MODE,
        view=_narrow(without(focus, whom.excluded, index), whom),
        scope=focus.sites,
        devices=whom.devices,
        sites=whom.sites,
        excluded=whom.excluded,
        types=whom.types,
        unknown=() if intent is Intent.SIMILAR else found.unknown,  # there, a name is part of the symptom
        ambiguous=found.ambiguous,
        shared=found.shared,
        namesakes=(word, at_hand) if word and (at_hand := _at(whom.sites, called)) else None,
        codes=labels.codes,
        jobs=labels.jobs,
        person=labels.person,
        topic=labels.topic or read_topic(asked, index.holds)[0],
        time_range=against[0] if against else time_range,
        against=against[1] if against else None,
        no_date=no_date,
        platform=labels.platform,
        deed=read_deed(own, words),
        conditions=() if well_being(asked) or is_it_well(asked) else read_conditions(rest),
        severities=read_severities(rest),
        categories=read_categories(rest),
        alert_statuses=read_statuses(rest),
        metrics=metrics,
        aggregate=read_aggregate(asked),
        bound=read_bound(rest),
        lowest=asks_lowest(asked),
        ranking=asks_ranking(asked, of_many=not whom.devices),
        top=read_top(timeless),
        order=read_order(timeless),
    )


def _labels(text: str, index: NameIndex) -> _Labels:
    platform, rest = read_platform(text)
    codes, rest = read_codes(rest, index.holds)
    jobs, rest = read_jobs(rest)
    person, rest = read_person(rest, index.holds)
    topic, rest = read_topic(rest, index.holds)
    return _Labels(platform, codes, jobs, person, topic, rest)


def _whom(found: Found, own: str, rest: str, index: NameIndex, focus: View) -> _Whom:
    """Those that it names, but for sites that it leaves out; else the device that the request itself names by id."""
    excluded = left_out(found.sites, own)
    sites = tuple(site for site in found.sites if site not in excluded)
    if found.devices:
        return _Whom(found.devices, sites, excluded, ())
    named = tuple(device for device in index.devices if device.id in focus.devices) if focus.devices else ()
    return _Whom(named, sites, excluded, read_types(rest, index.names.types))


def _at(sites: tuple[SiteName, ...], devices: list[DeviceName]) -> tuple[DeviceName, ...]:
    """Those of the devices that are at these sites; all, where none is named."""
    ids = {site.id for site in sites}
    return tuple(device for device in devices if not ids or device.site_id in ids)


def _of_labels(intent: Intent, labels: _Labels, asked: str, whom: _Whom) -> Intent:
    """Let jobs, codes and an operating system decide, where its words leave room."""
    if labels.jobs:
        return Intent.JOBS
    if labels.codes:
        intent = intent_of_code(intent, read_intent(asked), devices=bool(whom.devices))
    if labels.person and intent is Intent.UNKNOWN:
        return Intent.ALERTS if _RESOLVES.search(asked) else Intent.CHANGES
    return Intent.STATUS if labels.platform and intent is Intent.UNKNOWN else intent


def _narrow(focus: View, whom: _Whom) -> View:
    """The view of this question: the scope and what it names, together."""
    chosen = tuple(device.id for device in whom.devices) or None
    if focus.devices is not None:
        chosen = tuple(set(chosen or focus.devices) & set(focus.devices)) or focus.devices
    named = tuple(site.id for site in whom.sites) or None
    if whom.devices:
        named = None  # a device's own site was used to find it; “compare X with Building A” names both
    if focus.sites is not None:
        named = tuple(set(named or focus.sites) & set(focus.sites))
    return View(sites=named, devices=chosen, types=whom.types or None)
