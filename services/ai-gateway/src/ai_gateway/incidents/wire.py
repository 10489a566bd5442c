"""What the routes about incidents send: public ids and names in place of HOMEPOT's integers, within the caller's scope."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from ai_gateway.access.scope import Scope
from ai_gateway.health.types import Anomaly
from ai_gateway.health.wire import DeviceRef, device_ref, rounded
from ai_gateway.health.words import anomaly_words, clipped
from ai_gateway.incidents.types import Cause, Incident, Member, Similar, Status
from ai_gateway.kit.text import NOT_BLANK

MAX_RESOLUTION_CHARS = 2000


class ResolveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about it, in a sentence or two: whoever meets the same trouble next will read it."""

    resolution: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_RESOLUTION_CHARS, pattern=NOT_BLANK)]


class PastIncident(msgspec.Struct, frozen=True, kw_only=True):
    """A past incident like this one. ``similarity_score``: probability (0-1) that a person would call both the same problem."""

    id: int
    description: str
    severity: str
    category: str
    site_name: str | None
    device_id: str | None
    device_name: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    similarity_score: float


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """An anomaly, or one of HOMEPOT's alerts, that belongs to an incident. ``id``: the anomaly's, or the alert's."""

    source: str
    id: int
    device: DeviceRef | None
    kind: str
    metric: str | None
    severity: str
    text: str
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    started_at: datetime
    ended_at: datetime | None


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """What a person should look at.

    ``scope``: ``device``, ``site``, or ``change`` for devices that had the same change before. ``devices``, ``anomalies``
    and ``alerts``: those in the caller's view. ``cause``: the most probable one with its evidence. ``reopened``: how often
    it came back.
    """

    id: UUID
    status: Status
    severity: str
    category: str
    title: str
    scope: str
    site_id: str | None
    site_name: str | None
    devices: list[DeviceRef]
    anomalies: int
    alerts: int
    opened_at: datetime
    last_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    reopened: int
    resolution: str | None
    cause: Cause | None
    similar_past_incidents: list[PastIncident]


class IncidentDetail(IncidentView, frozen=True, kw_only=True):
    """One incident with all that belongs to it. ``merged``: ids of incidents that turned out to be this one."""

    members: list[MemberView]
    merged: list[UUID]


class IncidentPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of incidents: unresolved first, then the most severe, then the newest. ``count``: how many there are in all."""

    count: int
    incidents: list[IncidentView]
    limit: int
    offset: int


def incident_view(incident: Incident, scope: Scope) -> IncidentView:
    """An incident in a list."""
    return IncidentView(**_fields(incident, scope))


def incident_detail(incident: Incident, scope: Scope) -> IncidentDetail:
    """One incident with its members."""
    members = [_member(one, scope) for one in incident.members]
    return IncidentDetail(**_fields(incident, scope), members=members, merged=list(incident.absorbed))


def _fields(incident: Incident, scope: Scope) -> dict[str, Any]:
    site = scope.names.site_by_id.get(incident.site) if scope.sees(incident.site) else None
    same = ("id", "status", "severity", "category", "title", "scope", "anomalies", "alerts", "opened_at", "last_at")
    more = ("acknowledged_at", "resolved_at", "reopened", "resolution", "cause")
    return {
        **{name: getattr(incident, name) for name in (*same, *more)},
        "site_id": site.site_id if site else None,
        "site_name": site.name if site else None,
        "devices": [device_ref(one.device, scope) for one in incident.devices],
        "similar_past_incidents": [past_incident(one) for one in incident.similar],
    }


def past_incident(one: Similar) -> PastIncident:
    """A past incident as it is sent."""
    fields = {name: getattr(one, name) for name in PastIncident.__struct_fields__ if name != "similarity_score"}
    return PastIncident(**fields, similarity_score=round(one.similarity, 3))


def _member(one: Member, scope: Scope) -> MemberView:
    same = ("source", "id", "kind", "metric", "severity")
    return MemberView(
        **{name: getattr(one, name) for name in same},
        value=rounded(one.value),
        expected=rounded(one.expected),
        lower=rounded(clipped(one.metric, one.lower)),
        upper=rounded(clipped(one.metric, one.upper)),
        device=device_ref(one.device, scope) if one.device is not None else None,
        text=member_words(one),
        started_at=one.started_at,
        ended_at=one.ended_at,
    )


def member_words(one: Member) -> str:
    """An anomaly in code's words; of an alert its title, as HOMEPOT has it."""
    if one.source == "alert" or one.device is None:
        return one.text or one.kind
    anomaly = Anomaly(
        device=one.device,
        detail=one.text,
        **{name: getattr(one, name) for name in Anomaly.__struct_fields__ if name not in {"device", "detail"}},
    )
    return anomaly_words(anomaly)
