"""What a person should know first: sentences from the numbers of the other lists. Pure functions."""

from collections.abc import Iterable, Sequence
from typing import Final

from ai_gateway.insights.wire import (
    ChangeView,
    Counts,
    EffectView,
    ErrorPatternView,
    Finding,
    HourView,
    JobSuccess,
    LikeSites,
    MeasureView,
    Overall,
    TrendView,
)
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import count, number
from ai_gateway.prediction.wire import RiskView

MOST: Final = 12
MOST_OF_A_KIND: Final = 3
ORDER: Final = {"critical": 0, "warning": 1, "info": 2}
WORSE_SHARE: Final = 0.9
"""Share of like sites that must do better before it is a finding."""


def findings(
    overall: Overall,
    counts: Counts,
    trends: Sequence[TrendView],
    errors: Sequence[ErrorPatternView],
    changes: Sequence[ChangeView],
    jobs: JobSuccess,
    like: LikeSites,
    risks: Sequence[RiskView],
) -> list[Finding]:
    """At most `MOST`, the most severe first, and not more than `MOST_OF_A_KIND` of one kind."""
    found = [
        *_health(overall, counts),
        *_some(_risk(one) for one in risks),
        *_some(_trend(one) for one in trends if one.bad),
        *_some(_change(one) for one in changes if any(effect.bad for effect in one.effects)),
        *_some(_error(one) for one in errors if one.growing),
        *_some(_hour(hour, jobs) for hour in jobs.hours if jobs.low is not None and hour.high < jobs.low),
        *_some(_measure(one) for one in like.measures if one.worse_than >= WORSE_SHARE * one.sites),
    ]
    return sorted(found, key=lambda one: ORDER[one.severity])[:MOST]


def _some(found: Iterable[Finding]) -> list[Finding]:
    return list(found)[:MOST_OF_A_KIND]


def _health(overall: Overall, counts: Counts) -> list[Finding]:
    if overall.status == "unknown":
        text = "How the site is, is unknown: the worker has not looked at it of late. See that it runs."
        return [Finding(kind="health", severity="warning", text=text)]
    unwell = counts.warning + counts.critical
    if not unwell:
        return []
    text = (
        f"{unwell} of {count(counts.devices, 'device')} {'is' if unwell == 1 else 'are'} unwell, {counts.critical} of them"
        f" critical, with {count(counts.open_anomalies, 'open anomaly', 'open anomalies')}."
    )
    return [Finding(kind="health", severity="critical" if counts.critical else "warning", text=text)]


def _risk(risk: RiskView) -> Finding:
    text = f"{risk.device.name or risk.device.device_id}: {risk.reasoning}"
    return Finding(kind="predicted_issues", severity=risk.severity, text=text, device_id=risk.device.device_id)


def _trend(trend: TrendView) -> Finding:
    unit = f" {trend.unit}" if trend.unit else ""
    text = (
        f"{trend.label.capitalize() if trend.label.islower() else trend.label} of {trend.device.name or trend.device.device_id}"
        f" is {trend.direction} by {abs(trend.per_day):.3g}{unit} a day ({_ends(trend.low, trend.high)}), over {trend.days} days."
    )
    return Finding(kind="trends", severity="warning", text=text, device_id=trend.device.device_id)


def _change(change: ChangeView) -> Finding:
    whose = change.device.name or change.device.device_id if change.device else "the whole site"
    what = "; ".join(_effect(one) for one in change.effects if one.bad)
    text = f'After "{change.parameter}" was set to "{change.new}" on {whose} ({rfc3339(change.at)}): {what}.'
    device = change.device.device_id if change.device else None
    return Finding(kind="changes", severity="warning", text=text, device_id=device)


def _effect(effect: EffectView) -> str:
    unit = f" {effect.unit}" if effect.unit else ""
    return f"{effect.label} went from {number(effect.before)} to {number(effect.after)}{unit}, {effect.change:+.3g} of its own ({_ends(effect.low, effect.high)})"


def _ends(low: float, high: float) -> str:
    return f"90 %: {low:.3g} to {high:.3g}"


def _error(error: ErrorPatternView) -> Finding:
    text = (
        f'The error "{error.pattern}" is growing: {error.last_week} of {error.count} in 30 days came in the last 7, on'
        f" {count(error.devices, 'device')}."
    )
    severity = "critical" if error.severity == "critical" else "warning"
    return Finding(kind="error_patterns", severity=severity, text=text)  # type: ignore[arg-type]


def _hour(hour: HourView, jobs: JobSuccess) -> Finding:
    text = (
        f"Jobs that begin at {hour.hour:02d}:00 ({jobs.time_zone}) succeed less often: {hour.succeeded} of {hour.jobs} did, of all"
        f" {jobs.succeeded} of {jobs.jobs}."
    )
    return Finding(kind="job_success", severity="info", text=text)


def _measure(one: MeasureView) -> Finding:
    what = one.measure.replace("_", " ")
    text = f"Its {what} is {one.value:g}, worse than at {one.worse_than} of {one.sites} like sites, whose median is {one.median:g}."
    return Finding(kind="like_sites", severity="info", text=text)
