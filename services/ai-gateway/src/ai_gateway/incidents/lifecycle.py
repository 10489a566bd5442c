"""What an incident is, derived from its members and from what people did: state, severity, lead, when it began and ended.

A pure function of all that is stored, so that an incident seen step by step and one seen whole after an outage are equal.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ai_gateway.health.types import RISK, SEVERITIES
from ai_gateway.incidents.correlate import FAR, order, symptom
from ai_gateway.incidents.types import Member, Status

QUIET: Final = timedelta(minutes=5)
"""An incident ends when nothing of it has been on for this long; what returns sooner was never gone."""


class Acts(NamedTuple):
    """What people did here: when they acknowledged the incident, and each time that they closed it, in order."""

    acknowledged_at: datetime | None = None
    closings: tuple[datetime, ...] = ()


class State(NamedTuple):
    """Where an incident is in its life. ``reopened``: how often its trouble came back."""

    status: Status
    opened_at: datetime
    last_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    reopened: int


class _Stretch(NamedTuple):
    start: datetime
    end: datetime


def live(members: Sequence[Member], acts: Acts, now: datetime) -> State:
    """The state at ``now`` of an incident with these members, at least one."""
    stretches = _stretches(members, acts.closings)
    last = stretches[-1]
    closed = last.end in acts.closings
    over = closed or (last.end != FAR and last.end + QUIET <= now)
    acknowledged = _acknowledged(members, acts, last.start)
    return State(
        status="resolved" if over else "acknowledged" if acknowledged else "open",
        opened_at=stretches[0].start,
        last_at=max(member.last_at for member in members),
        acknowledged_at=acknowledged,
        resolved_at=last.end if over else None,
        reopened=len(stretches) - 1,
    )


def _stretches(members: Sequence[Member], closings: Sequence[datetime]) -> list[_Stretch]:
    """When anything of the incident was on, in order. Whoever closes it ends what is on; what comes then is a new stretch."""
    found: list[_Stretch] = []
    for member in sorted(members, key=order):
        end = min(_end(member), next((at for at in closings if at >= member.started_at), FAR))
        before = found[-1] if found else None
        divided = before and any(before.start <= at < member.started_at for at in closings)
        if before is None or divided or member.started_at > _later(before.end, QUIET):
            found.append(_Stretch(member.started_at, end))
        else:
            found[-1] = _Stretch(before.start, max(before.end, end))
    return found


def _end(member: Member) -> datetime:
    return FAR if member.ended_at is None else max(member.ended_at, member.started_at)


def _later(at: datetime, by: timedelta) -> datetime:
    return at if at == FAR else at + by


def _acknowledged(members: Sequence[Member], acts: Acts, since: datetime) -> datetime | None:
    """When somebody first took note of the present stretch: here, or by acknowledging one of its alerts in HOMEPOT."""
    times = [member.acknowledged_at for member in members if member.acknowledged_at is not None]
    times += [acts.acknowledged_at] if acts.acknowledged_at is not None else []
    return min((at for at in times if at >= since), default=None)


def worst(members: Sequence[Member]) -> str:
    """The highest severity of any member."""
    return max((member.severity for member in members), key=SEVERITIES.index)


def leading(members: Sequence[Member]) -> Member:
    """The member that says best what is wrong.

    Of the symptom that most devices have, then the most severe, then the one that keeps coming; of that symptom's members
    the clearest anomaly, as an alert does not say what was expected. Ties go to the earlier. What was only announced leads
    where nothing has come yet.
    """
    devices: dict[str, set[int | None]] = defaultdict(set)
    severity: dict[str, int] = defaultdict(int)
    times: dict[str, int] = defaultdict(int)
    for member in members:
        times[symptom(member)] += 1
        devices[symptom(member)].add(member.device)
        severity[symptom(member)] = max(severity[symptom(member)], SEVERITIES.index(member.severity))
    return max(
        sorted(members, key=order),
        key=lambda member: (
            member.kind != RISK,
            len(devices[symptom(member)]),
            severity[symptom(member)],
            times[symptom(member)],
            member.source == "anomaly",
            SEVERITIES.index(member.severity),
            member.score,
        ),
    )


def resolution_of(members: Sequence[Member]) -> str | None:
    """What HOMEPOT's operators wrote when they resolved its alerts, the last of them."""
    notes = [member for member in members if member.notes and member.notes.strip()]
    return max(notes, key=lambda member: (member.ended_at or FAR, member.id)).notes if notes else None
