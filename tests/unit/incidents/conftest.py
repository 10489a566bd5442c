"""Members made by hand. Times are minutes after `T0`; device d stands at site d // 10."""

from datetime import UTC, datetime, timedelta

from ai_gateway.incidents.category import category_of
from ai_gateway.incidents.correlate import Rules
from ai_gateway.incidents.types import Member

T0 = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
RULES = Rules(timedelta(minutes=30), timedelta(hours=2))


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def anomaly(
    device: int, start: float, end: float | None = None, metric: str | None = "cpu_percent", **changes: object
) -> Member:
    """An anomaly; without `end` it is still on."""
    kind = str(changes.get("kind", "deviation" if metric else "silence"))
    values = {
        "source": "anomaly",
        "id": int(device * 100_000 + start * 10),
        "device": device,
        "site": device // 10,
        "kind": kind,
        "metric": metric,
        "category": category_of(kind, metric),
        "severity": "warning",
        "started_at": at(start),
        "last_at": at(start + 5 if end is None else end),
        "ended_at": None if end is None else at(end),
        "score": 2.0,
        **changes,
    }
    return Member(**values)


def alert(number: int, device: int | None, start: float, end: float | None = None, **changes: object) -> Member:
    """An alert of HOMEPOT about CPU; without `device` it is of the whole site 1."""
    values = {
        "source": "alert",
        "id": number,
        "device": device,
        "site": device // 10 if device else 1,
        "kind": "limit",
        "metric": "cpu_percent",
        "category": "performance",
        "severity": "critical",
        "started_at": at(start),
        "last_at": at(start),
        "ended_at": None if end is None else at(end),
        "status": "active" if end is None else "resolved",
        "text": "High CPU: 95%",
        **changes,
    }
    return Member(**values)
