"""The same facts gathered device by device, as a detector without set queries would: one query a device and fact."""

import random
import time
from collections.abc import Iterator

import httpx
import psycopg

from bench.figures import Figure, percentile
from bench.lab import Lab

SAMPLE = 200
REPEATS = 10
QUESTION = {"question": "Are there any anomalies?"}
_READING = """
SELECT cpu_percent, memory_percent, disk_percent, network_latency_ms, error_rate, extra_metrics
FROM device_metrics WHERE device_id = %s ORDER BY "timestamp" DESC LIMIT 1
"""
_CHECKS = """
SELECT is_healthy, error_message FROM health_checks
WHERE device_id = %s AND "timestamp" > (SELECT max("timestamp") FROM health_checks) - interval '1 hour'
ORDER BY "timestamp" DESC LIMIT 10
"""


def measure(lab: Lab) -> Iterator[Figure]:
    """Newest reading and newest checks of every device: time of a sample of devices, scaled up to the fleet."""
    devices = lab.fleet.size.devices
    with lab.gateway() as (_, client):
        whole = percentile([_ask(client) for _ in range(lab.times(REPEATS))], 50)
    sample = min(SAMPLE, devices)
    readings, checks = _per_device(lab.fleet.homepot_url, devices, sample)
    detail = {
        "set_based_question_p50_ms": round(whole, 1),
        "per_device_ms": round((readings + checks) / sample * 1000, 2),
        "per_device_reading_ms": round(readings / sample * 1000, 2),
        "readings_alone_ratio": round(readings / sample * devices * 1000 / whole, 1),
        "sampled_devices": sample,
        "scaled_to_devices": devices,
    }
    slow = (readings + checks) / sample * devices * 1000
    yield Figure(name="naive_per_device_vs_question", value=slow / whole, unit="times", detail=detail)


def _ask(client: httpx.Client) -> float:
    started = time.perf_counter()
    client.post("/api/ai/query", json=QUESTION).raise_for_status()
    return (time.perf_counter() - started) * 1000


def _per_device(url: str, devices: int, sample: int) -> tuple[float, float]:
    """Seconds for the readings and for the checks of ``sample`` devices, on one open connection."""
    chosen = random.Random(1).sample(range(1, devices + 1), sample)  # noqa: S311 - which devices, not a secret
    with psycopg.connect(url, autocommit=True) as connection:
        return tuple(_timed(connection, query, chosen) for query in (_READING, _CHECKS))  # type: ignore[return-value]


def _timed(connection: psycopg.Connection, query: str, devices: list[int]) -> float:
    connection.execute(query.encode(), (devices[0],)).fetchall()
    started = time.perf_counter()
    for device in devices:
        connection.execute(query.encode(), (device,)).fetchall()
    return time.perf_counter() - started
