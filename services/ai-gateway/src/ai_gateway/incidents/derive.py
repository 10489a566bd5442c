"""From the members of one trouble to the incident as it is stored: pure, so that it can be derived again at any time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from ai_gateway.health.types import RISK
from ai_gateway.homepot.history import RecordedChange
from ai_gateway.incidents.cause import Same, Subject, announced, done_before_end, probable_cause
from ai_gateway.incidents.correlate import DeviceChange, follows, identity, order, symptom
from ai_gateway.incidents.course import Course
from ai_gateway.incidents.lifecycle import Acts, State, leading, live, resolution_of, worst
from ai_gateway.incidents.types import Cause, Member, Scope
from ai_gateway.incidents.words import title_of

RECORDED: Final = frozenset({"config", "rollback", "firmware", "job"})
CHANGE_CONFIDENCE: Final = 0.4
"""A change that several devices share names the incident only if it is at least this good a cause."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as it was stored before; see ``held.sql``."""

    id: UUID
    status: str
    severity: str
    category: str
    kind: str
    metric: str | None
    acknowledged_at: datetime | None
    closings: tuple[datetime, ...]
    reopened: int
    resolution: str | None
    change: str | None
    similar_incidents: list[dict[str, Any]] | None
    created_at: datetime


class Context(NamedTuple):
    """What is known around the incidents: changes by device, how far each reached, and how metrics rose by device."""

    changes: Mapping[int, Sequence[RecordedChange]]
    reach: Mapping[Same, int]
    keys: Mapping[int, Sequence[DeviceChange]]
    courses: Mapping[int, Course]


class Derived(NamedTuple):
    """An incident to store. ``before``: as it was, where it was; ``absorbed``: other incidents that are this one."""

    row: dict[str, Any]
    devices: list[dict[str, Any]]
    members: tuple[Member, ...]
    before: Stored | None
    absorbed: tuple[UUID, ...]

    @property
    def id(self) -> UUID:
        """The incident's id."""
        found: UUID = self.row["id"]
        return found


def derive(
    members: Sequence[Member], change: str | None, stored: Sequence[Stored], context: Context, now: datetime
) -> Derived:
    """The incident that all these members make.

    Args:
        members: all of them, those that belonged to it before included.
        change: the key of the change that several of its devices share, as found now.
        stored: incidents that its members belonged to, which become one.
        context: what was done, and how metrics rose.
        now: for what is over long enough.
    """
    whole = tuple(sorted(members, key=order))
    id_ = identity(whole[0])
    before = _before(id_, stored)
    acts = _acts(stored)
    state = live(whole, acts, now)
    lead = leading(whole)
    key = change or min((one.change for one in stored if one.change), default=None)
    scope, cause = _explained(whole, lead, key, context)
    row = {
        "id": id_,
        **state._asdict(),
        "severity": worst(whole),
        "category": "configuration" if scope == "change" else lead.category,
        "kind": lead.kind,
        "metric": lead.metric,
        "title": title_of(lead, scope),
        "scope": scope,
        "site": whole[0].site,
        "sites": sorted({member.site for member in whole}),
        "closings": acts.closings,
        "resolution": _resolution(whole, lead, state, stored, context),
        "change": key,
        "cause": msgspec.to_builtins(cause),
        "similar_incidents": before.similar_incidents if before else None,
        "created_at": min((one.created_at for one in stored), default=None),
    }
    absorbed = tuple(one.id for one in stored if one.id != id_)
    return Derived(row, _devices(id_, whole, context), whole, before, absorbed)


def _before(id_: UUID, stored: Sequence[Stored]) -> Stored | None:
    """The incident that this one was before: of the same id, or else the oldest of those that it absorbs."""
    return min(stored, key=lambda one: (one.id != id_, one.created_at, one.id), default=None)


def _acts(stored: Sequence[Stored]) -> Acts:
    """What people did to all of them. Whoever closed one of several has not closed the others."""
    acknowledged = min((one.acknowledged_at for one in stored if one.acknowledged_at), default=None)
    closings = sorted({at for one in stored for at in one.closings}) if all(one.closings for one in stored) else []
    return Acts(acknowledged, tuple(closings))


def _explained(whole: Sequence[Member], lead: Member, key: str | None, context: Context) -> tuple[Scope, Cause]:
    # What leads is what a cause must precede: another symptom may have been there before, by chance.
    about, started = symptom(lead), dict[int, datetime]()
    for member in sorted(whole, key=lambda one: symptom(one) != about):
        if member.device is not None:
            started.setdefault(member.device, member.started_at)
    scope: Scope = "device" if len(started) == 1 else "site"
    if lead.kind == RISK:
        return scope, announced(lead)
    changes = [change for device in started for change in context.changes.get(device, ())]
    course = context.courses.get(lead.device) if lead.device is not None else None
    if course is not None and (len(started) > 1 or course.metric != lead.metric):
        course = None
    subject = Subject(lead.category, lead.metric, scope, started)
    cause = probable_cause(subject, changes, context.reach, course)
    by_change = cause.kind in RECORDED and cause.confidence >= CHANGE_CONFIDENCE
    several_sites = len({member.site for member in whole}) > 1
    if key is not None and len(started) > 1 and (by_change or several_sites):
        scope = "change"
    return scope, cause


def _resolution(
    whole: Sequence[Member], lead: Member, state: State, stored: Sequence[Stored], context: Context
) -> str | None:
    """What helped: as somebody wrote here or in HOMEPOT, how a risk ended, or what was done just before the end."""
    told = next((one.resolution for one in stored if one.resolution), None) or resolution_of(whole)
    if told or state.resolved_at is None:
        return told
    if lead.kind == RISK:
        return (lead.text or "").split("\n")[-1] or None
    devices = {member.device for member in whole if member.device is not None}
    changes = [change for device in devices for change in context.changes.get(device, ())]
    return done_before_end(changes, state.opened_at, state.resolved_at)


def _devices(id_: UUID, whole: Sequence[Member], context: Context) -> list[dict[str, Any]]:
    sites = {member.device: member.site for member in whole if member.device is not None}
    return [
        {"incident": id_, "device": device, "site": site, "changes": _keys(whole, device, context)}
        for device, site in sites.items()
    ]


def _keys(whole: Sequence[Member], device: int, context: Context) -> list[str]:
    """The keys of the changes after which any trouble of the device began."""
    starts = [member.started_at for member in whole if member.device == device]
    done = context.keys.get(device, ())
    return sorted({change.key for change in done if any(follows(start, change.at) for start in starts)})
