"""What the reader wants of HOMEPOT's tables: columns, their types, and how each is made uniform.

Credential, hash and token columns are not listed, so no query of this program can name them.
"""

from typing import Final

LOWER: Final = "lower({})"
TRUE_IF_NULL: Final = "COALESCE({}, true)"
FALSE_IF_NULL: Final = "COALESCE({}, false)"

SCHEMA: Final[dict[str, dict[str, str]]] = {
    "tenants": {"id": "integer", "name": "text", "slug": "text", "is_active": "boolean"},
    "users": {"id": "integer", "email": "text", "is_active": "boolean", "is_admin": "boolean"},
    "tenant_memberships": {"user_id": "integer", "tenant_id": "integer"},
    "site_memberships": {"user_id": "integer", "site_id": "integer"},
    "sites": {
        "id": "integer",
        "site_id": "text",
        "name": "text",
        "location": "text",
        "tenant_id": "integer",
        "is_active": "boolean",
        "lifecycle_state": "text",
    },
    "devices": {
        "id": "integer",
        "device_id": "text",
        "name": "text",
        "device_type": "text",
        "status": "text",
        "lifecycle_state": "text",
        "health_state": "text",
        "site_id": "integer",
        "ip_address": "text",
        "os_details": "text",
        "firmware_version": "text",
        "last_heartbeat_at": "timestamptz",
        "is_active": "boolean",
        "created_at": "timestamptz",
        "capabilities": "json",
        "device_permissions": "json",
    },
    "device_credentials": {
        "id": "integer",
        "device_id": "integer",
        "is_active": "boolean",
        "revoked_at": "timestamptz",
    },
    "device_metrics": {
        "id": "integer",
        "timestamp": "timestamp",
        "device_id": "integer",
        "cpu_percent": "double precision",
        "memory_percent": "double precision",
        "disk_percent": "double precision",
        "network_latency_ms": "double precision",
        "transaction_count": "integer",
        "transaction_volume": "double precision",
        "error_rate": "double precision",
        "active_connections": "integer",
        "queue_depth": "integer",
        "extra_metrics": "json",
    },
    "site_operating_schedules": {
        "id": "integer",
        "site_id": "integer",
        "day_of_week": "integer",
        "open_time": "time",
        "close_time": "time",
        "is_closed": "boolean",
        "is_maintenance_window": "boolean",
        "peak_hours_start": "time",
        "peak_hours_end": "time",
        "notes": "text",
    },
    "device_state_history": {
        "id": "integer",
        "timestamp": "timestamp",
        "device_id": "integer",
        "previous_state": "text",
        "new_state": "text",
        "reason": "text",
    },
    "health_checks": {
        "id": "integer",
        "device_id": "integer",
        "is_healthy": "boolean",
        "response_time_ms": "integer",
        "status_code": "integer",
        "endpoint": "text",
        "error_message": "text",
        "timestamp": "timestamptz",
    },
    "alerts": {
        "id": "integer",
        "timestamp": "timestamp",
        "device_id": "text",
        "site_id": "integer",
        "title": "text",
        "description": "text",
        "severity": "text",
        "category": "text",
        "status": "text",
        "resolved_at": "timestamp",
        "resolved_by": "text",
        "resolution_notes": "text",
    },
    "error_logs": {
        "id": "integer",
        "timestamp": "timestamp",
        "category": "text",
        "severity": "text",
        "error_code": "text",
        "error_message": "text",
        "context": "json",
        "resolved": "boolean",
    },
    "configuration_history": {
        "id": "integer",
        "timestamp": "timestamp",
        "entity_type": "text",
        "entity_id": "text",
        "parameter_name": "text",
        "old_value": "json",
        "new_value": "json",
        "changed_by": "text",
        "change_reason": "text",
        "was_successful": "boolean",
        "was_rolled_back": "boolean",
        "rollback_reason": "text",
        "rolled_back_at": "timestamp",
    },
    "jobs": {
        "id": "integer",
        "job_id": "text",
        "action": "text",
        "priority": "text",
        "status": "text",
        "site_id": "integer",
        "device_id": "integer",
        "error_message": "text",
        "config_version": "text",
        "created_at": "timestamptz",
        "completed_at": "timestamptz",
    },
    "job_outcomes": {
        "id": "integer",
        "timestamp": "timestamp",
        "job_id": "text",
        "job_type": "text",
        "device_id": "text",
        "status": "text",
        "error_message": "text",
        "extra_data": "json",
    },
    "push_notification_logs": {
        "id": "integer",
        "device_id": "text",
        "job_id": "text",
        "provider": "text",
        "sent_at": "timestamp",
        "latency_ms": "integer",
        "status": "text",
        "error_code": "text",
    },
    "device_commands": {
        "id": "integer",
        "device_id": "integer",
        "command_type": "text",
        "status": "text",
        "created_at": "timestamptz",
        "executed_at": "timestamptz",
    },
}

ADJUST: Final[dict[tuple[str, str], str]] = {
    # Nobody is let in by a column that is empty or missing.
    ("users", "is_active"): FALSE_IF_NULL,
    ("users", "is_admin"): FALSE_IF_NULL,
    ("tenants", "is_active"): FALSE_IF_NULL,
    ("sites", "is_active"): TRUE_IF_NULL,
    ("sites", "lifecycle_state"): "COALESCE(lower({}), 'active')",
    ("devices", "is_active"): TRUE_IF_NULL,
    ("devices", "lifecycle_state"): "CASE WHEN {0} = 'active' THEN 'active' ELSE COALESCE(lower({0}), 'active') END",
    ("devices", "health_state"): "CASE WHEN {0} = 'healthy' THEN 'healthy' ELSE COALESCE(lower({0}), 'unknown') END",
    ("devices", "status"): LOWER,
    ("devices", "device_type"): LOWER,
    ("device_state_history", "previous_state"): LOWER,
    ("device_state_history", "new_state"): LOWER,
    ("alerts", "severity"): LOWER,
    ("alerts", "category"): LOWER,
    # alerts.status stays as it is: only the bare column can use HOMEPOT's index (see `variants`).
    # error_logs.severity too: Postgres knows how often a bare spelling occurs.
    ("error_logs", "category"): LOWER,
    ("configuration_history", "entity_type"): "{}",
    ("configuration_history", "was_rolled_back"): FALSE_IF_NULL,
    ("jobs", "status"): "CASE WHEN {0} = 'completed' THEN 'completed' ELSE lower({0}) END",
    ("job_outcomes", "status"): LOWER,
    ("device_commands", "status"): LOWER,
    ("push_notification_logs", "status"): LOWER,
}
"""SQL around a column, where HOMEPOT's writers disagree on its form. A missing column is adjusted as NULL. The value
that nearly all rows of a large table have is compared first, as `lower` costs ten times as much."""

POSSIBLE_TIME: Final = "{0} >= '1970-01-01' AND {0} < '2200-01-01'"
"""Postgres keeps times that neither Python nor a calendar has (`infinity`, the year 294276), and cannot subtract some."""
IMPOSSIBLE_TIME: Final = "{0} < '1970-01-01' OR {0} >= '2200-01-01' OR {0} IS NULL"
"""The other rows, each condition by an index."""
READABLE_JSON: Final = (
    r"CASE WHEN strpos({0}::text, '\u') = 0 OR {0}::text !~ '\\u0000|\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]' THEN {0} END"
)
"""The type json keeps escapes that text cannot hold (NUL, halves of surrogate pairs), and every read of such a value fails."""
HAPPENED: Final = {
    "device_state_history": "timestamp",
    "health_checks": "timestamp",
    "alerts": "timestamp",
    "error_logs": "timestamp",
    "configuration_history": "timestamp",
    "job_outcomes": "timestamp",
    "push_notification_logs": "sent_at",
}
"""When a table's rows happened: one without a possible time is none. Conditions on the bare column can use its index. Those
of device_metrics are for the scan of health to leave out, and count. Any other impossible time counts as not told."""
_PLAIN_TIMES: Final = {*HAPPENED.items(), ("device_metrics", "timestamp")}


def adjusted(table: str, column: str, plain: str) -> str:
    """SQL for a column in its uniform form; ``plain`` is the column as it is there."""
    if SCHEMA[table][column].startswith("timestamp") and (table, column) not in _PLAIN_TIMES:
        return f"CASE WHEN {POSSIBLE_TIME.format(plain)} THEN {plain} END"
    if SCHEMA[table][column] == "json":
        return READABLE_JSON.format(plain)
    return ADJUST.get((table, column), "{}").format(plain)


def variants(*values: str) -> list[str]:
    """The spellings of enumeration values seen in HOMEPOT, for comparisons that must use an index."""
    return [spelling for value in values for spelling in (value.lower(), value.upper(), value.capitalize())]
