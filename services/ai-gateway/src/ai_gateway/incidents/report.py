"""The wire shape of ``GET /api/ai/analyze/{device_id}``: the seed's fields, and beyond them all that explains them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ai_gateway.access.types import Mode
from ai_gateway.health.analysis import DataQuality, Point, Slice, chart
from ai_gateway.health.catalogue import METRICS, metric_named
from ai_gateway.health.types import Anomaly, Explained, HealthPart
from ai_gateway.health.wire import AnomalyView, HealthStatus, rounded
from ai_gateway.health.words import clipped
from ai_gateway.incidents.wire import IncidentView, PastIncident

_ORDER = {metric.name: place for place, metric in enumerate(METRICS)}


class Metrics(msgspec.Struct, frozen=True):
    """Each metric over the period, in its unit, and its newest value at the last scan. ``uptime``: percent of the period."""

    averages: dict[str, float]
    maxima: dict[str, float]
    minima: dict[str, float]
    latest: dict[str, float]
    uptime: float | None


class ExpectedBand(msgspec.Struct, frozen=True):
    """What was expected of a metric during an anomaly: at its worst moment. ``until`` absent: it is still on."""

    since: datetime
    until: datetime | None
    expected: float | None
    lower: float | None
    upper: float | None


class Series(msgspec.Struct, frozen=True):
    """One metric ready for a chart. ``points``: start of a stretch, mean, lowest and highest; at most 288 or so.

    ``limit``: the level from which a value is bad on any device. ``expected``: the bands of the period's anomalies.
    """

    metric: str
    label: str
    unit: str
    limit: float | None
    points: list[Point]
    expected: list[ExpectedBand]


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """One device over a period.

    ``health_score``: ratio 0-1 as of ``as_of``, absent while unknown. ``condition``: its state in HOMEPOT now, in one
    word. ``stale``: the worker's last scan is too old, so that it is not called healthy.
    """

    device_id: str
    device_name: str
    site_id: str | None
    site_name: str | None
    period: str
    mode: Mode
    since: datetime
    until: datetime
    generated_at: datetime
    summary: str
    health_score: float | None
    status: HealthStatus
    condition: str
    as_of: datetime | None
    stale: bool
    health_parts: list[HealthPart]
    anomalies_detected: list[AnomalyView]
    incidents: list[IncidentView]
    similar_past_incidents: list[PastIncident]
    recommendations: list[str]
    metrics: Metrics
    data_quality: DataQuality
    series: list[Series]


def series(slices: Sequence[Slice], anomalies: Sequence[Anomaly]) -> list[Series]:
    """A chart of every metric that was measured, in the catalogue's order, unknown ones last."""
    names = sorted({name for piece in slices for name in piece.stats}, key=lambda name: (_ORDER.get(name, 99), name))
    return [_series(name, slices, anomalies) for name in names]


def _series(name: str, slices: Sequence[Slice], anomalies: Sequence[Anomaly]) -> Series:
    metric = metric_named(name)
    bands = [band for one in anomalies if (band := _band(one, name))]
    return Series(name, metric.label, metric.unit, metric.limit, chart(slices, name), bands)


def _band(anomaly: Anomaly, metric: str) -> ExpectedBand | None:
    """What an anomaly says was expected of the metric, if it says so."""
    known: list[Anomaly | Explained] = [anomaly, *anomaly.explained]
    for one in known:
        if one.metric == metric and (one.expected, one.lower, one.upper) != (None, None, None):
            ends = (clipped(metric, one.lower), clipped(metric, one.upper))
            band = (rounded(value) for value in (one.expected, *ends))
            return ExpectedBand(anomaly.started_at, anomaly.ended_at, *band)
    return None
