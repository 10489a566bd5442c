"""Why it probably happened: what was done shortly before, how the metric got there, what the devices have in common.

A recorded change is scored by four things that a person would ask (docs/incidents.md): how long before the trouble it was,
whether it can bring about such trouble, whether the devices in trouble all had it, and whether the devices that had it are
all in trouble. Nothing is made up: what is told is on record or computed, and if nothing fits, that is what is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import sqrt
from statistics import median
from typing import Final, NamedTuple

from ai_gateway.homepot.history import RecordedChange
from ai_gateway.incidents.correlate import SLOW, follows
from ai_gateway.incidents.course import Course
from ai_gateway.incidents.plausible import acts, kind_of, plausibility
from ai_gateway.incidents.types import Cause, Evidence, Member, Scope
from ai_gateway.kit.text import capital, clean, count, number, span

LEAST: Final = 0.2
"""A recorded change below this is no cause worth telling."""
MOST: Final = 0.95
HALF_LIFE: Final = timedelta(hours=4)
SLOW_HALF_LIFE: Final = timedelta(hours=12)
"""Of what was done half the confidence is left after this time; of a slow metric, which takes hours to show it, later."""
VAGUE: Final = timedelta(hours=3)
"""A rise told from hourly means may have begun this long after the hour that it is dated to (seen: 2.6 hours)."""
MOST_OTHERS: Final = 2
COURSE_CONFIDENCE: Final = 0.6
HELPS: Final = timedelta(minutes=30)
"""What was done this long before trouble ended may have ended it."""
SHARED: Final = {
    "connectivity": ("the site's network or its line", 0.5),
    "power": ("the site's power", 0.5),
    "temperature": ("the room or its cooling", 0.5),
}
SHARED_OTHERWISE: Final = ("something that they share", 0.3)


class Subject(NamedTuple):
    """The trouble to explain. ``started``: when each of its devices began to suffer. ``metric``: of the symptom."""

    category: str
    metric: str | None
    scope: Scope
    started: Mapping[int, datetime]


class Candidate(NamedTuple):
    """One thing that was done, to one or several devices of an incident, the earliest first."""

    changes: tuple[RecordedChange, ...]
    devices: frozenset[int]
    reach: int
    before: timedelta
    confidence: float


Same = tuple[str, str, str | None]


def same(change: RecordedChange) -> Same:
    """What makes the changes of two devices the same."""
    return change.what, change.name, change.value


def probable_cause(
    subject: Subject, changes: Iterable[RecordedChange], reach: Mapping[Same, int], course: Course | None
) -> Cause:
    """The most probable cause; kind ``none`` if nothing that is known fits.

    Args:
        subject: what is wrong.
        changes: what was done to its devices.
        reach: how many devices had the same done, those without trouble included.
        course: how the metric of its device rose, if it did so steadily.
    """
    known = list(changes)
    ranked = _ranked(subject, known, reach, course)
    computed = _of_course(course) or _of_site(subject)
    if ranked and (computed is None or ranked[0].confidence >= computed.confidence or computed.kind != "shared"):
        return _told(subject, ranked, computed)
    if computed is not None:
        return computed
    before = any(follows(subject.started[one.device], one.at) for one in known if one.device in subject.started)
    text = "Nothing that was recorded in the 24 hours before explains it." if before else "No recorded cause."
    return Cause(kind="none", text=text, at=None, confidence=0.0)


def _ranked(
    subject: Subject, changes: Sequence[RecordedChange], reach: Mapping[Same, int], course: Course | None
) -> list[Candidate]:
    """Candidates worth telling, the best first."""
    groups: dict[Same, list[RecordedChange]] = {}
    began = {device: min(at, course.since) if course else at for device, at in subject.started.items()}
    late = VAGUE if course else timedelta()
    for change in sorted(changes, key=lambda one: (one.at, one.source, one.id, one.device)):
        at = began.get(change.device)
        if at is not None and follows(min(at + late, subject.started[change.device]), change.at):
            groups.setdefault(same(change), []).append(change)
    found = [_candidate(subject, group, began, reach.get(key, 0)) for key, group in groups.items()]
    kept = [candidate for candidate in found if candidate.confidence >= LEAST]
    return sorted(kept, key=lambda one: (-one.confidence, one.changes[-1].at, one.changes[0].id))


def _candidate(subject: Subject, changes: list[RecordedChange], began: Mapping[int, datetime], reach: int) -> Candidate:
    """Confidence = plausibility · closeness in time · share of the troubled that had it · √ share of those in trouble."""
    latest = {change.device: change.at for change in changes}
    waits = ((began[device] - at).total_seconds() for device, at in latest.items())
    before = max(timedelta(), timedelta(seconds=median(waits)))
    half = SLOW_HALF_LIFE if subject.metric in SLOW else HALF_LIFE
    closeness = 0.5 ** (before / half)
    troubled = len(latest) / len(subject.started)
    shown = (len(latest) + 0.5) / (max(reach, len(latest)) + 0.5)
    confidence = plausibility(changes[0], subject.category) * closeness * troubled * sqrt(shown)
    return Candidate(tuple(changes), frozenset(latest), max(reach, len(latest)), before, min(MOST, confidence))


def _told(subject: Subject, ranked: Sequence[Candidate], computed: Cause | None) -> Cause:
    best = ranked[0]
    change = best.changes[0]
    others = [_evidence(other.changes[0], "also") for other in ranked[1 : 1 + MOST_OTHERS]]
    before = "at the same time" if best.before < timedelta(minutes=1) else f"{span(best.before)} before"
    return Cause(
        kind=kind_of(change),
        text=f"{capital(_what(change))}, {before}.",
        at=change.at,
        confidence=round(best.confidence, 2),
        evidence=(_evidence(change, kind_of(change)), *_shares(subject, best), *others, *_within(computed)),
    )


def _shares(subject: Subject, best: Candidate) -> Iterable[Evidence]:
    """Who had it and who suffers, where that says anything."""
    if best.reach > 1:
        text = f"{len(best.devices)} of {count(best.reach, 'device')} that had it are in this trouble."
        yield Evidence("devices_with_it", text, None, best.changes[0].source)
    if len(subject.started) > 1:
        without = len(subject.started) - len(best.devices)
        text = f"{capital(count(without, 'device'))} in this trouble had it not."
        yield Evidence("devices_without_it", text, None, best.changes[0].source)


def _within(computed: Cause | None) -> tuple[Evidence, ...]:
    return computed.evidence if computed is not None else ()


def _evidence(change: RecordedChange, kind: str) -> Evidence:
    reason = f' ("{clean(change.reason, 80)}")' if change.reason else ""
    return Evidence(kind, f"{capital(_what(change))}{reason}.", change.at, f"{change.source}/{change.id}")


def _what(change: RecordedChange) -> str:
    """What was done, in one clause; names and values are whatever somebody wrote."""
    name, value = clean(change.name, 60), clean(change.value, 40)
    whole = " for the whole site" if change.site_wide else ""
    if change.what == "job":
        return f"job “{name}”{f' ({value})' if value else ''} ran{whole}"
    if change.what == "command":
        return f"command “{name}” was sent"
    if change.what == "rolled_back":
        return f"{name} was rolled back{whole}"
    old = f" from {clean(change.old, 40)}" if change.old else ""
    return f"{name} was changed{old}{f' to {value}' if value else ''}{whole}"


def _of_course(course: Course | None) -> Cause | None:
    """How a metric that grows got where it is."""
    if course is None:
        return None
    rate = f"{number(course.per_hour)} points an hour"
    full = f"; at this rate it is full in {span(course.full_in)}" if course.full_in is not None else ""
    verb = "filling" if course.metric == "disk_percent" else "growing"
    text = f"{capital(course.label)} has been {verb} by {rate} since {course.since:%d %B %H:%M} UTC{full}."
    proof = Evidence(
        verb, f"{number(course.first)} % then, {number(course.last)} % now.", course.since, "ai_reading_hours"
    )
    return Cause(kind=verb, text=text, at=course.since, confidence=COURSE_CONFIDENCE, evidence=(proof,))


def _of_site(subject: Subject) -> Cause | None:
    """Several devices of a site at once: what they have in common."""
    if subject.scope != "site" or len(subject.started) < 2:  # noqa: PLR2004 - several
        return None
    what, confidence = SHARED.get(subject.category, SHARED_OTHERWISE)
    first = min(subject.started.values())
    text = f"Several devices of the site began at about the same time, which points at {what}."
    proof = Evidence("devices", f"{count(len(subject.started), 'device')} of one site.", first, "ai_anomaly_logs")
    return Cause(kind="shared", text=text, at=first, confidence=confidence, evidence=(proof,))


def announced(lead: Member) -> Cause:
    """What raises a risk: each line of its text but the claim, and but how it ended."""
    said = (lead.text or "").split("\n")
    reasons = said[1:] if lead.ended_at is None else said[1:-1]
    source = f"ai_predictions/{lead.device}"
    evidence = tuple(Evidence("risk", clean(text, 240), lead.last_at, source) for text in (said[0], *reasons))
    text = " ".join(reasons) if reasons else said[0]
    return Cause(
        kind="risk", text=clean(text, 300), at=lead.started_at, confidence=COURSE_CONFIDENCE, evidence=evidence
    )


def done_before_end(changes: Iterable[RecordedChange], began: datetime, ended: datetime) -> str | None:
    """The last thing that was done to a device in trouble shortly before the trouble ended, as a sentence."""
    done = [one for one in changes if max(began, ended - HELPS) <= one.at <= ended and acts(one)]
    if not done:
        return None
    last = max(done, key=lambda one: (one.at, one.source, one.id, -one.device))
    return f"It ended {span(ended - last.at)} after {_what(last)}."
