"""Pages of rows as HOMEPOT would give them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ai_gateway.health.fleet import Fleet
from ai_gateway.homepot.telemetry import Devices, OpeningDay, Readings

NOW = 1_795_010_400.0
"""2026-11-18 14:00 UTC, a Wednesday."""
COLUMNS = (
    "cpu_percent",
    "memory_percent",
    "disk_percent",
    "network_latency_ms",
    "error_rate",
    "transaction_count",
    "transaction_volume",
    "active_connections",
    "queue_depth",
)


def fleet(
    *devices: int,
    days: Sequence[OpeningDay] = (),
    heard: float | None = NOW,
    kinds: str = "till",
    resting: bool = False,
) -> Fleet:
    """Devices in service, all at site ``device // 100``."""
    sites = [device // 100 for device in devices]
    n = len(devices)
    return Fleet(Devices(list(devices), sites, [kinds] * n, [heard] * n, [resting] * n, [True] * n), days)


def readings(rows: Sequence[dict[str, Any]]) -> Readings:
    """Rows with ``device``, and where given ``id``, ``at`` (seconds), any column and ``extra``."""
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
    return Readings(
        ids=[row.get("id", place + 1) for place, row in enumerate(rows)],
        devices=[row["device"] for row in rows],
        at=[row.get("at", NOW - len(rows) + place) for place, row in enumerate(rows)],
        extra=[row.get("extra") for row in rows],
        **columns,
    )


def everything(page: Readings) -> tuple[Any, Any]:
    """Take all rows, for the first time."""
    return np.arange(len(page.ids)), np.ones(len(page.ids), bool)
