"""The one source of “now”, so that tests and evaluations can hold it still."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, timezone-aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Format an aware moment as RFC 3339 in UTC with seconds, e.g. ``2026-11-21T07:40:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
