"""The routes of a dashboard: health, anomalies and incidents of 100,000 devices, and the analysis of one of them."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg

from bench.figures import Figure, percentile
from bench.lab import Lab

DEVICES: Final = 100_000
SITES: Final = 1_000
BUSY: Final = 20
"""Devices with a reading every five seconds, whose rows lie between each other's as a fleet writes them."""
ROUNDS: Final = 30
VIEWS_GOAL_MS: Final = 50.0
ANALYZE_GOAL_MS: Final = 100.0
SQL: Final = Path(__file__).with_suffix(".sql")

READINGS = """
INSERT INTO device_metrics (
    id, "timestamp", device_id, cpu_percent, memory_percent, disk_percent, network_latency_ms, transaction_count,
    transaction_volume, error_rate, active_connections, queue_depth, extra_metrics, provenance
)
SELECT
    (SELECT max(id) FROM device_metrics) + row_number() OVER (ORDER BY at, d), at, d, 20 + 10 * random(), 40 + random(),
    50 + random(), 20 + 9 * random(), (10 * random())::int, 100 * random(), 0.01 * random(), (6 * random())::int,
    (2 * random())::int, ('{"temperature_celsius": ' || round((20 + 3 * random())::numeric, 1) || '}')::json, 'real'
FROM
    generate_series(
        (now() AT TIME ZONE 'UTC') - interval '24 hours', now() AT TIME ZONE 'UTC', interval '5 s'
    ) AS at,
    generate_series(1, %(busy)s) AS d
ORDER BY at, d
"""
VIEWS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "health": ("/api/ai/health", {}),
    "health_site": ("/api/ai/health", {"site_id": "1"}),
    "anomalies": ("/api/ai/anomalies", {}),
    "anomalies_all_page_20": ("/api/ai/anomalies", {"status": "all", "offset": 1000}),
    "anomalies_site": ("/api/ai/anomalies", {"site_id": "1", "status": "all"}),
    "anomalies_critical": ("/api/ai/anomalies", {"severity": "critical", "limit": 200}),
    "incidents": ("/api/ai/incidents", {}),
    "incidents_open": ("/api/ai/incidents", {"status": "open"}),
    "incidents_site": ("/api/ai/incidents", {"site_id": "1"}),
}


def measure(lab: Lab) -> Iterator[Figure]:
    """Each view in turn, one caller; then 24 hours of five-second readings of several devices in turn."""
    devices = DEVICES // (10 if lab.quick else 1)
    with lab.gateway() as (_, client):
        with psycopg.connect(lab.fleet.own_url) as own:
            own.execute(_filling(devices))
        with psycopg.connect(lab.postgres.url("homepot")) as homepot:
            homepot.execute(READINGS, {"busy": BUSY})
        with psycopg.connect(lab.postgres.url("homepot"), autocommit=True) as homepot:
            homepot.execute("VACUUM ANALYZE device_metrics")
        rounds = lab.times(ROUNDS)
        times = {name: view_times(client, [(path, params)] * rounds) for name, (path, params) in VIEWS.items()}
        every = [one for of_view in times.values() for one in of_view]
        yield view_figure("views_p95", every, VIEWS_GOAL_MS, devices=devices)
        for name, of_view in times.items():
            yield view_figure(f"views_p95.{name}", of_view)
        for period in ("24h", "1h", "7d"):
            asked = [(f"/api/ai/analyze/{device}", {"period": period}) for device in range(1, BUSY + 1)]
            goal = ANALYZE_GOAL_MS if period == "24h" else None
            yield view_figure(
                f"analyze_p95.{period}", view_times(client, asked * lab.times(10)), goal, readings=24 * 720
            )


def _filling(devices: int) -> bytes:
    text = SQL.read_text(encoding="utf-8").replace("{devices}", str(devices))
    return text.replace("{sites}", str(SITES)).encode()


def view_times(client: httpx.Client, asked: Sequence[tuple[str, dict[str, Any]]]) -> list[float]:
    """Milliseconds of each request but the first of each, which warms Postgres' cache."""
    for path, params in dict.fromkeys((path, tuple(params.items())) for path, params in asked):
        _ask(client, path, dict(params))
    return [_ask(client, path, params) for path, params in asked]


def _ask(client: httpx.Client, path: str, params: dict[str, Any]) -> float:
    started = time.perf_counter()
    answer = client.get(path, params=params)
    elapsed = (time.perf_counter() - started) * 1000
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path}: {answer.text}")
    return elapsed


def view_figure(name: str, times: Sequence[float], at_most: float | None = None, **detail: int) -> Figure:
    """The 95th percentile of some times in milliseconds, and how they spread."""
    spread = {"p50": round(percentile(times, 50), 1), "worst": round(max(times), 1), "requests": len(times)}
    return Figure(name=name, value=percentile(times, 95), unit="ms", at_most=at_most, detail={**spread, **detail})
