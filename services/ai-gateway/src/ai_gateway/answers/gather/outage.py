"""“How long was it offline today?”: by the states on record, and by the readings that did not come."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.health.analysis import MOST_GAPS, Silence, silences
from ai_gateway.homepot.scoped.devices import StateChange
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, clean, count, duration

MOST: Final = 3
"""Devices that are told."""
CHANGES: Final = 1000
GAPS: Final = 100 * MOST_GAPS
OFFLINE: Final = "offline"
_HOW_LONG: Final = re.compile(
    r"\bhow (?:long|much time|many (?:minutes|hours))\b.{0,80}\b(?:offline|down|silent|unreachable|disconnected|away|gone|off|unavailable)\b|"
    r"\b(?:downtime|time offline|offline time)\b"
)


def asks_outage(text: str) -> bool:
    """Whether ``text`` (lower case) asks for how long something was away."""
    return bool(_HOW_LONG.search(text))


async def tell_outages(task: Task, chosen: TimeRange) -> None:
    """Of each named device, how long it was away in a time; first by what says more."""
    for device in task.question.devices[:MOST]:
        view = View(sites=task.question.view.sites, devices=(device.id,))
        who, period = title(device.name, device.device_id), chosen.period
        changes = await task.homepot.devices.state_changes(view, period, limit=CHANGES)
        heard = await task.homepot.series.gaps(view, period, least_s=task.homepot.window_s, limit=GAPS)
        silent = silences(heard, period.since, period.until, task.homepot.window_s) if heard else []
        states = offline_stretches(changes, period.since, period.until)
        told = [
            (
                _length(states),
                _told(who, "was offline", states, chosen, "by its recorded states"),
                "device_state_history",
            ),
            (_length(silent), _told(who, "was silent", silent, chosen, "by its readings"), "device_metrics:count"),
        ]
        if heard and heard.readings == 0 and heard.before_at is None:
            told[1] = (timedelta(), f"{who} sent no readings {chosen.words}, nor any before.", "device_metrics:count")
        for _, text, source in sorted(told, key=lambda one: -one[0]):
            task.findings.state("presence", text, source, device_id=device.device_id)


def offline_stretches(changes: Iterable[StateChange], since: datetime, until: datetime) -> list[Silence]:
    """The stretches between a change to offline and the next to anything else, the longest first."""
    found, start = [], None
    for place, change in enumerate(sorted(changes, key=lambda one: (one.at, one.id))):
        if place == 0 and change.previous_state == OFFLINE:
            start = since
        if change.new_state == OFFLINE:
            start = start or change.at
        elif start is not None:
            found.append(_stretch(start, change.at))
            start = None
    if start is not None:
        found.append(_stretch(start, until))
    return sorted(found, key=lambda one: (-one.seconds, one.since))


def _stretch(since: datetime, until: datetime) -> Silence:
    return Silence(since, until, (until - since).total_seconds())


def _length(stretches: list[Silence]) -> timedelta:
    return timedelta(seconds=sum(one.seconds for one in stretches))


def _told(who: str, was: str, stretches: list[Silence], chosen: TimeRange, by: str) -> str:
    if not stretches:
        return f"{capital(by)}, {clean(who, 160)} {was.replace('was', 'was not')} {chosen.words}."
    longest = stretches[0]
    until = "now" if longest.until >= chosen.period.until else rfc3339(longest.until)
    times = f" in {count(len(stretches), 'stretch', 'stretches')}, the longest" if len(stretches) > 1 else ","
    return f"{who} {was} for {duration(_length(stretches).total_seconds())} {chosen.words} {by}{times} from {rfc3339(longest.since)} until {until}."
