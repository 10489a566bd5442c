"""Answer questions like “Which alerts are open?”, “How many critical alerts does Building A have?”."""

import asyncio
import re
from collections import Counter
from typing import Any

import msgspec

from ai_gateway.answers.gather.recent import (
    BY_SITE,
    NEWEST_WITHIN,
    QUIET,
    asks_how_often,
    leaders,
    rate_words,
    say_first,
    tell_quiet,
    type_words,
)
from ai_gateway.answers.gather.resolving import RESOLVED, asks_how_long, gather_resolve_times, tell_resolved
from ai_gateway.answers.gather.seeing_to import say_who
from ai_gateway.answers.gather.sources import Task, alert_sentence, prove_alert, title
from ai_gateway.answers.gather.tally import Unit, read_unit, tell_tally, unit_range
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import read_longer
from ai_gateway.answers.understand.question import Question
from ai_gateway.answers.understand.ranking import Order
from ai_gateway.answers.understand.vocabulary import EVERY_STATUS, UNSOLVED
from ai_gateway.homepot.scoped.alerts import AlertCount
from ai_gateway.homepot.scoped.tallies import DeviceEvents
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, capital, clean, count, listing

LISTED = 15
TOP = 5
SEVERAL = 3
_STILL = re.compile(
    r"\b(?:active|open|current|still|now|outstanding|acknowledged|resolved?|closed?|fix(?:ed)?|solved?|ignored|unresolved)\b"
)
_ONE = re.compile(r"\b(?:alert|alarm|warning)\b")
_NONE = re.compile(r"\b(?:no|without|zero|0)\b(?: \w+){0,2} (?:alert|alarm)s?\b")
_SITES = re.compile(r"\bsites?\b|\bstores?\b")
_RAISED_TOO = re.compile(r"\b(?:raised|opened|came in|received|new|created)\b.*\bresolved\b")
_BY_CATEGORY = re.compile(r"\b(?:by|per|each|which|what) categor(?:y|ies)\b|\b(?:by|per) (?:type|kind)\b")
_BY_DEVICE = re.compile(
    r"\b(?:which|what) (?:device|terminal|sensor|gateway|tablet|pos)\w*\b|\bper device\b|\bby device\b"
)


def filters_of(task: Task) -> dict[str, Any]:
    """Alert filters of the question. Of a time, or of the newest, without a word on their state, any state counts."""
    question = task.question
    statuses = question.alert_statuses
    if question.person:
        statuses = ("resolved",)
    past = question.time_range or question.order == "newest"
    if past and not question.person and not _STILL.search(question.asked):
        statuses = EVERY_STATUS
    period = question.time_range.period if question.time_range else None
    return {
        "statuses": statuses,
        "severities": list(question.severities) or None,
        "categories": list(question.categories) or None,
        "since": period.since if period else None,
        "until": period.until if period else None,
        "resolver": question.person,
        "about": _pattern(question),
    }


def _pattern(question: Question) -> str | None:
    """A regular expression of what the alerts' titles must hold, where the question says what they are about."""
    if question.topic:
        return rf"\m{question.topic.pattern(whole=False)}\M"
    return rf"\m(?:{question.metric.words})\M" if question.metric else None


class Counted(msgspec.Struct, frozen=True):
    """The alerts asked for, counted by three of their properties."""

    by_severity: Counter[str]
    by_category: Counter[str]
    by_site: Counter[str]

    @property
    def total(self) -> int:
        """How many there are."""
        return self.by_severity.total()


async def gather_alerts(task: Task) -> None:
    """Count the alerts asked for, then list the worst."""
    filters, view, text = filters_of(task), task.question.view, task.question.asked
    if asks_how_long(task.question):
        await gather_resolve_times(task, filters)
        return
    unit = read_unit(text)
    often = asks_how_often(text) and not unit
    chosen = _times(task, filters, unit, often=often)
    counted = await _count(task, filters)
    task.findings.state("count", f"{_summary(task, counted, filters, chosen)}.", "alerts:count")
    await say_who(task, filters)
    if filters["statuses"] == RESOLVED:
        await tell_resolved(task, filters, chosen, whose=f"{_about_words(task, filters)}")
    if chosen and _RAISED_TOO.search(text):
        await _raised_too(task, counted, filters, chosen)
    if not counted.total:
        await _whatever(task, filters)
        return
    if often and chosen:
        await _how_often(task, counted.total, filters, chosen)
    elif unit and chosen:
        rows = await task.homepot.alerts.by_time(view, unit.name, **filters)
        tell_tally(task, unit, chosen, rows, "alert", "alerts:count")
    if task.question.order:
        await _in_order(task, task.question.order, filters)
        return
    if _NONE.search(text):
        await _without_alerts(task, set(counted.by_site), filters)
        return
    _splits(task, counted)
    await _worst(task, filters)


def _times(task: Task, filters: dict[str, Any], unit: Unit | None, *, often: bool) -> TimeRange | None:
    """The time that is asked of, or that a rate or counts by time need; it goes into ``filters``, with the states that count."""
    chosen, text = task.question.time_range, task.question.asked
    if age := read_longer(text):
        filters["until"] = task.now - age
    if unit or often:
        chosen = unit_range(task, unit) if unit else task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
        statuses = filters["statuses"] if _STILL.search(text) else EVERY_STATUS
        filters |= {"since": chosen.period.since, "until": chosen.period.until, "statuses": statuses}
    return chosen


async def _count(task: Task, filters: dict[str, Any]) -> Counted:
    """The alerts; where none is about what may be an adjective, that is said, and all are counted."""
    view, topic = task.question.view, task.question.topic
    counted = _counted(await task.homepot.alerts.counts(view, **filters))
    if topic and not topic.sure and not counted.total:
        text = f'No such alert mentions "{clean(topic.text, 60)}".'
        task.findings.state("no_data", text, "alerts:count")
        filters["about"] = None
        counted = _counted(await task.homepot.alerts.counts(view, **filters))
    return counted


async def _how_often(task: Task, total: int, filters: dict[str, Any], chosen: TimeRange) -> None:
    """Say first how often they are raised, and when the last one was."""
    (newest,) = await task.homepot.alerts.listed(task.question.view, limit=1, order="newest", **filters)
    whose = _on_devices(task.question) or f"{type_words(task)}{task.question.where}"
    about = f" about {about}" if filters["about"] and (about := _about(task.question)) else ""
    text = (
        f"{count(total, 'alert')}{about}{whose} {'was' if total == 1 else 'were'} raised {chosen.words}, {rate_words(total, chosen.period)}; "
        f"the last {rfc3339(newest.at)}."
    )
    say_first(task, capital(text), "alerts:count")


def _about(question: Question) -> str:
    """What the alerts are about, in words."""
    if question.topic:
        return f'"{clean(question.topic.text, 60)}"'
    return question.metric.label if question.metric else ""


async def _raised_too(task: Task, counted: Counted, filters: dict[str, Any], chosen: TimeRange) -> None:
    """Say first how many alerts there were at all, where only the resolved ones are counted."""
    if filters["statuses"] != RESOLVED:
        return
    rows = await task.homepot.alerts.counts(task.question.view, **{**filters, "statuses": EVERY_STATUS})
    raised = sum(row.alerts for row in rows)
    were = "was" if raised == 1 else "were"
    text = f"{count(raised, 'alert')} {were} raised {chosen.words}; {counted.total or 'none'} of them {be(counted.total)} resolved."
    say_first(task, capital(text), "alerts:count")


async def _whatever(task: Task, filters: dict[str, Any]) -> None:
    """Of a device without alerts of the state asked for, those that are still to be solved."""
    if not task.question.devices or "active" in filters["statuses"]:
        return
    others = await task.homepot.alerts.listed(task.question.view, limit=SEVERAL, statuses=UNSOLVED)
    for alert in others:
        task.findings.claim(alert_sentence(alert), prove_alert(task, alert))


def _counted(rows: list[AlertCount]) -> Counted:
    counted = Counted(Counter(), Counter(), Counter())
    for row in rows:
        counted.by_severity[row.severity] += row.alerts
        counted.by_category[row.category] += row.alerts
        counted.by_site[clean(row.site_name, 80) or "no site"] += row.alerts
    return counted


def _splits(task: Task, counted: Counted) -> None:
    """Alerts by site and by category, where that is asked."""
    text, sites = task.question.asked, counted.by_site.most_common()
    if BY_SITE.search(text):
        words = listing(f"{name} {amount}" for name, amount in sites[: task.question.top])
        say_first(task, f"{leaders(sites)} the most: {words}.", "alerts:count")
    elif len(task.question.sites) > 1:
        names = [clean(site.name, 80) for site in task.question.sites]
        words = listing(f"{counted.by_site[name] or 'none'} at {name}" for name in names)
        task.findings.state("count", f"By site: {words}.", "alerts:count")
    if _BY_CATEGORY.search(text) or len(task.question.categories) > 1:
        words = listing(f"{name} {amount}" for name, amount in counted.by_category.most_common())
        say_first(task, f"By category: {words}.", "alerts:count")


async def _worst(task: Task, filters: dict[str, Any]) -> None:
    """The devices with the most alerts, and the worst alerts."""
    question = task.question
    devices, alerts = await asyncio.gather(
        task.homepot.alerts.by_device(question.view, limit=TOP, **filters),
        task.homepot.alerts.listed(question.view, limit=LISTED, **filters),
    )
    first = bool(question.ranking and _BY_DEVICE.search(question.asked))
    _most_alerts(task, devices, first=first)
    for alert in alerts:
        task.findings.claim(alert_sentence(alert), prove_alert(task, alert))


async def _in_order(task: Task, order: Order, filters: dict[str, Any]) -> None:
    """The oldest or newest alerts before their count: as many as are asked for."""
    question = task.question
    amount = question.top or (1 if _ONE.search(question.asked) else LISTED)
    alerts = await task.homepot.alerts.listed(question.view, limit=min(amount, LISTED), order=order, **filters)
    proofs = [prove_alert(task, alert) for alert in alerts]
    if len(alerts) == 1:
        task.findings.claim(f"the {order} is the {alert_sentence(alerts[0])}", *proofs)
    else:
        names = listing(f'"{clean(alert.title, 80)}" since {rfc3339(alert.at)}' for alert in alerts)
        task.findings.claim(f"the {len(alerts)} {order}, the {order} first: {names}.", *proofs)
        for alert, proof in zip(alerts, proofs, strict=True):
            task.findings.claim(alert_sentence(alert), proof)
    task.findings.claims.append(task.findings.claims.pop(0))


async def _without_alerts(task: Task, troubled: set[str], filters: dict[str, Any]) -> None:
    """Say first which sites, or how many devices and which, have none."""
    view = task.question.view
    if _SITES.search(task.question.asked):
        counts = await task.homepot.devices.counts(view)
        served = {clean(row.site_name, 80) for row in counts if row.in_service}
        calm = sorted(served - troubled)
        said = f"{listing(calm)} {be(len(calm))} without such alerts." if calm else "Every site has such alerts."
        say_first(task, said, "alerts:count")
        return
    found = await task.homepot.alerts.devices_without(view, limit=QUIET, **filters)
    tell_quiet(task, found, "have no such alerts", "alerts:count")


def kind_of(question: Question) -> str:
    """The severities and categories asked for, before a noun: ``critical network or hardware ``, or nothing."""
    return "".join(f"{word} " for word in (*severity_words(question), " or ".join(question.categories)) if word)


def severity_words(question: Question) -> tuple[str, ...]:
    """The severities asked for, before a noun: ``critical or warning``, ``non-critical``, or nothing."""
    if len(question.severities) > SEVERAL:
        return ("non-critical",)
    return (" or ".join(question.severities),) if question.severities else ()


def _summary(task: Task, counted: Counted, filters: dict[str, Any], chosen: TimeRange | None) -> str:
    question, total = task.question, counted.total
    statuses = filters["statuses"]
    state = "" if statuses == EVERY_STATUS else f"{' or '.join(statuses)} "
    kind = kind_of(question)
    where = _about_words(task, filters)
    when = f" {'raised ' if statuses == RESOLVED else ''}{chosen.words}" if chosen else ""
    when += f", raised before {rfc3339(filters['until'])}" if read_longer(question.asked) else ""
    split = f": {_by_severity(question, counted)}" if total else ""
    return f"there {be(total)} {count(total, f'{state}{kind}alert')}{where}{when}{split}"


def _about_words(task: Task, filters: dict[str, Any]) -> str:
    """`` about temperature at Building A by ada``, or an empty text."""
    question = task.question
    where = f"{type_words(task)}{question.where}" or _on_devices(question)
    where = f" about {_about(question)}{where}" if filters["about"] else where
    return where + (f" by {clean(question.person, 60)}" if question.person else "")


def _on_devices(question: Question) -> str:
    names = dict.fromkeys(clean(device.name, 80) for device in question.devices)
    return f" on {listing(names, most=3)}" if names else ""


def _by_severity(question: Question, counted: Counted) -> str:
    """``7 critical and no info``: of several severities asked for, those that no alert has too."""
    told = counted.by_severity.most_common()
    if 1 < len(question.severities) <= SEVERAL:
        told += [(one, 0) for one in question.severities if one not in counted.by_severity]
    return listing(f"{amount or 'no'} {severity}" for severity, amount in told)


def _most_alerts(task: Task, devices: list[DeviceEvents], *, first: bool) -> None:
    if not devices:
        return
    words = listing(f"{title(device.name, device.device_id)} {device.events}" for device in devices)
    for device in devices:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    if first:
        lead = leaders([(title(device.name, device.device_id), device.events) for device in devices])
        say_first(task, f"{lead} the most alerts: {words}.", "alerts:count")
    elif len(devices) > 1:
        task.findings.state("count", f"Alerts by device: {words}.", "alerts:count")
