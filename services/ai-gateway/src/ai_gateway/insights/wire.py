"""What the route about a site's insights sends. Ratios are 0-1, intervals hold 90 %, and `p` is a probability of chance alone."""

from datetime import datetime
from typing import Literal

import msgspec

from ai_gateway.health.wire import DeviceRef, HealthStatus
from ai_gateway.prediction.wire import RiskView

Severity = Literal["info", "warning", "critical"]
HeldTo = Literal["unchanged_devices", "week_before", "nothing"]


class Overall(msgspec.Struct, frozen=True, kw_only=True):
    """The site's health as of the worker's last scan; without a score while that is too old."""

    score: float | None
    status: HealthStatus
    as_of: datetime | None
    stale: bool


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Devices as of the last scan, and what happened in the period. ``devices``: in service."""

    devices: int
    healthy: int
    warning: int
    critical: int
    unknown: int
    open_anomalies: int
    anomalies: int
    incidents: int
    open_incidents: int
    errors: int
    changes: int
    jobs: int
    failed_jobs: int


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a person should know of the period, in a sentence made of the numbers in ``kind``'s list."""

    kind: Literal["health", "trends", "error_patterns", "changes", "job_success", "like_sites", "predicted_issues"]
    severity: Severity
    text: str
    device_id: str | None = None


class TrendView(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of one device that goes somewhere: per day, in its unit, with an interval.

    ``change``: over the whole period. ``false_rate``: share of false ones among the trends that are at least as sure.
    """

    device: DeviceRef
    metric: str
    label: str
    unit: str
    direction: Literal["rising", "falling"]
    bad: bool
    per_day: float
    low: float
    high: float
    change: float
    days: int
    false_rate: float


class ErrorPatternView(msgspec.Struct, frozen=True, kw_only=True):
    """Errors that say the same but for numbers, which stand as ``#``. ``growing``: more in the last week than its share, by test."""

    pattern: str
    severity: str
    category: str
    error_code: str | None
    count: int
    devices: int
    last_week: int
    growing: bool
    first_at: datetime
    last_at: datetime


class EffectView(msgspec.Struct, frozen=True, kw_only=True):
    """What a metric did after a change, in its unit: the means of both days, and the change with its interval.

    ``change`` is what is left after what the unchanged devices of the site did in the same hours.
    """

    metric: str
    label: str
    unit: str
    before: float
    after: float
    change: float
    low: float
    high: float
    hours: int
    bad: bool


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """A change of configuration. ``device`` absent: of the whole site. ``compared_with``: how many unchanged devices.

    ``held_to``: what it would have been without the change: as with ``unchanged_devices`` or, where there are none, as the same
    devices did a ``week_before``; ``nothing``: neither is known, so the time of the week may be all of it. ``effects``: metrics that moved by more than matters and more than varies; ``tested``: how many were looked at.
    """

    at: datetime
    parameter: str
    old: str | None
    new: str | None
    device: DeviceRef | None
    rolled_back: bool
    compared_with: int
    held_to: HeldTo
    tested: int
    effects: list[EffectView]


class HourView(msgspec.Struct, frozen=True):
    """Jobs that began in one hour of the site's day, and the chance that one succeeds."""

    hour: int
    jobs: int
    succeeded: int
    probability: float
    low: float
    high: float


class JobSuccess(msgspec.Struct, frozen=True, kw_only=True):
    """How the site's jobs ended, by the hour of its day. Without a job there is no probability, and hours without one are left out."""

    time_zone: str
    jobs: int
    succeeded: int
    probability: float | None
    low: float | None
    high: float | None
    hours: list[HourView]


class MeasureView(msgspec.Struct, frozen=True, kw_only=True):
    """One figure beside those of like sites. ``worse_than``: of ``sites``, how many are better."""

    measure: Literal[
        "health_score", "open_anomalies_per_device", "incidents_per_device", "failures_expected_per_device"
    ]
    value: float
    median: float
    worse_than: int
    sites: int


class LikeSites(msgspec.Struct, frozen=True):
    """Sites of the caller with half to twice as many devices. ``detail``: why there is nothing to compare with."""

    sites: int
    measures: list[MeasureView]
    detail: str | None


class CostItem(msgspec.Struct, frozen=True, kw_only=True):
    """An amount times a rate that was configured. ``ahead``: expected in the coming week, and not in the total."""

    item: Literal["silent_hour", "incident", "failed_job", "visit"]
    amount: float
    rate: float
    cost: float
    ahead: bool
    text: str


class CostAnalysis(msgspec.Struct, frozen=True):
    """What the period cost, by the operator's own rates."""

    currency: str | None
    total: float
    items: list[CostItem]


class SiteInsights(msgspec.Struct, frozen=True, kw_only=True):
    """What a site's last 30 days say. ``cost_analysis``: absent where no rate is configured."""

    site_id: str
    site_name: str
    period_days: int
    since: datetime
    until: datetime
    overall_health: Overall
    counts: Counts
    key_findings: list[Finding]
    trends: list[TrendView]
    series_tested: int
    error_patterns: list[ErrorPatternView]
    changes: list[ChangeView]
    job_success: JobSuccess
    like_sites: LikeSites
    predicted_issues: list[RiskView]
    predictions_stale: bool
    cost_analysis: CostAnalysis | None
    generated_at: datetime
