"""Incidents as they are stored and read: what is wrong, of which devices, since when, why, and what was done."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from ai_gateway.health.types import Explained

Status = Literal["open", "acknowledged", "resolved"]
Scope = Literal["device", "site", "change"]
Source = Literal["anomaly", "alert"]

STATUSES: Final = ("open", "acknowledged", "resolved")
CATEGORIES: Final = (
    "temperature",
    "connectivity",
    "power",
    "performance",
    "storage",
    "application",
    "security",
    "configuration",
)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One anomaly, or one of HOMEPOT's alerts, that belongs to an incident.

    ``id``: in ``ai_anomaly_logs``, or HOMEPOT's alert. ``device``: HOMEPOT's integer; absent: an alert of the whole site.
    ``kind`` and ``metric``: as of an anomaly; read from an alert's words. ``ended_at`` absent: still on. ``status``: an
    alert's, in lower case. ``text``: an anomaly's detail, or an alert's title; an alert's is whatever somebody wrote.
    """

    source: Source
    id: int
    device: int | None
    site: int
    kind: str
    metric: str | None
    category: str
    severity: str
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None = None
    score: float = 0.0
    value: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    explained: tuple[Explained, ...] = ()
    text: str | None = None
    status: str | None = None
    acknowledged_at: datetime | None = None
    notes: str | None = None
    incident: UUID | None = None


class Evidence(msgspec.Struct, frozen=True):
    """One recorded fact behind a cause. ``source``: the table that it stands in, with its id where there is one."""

    kind: str
    text: str
    at: datetime | None
    source: str


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What most probably brought the trouble about; ``confidence`` (0-1) ranks causes and is no probability.

    ``kind``: ``config``, ``rollback``, ``firmware``, ``job``, ``command``: a recorded change. ``filling``, ``growing``:
    the metric's own course. ``shared``: what the devices of a site have in common. ``risk``: what raises a risk that was announced. ``none``: nothing
    on record fits.
    """

    kind: str
    text: str
    at: datetime | None
    confidence: float
    evidence: tuple[Evidence, ...] = ()


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """A past incident like this one, and how it ended. ``similarity``: as `memory.types.Recalled.similarity_score`."""

    id: int
    site: int | None
    description: str
    severity: str
    category: str
    site_name: str | None
    device_id: str | None
    device_name: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    similarity: float


class IncidentDevice(msgspec.Struct, frozen=True):
    """A device of an incident; both are HOMEPOT's integers."""

    device: int
    site: int


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What a person should look at. Site and devices are HOMEPOT's integers.

    ``site``: of its first member. ``kind`` and ``metric``: of the symptom that leads. ``devices``: those of the sites asked
    for, which need not be all. ``anomalies``, ``alerts``: how many members of those sites there are. ``reopened``: how
    often the trouble came back. ``absorbed``: ids of incidents that turned out to be this one; they still find it.
    ``revision`` grows with every change. ``members`` are read with one incident alone, the earliest first.
    """

    id: UUID
    status: Status
    severity: str
    category: str
    kind: str
    metric: str | None
    title: str
    scope: Scope
    site: int
    opened_at: datetime
    last_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    reopened: int
    resolution: str | None
    cause: Cause | None
    similar: tuple[Similar, ...]
    devices: tuple[IncidentDevice, ...]
    anomalies: int
    alerts: int
    absorbed: tuple[UUID, ...]
    revision: int
    members: tuple[Member, ...] = ()


class Changes(msgspec.Struct, frozen=True):
    """Incidents that changed after a position, in the order of their changes, and the position to ask from next."""

    position: int
    incidents: tuple[Incident, ...]
