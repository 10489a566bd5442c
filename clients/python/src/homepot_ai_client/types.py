"""What the gateway answers, as far as this client types it; fields that are newer than the client are left aside."""

from datetime import datetime
from typing import Any, Literal

import msgspec


class Turn(msgspec.Struct, frozen=True):
    """An earlier message of a conversation that the caller keeps itself."""

    role: Literal["user", "assistant"]
    content: str


class Evidence(msgspec.Struct, frozen=True):
    """A fact that an answer rests on. ``source``: table and row, or the computation, it comes from."""

    id: str
    kind: str
    at: datetime
    text: str
    source: str
    device_id: str | None = None


class RelevantDevice(msgspec.Struct, frozen=True):
    """A device that an answer is about. ``id``: HOMEPOT's public id."""

    id: str
    name: str
    status: str


class Trust(msgspec.Struct, frozen=True):
    """How far an answer can be trusted. ``gates``: as the gateway sends them. ``actionable``: whether to act on it."""

    trust_mode: str
    trust_mode_label: str
    trust_score: float
    actionable: bool
    passed_gates: list[str]
    failed_gate: str | None
    gates: list[dict[str, Any]]
    summary: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with what it rests on; ``degraded``: a part did not help, the facts are the same."""

    answer: str
    relevant_devices: list[RelevantDevice]
    mode: str
    response_time_ms: int
    model_used: str | None
    evidence: list[Evidence]
    degraded: bool
    degraded_reason: str | None
    trust: Trust
    conversation_id: str | None


class Gathered(msgspec.Struct, frozen=True):
    """First event of a stream: what the answer will rest on."""

    evidence: list[Evidence]
    relevant_devices: list[RelevantDevice]


class Delta(msgspec.Struct, frozen=True):
    """A sentence on the way to an answer; the `Answer` that ends the stream has the last word."""

    text: str


Event = Gathered | Delta | Answer


class AssistantAnswer(msgspec.Struct, frozen=True):
    """An answer in the shape of HOMEPOT's own assistant."""

    response: str
    timestamp: datetime
    trust: Trust


class Device(msgspec.Struct, frozen=True):
    """A device by HOMEPOT's public id."""

    device_id: str
    name: str | None
    site_id: str | None
    site_name: str | None


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of trouble of one device, with the value at its worst and the band that was expected, in ``unit``."""

    id: int
    device: Device
    kind: str
    metric: str | None
    unit: str | None
    severity: str
    score: float
    value: float | None
    lower: float | None
    upper: float | None
    text: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    incident_id: str | None


class AnomalyPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of anomalies, the worst first, of ``count``. ``stale``: the worker is behind."""

    count: int
    anomalies: list[Anomaly]
    as_of: datetime | None
    stale: bool


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What a person should look at. ``cause``: the most probable one, with its evidence, as the gateway sends it."""

    id: str
    status: str
    severity: str
    category: str
    title: str
    site_id: str | None
    site_name: str | None
    devices: list[Device]
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    cause: dict[str, Any] | None


class IncidentPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of incidents: the unresolved first, then the most severe, of ``count``."""

    count: int
    incidents: list[Incident]
