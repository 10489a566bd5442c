"""A simulation's fleet, readings and events as rows of HOMEPOT's tables."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import numpy as np

from ai_gateway.health.types import Batch
from dev.homepot.pg import as_json
from dev.homepot.sample.readings import METRIC_COLUMNS, SIMULATED
from dev.homepot.sample.world import public_id
from dev.simulation.clock import SUNDAY
from dev.simulation.events import Checks, LoggedError, RaisedAlert, StateChange
from dev.simulation.faults import Change
from dev.simulation.fleet import COLUMN, FIRMWARE, TYPES, Fleet, Sites

Row = dict[str, Any]

CREATED: Final = timedelta(days=300)
OPERATOR: Final = "ada@homepot.example"
PLACES: Final = {
    (0.0, True): ("Leeds, UK", 53.80, -1.54),
    (1.0, True): ("Lyon, France", 45.76, 4.84),
    (2.0, True): ("Tampere, Finland", 61.50, 23.77),
    (0.0, False): ("Reykjavik, Iceland", 64.15, -21.94),
    (1.0, False): ("Tunis, Tunisia", 36.81, 10.17),
    (2.0, False): ("Lusaka, Zambia", -15.42, 28.28),
}
"""Where a site is, by its hours before UTC and whether it has summer time: HOMEPOT keeps no time zone."""
METRICS_OF_ROW: Final = METRIC_COLUMNS[2:11]
"""The columns of device_metrics that hold a metric; temperature stands in extra_metrics."""
COUNTS: Final = {"transaction_count", "active_connections", "queue_depth"}
RATIOS: Final = {"error_rate"}


def public_device(device: int) -> str:
    """The string by which half of HOMEPOT's tables know the device."""
    return public_id("DEVICE", 3, "simulation", device)


def aware(at: float) -> datetime:
    """Unix seconds as a time of ``timestamptz`` columns."""
    return datetime.fromtimestamp(at, UTC)


def naive(at: float) -> datetime:
    """Unix seconds as a time of ``timestamp`` columns, which hold UTC."""
    return aware(at).replace(tzinfo=None)


def fleet_rows(fleet: Fleet, start: float) -> dict[str, list[Row]]:
    """Tenant, operator, sites, opening hours and devices, by table in loading order."""
    created = {"created_at": aware(start) - CREATED, "updated_at": aware(start)}
    tenant = {"id": 1, "name": "Simulated Retail", "slug": "simulated", "settings": "null", "is_active": True}
    user = {
        "id": 1,
        "username": "ada",
        "email": OPERATOR,
        "hashed_password": "made-up",
        "role": "Client",
        "is_active": True,
        "is_admin": True,
        "tenant_id": 1,
    }
    sites = range(len(fleet.sites.offset_h))
    return {
        "tenants": [tenant | created],
        "users": [user | created],
        "tenant_memberships": [{"id": 1, "user_id": 1, "tenant_id": 1, "role": "admin", **created}],
        "sites": [_site(fleet.sites, index) | created for index in sites],
        "site_operating_schedules": [_day(fleet.sites, index, day) for index in sites for day in range(7)],
        "devices": [_device(fleet, index) | created for index in range(len(fleet.device))],
    }


def _site(sites: Sites, index: int) -> Row:
    location, latitude, longitude = PLACES[float(sites.offset_h[index]), bool(sites.summer_time[index])]
    return {
        "id": index + 1,
        "site_id": public_id("SITE", 2, "simulation", index),
        "name": f"Store {index + 1}",
        "location": location,
        "latitude": latitude,
        "longitude": longitude,
        "tenant_id": 1,
        "is_active": True,
        "is_monitored": True,
        "lifecycle_state": "active",
    }


def _day(sites: Sites, index: int, day: int) -> Row:
    return {
        "site_id": index + 1,
        "day_of_week": day,
        "open_time": time(int(sites.opens_h[index])),
        "close_time": time(int(sites.closes_h[index])),
        "is_closed": bool(day == SUNDAY and sites.sunday_closed[index]),
        "is_maintenance_window": False,
    }


def _device(fleet: Fleet, index: int) -> Row:
    kind = int(fleet.kind[index])
    device = int(fleet.device[index])
    return {
        "id": device,
        "device_id": public_device(device),
        "name": f"{TYPES[kind].replace('_', ' ').title()} {device}",
        "device_type": TYPES[kind],
        "status": "online",
        "lifecycle_state": "active",
        "health_state": "healthy",
        "site_id": int(fleet.site[index]) + 1,
        "enrollment_method": "emulated",
        "firmware_version": FIRMWARE[kind],
        "is_active": True,
        "is_monitored": True,
        "is_simulated": True,
    }


def metric_rows(readings: Batch) -> Iterator[list[Any]]:
    """Rows in the order of `METRIC_COLUMNS`: counts as integers, error rates as the ratio that HOMEPOT's agents write."""
    columns = [_column(readings, name) for name in METRICS_OF_ROW]
    for device, at, heat, *values in zip(
        readings.device.tolist(), readings.at.tolist(), _column(readings, "temperature_celsius"), *columns, strict=True
    ):
        extra = "null" if heat is None else as_json({"temperature_celsius": heat})
        yield [naive(at), device, *values, extra, SIMULATED, None]


def _column(readings: Batch, name: str) -> list[float | int | None]:
    found = readings.values[:, COLUMN[name]].astype(np.float64).round(3)
    if name in RATIOS:
        found = (found / 100).round(5)
    return [None if np.isnan(value) else int(value) if name in COUNTS else value for value in found.tolist()]


def check_rows(checks: Checks) -> Iterator[list[Any]]:
    """Rows in the order of `CHECK_COLUMNS` without the id, which has no default in HOMEPOT."""
    columns = zip(checks.device.tolist(), checks.at.tolist(), checks.healthy.tolist(), strict=True)
    for device, at, healthy in columns:
        result = [90, 200] if healthy else [30_000, 504]
        error = None if healthy else "Payment gateway timeout after 30000 ms"
        yield [aware(at), device, healthy, *result, "/health", as_json({}), error]


def state_row(event: StateChange) -> Row:
    """A row of device_state_history."""
    return {
        "timestamp": naive(event.at),
        "device_id": event.device,
        "previous_state": event.before,
        "new_state": event.after,
        "changed_by": "system",
        "reason": event.reason,
        "provenance": SIMULATED,
    }


def error_row(event: LoggedError) -> Row:
    """A row of error_logs."""
    return {
        "timestamp": naive(event.at),
        "category": "network",
        "severity": "error",
        "error_code": event.code,
        "error_message": event.message,
        "context": as_json({"device_id": public_device(event.device)}),
        "resolved": False,
        "provenance": SIMULATED,
    }


def alert_row(event: RaisedAlert) -> Row:
    """A row of alerts as it is raised; nothing but an operator resolves it."""
    return {
        "timestamp": naive(event.at),
        "device_id": public_device(event.device),
        "site_id": event.site,
        "title": event.title,
        "severity": "critical",
        "category": event.category,
        "status": "active",
    }


def change_row(event: Change) -> Row:
    """A row of configuration_history."""
    return {
        "timestamp": naive(event.at),
        "entity_type": "device",
        "entity_id": public_device(event.device),
        "parameter_name": event.parameter,
        "old_value": as_json({"value": event.old}),
        "new_value": as_json({"value": event.new}),
        "changed_by": OPERATOR,
        "change_reason": event.reason,
        "change_type": "manual",
        "was_successful": True,
        "was_rolled_back": False,
        "provenance": SIMULATED,
    }
