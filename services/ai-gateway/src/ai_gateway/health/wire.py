"""What the routes about health send: public ids, names, units and words in place of HOMEPOT's integers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from ai_gateway.access.scope import Scope
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import Anomaly, AnomalyRow, DeviceHealth, Explained, HealthPart, SiteHealth
from ai_gateway.health.words import anomaly_words, clipped

DIGITS: Final = 3
HealthStatus = Literal["healthy", "warning", "critical", "unknown"]


class DeviceRef(msgspec.Struct, frozen=True):
    """A device by HOMEPOT's public id; its name is absent if HOMEPOT no longer has it."""

    device_id: str
    name: str | None
    site_id: str | None
    site_name: str | None


class ExplainedView(msgspec.Struct, frozen=True, kw_only=True):
    """One metric's part in an anomaly, in ``unit``; ranked by ``score``, above 1 is anomalous."""

    metric: str
    label: str
    unit: str
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    score: float


class AnomalyView(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of trouble of one device.

    ``value`` and the band ``lower`` … ``upper`` around ``expected`` are those of its worst moment, in ``unit``; the band is
    cut to what the metric can be.
    ``explained_by``: the metrics that explain it, the strongest first. ``incident_id``: the incident it belongs to.
    """

    id: int
    device: DeviceRef
    kind: str
    metric: str | None
    unit: str | None
    severity: str
    score: float
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    explained_by: list[ExplainedView]
    text: str
    status: Literal["open", "closed"]
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    detected_at: datetime
    incident_id: UUID | None


class AnomalyPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of anomalies, the worst first. ``count``: how many there are in all. ``stale``: the worker is behind."""

    count: int
    anomalies: list[AnomalyView]
    limit: int
    offset: int
    as_of: datetime | None
    stale: bool


class DeviceHealthView(msgspec.Struct, frozen=True, kw_only=True):
    """A device as of the last scan. ``score``: ratio 0-1, absent while unknown. ``parts``: what lowers it."""

    device: DeviceRef
    score: float | None
    status: HealthStatus
    parts: list[HealthPart]
    as_of: datetime
    latest_at: datetime | None


class SiteHealthView(msgspec.Struct, frozen=True, kw_only=True):
    """A site as of the last scan. ``score``: mean of its known devices, 0-1."""

    site_id: str
    name: str | None
    score: float | None
    status: HealthStatus
    devices: int
    healthy: int
    warning: int
    critical: int
    unknown: int
    open_anomalies: int
    as_of: datetime


class FleetHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the caller's view.

    ``score``: mean over the known devices, 0-1. ``stale``: the last scan is too old, or there was none: nothing is called
    healthy then, and ``detail`` says why. ``sites``: a page, the worst first, of ``site_count``. ``worst``: the devices
    with the lowest scores that are not healthy.
    """

    score: float | None
    status: HealthStatus
    as_of: datetime | None
    stale: bool
    detail: str | None
    devices: int
    healthy: int
    warning: int
    critical: int
    unknown: int
    open_anomalies: int
    site_count: int
    sites: list[SiteHealthView]
    worst: list[DeviceHealthView]
    limit: int
    offset: int


def device_ref(device: int, scope: Scope) -> DeviceRef:
    """A device by HOMEPOT's integer."""
    known = scope.device(str(device))
    if known is None:
        return DeviceRef(str(device), None, None, None)
    site = scope.names.site_by_id.get(known.site_id)
    return DeviceRef(known.device_id, known.name, site.site_id if site else None, site.name if site else None)


def anomaly_view(row: AnomalyRow, scope: Scope) -> AnomalyView:
    """An anomaly as it is sent."""
    anomaly: Anomaly = row.anomaly
    return AnomalyView(
        id=row.id,
        device=device_ref(anomaly.device, scope),
        kind=anomaly.kind,
        metric=anomaly.metric,
        unit=metric_named(anomaly.metric).unit if anomaly.metric else None,
        severity=anomaly.severity,
        score=round(anomaly.score, DIGITS),
        value=rounded(anomaly.value),
        expected=rounded(anomaly.expected),
        lower=rounded(clipped(anomaly.metric, anomaly.lower)),
        upper=rounded(clipped(anomaly.metric, anomaly.upper)),
        explained_by=[_explained(one) for one in anomaly.explained],
        text=anomaly_words(anomaly),
        status="closed" if anomaly.ended_at else "open",
        started_at=anomaly.started_at,
        last_at=anomaly.last_at,
        ended_at=anomaly.ended_at,
        detected_at=row.detected_at,
        incident_id=row.incident,
    )


def _explained(one: Explained) -> ExplainedView:
    metric = metric_named(one.metric)
    return ExplainedView(
        metric=one.metric,
        label=metric.label,
        unit=metric.unit,
        value=rounded(one.value),
        expected=rounded(one.expected),
        lower=rounded(clipped(one.metric, one.lower)),
        upper=rounded(clipped(one.metric, one.upper)),
        score=round(one.score, DIGITS),
    )


def rounded(value: float | None) -> float | None:
    """What is sent of a figure: detectors compute with 24 bits."""
    return None if value is None else round(value, DIGITS)


def device_view(health: DeviceHealth, scope: Scope, *, stale: bool) -> DeviceHealthView:
    """A device's health as it is sent; of a stale one neither a score nor that it is healthy."""
    return DeviceHealthView(
        device=device_ref(health.device, scope),
        score=None if stale else rounded(health.score),
        status=told(health.status, stale=stale),
        parts=health_parts(health.parts),
        as_of=health.as_of,
        latest_at=health.latest_at,
    )


def health_parts(parts: Sequence[HealthPart]) -> list[HealthPart]:
    """What lowers a device's health, the heaviest first."""
    ordered = sorted(parts, key=lambda part: -part.weight)
    return [msgspec.structs.replace(part, weight=round(part.weight, DIGITS)) for part in ordered]


def site_view(health: SiteHealth, scope: Scope, status: HealthStatus, *, stale: bool) -> SiteHealthView:
    """A site's health as it is sent."""
    site = scope.names.site_by_id.get(health.site)
    return SiteHealthView(
        site_id=site.site_id if site else str(health.site),
        name=site.name if site else None,
        score=None if stale else rounded(health.score),
        status=status,
        devices=health.devices,
        healthy=0 if stale else health.healthy,
        warning=health.warning,
        critical=health.critical,
        unknown=health.unknown + (health.healthy if stale else 0),
        open_anomalies=health.open_anomalies,
        as_of=health.as_of,
    )


def told(status: str, *, stale: bool) -> HealthStatus:
    """A status as it may be told: what was healthy at an old scan is unknown now."""
    if status == "warning":
        return "warning"
    if status == "critical":
        return "critical"
    return "healthy" if status == "healthy" and not stale else "unknown"
