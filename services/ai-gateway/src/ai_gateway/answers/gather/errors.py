"""Answer questions like “Which errors happen most?”, “Which devices logged none?”."""

import asyncio
import re
from typing import Any, Final

from ai_gateway.answers.gather.codes import gather_codes, tell_topic
from ai_gateway.answers.gather.error_kinds import TOP, counted, kind_asked, ranking, tell_by_kind, tell_new
from ai_gateway.answers.gather.recent import (
    BY_DEVICE,
    BY_SITE,
    LISTED,
    NEWEST_WITHIN,
    QUIET,
    asks_how_often,
    leaders,
    looked_back,
    most_told,
    newest_first,
    rate_words,
    say_first,
    scope_words,
    tell_quiet,
)
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.gather.tally import read_unit, tell_tally, unit_range
from ai_gateway.answers.understand.bounds import Bound
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.topic import Topic
from ai_gateway.homepot.scoped.errors import ERRORS, ErrorLog, ErrorSummary
from ai_gateway.homepot.scoped.tallies import DeviceEvents
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, capital, clean, count, listing

_NONE: Final = re.compile(
    r"\b(?:no|without|zero|0|free of|not (?:any|a single))\b(?: \w+){0,2} (?:errors?|warnings?)\b|\berror[- ]free\b|"
    r"\b(?:not|never)\b(?: \w+){0,2} (?:log\w*|report\w*|had|have|has|show\w*|throw\w*)(?: \w+){0,2} (?:errors?|warnings?)\b"
)
_WHICH: Final = re.compile(
    r"\b(?:which|what|who|how many|list|show|name|any|devices?|sites?|stores?|terminals?|tablets?|sensors?|gateways?|tills?)\b"
)
_SITES: Final = re.compile(r"\bsites?\b|\bstores?\b")
_NEW: Final = re.compile(
    r"\bnew (?:kinds? of |types? of )?(?:\w+ )?errors?\b|\berrors?\b.{0,20}\b(?:is|are) new\b|\berrors?\b.{0,40}\b(?:first time|never (?:seen )?before)\b"
)
_MOST: Final = re.compile(r"\bmost\b")
_OF_CATEGORY: Final = {
    category: re.compile(
        rf"\b(?:{words})[ -](?:related )?(?:errors?|warnings?|failures)\b|"
        rf"\b(?:errors?|warnings?|failures) (?:about|with|in|regarding|concerning|related to|of) (?:the |our )?(?:{words})\b"
    )
    for category, words in {
        "payment": r"payments?",
        "auth": r"auth\w*|logins?|tokens?|credentials?",
        "network": r"networks?|connection|connectivity",
        "database": r"databases?|db|sql",
        "validation": r"validation",
        "printer": r"printers?|printing",
        "system": r"system",
        "api": r"api",
        "hardware": r"hardware",
        "security": r"security",
    }.items()
}
"""HOMEPOT's categories of errors, by what people call them."""


async def gather_errors(task: Task) -> None:
    """Logged errors (information is none): what is asked of them, then how many by device, and the newest."""
    text = task.question.asked
    if task.question.codes:
        await gather_codes(task)
        return
    severities = tuple(one for one in task.question.severities if one in {"critical", "warning"}) or ERRORS
    topic = task.question.topic
    said = f"{topic.text} errors" if topic else text
    filed = [category for category, words in _OF_CATEGORY.items() if (words.fullmatch if topic else words.search)(said)]
    if filed and not await _any_filed(task, filed, severities):
        filed, topic = [], topic or Topic(tuple(filed), sure=True)
    categories = filed or None
    if topic and not categories and await tell_topic(task, topic):
        return
    if _NONE.search(text) and _WHICH.search(text) and not task.question.devices:
        await _without_errors(task, severities)
        return
    by = kind_asked(text)
    if by:
        await tell_by_kind(task, by, severities, categories)
        return
    if unit := read_unit(text):
        chosen = unit_range(task, unit)
        rows = await task.homepot.errors.by_time(
            task.question.view, chosen.period, unit.name, severities=severities, categories=categories
        )
        tell_tally(task, unit, chosen, rows, "error", "error_logs:count")
        await _logged(task, severities, categories, chosen, lead=False)
        return
    await _logged(task, severities, categories)
    if _NEW.search(text):
        await tell_new(task, severities, categories)


async def _any_filed(task: Task, categories: list[str], severities: tuple[str, ...]) -> bool:
    """Whether any error is filed under them: an error of the printer may be filed under the device."""
    period = task.range(NEWEST_WITHIN, "").period
    found = await task.homepot.errors.summary(
        task.question.view, period, limit=1, severities=severities, categories=categories
    )
    return bool(found.events)


async def _logged(
    task: Task,
    severities: tuple[str, ...],
    categories: list[str] | None,
    chosen: TimeRange | None = None,
    *,
    lead: bool = True,
) -> None:
    """How many, by which devices, and the newest. ``lead``: a ranking may be the answer."""
    view = task.question.view
    kinds: dict[str, Any] = {"severities": severities, "categories": categories}

    async def read(period: Period) -> tuple[ErrorSummary, list[ErrorLog]]:
        return await asyncio.gather(
            task.homepot.errors.summary(view, period, limit=TOP, **kinds),
            task.homepot.errors.listed(view, period, limit=most_told(task), **kinds),
        )

    often = chosen is None and asks_how_often(task.question.asked)
    if often:
        chosen = task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    if chosen:
        summary, errors = await read(chosen.period)
    else:
        chosen, (summary, errors) = await looked_back(task, read, lambda found: found[0].events)
    total = summary.events
    of = f" of category {' or '.join(categories)}" if categories else ""
    text = f"{counted(total, severities)}{of}{scope_words(task)} {be(total)} logged by devices {chosen.words}"
    text += f", {rate_words(total, chosen.period)}" if often and total else ""
    if total and len(task.question.severities) > 1:
        rows = await task.homepot.errors.kinds(view, chosen.period, by="severity", limit=TOP, **kinds)
        text += f": {listing(f'{row.events} {row.kind}' for row in rows)}"
    task.findings.state("count", capital(f"{text}."), "error_logs:count")
    await _by_devices(task, summary, chosen, kinds, lead=lead)
    for error in errors:
        task.findings.state(
            "error", error_sentence(error), f"error_logs:{error.id}", at=error.at, device_id=error.device_id
        )
    newest_first(task, len(errors))


async def _by_devices(
    task: Task, summary: ErrorSummary, chosen: TimeRange, kinds: dict[str, Any], *, lead: bool
) -> None:
    """Which devices logged them."""
    devices, bound = summary.ranked, task.question.bound
    for device in devices:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    if len(devices) > 1:
        words = ranking(devices, summary.devices)
        task.findings.state("count", f"By device: {words}.", "error_logs:count")
    if devices and bound and bound.above and not task.question.devices:
        await _past_bound(task, bound, chosen, kinds)
    elif devices and lead:
        await _lead(task, devices[0], chosen, kinds["severities"])


async def _past_bound(task: Task, bound: Bound, chosen: TimeRange, kinds: dict[str, Any]) -> None:
    """Say first which devices logged more than so many."""
    least = int(bound.value) if bound.inclusive else int(bound.value) + 1
    found = await task.homepot.errors.summary(task.question.view, chosen.period, limit=LISTED, least=least, **kinds)
    words = f": {ranking(found.ranked, found.devices)}" if found.ranked else ""
    text = f"{count(found.devices, 'device')}{task.question.where} logged {bound.words} warnings and errors {chosen.words}{words}."
    say_first(task, capital(text), "error_logs:count")


async def _lead(task: Task, first: DeviceEvents, chosen: TimeRange, severities: tuple[str, ...]) -> None:
    """Say first which site, or which device, logged the most, where that is asked."""
    text = task.question.asked
    if BY_SITE.search(text) or len(task.question.sites) > 1:
        await _by_site(task, chosen)
    elif (BY_DEVICE.search(text) or task.question.ranking or _MOST.search(text)) and not task.question.devices:
        whose = title(first.name, first.device_id)
        say_first(
            task,
            f"{whose} logged the most: {counted(first.events, severities)} {chosen.words}.",
            "error_logs:count",
        )


async def _by_site(task: Task, chosen: TimeRange) -> None:
    rows, counts = await asyncio.gather(
        task.homepot.errors.totals(task.question.view, chosen.period), task.homepot.devices.counts(task.question.view)
    )
    names = {row.site_id: clean(row.site_name, 80) for row in counts if row.in_service}
    logged = dict.fromkeys(names, 0)
    for row in rows:
        if row.site_id in logged:
            logged[row.site_id] += row.events
    ranked = sorted(logged, key=lambda site: (-logged[site], names[site]))
    words = listing(f"{names[site]} {logged[site]}" for site in ranked[: task.question.top])
    if ranked:
        text = f"{leaders([(names[site], logged[site]) for site in ranked])} the most warnings and errors {chosen.words}: {words}."
        say_first(task, text, "error_logs:count")


async def _without_errors(task: Task, severities: tuple[str, ...]) -> None:
    """Which sites, or which devices in service, logged none."""
    chosen = task.range()
    view = task.question.view
    kind = _plural(severities)
    if _SITES.search(task.question.asked) and not BY_DEVICE.search(task.question.asked):
        rows, counts = await asyncio.gather(
            task.homepot.errors.totals(view, chosen.period), task.homepot.devices.counts(view)
        )
        loud = {row.site_id for row in rows if row.events}
        calm = sorted({clean(row.site_name, 80) for row in counts if row.in_service and row.site_id not in loud})
        said = (
            f"{listing(calm)} logged no {kind} {chosen.words}." if calm else f"Every site logged {kind} {chosen.words}."
        )
        task.findings.state("count", said, "error_logs:count")
        return
    found = await task.homepot.errors.devices_without(view, chosen.period, limit=QUIET, severities=severities)
    tell_quiet(task, found, f"logged no {kind} {chosen.words}", "error_logs:count")


def _plural(severities: tuple[str, ...]) -> str:
    return "warnings or errors" if severities == ERRORS else f"{' or '.join(severities)} log entries"


def error_sentence(error: ErrorLog) -> str:
    """A logged error in one sentence."""
    code = f" {clean(error.error_code, 40)}" if error.error_code else ""
    return f'{rfc3339(error.at)} {error.severity} ({error.category}){code} logged by {title(error.device_name, error.device_id)}: "{clean(error.error_message)}".'
