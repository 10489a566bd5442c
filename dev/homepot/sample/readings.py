"""Rows of device_metrics and health_checks, for the whole past at once or for one moment."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dev.homepot.facts import NULL_METRICS_DEVICE
from dev.homepot.pg import as_json
from dev.homepot.sample.telemetry import Series, Signals, reporting, signals
from dev.homepot.sample.world import Device, World

METRIC_COLUMNS = (
    "timestamp",
    "device_id",
    "cpu_percent",
    "memory_percent",
    "disk_percent",
    "network_latency_ms",
    "transaction_count",
    "transaction_volume",
    "error_rate",
    "active_connections",
    "queue_depth",
    "extra_metrics",
    "provenance",
    "collection_interval_seconds",
)
CHECK_COLUMNS = (
    "id",
    "timestamp",
    "device_id",
    "is_healthy",
    "response_time_ms",
    "status_code",
    "endpoint",
    "response_data",
    "error_message",
)
DAY_S, HOUR_S, TEN_MINUTES_S, MINUTE_S = 86_400, 3_600, 600, 60
METRIC_GRID = np.concatenate([np.arange(7 * DAY_S, HOUR_S, -TEN_MINUTES_S), np.arange(HOUR_S, -1, -MINUTE_S)])
CHECK_GRID = np.arange(12 * HOUR_S, -1, -4 * MINUTE_S)
REAL, SIMULATED = "real", "simulated"

Row = list[Any]


def metric_rows(world: World) -> list[Row]:
    """Seven days at ten minutes and the last hour at one minute, oldest first."""
    rows = [row for device in world.living for row in device_metric_rows(world, device, _times(world, device))]
    rows.sort(key=lambda row: (row[0], row[1]))
    return rows


def device_metric_rows(world: World, device: Device, at: Series) -> Iterator[Row]:
    """Rows in the order of METRIC_COLUMNS for the times at which the device can be heard."""
    at = at[reporting(world, device, at)]
    rng = world.rng(device.device_id, "metrics", *at[-1:])
    found = signals(world, device, at, rng)
    factor = 100 if device.percent_errors else 1
    for index, time in enumerate(_moments(at)):
        reading = {name: round(float(series[index]), 1) for name, series in found.items()}
        errors = round(float(found["error_rate"][index]) * factor, 5)
        yield [time, device.id, *_columns(device, reading, errors), *_origin(device)]


def _columns(device: Device, reading: dict[str, float], errors: float) -> Row:
    is_pos = device.type == "pos_terminal"
    is_null = device.name == NULL_METRICS_DEVICE
    is_sensor = device.type == "iot_sensor"
    transactions = int(reading["transactions"])
    return [
        None if is_null else reading["cpu"],
        None if is_null else reading["memory"],
        reading["disk"],
        reading["latency"],
        transactions if is_pos else None,
        round(transactions * 11.4, 2) if is_pos else None,
        None if is_sensor else errors,
        None if is_sensor else int(reading["connections"]),
        int(reading["queue"]) if is_pos else None,
        "null" if is_null else _extra(device, reading),
    ]


def _extra(device: Device, reading: dict[str, float]) -> str:
    extra: dict[str, Any] = {"temperature_celsius": reading["temperature"]}
    if device.type == "gateway":
        extra["services"] = {"vpn": "up", "dhcp": "up"}
        extra["device_info"] = {"firmware": device.firmware, "ports_up": 7}
    return as_json(extra)


def _origin(device: Device) -> Row:
    """Provenance, and an interval that half of the devices do not tell."""
    return [SIMULATED if device.simulated else REAL, MINUTE_S if device.id % 2 else None]


def check_rows(world: World) -> list[Row]:
    """Twelve hours at four minutes, oldest first; as in a fresh HOMEPOT the first two rows share id 1."""
    rows = [row for device in world.living for row in device_check_rows(world, device, _check_times(world, device))]
    rows.sort(key=lambda row: (row[0], row[1]))
    return [[max(number, 1), *row] for number, row in enumerate(rows)]


def device_check_rows(world: World, device: Device, at: Series) -> Iterator[Row]:
    """Rows in the order of CHECK_COLUMNS without the id, for the times at which the device can be heard."""
    at = at[reporting(world, device, at)]
    rng = world.rng(device.device_id, "checks", *at[-1:])
    found = signals(world, device, at, rng)
    waits = rng.integers(40, 250, len(at))
    fault = device.fault("payment_timeout")
    failing = at >= world.began(fault) if fault else np.zeros(len(at), dtype=bool)
    for index, time in enumerate(_moments(at)):
        aware = time.replace(tzinfo=UTC)
        wait = int(waits[index] + found["latency"][index])
        yield [aware, device.id, *_check(device, found, index, wait, is_failing=bool(failing[index]))]


def _check(device: Device, found: Signals, index: int, wait_ms: int, *, is_failing: bool) -> Row:
    data = _response(device, found, index, is_failing=is_failing)
    if is_failing:
        return [False, 30_000, 504, "/health", as_json(data), "Payment gateway timeout after 30000 ms"]
    return [True, wait_ms, 200, "/health", as_json(data), None]


def _response(device: Device, found: Signals, index: int, *, is_failing: bool) -> dict[str, Any]:
    """HOMEPOT's two shapes: `metrics` from agents, `system` from the API."""
    if device.name == NULL_METRICS_DEVICE:
        return {"status": "healthy"}
    reading = {name: round(float(series[index]), 1) for name, series in found.items()}
    if device.type in {"gateway", "iot_sensor"}:
        system = {"cpu_percent": reading["cpu"], "memory_percent": reading["memory"], "disk_percent": reading["disk"]}
        return {"system": system, "app_metrics": {}, "network": {"latency_ms": reading["latency"]}}
    return {
        "status": "unhealthy" if is_failing else "healthy",
        "services": {"pos_app": "running", "payment_gateway": "timeout" if is_failing else "connected"},
        "metrics": {
            "cpu_usage_percent": reading["cpu"],
            "memory_usage_percent": reading["memory"],
            "disk_usage_percent": reading["disk"],
            "network_latency_ms": reading["latency"],
        },
        "device_info": {"firmware": device.firmware, "os": device.os},
    }


def _times(world: World, device: Device) -> Series:
    newest = world.now.timestamp() - world.phase(device)
    return np.asarray(newest - METRIC_GRID, dtype=np.float64)


def _check_times(world: World, device: Device) -> Series:
    newest = world.now.timestamp() - 4 * world.phase(device)
    return np.asarray(newest - CHECK_GRID, dtype=np.float64)


def _moments(at: Series) -> list[datetime]:
    """Naive UTC times."""
    micros: NDArray[np.datetime64] = (at * 1e6).astype("datetime64[us]")
    return list(micros.tolist())
