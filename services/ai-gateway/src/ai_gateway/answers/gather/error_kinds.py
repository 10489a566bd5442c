"""“Which errors happen most?”, “Are there new errors?”: logged errors by code, category, severity and what they say."""

import re
from datetime import timedelta
from typing import Any, Final

from ai_gateway.answers.gather.recent import BY_DEVICE, NEWEST_WITHIN, say_first, scope_words
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.homepot.scoped.errors import ERRORS
from ai_gateway.homepot.scoped.tallies import DeviceEvents
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.text import be, capital, clean, count, listing, some_of

TOP: Final = 5
KINDS: Final = 8
MOST_PATTERNS: Final = 200
"""Most kinds of message that are looked through for new ones."""
WEEK: Final = timedelta(days=7)
_CODE: Final = re.compile(r"\bcodes?\b")
_CATEGORY: Final = re.compile(
    r"\bcategor(?:y|ies)\b|\b(?:types?|kinds?|sorts?) of errors?\b|\berrors? (?:types?|kinds?)\b|\bby (?:type|kind)\b"
)
_SEVERITY: Final = re.compile(r"\b(?:by|per|each) severity\b|\bhow severe\b")
_PATTERN: Final = re.compile(
    r"\bmost (?:common|frequent|often|usual)\w*|\bcommonest\b|\bfrequent\w*|\btop (?:\w+ )?errors\b|\brecurring\b|\brepeat\w*|\b(?:distinct|different|unique) (?:\w+ )?errors\b|"
    r"\bkeeps? (?:happening|coming|occurring|appearing)|\b(?:happens?|occurs?|appears?|comes? up|shows? up|is logged)\b.{0,20}\b(?:most|often)\b|"
    r"\b(?:which|what) errors?\b.{0,40}\bmost\b"
)


def kind_asked(text: str) -> str | None:
    """By what errors are to be ranked: code, category, severity, or what they say."""
    ranked = {"code": _CODE, "category": _CATEGORY, "severity": _SEVERITY}
    if BY_DEVICE.search(text):
        return None
    if by := next((name for name, pattern in ranked.items() if pattern.search(text)), None):
        return by
    return "message" if _PATTERN.search(text) else None


async def tell_new(task: Task, severities: tuple[str, ...], categories: list[str] | None) -> None:
    """Say first which errors are logged now that were not in the month before."""
    chosen = task.range()
    month = Period(chosen.period.since - NEWEST_WITHIN, chosen.period.until)
    patterns = await task.homepot.errors.patterns(
        task.question.view,
        month,
        recent=chosen.period.since,
        limit=MOST_PATTERNS,
        severities=severities,
        categories=categories,
    )
    new = [one for one in patterns if one.late == one.events]
    words = listing((f"{_message(one.error_code, one.pattern)} {one.late}" for one in new), most=KINDS)
    tail = f": {words}" if new else ""
    text = f"{count(len(new), 'kind')} of error{scope_words(task)} {be(len(new))} logged {chosen.words} that {be(len(new)).replace('is', 'was').replace('are', 'were')} not in the {NEWEST_WITHIN.days} days before{tail}."
    say_first(task, capital(text), "error_logs:count")


async def tell_by_kind(task: Task, by: str, severities: tuple[str, ...], categories: list[str] | None) -> None:
    """Errors by code, category, severity or message, the most frequent first."""
    chosen = task.range(WEEK, "in the last 7 days")
    view, limit = task.question.view, min(task.question.top or KINDS, KINDS)
    which: dict[str, Any] = {"severities": severities, "categories": categories}
    if by == "message":
        patterns = await task.homepot.errors.patterns(
            view, chosen.period, recent=chosen.period.until, limit=limit, **which
        )
        ranked = [(_message(one.error_code, one.pattern), one.events, one.devices) for one in patterns]
        total, amount, noun = (patterns[0].total if patterns else 0), len(patterns), "message"
    else:
        rows = await task.homepot.errors.kinds(view, chosen.period, by=by, limit=limit, **which)
        ranked = [(_name(by, one.kind, one.message), one.events, one.devices) for one in rows]
        total, amount, noun = (rows[0].total, rows[0].kinds, by) if rows else (0, 0, by)
    if not ranked:
        text = f"no warnings and errors{scope_words(task)} are logged by devices {chosen.words}."
        task.findings.state("count", capital(text), "error_logs:count")
        return
    first, events, devices = ranked[0]
    text = (
        f"most frequent is {first}: {count(events, 'time')} on {count(devices, 'device')}{scope_words(task)} "
        f"{chosen.words}, of {counted(total, severities)}."
    )
    task.findings.state("count", capital(text), "error_logs:count")
    if len(ranked) > 1:
        words = some_of([f"{name} {times}" for name, times, _ in ranked], amount)
        task.findings.state("count", f"By {noun}: {words}.", "error_logs:count")
    summary = await task.homepot.errors.summary(view, chosen.period, limit=TOP, **which)
    for device in summary.ranked:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    task.findings.state("count", f"By device: {ranking(summary.ranked, summary.devices)}.", "error_logs:count")


def _name(by: str, kind: str | None, message: str) -> str:
    if by != "code":
        return clean(kind or "none", 40)
    return _message(kind, message)


def _message(code: str | None, message: str) -> str:
    return f'{clean(code, 40) if code else "no code"} ("{clean(message, 100)}")'


def counted(amount: int, severities: tuple[str, ...]) -> str:
    """How many, called by their severities where not all are meant."""
    if severities == ERRORS:
        return count(amount, "warning or error", "warnings and errors")
    kind = " or ".join(severities)
    return count(amount, f"{kind} log entry", f"{kind} log entries")


def ranking(devices: tuple[DeviceEvents, ...], amount: int) -> str:
    """The devices with the most, and how many more of ``amount`` there are."""
    names = [f"{title(one.name, one.device_id)} {one.events}" for one in devices]
    return some_of(names, amount)
