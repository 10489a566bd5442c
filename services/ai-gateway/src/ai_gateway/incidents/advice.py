"""What to say and do about one device: a summary for each kind of reader, and recommendations. Code writes both."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from ai_gateway.access.types import Mode
from ai_gateway.health.analysis import DataQuality, Trend
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import Anomaly
from ai_gateway.health.words import anomaly_words, quantity
from ai_gateway.incidents.types import Cause, Incident, Similar
from ai_gateway.kit.text import age, capital, clean, count, listing, number, span
from ai_gateway.memory.types import Excerpt

MOST_ADVICE: Final = 6
MOST_TOLD: Final = 3
CHANGES: Final = frozenset({"config", "firmware", "job", "command"})
"""Kinds of cause that somebody did, and can undo."""
LOOK_AT: Final = {
    "temperature": "Check its ventilation and the room it stands in, and whether its fan runs.",
    "connectivity": "Check its cable or radio link and the site's router, then ping it from another device of the site.",
    "power": "Check its power supply and when it last started.",
    "performance": "See which process uses the most, and restart it if it should not.",
    "storage": "Free space: old logs and temporary files first; then see what fills it.",
    "application": "Read its error log around the start, and check the services it depends on.",
    "security": "Keep it off the network until somebody has looked at who signed in and what changed.",
    "configuration": "Compare its configuration with that of a healthy device of the same type.",
}
"""Where to look first, by category, while nothing more is known."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a device, from which words are made. ``incidents``: of the period, the unresolved first.

    ``similar``: past incidents in the caller's view, best first; ``runbooks``: passages about the first unresolved one. ``uptime``: percent. ``scanned_at``: the worker's last scan;
    ``stale``: it is too long ago, or there was none.
    """

    name: str
    condition: str
    status: str
    score: float | None
    stale: bool
    scanned_at: datetime | None
    anomalies: Sequence[Anomaly]
    incidents: Sequence[Incident]
    similar: Sequence[Similar]
    runbooks: Sequence[Excerpt] = ()
    trends: Sequence[Trend]
    uptime: float | None
    quality: DataQuality
    period: str
    now: datetime

    @property
    def open_anomalies(self) -> list[Anomaly]:
        """Those that are still on."""
        return [one for one in self.anomalies if one.ended_at is None]

    @property
    def unresolved(self) -> list[Incident]:
        """Those that somebody should look at."""
        return [one for one in self.incidents if one.status != "resolved"]


def summary(of: Situation, mode: Mode) -> str:
    """A short text: the same facts, the focus and the length by reader."""
    parts = {
        "maintenance": (_state(of), _anomalies(of), _causes(of), _data(of)),
        "predictive": (_state(of), _trends(of), _anomalies(of), _data(of)),
        "executive": (_state(of), _short_incidents(of)),
    }[mode]
    return " ".join(part for part in parts if part)


def _state(of: Situation) -> str:
    score = f" (health {of.score:.2f})" if of.score is not None else ""
    recorded = f", {of.condition.replace('_', ' ')}" if of.condition else ""
    up = f"; up {number(of.uptime)} % of the last {of.period}" if of.uptime is not None else ""
    if of.status == "unknown":
        return f"The health of {clean(of.name, 80)} is unknown, as {_why_unknown(of)}{recorded}{up}."
    return f"{clean(of.name, 80)} is {of.status}{score}{recorded}{up}."


def _why_unknown(of: Situation) -> str:
    if not of.stale:
        return "too little is known of it yet"
    return (
        f"the worker's last scan was {age(of.scanned_at, of.now)}"
        if of.scanned_at
        else "the worker has not scanned yet"
    )


def _anomalies(of: Situation) -> str:
    open_now = of.open_anomalies
    if open_now:
        told = listing(f"{anomaly_words(one)}, for {span(of.now - one.started_at)}" for one in open_now[:MOST_TOLD])
        return capital(f"{count(len(open_now), 'open anomaly', 'open anomalies')}: {told}.")
    if of.anomalies:
        ended = count(len(of.anomalies), "anomaly", "anomalies")
        return f"No open anomaly; {ended} in the last {of.period} ended."
    return "" if of.status == "unknown" else f"No anomaly in the last {of.period}."


def _causes(of: Situation) -> str:
    causes = [one.cause for one in of.unresolved if one.cause and one.cause.kind != "none"]
    return f"Probable cause: {clean(causes[0].text, 300).rstrip('.')}." if causes else ""


def _trends(of: Situation) -> str:
    moved = [
        f"{metric_named(one.metric).label} {'rose' if one.last > one.first else 'fell'} from "
        f"{quantity(one.first, one.metric)} to {quantity(one.last, one.metric)}"
        for one in of.trends
    ]
    return f"Over the last {of.period} {listing(moved)}." if moved else f"Nothing moved much in the last {of.period}."


def _short_incidents(of: Situation) -> str:
    if not of.unresolved:
        return "Nothing needs a decision."
    first = of.unresolved[0]
    return (
        f"{count(len(of.unresolved), 'unresolved incident')}, the worst for {_since(first, of)}: {clean(first.title)}."
    )


def _since(incident: Incident, of: Situation) -> str:
    return span(of.now - incident.opened_at)


def _data(of: Situation) -> str:
    if not of.quality.samples:
        return f"It sent no reading in the last {of.period}."
    if of.quality.gap_count:
        longest = max(gap.seconds for gap in of.quality.gaps)
        gaps = count(of.quality.gap_count, "gap")
        return f"Its readings have {gaps}, the longest of {number(round(longest / 60, 1))} min."
    return ""


def recommendations(of: Situation) -> list[str]:
    """What to do, the best founded first: undo a change, repeat what helped, look where such trouble comes from."""
    advice = [words for one in of.unresolved if one.cause and (words := _about(one.cause))]
    advice += [_repeat(one) for one in of.similar if one.resolution]
    advice += [_look_up(one) for one in of.runbooks]
    advice += [LOOK_AT[one.category] for one in of.unresolved if one.category in LOOK_AT]
    if of.stale:
        advice.append("See that the worker runs: without its scans nothing new is found.")
    return list(dict.fromkeys(advice))[:MOST_ADVICE]


def first_step(incident: Incident) -> str:
    """What to do about an incident before anything else; empty if neither its cause nor its category says."""
    return (_about(incident.cause) if incident.cause else "") or LOOK_AT.get(incident.category, "")


def _about(cause: Cause) -> str:
    text = clean(cause.text, 300).rstrip(".")
    if cause.kind in CHANGES:
        return f"Check what changed shortly before, and undo it if it does not belong there: {text}."
    return "" if cause.kind == "none" else f"Look at the probable cause: {text}."


def _repeat(one: Similar) -> str:
    where = f" on {clean(one.device_name, 80)}" if one.device_name else ""
    return (
        f'What helped{where} on {one.occurred_at:%Y-%m-%d} (similarity {one.similarity:.2f}): "{clean(one.resolution)}"'
    )


def _look_up(one: Excerpt) -> str:
    return f'Runbook {clean(one.file, 120)}, section "{clean(one.section, 120)}": "{clean(one.text, 240)}"'
