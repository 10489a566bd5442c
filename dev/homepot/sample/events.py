"""Rows of device_state_history, error_logs and configuration_history."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dev.homepot.facts import ROLLED_BACK_DEVICE
from dev.homepot.pg import as_json
from dev.homepot.sample.readings import REAL, SIMULATED
from dev.homepot.sample.telemetry import FLAP_CYCLE_S, FLAP_DOWN_S
from dev.homepot.sample.world import Device, World

Rows = list[dict[str, Any]]

ROUTINE = "Routine health check passed successfully"
BACKGROUND = (
    ("network", "warning", "NET001", "Connection reset by peer, retried"),
    ("auth", "error", "AUTH003", "Token expired"),
    ("validation", "warning", "VAL001", "Invalid configuration parameter detected"),
    ("device", "error", "DEV004", "Receipt printer out of paper"),
    ("database", "ERROR", "DB002", "Slow query: 2.4 s"),  # a case variant on purpose
    ("system", "critical", "SYS009", "Watchdog restarted the agent"),
)
BURST_ERRORS = 42
PAYMENT_ERRORS = 20


def event_rows(world: World) -> dict[str, Rows]:
    """The three tables' rows, oldest first, with ids that follow time."""
    return {
        "device_state_history": _numbered(_reboots(world) + _flaps(world) + _administration(world)),
        "error_logs": _numbered(_routine(world) + _background(world) + _bursts(world)),
        "configuration_history": _numbered(_changes(world)),
    }


def state_row(device: Device, at: datetime, before: str, after: str, reason: str) -> dict[str, Any]:
    """One row of device_state_history; `at` is naive UTC."""
    return {
        "timestamp": at,
        "device_id": device.id,
        "previous_state": before,
        "new_state": after,
        "changed_by": "system",
        "reason": reason,
        "extra_data": "null",
        "provenance": SIMULATED if device.simulated else REAL,
    }


def error_row(device: Device, at: datetime, kind: tuple[str, str, str | None, str], key: str) -> dict[str, Any]:
    """One row of error_logs; `kind` is category, severity, code, message and `key` the context's device key."""
    category, severity, code, message = kind
    return {
        "timestamp": at,
        "category": category,
        "severity": severity,
        "error_code": code,
        "error_message": message,
        "stack_trace": None,
        "endpoint": None if severity == "info" else "/api/v1/mobile/sync",
        "user_id": None,
        "context": as_json({key: device.device_id, "retry_count": 1}),
        "resolved": False,
        "resolved_at": None,
        "provenance": None if key == "original_device_id" else REAL,
    }


def burst_kind(device: Device) -> tuple[str, str, str | None, str] | None:
    """The error that the device's present fault keeps logging, if it logs one."""
    if device.fault("error_burst"):
        return ("network", "error", "TLS_HANDSHAKE", "TLS handshake failed: peer does not support TLS 1.3")
    if device.fault("payment_timeout"):
        return ("payment", "critical", "PAY504", "Payment gateway timeout after 30000 ms")
    return None


def _numbered(rows: Rows) -> Rows:
    rows.sort(key=lambda row: (row["timestamp"], str(row)))
    return [{"id": number, **row} for number, row in enumerate(rows, start=1)]


def _reboots(world: World) -> Rows:
    """One restart a device within six days, and the first sign of life a week ago."""
    rows = []
    for device in world.living:
        rng = world.rng(device.device_id, "reboot")
        start = world.naive_ago(days=7)
        down = world.naive_ago(hours=float(rng.uniform(30, 150)))
        up = down + timedelta(minutes=float(rng.uniform(2, 6)))
        rows.append(state_row(device, start, "unknown", "online", "Health check: healthy"))
        rows.append(state_row(device, down, "online", "offline", "Heartbeat missed"))
        rows.append(state_row(device, up, "offline", "online", "Device came online after reboot"))
    return rows


def _flaps(world: World) -> Rows:
    rows = []
    for device in world.living:
        if fault := device.fault("flapping"):
            for cycle in range(int(fault.since.total_seconds() // FLAP_CYCLE_S)):
                down = _naive(world.began(fault) + cycle * FLAP_CYCLE_S)
                up = down + timedelta(seconds=FLAP_DOWN_S)
                rows.append(state_row(device, down, "online", "offline", "Heartbeat missed"))
                rows.append(state_row(device, up, "offline", "online", "Heartbeat received"))
        if fault := device.fault("payment_timeout"):
            at = _naive(world.began(fault) + 120)
            rows.append(state_row(device, at, "online", "error", "Health check: Payment gateway timeout"))
    return rows


def _administration(world: World) -> Rows:
    """Lifecycle words stand in the same column as connectivity."""
    days = {"suspended": 20.0, "unpaired": 62.0}
    return [
        state_row(device, world.naive_ago(days=days[device.state]), "active", device.state, "Out of service")
        for device in world.devices
        if device.state in days
    ]


def _routine(world: World) -> Rows:
    """Two days of information that is no error: every two hours and device."""
    kind = ("system", "info", None, ROUTINE)
    return [
        error_row(device, world.naive_ago(hours=2 * number, seconds=60 + device.id), kind, "original_device_id")
        for device in world.living
        for number in range(24)
        if not device.fault("silent") or number > 1
    ]


def _background(world: World) -> Rows:
    """A few real errors anywhere in the week, under either of the two context keys."""
    rng = world.rng("background errors")
    rows = []
    for number in range(72):
        device = world.living[int(rng.integers(len(world.living)))]
        at = world.naive_ago(hours=float(rng.uniform(4, 168)))
        key = "device_id" if number % 2 else "original_device_id"
        rows.append(error_row(device, at, BACKGROUND[number % len(BACKGROUND)], key))
    return rows


def _bursts(world: World) -> Rows:
    rows = []
    for device in world.living:
        kind = burst_kind(device)
        if kind is None:
            continue
        fault = device.fault("error_burst") or device.faults[0]
        count = BURST_ERRORS if fault.kind == "error_burst" else PAYMENT_ERRORS
        step = fault.since.total_seconds() / count
        rows += [error_row(device, _naive(world.began(fault) + i * step), kind, "device_id") for i in range(count)]
    return rows


def _naive(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC).replace(tzinfo=None)


def _changes(world: World) -> Rows:
    lobby = world.device("Building A", "Lobby Terminal")
    leak = world.device("Airport Terminal 2", "Duty Free Checkout 2")
    hardening = "Security hardening, ticket SEC-412"
    return [
        *_routine_changes(world),
        _rolled_back(world),
        _change(leak, world.naive_ago(hours=20, minutes=20), ("firmware_version", "2.4.1", "2.5.0"), "Firmware update"),
        _change(lobby, world.naive_ago(minutes=26), ("payment_tls_min_version", "1.2", "1.3"), hardening),
    ]


def _change(device: Device, at: datetime, values: tuple[str, Any, Any], reason: str) -> dict[str, Any]:
    """One row of configuration_history; `values` are the parameter's name, its old and its new value."""
    parameter, old, new = values
    return {
        "timestamp": at,
        "entity_type": "device",
        "entity_id": device.device_id,
        "parameter_name": parameter,
        "old_value": as_json({"value": old}),
        "new_value": as_json({"value": new}),
        "changed_by": "ada@homepot.example",
        "change_reason": reason,
        "change_type": "manual",
        "performance_before": as_json({"status": "healthy", "error_rate": 0.004}),
        "performance_after": "null",
        "was_successful": True,
        "was_rolled_back": False,
        "rollback_reason": None,
        "rollback_performance": None,
        "rollback_success": None,
        "rolled_back_at": None,
        "provenance": REAL,
    }


def _rolled_back(world: World) -> dict[str, Any]:
    device = world.device("Building A", ROLLED_BACK_DEVICE)
    at = world.naive_ago(days=3)
    return _change(device, at, ("receipt_print_mode", "text", "graphic"), "Logo on receipts") | {
        "performance_after": as_json({"status": "degraded", "error_rate": 0.061}),
        "was_successful": False,
        "was_rolled_back": True,
        "rollback_reason": "Receipts took 12 seconds to print",
        "rollback_performance": as_json({"status": "healthy", "error_rate": 0.005}),
        "rollback_success": True,
        "rolled_back_at": at + timedelta(minutes=45),
    }


def _routine_changes(world: World) -> Rows:
    """Harmless changes: one of a device every eleven hours, and a site-wide one a day."""
    rng = world.rng("changes")
    calm = [device for device in world.living if not device.faults]
    rows = []
    for number in range(14):
        device = calm[int(rng.integers(len(calm)))]
        at = world.naive_ago(hours=11 * number + 6)
        rows.append(_change(device, at, ("max_connections", 10, 10 + number % 5), "Routine tuning"))
    for number, site in enumerate(world.sites[:4]):
        row = _change(calm[0], world.naive_ago(days=number + 1), ("config_update_job", None, "2.1.0"), "Roll-out")
        rows.append(row | {"entity_type": "site", "entity_id": site.site_id, "old_value": "null"})
    return rows
