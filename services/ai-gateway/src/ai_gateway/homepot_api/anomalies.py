"""HOMEPOT's list of anomalies: its active alerts, and what this gateway's worker found, the worst first."""

import asyncio
from collections.abc import Sequence
from typing import Final

from ai_gateway.access.scope import Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.filters import EVERYWHERE
from ai_gateway.health.reader import HealthReader
from ai_gateway.health.service import HealthService
from ai_gateway.health.wire import AnomalyPage, AnomalyView
from ai_gateway.homepot.scoped.alerts import Alert
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot_api.types import AnomalyEntries, AnomalyEntry
from ai_gateway.kit.queries import Page
from ai_gateway.kit.text import clean

MOST: Final = 100
SEVERITY_SCORES: Final = {"critical": 0.9, "high": 0.8, "error": 0.8, "warning": 0.6, "medium": 0.6, "low": 0.3}
"""Where an alert stands in the order. HOMEPOT's alerts carry no measure of their own."""
LEAST_SCORE: Final = 0.1
LATEST: Final = ("cpu_percent", "memory_percent", "disk_percent", "network_latency_ms")
COUNTED: Final = {"flapping_count": "flapping", "consecutive_failures": "checks"}
"""What counts the events of an anomaly of that kind; 0 while there is none."""
DIGITS: Final = 2


class AnomalyList:
    """Lists them for callers. Raises ``Unavailable`` while either database is down."""

    def __init__(self, scoping: Scoping, homepot: HomepotStore, health: HealthService, reader: HealthReader) -> None:
        """Args: scoping: callers. homepot: alerts. health: anomalies. reader: newest readings."""
        self._scoping = scoping
        self._homepot = homepot
        self._health = health
        self._reader = reader

    async def listed(self, caller: Caller) -> AnomalyEntries:
        """At most ``MOST`` alerts and as many anomalies; HOMEPOT's own list ends after five."""
        scope = await self._scoping.scope(caller)
        alerts, page = await asyncio.gather(
            self._homepot.alerts.listed(scope.view, limit=MOST),
            self._health.anomalies(caller, EVERYWHERE, Page(MOST, 0), open_only=True),
        )
        by_device: dict[str, list[AnomalyView]] = {}
        for view in page.anomalies:
            by_device.setdefault(view.device.device_id, []).append(view)
        known = {key: device.id for key in by_device if (device := scope.device(key))}
        latest = await self._reader.device_health(scope.sites, devices=[*known.values()], limit=MOST) if known else []
        readings = {health.device: health.latest for health in latest}
        entries = [_of_alert(alert) for alert in alerts]
        entries += [_of_device(views, page, readings.get(known.get(key, 0), {})) for key, views in by_device.items()]
        entries.sort(key=lambda entry: (-entry.score, -entry.timestamp.timestamp()))
        return AnomalyEntries(len(entries), entries)


def _of_alert(alert: Alert) -> AnomalyEntry:
    return AnomalyEntry(
        id=alert.id,
        device_id=alert.device_id,
        device_name=alert.device_name or alert.site_name or "Unknown device",
        score=SEVERITY_SCORES.get(alert.severity, LEAST_SCORE),
        reasons=[clean(text, 400) for text in (alert.title, alert.description) if text],
        severity=alert.severity,
        metrics={"source": "persistent_alert", "category": alert.category},
        timestamp=alert.at,
    )


def _of_device(views: Sequence[AnomalyView], page: AnomalyPage, latest: dict[str, float]) -> AnomalyEntry:
    """One entry a device, as in HOMEPOT; ``views``: its anomalies, the worst first."""
    worst = views[0]
    reasons = [view.text for view in views]
    if page.stale and page.as_of:
        reasons.append(f"As of {page.as_of:%Y-%m-%dT%H:%M:%SZ}: nobody has looked since, see that the worker runs.")
    return AnomalyEntry(
        device_id=worst.device.device_id,
        device_name=worst.device.name or worst.device.device_id,
        score=_ratio(max(view.score for view in views)),
        reasons=reasons,
        severity=worst.severity,
        metrics=_metrics(views, latest),
        timestamp=min(view.started_at for view in views),
    )


def _ratio(score: float) -> float:
    """Our scale has no end and calls everything above 1 anomalous: 1 becomes 0.5, 3 becomes 0.75."""
    return round(score / (1 + score), DIGITS)


def _metrics(views: Sequence[AnomalyView], latest: dict[str, float]) -> dict[str, str | float | None]:
    metrics: dict[str, str | float | None] = {name: latest.get(name) for name in LATEST}
    rate = latest.get("error_rate")
    metrics["error_rate"] = None if rate is None else round(rate / 100, 4)  # ours is percent, HOMEPOT's a ratio
    for name, kind in COUNTED.items():
        metrics[name] = max((view.value or 0.0 for view in views if view.kind == kind), default=0.0)
    return metrics
