"""HOMEPOT's shapes, as its dashboard and back end know them.

Times are RFC 3339 in UTC with a zone, which HOMEPOT leaves out. What is not known is ``null``, where HOMEPOT writes 0.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from ai_gateway.answers.trust.types import TrustEnvelope
from ai_gateway.answers.types import MAX_ID_CHARS, MAX_QUESTION_CHARS
from ai_gateway.homepot_api.job_types import OptimalWindows

MAX_CONTEXT_CHARS = 20_000
MAX_MESSAGES = 500


class Message(msgspec.Struct, frozen=True):
    """One earlier message. ``role``: ``user``; any other is taken for the assistant's."""

    role: Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)]
    content: str


class AssistantQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A question as HOMEPOT's dashboard sends it.

    ``context`` counts as a message before the question: what it names, “it” in the question can mean. ``role``: for whom
    to word the answer, never what may be seen. A field that is not listed is left aside, as HOMEPOT does.
    """

    query: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUESTION_CHARS, pattern=r"\S")]
    context: Annotated[str, msgspec.Meta(max_length=MAX_CONTEXT_CHARS)] | None = None
    device_id: Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)] | None = None
    role: Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)] | None = None
    history: Annotated[list[Message], msgspec.Meta(max_length=MAX_MESSAGES)] | None = None


class AssistantAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as HOMEPOT's dashboard shows it, with how far it can be trusted."""

    response: str
    timestamp: datetime
    trust: TrustEnvelope


class AnomalyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One of HOMEPOT's active alerts, which has its ``id``, or what is anomalous about a device, which has none.

    ``score``: 0-1, the worst first. ``reasons``: the first says the most.
    """

    id: int | UnsetType = UNSET
    device_id: str | None
    device_name: str
    score: float
    reasons: list[str]
    severity: str
    metrics: dict[str, str | float | None]
    timestamp: datetime


class AnomalyEntries(msgspec.Struct, frozen=True):
    """``count``: of the entries listed."""

    count: int
    anomalies: list[AnomalyEntry]


class PushSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Push messages sent in the period. ``delivery_rate_percent``: 0-100."""

    total_sent: int
    delivered: int
    failed: int
    delivery_rate_percent: float | None
    avg_latency_ms: float | None


class PushInsights(msgspec.Struct, frozen=True, kw_only=True):
    """How push messages fared; counts by provider and by the error code of those that failed."""

    period_days: int
    device_id: str | None
    summary: PushSummary
    provider_breakdown: dict[str, int]
    failure_reasons: dict[str, int]
    analysis_timestamp: datetime


class DeviceMeans(msgspec.Struct, frozen=True, kw_only=True):
    """Means over the period. The last three only where they were measured."""

    avg_cpu_percent: float | None
    avg_memory_percent: float | None
    avg_disk_percent: float | None
    sample_count: int
    avg_transaction_volume: float | UnsetType = UNSET
    avg_active_connections: float | UnsetType = UNSET
    avg_queue_depth: float | UnsetType = UNSET


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """A device's figures, or ``status`` ``no_data`` with a ``message`` and nothing else.

    ``trends``: increasing, decreasing or stable. ``health_score``: 0-100 as of the last scan.
    """

    device_id: str
    period_days: int | UnsetType = UNSET
    metrics: DeviceMeans | UnsetType = UNSET
    trends: dict[str, str] | UnsetType = UNSET
    health_score: float | UnsetType | None = UNSET
    analysis_timestamp: datetime | UnsetType = UNSET
    status: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


class DeviceErrors(msgspec.Struct, frozen=True, kw_only=True):
    """Errors that the device logged; information is no error. Without any: ``status`` ``no_errors`` and a rate of 0."""

    error_rate_per_day: float
    total_errors: int | UnsetType = UNSET
    period_days: int | UnsetType = UNSET
    status: str | UnsetType = UNSET


RiskLevel = Literal["low", "medium", "high", "critical"]


class RiskFactor(msgspec.Struct, frozen=True):
    """What raises a risk. ``type``: ``sign`` (by its share of what moved the risk) or ``limit`` (by when it is reached)."""

    type: Literal["sign", "limit"]
    name: str
    severity: RiskLevel


class FailurePrediction(msgspec.Struct, frozen=True, kw_only=True):
    """A device's risk as of ``prediction_timestamp``. ``failure_probability``: ratio 0-1 within the window.

    ``confidence``: 1 less the width of the 90 % interval, absent where a prior alone speaks. ``predicted_failure_time``: by
    then half of devices like this one have failed; absent if that is more than 30 days ahead.

    Without a prediction, or with one that is too old: no probability, the level ``unknown``, why as ``error``, nothing else.
    """

    device_id: str
    failure_probability: float | None
    risk_level: Literal["low", "medium", "high", "critical", "unknown"]
    prediction_window_hours: int | UnsetType = UNSET
    confidence: float | UnsetType | None = UNSET
    risk_factors: list[RiskFactor] | UnsetType = UNSET
    recommendations: list[str] | UnsetType = UNSET
    prediction_timestamp: datetime | UnsetType = UNSET
    predicted_failure_time: datetime | UnsetType | None = UNSET
    error: str | UnsetType = UNSET


class AtRiskDevices(msgspec.Struct, frozen=True, kw_only=True):
    """Devices at this level or above within 24 hours, the riskiest first. ``at_risk_count``: all, also beyond the list."""

    site_id: str | None
    min_risk_level: RiskLevel
    at_risk_count: int
    devices: list[FailurePrediction]
    generated_at: datetime


class HomepotForecast(msgspec.Struct, frozen=True, kw_only=True):
    """Devices within ``forecast_hours``. ``overall_health_score``: percent of them expected to be without a failure then.

    ``risk_distribution``: devices by level; healthy ones are at the lowest. ``top_concerns``: the riskiest of the others.
    """

    site_id: str | None
    forecast_hours: int
    overall_health_score: float | None
    forecast_status: Literal["healthy", "warning", "critical", "unknown"]
    forecast_message: str
    total_devices: int
    healthy_devices: int
    at_risk_devices: int
    risk_distribution: dict[str, int]
    top_concerns: list[FailurePrediction]
    generated_at: datetime


class DeviceInsights(msgspec.Struct, frozen=True, kw_only=True):
    """All that HOMEPOT shows of one device."""

    device_id: str
    analysis_period_days: int
    performance: Performance
    errors: DeviceErrors
    failure_prediction: FailurePrediction
    generated_at: datetime


class JobSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that ended in the period. ``success_rate``: percent."""

    total_jobs: int
    successful: int
    failed: int
    success_rate: float


class HourSuccess(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs made in one hour of the day (0-23, UTC). ``success_rate``: percent."""

    hour: int
    success_rate: float
    sample_size: int


class JobPatterns(msgspec.Struct, frozen=True, kw_only=True):
    """How the site's own jobs fared, the hours in which they did best, and failures by their message.

    Without a job that ended: ``status`` ``no_data`` with a ``message``, and nothing else.
    """

    site_id: str
    period_days: int | UnsetType = UNSET
    summary: JobSummary | UnsetType = UNSET
    optimal_hours: list[HourSuccess] | UnsetType = UNSET
    failure_patterns: dict[str, int] | UnsetType = UNSET
    analysis_timestamp: datetime | UnsetType = UNSET
    status: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


class CorrelatedIssue(msgspec.Struct, frozen=True, kw_only=True):
    """An incident whose probable cause is a recorded change."""

    incident_id: str
    title: str
    cause: str
    opened_at: datetime


class ConfigurationImpact(msgspec.Struct, frozen=True, kw_only=True):
    """``impact_score``: share (0-1) of the period's incidents that a recorded change probably caused."""

    site_id: str
    period_days: int
    impact_score: float | None
    correlated_issues: list[CorrelatedIssue]
    recommendation: str


class SiteInsights(msgspec.Struct, frozen=True, kw_only=True):
    """All that HOMEPOT shows of one site."""

    site_id: str
    analysis_period_days: int
    job_patterns: JobPatterns
    scheduling_windows: OptimalWindows
    configuration_impact: ConfigurationImpact
    generated_at: datetime


class SystemStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What works at this moment. ``data_sources``: HOMEPOT's tables, and whether they can be read."""

    status: Literal["operational", "degraded"]
    version: str
    capabilities: dict[str, bool]
    data_sources: dict[str, str]
    timestamp: datetime


class HomepotProblem(msgspec.Struct, frozen=True):
    """HOMEPOT's two members of an error, ``detail`` and ``status_code``, beside those of every problem document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    status_code: int
