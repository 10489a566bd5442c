"""Anomalies in words that code writes: what was seen, and what was expected."""

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import Anomaly, Explained
from ai_gateway.kit.text import clean, number

MOST_REASONS = 3
KINDS = {
    "silence": "no sign of life",
    "flapping": "goes on and off",
    "checks": "health checks fail",
    "drift": "drifts slowly",
}
"""What is said of a kind that no metric leads, or that says more than its metric."""


def quantity(value: float, metric: str) -> str:
    """A value with its unit: ``97 %``, ``1.5 °C``."""
    return f"{number(value)} {metric_named(metric).unit}".rstrip()


def possible(metric: str, lower: float | None, upper: float | None) -> tuple[float | None, float | None]:
    """An expected band without what the metric cannot reach: an end outside its valid range says nothing."""
    known = metric_named(metric)
    low = None if lower is None or (known.low is not None and lower <= known.low) else lower
    high = None if upper is None or (known.high is not None and upper >= known.high) else upper
    return low, high


def clipped(metric: str | None, value: float | None) -> float | None:
    """An end of a band within the metric's valid range, as a chart shows it."""
    if metric is None or value is None:
        return value
    known = metric_named(metric)
    low = value if known.low is None else max(value, known.low)
    return low if known.high is None else min(low, known.high)


def band_words(one: Anomaly | Explained) -> str:
    """``20 to 45 %``, ``at most 45 %`` or ``about 30 %``: what was expected; empty if that is not known.

    A band that holds the value says nothing against it: other metrics, or how long it went on, did.
    """
    if one.metric is None:
        return ""
    lower, upper = possible(one.metric, one.lower, one.upper)
    if one.value is not None and one.expected is not None and _holds(one.lower, one.upper, one.value):
        lower = upper = None
    if lower is not None and upper is not None:
        return f"{number(lower)} to {quantity(upper, one.metric)}"
    if upper is not None:
        return f"at most {quantity(upper, one.metric)}"
    if lower is not None:
        return f"at least {quantity(lower, one.metric)}"
    return f"about {quantity(one.expected, one.metric)}" if one.expected is not None else ""


def _holds(lower: float | None, upper: float | None, value: float) -> bool:
    return (lower is None or lower <= value) and (upper is None or value <= upper)


def seen_words(one: Anomaly | Explained) -> str:
    """``CPU 97 % (expected 20 to 45 %)``; empty without a metric or a value."""
    if one.metric is None or one.value is None:
        return ""
    expected = band_words(one)
    told = f" (expected {expected})" if expected else ""
    return f"{metric_named(one.metric).label} {quantity(one.value, one.metric)}{told}"


def _outside(one: Explained) -> bool:
    """Whether the value lies outside its own band: a relation may be broken between two values that are usual."""
    if one.value is None:
        return False
    return (one.lower is not None and one.value < one.lower) or (one.upper is not None and one.value > one.upper)


def anomaly_words(anomaly: Anomaly) -> str:
    """An anomaly in one clause: its metric and others that are anomalous with it, or what happened."""
    seen = seen_words(anomaly)
    others = [
        words
        for one in anomaly.explained
        if one.metric != anomaly.metric and one.score > 1 and _outside(one) and (words := seen_words(one))
    ]
    parts = [seen, *others[: MOST_REASONS - 1]] if seen else []
    if anomaly.detail:
        parts.append(clean(anomaly.detail, 200))
    if not parts:
        parts = [KINDS.get(anomaly.kind, f"anomalous {anomaly.metric or anomaly.kind}".replace("_", " "))]
    return "; ".join(parts)
