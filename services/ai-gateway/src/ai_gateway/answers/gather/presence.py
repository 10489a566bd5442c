"""“Was it online at nine?”, “What is its uptime?”, “Who sends no data?”: told by the readings that came, as nothing else is on record."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from ai_gateway.answers.gather.recent import BY_SITE, leaders, say_first
from ai_gateway.answers.gather.sources import DAY, Task, noun, prove_state, title
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.vocabulary import UPTIME
from ai_gateway.homepot.scoped.readings import Presence
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, clean, count, listing, number, some_of

HOUR: Final = timedelta(hours=1)
STRETCHES: Final = 168
"""Most stretches that a period is cut into: the hours of a week."""
STRETCHES_OF_ALL: Final = 24
"""The same where no device or site is named: each is looked up for every device."""
MOST: Final = 1000
LISTED: Final = 25
LEAST_TOLD: Final = 5
_UPTIME: Final = re.compile(UPTIME)
_BEST: Final = re.compile(r"\b(?:best|highest|most)\b")
_WAS: Final = re.compile(
    r"\b(?:was|were|had|has|have|did|been)\b.{0,80}\b(?:online|offline|up|down|working|reporting|connected|reachable|alive|running|silent)\b"
)
_WERE: Final = re.compile(
    r"\b(?:was|were)\b.{0,40}\b(?:offline|down|silent|unreachable|disconnected|online|reachable)\b"
)
_UNMEASURED: Final = re.compile(
    r"\b(?:not|no|without|missing)\b.{0,30}\b(?:readings?|telemetry|measurements?|data)\b|"
    r"\b(?:readings?|telemetry|data) from (?:all|every|each)\b"
)


def asks_uptime(text: str) -> bool:
    """Whether ``text`` (lower case) asks how much of a time devices were there."""
    return bool(_UPTIME.search(text))


def asks_presence(text: str) -> bool:
    """Whether ``text`` (lower case) asks if devices were there at a time."""
    return bool(_WAS.search(text) or _UPTIME.search(text))


def asks_were(text: str) -> bool:
    """Whether ``text`` (lower case) asks which devices were away in a time, not which are."""
    return bool(_WERE.search(text))


def asks_unmeasured(text: str) -> bool:
    """Whether ``text`` (lower case) asks who sends no readings."""
    return bool(_UNMEASURED.search(text))


async def tell_presence(task: Task, chosen: TimeRange) -> None:
    """In which share of the time the devices in view sent readings; of named devices each."""
    width = _width(task, chosen.period)
    rows = await task.homepot.readings.presence(task.question.view, chosen.period, width=width)
    if not rows:
        task.findings.state("no_data", f"No devices are in service{task.question.where}.", "devices:count")
    elif task.question.devices:
        for row in rows[:LISTED]:
            _one(task, row, chosen, width)
    else:
        _many(task, rows, chosen, width)


def _width(task: Task, period: Period) -> timedelta:
    """How long the stretches are that a period is cut into."""
    length = period.until - period.since
    most = STRETCHES if task.question.view.devices is not None or task.question.sites else STRETCHES_OF_ALL
    return max(HOUR, length / most) if length > HOUR else max(length, timedelta(seconds=1))


async def presence_of(task: Task, period: Period) -> list[Presence]:
    """In how many stretches of a period each device in view sent readings; none where readings began to be kept within it."""
    width, view = _width(task, period), task.question.view
    first = Period(period.since, min(period.since + width, period.until))
    begun, rows = await asyncio.gather(
        task.homepot.readings.presence(view, first, width=width),
        task.homepot.readings.presence(view, period, width=width),
    )
    return rows if any(row.reported for row in begun) else []


def share_of(rows: Sequence[Presence]) -> float | None:
    """The percentage of stretches of which readings are on record; ``None`` of no device."""
    stretches = sum(row.stretches for row in rows)
    return 100 * sum(row.reported for row in rows) / stretches if stretches else None


def shares_by_site(rows: Iterable[Presence]) -> dict[str, float]:
    """The same of each site, by its name."""
    sites: dict[str, list[Presence]] = {}
    for row in rows:
        sites.setdefault(row.site_name, []).append(row)
    return {name: share for name, own in sites.items() if (share := share_of(own)) is not None}


def _one(task: Task, row: Presence, chosen: TimeRange, width: timedelta) -> None:
    task.findings.concern(row.device_id, clean(row.name, 80), row.condition)
    who = title(row.name, row.device_id)
    if row.latest_at is None:
        text = f"{who} sent no readings {chosen.words}."
    elif row.stretches == 1:
        text = f"{who} sent readings {chosen.words}, the last at {rfc3339(row.latest_at)}."
    else:
        text = f"{who} sent readings in {_share(row, width)} {chosen.words}, the last at {rfc3339(row.latest_at)}."
    task.findings.state("presence", text, "device_metrics:count", at=row.latest_at, device_id=row.device_id)


def _share(row: Presence, width: timedelta) -> str:
    return f"{row.reported} of {row.stretches} {_stretches(width)} ({number(100 * row.reported / row.stretches)} %)"


def _stretches(width: timedelta) -> str:
    return "hours" if width == HOUR else f"stretches of {number(width / HOUR)} hours"


def _many(task: Task, rows: list[Presence], chosen: TimeRange, width: timedelta) -> None:
    what = f"{count(len(rows), noun(task))} in service{task.question.where}"
    text = f"{what} sent readings in {number(share_of(rows) or 0.0)} % of the {_stretches(width)} {chosen.words}."
    task.findings.state("presence", capital(text), "device_metrics:count")
    if BY_SITE.search(task.question.asked) or len(task.question.sites) > 1:
        _by_site(task, rows, chosen)
    fewest = [row for row in rows[:LEAST_TOLD] if row.reported < row.stretches]
    for row in fewest:
        task.findings.concern(row.device_id, clean(row.name, 80), row.condition)
    if fewest:
        words = listing(f"{title(row.name, row.device_id)} in {_share(row, width)}" for row in fewest)
        task.findings.state("presence", f"The fewest: {words}.", "device_metrics:count")


def _by_site(task: Task, rows: list[Presence], chosen: TimeRange) -> None:
    """Say first in which share of the time the devices of each site sent readings, the lowest first."""
    shares = sorted((share, clean(site, 80)) for site, share in shares_by_site(rows).items())
    words = listing(f"{site} {number(share)} %" for share, site in shares)
    lead = f"{shares[0][1]} has the lowest"
    if _BEST.search(task.question.asked):
        lead = f"{leaders([(site, share) for share, site in shares[::-1]])} the highest"
    text = f"{lead} uptime {chosen.words}, by the readings that came: {words}."
    say_first(task, text, "device_metrics:count", "presence")


async def tell_unmeasured(task: Task) -> None:
    """The devices in service without a reading in the question's time, or the last 24 hours."""
    chosen = task.range(DAY)
    silent, total = await asyncio.gather(
        task.homepot.readings.unmeasured(task.question.view, chosen.period, limit=MOST),
        task.homepot.devices.in_service(task.question.view),
    )
    amount = len(silent)
    least = "at least " if amount == MOST else ""
    fact = (
        f"{least}{count(amount, noun(task))} of {total} in service{task.question.where} sent no readings {chosen.words}"
    )
    proof = task.findings.prove("count", capital(f"{fact}."), "device_metrics:count")
    shown = [prove_state(task, device) for device in silent[:LISTED]]
    names = f": {some_of([clean(device.name, 80) for device in silent[:LISTED]], amount)}" if amount else ""
    task.findings.claim(f"{fact}{names}.", proof, *shown)
