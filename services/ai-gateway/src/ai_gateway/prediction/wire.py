"""What the routes about risk send."""

from datetime import datetime
from typing import Literal

import msgspec

from ai_gateway.health.wire import DeviceRef
from ai_gateway.prediction.types import Done, LimitAhead, Moved

Severity = Literal["info", "warning", "critical"]


class PredictionItem(msgspec.Struct, frozen=True, kw_only=True):
    """The risk within ``hours``; ``probability``, ``low``, ``high``: ratio 0-1, the interval is one of 90 %.

    ``confidence``: 1 less the interval's width. ``cases``: comparable ones, of which ``failed`` failed within a week.
    """

    hours: float
    probability: float
    low: float
    high: float
    confidence: float
    severity: Severity
    cases: int
    failed: int
    reasoning: str
    recommended_action: str


class SurvivalPoint(msgspec.Struct, frozen=True):
    """Ratio 0-1 of devices like this one that are without a failure after ``hours``, with a 90 % interval."""

    hours: float
    survival: float
    low: float
    high: float


class RemainingLife(msgspec.Struct, frozen=True):
    """Hours after which half of devices like this one have failed, and the ends of the 90 % interval.

    Absent where that is further ahead than the curve.
    """

    hours: float | None
    low: float | None
    high: float | None


class MovedAlikeView(msgspec.Struct, frozen=True):
    """A metric or kind of event that moved alike. ``share``: its part (ratio 0-1) of the likeness.

    ``now``, ``then``: mean of the newest day in the metric's unit, or events in a week.
    """

    name: str
    text: str
    share: float
    now: float | None
    then: float | None


class SimilarFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A past failure before which a device looked as this one does now.

    ``similarity``: ratio 0-1. ``hours_before``: how long before it failed it looked so.
    """

    device: DeviceRef
    failed_at: datetime
    kind: str
    metric: str | None
    similarity: float
    hours_before: float
    alike: list[MovedAlikeView]
    done: Done | None
    text: str


class SimilarProgressions(msgspec.Struct, frozen=True):
    """Past failures that began like this. ``answer`` says why there are none where there are none."""

    answer: Literal["found", "none_like_it", "as_usual", "not_compared"]
    detail: str
    failures: list[SimilarFailure]


class DevicePrediction(msgspec.Struct, frozen=True, kw_only=True):
    """A device's risk as of the worker's last round. ``risk_score``: ratio 0-1 of a failure within a week.

    ``caveat``: why devices are not told apart; absent where a model tells.
    """

    device: DeviceRef
    as_of: datetime | None
    stale: bool
    detail: str | None
    basis: Literal["model", "lifetimes", "prior"] | None
    caveat: str | None
    forecast_period: str
    risk_score: float | None
    predictions: list[PredictionItem]
    survival: list[SurvivalPoint]
    remaining_life: RemainingLife | None
    drivers: list[Moved]
    limits: list[LimitAhead]
    similar_progressions: SimilarProgressions


class RiskView(msgspec.Struct, frozen=True, kw_only=True):
    """One device at risk within the horizon asked for."""

    device: DeviceRef
    probability: float
    low: float
    high: float
    severity: Severity
    basis: Literal["model", "lifetimes", "prior"]
    reasoning: str
    drivers: list[Moved]
    limits: list[LimitAhead]


class RiskPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of devices, the riskiest first. ``count``: all that fit.

    ``basis``: what their risks rest on; absent before the first round. ``caveat``: as of `DevicePrediction`; then only who
    stands out is listed.
    """

    count: int
    devices: list[RiskView]
    horizon_hours: float
    least_risk: float
    as_of: datetime | None
    stale: bool
    basis: Literal["model", "lifetimes", "prior"] | None
    caveat: str | None
    limit: int
    offset: int
