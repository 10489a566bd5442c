"""The health of a device: a share (0-1) that falls with everything that is wrong.

A device's health is the product of ``1 - weight`` over its parts: open anomalies, a failed newest health check, active
alerts. So it never leaves 0 … 1, each further part lowers it, and the parts explain it completely. An anomaly's weight
lies in the range of its severity and grows with its score: one critical anomaly makes a device critical, one warning
makes it a warning, one piece of information leaves it healthy. Bounds of the words are the seed's: healthy above 0.8,
critical below 0.4.
"""

from collections.abc import Iterable
from math import prod
from typing import Final

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import Anomaly, HealthPart

HEALTHY: Final = 0.8
CRITICAL: Final = 0.4
WEIGHTS: Final = {"info": (0.05, 0.15), "warning": (0.25, 0.5), "critical": (0.65, 0.9)}
"""An anomaly's weight by severity: at a score of 1, and what it comes near to as the score grows."""
FAILED_CHECK: Final = 0.05
ALERTS: Final = {"critical": 0.25, "warning": 0.1}
"""An active alert of HOMEPOT weighs less than what is measured: nobody may have closed it."""
UNKNOWN: Final = "unknown"

_WORDS: Final = {"flapping": "connection comes and goes", "checks": "health checks fail", "silence": "not heard"}


def anomaly_part(anomaly: Anomaly) -> HealthPart:
    """What an open anomaly takes away."""
    low, high = WEIGHTS[anomaly.severity]
    weight = low + (high - low) * (1 - 1 / max(anomaly.score, 1.0))
    if anomaly.metric is None:
        return HealthPart(anomaly.kind, "anomaly", weight, anomaly.detail or _WORDS.get(anomaly.kind, anomaly.kind))
    metric = metric_named(anomaly.metric)
    text = f"{metric.label} {_said(anomaly.value, metric.unit)}, expected {_said(anomaly.expected, metric.unit)}"
    return HealthPart(anomaly.metric, "anomaly", weight, text)


def check_part() -> HealthPart:
    """What a failed newest health check takes away."""
    return HealthPart("checks", "check", FAILED_CHECK, "newest health check failed")


def alert_part(alerts: int, severe: int) -> HealthPart:
    """What active alerts take away: the first counts most."""
    weight = ALERTS["critical" if severe else "warning"]
    return HealthPart("alerts", "alert", 1 - (1 - weight) ** (1 + (alerts > 1)), _counted(alerts, severe))


def score(parts: Iterable[HealthPart]) -> float:
    """Health of a device, 0-1."""
    return prod(1 - part.weight for part in parts)


def status(value: float, *, known: bool) -> str:
    """The word for a device's health. Without knowledge it is never healthy, though it may be known to be unwell."""
    if value > HEALTHY:
        return "healthy" if known else UNKNOWN
    return "critical" if value < CRITICAL else "warning"


def _said(value: float | None, unit: str) -> str:
    if value is None:
        return "nothing"
    return f"{value:.4g} {unit}".strip()


def _counted(alerts: int, severe: int) -> str:
    words = f"{alerts} active alert{'s' if alerts > 1 else ''}"
    return words + (f", {severe} critical" if severe else "")
