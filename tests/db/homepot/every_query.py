"""Every question that the store can ask, once each, for tests that must leave none out."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from ai_gateway.homepot.store import HomepotStore, Period
from ai_gateway.homepot.types import View

LIMITS = {
    "cpu_percent": 90.0,
    "memory_percent": 90.0,
    "disk_percent": 90.0,
    "network_latency_ms": 200.0,
    "temperature_celsius": 60.0,
    "error_ratio": 0.05,
}
PERCENT = (0.0, 100.0)
Query = Callable[[HomepotStore, View], Awaitable[Any]]


def _period(store: HomepotStore) -> Any:
    return store.last(days=60)


EVERY_QUERY: dict[str, Query] = {
    "site_names": lambda store, _: store.site_names(),
    "device_names": lambda store, _: store.device_names(),
    "names_digest": lambda store, _: store.names_digest(),
    "firmware_counts": lambda store, view: store.firmware_counts(view),
    "platform_counts": lambda store, view: store.platform_counts(view, "linux|android"),
    "served_devices": lambda store, view: store.served_devices(view),
    "device_counts": lambda store, view: store.device_counts(view),
    "device_states": lambda store, view: store.device_states(view, in_service_only=False, limit=500),
    "alert_counts": lambda store, view: store.alert_counts(view),
    "alert_totals": lambda store, view: store.alert_totals(view),
    "alerts": lambda store, view: store.alerts(view, limit=500),
    "alerts_by_device": lambda store, view: store.alerts_by_device(view, limit=500),
    "breaches": lambda store, view: store.breaches(view, LIMITS, since=store.last(minutes=30).since, limit=500),
    "latest_readings": lambda store, view: store.latest_readings(view, since=_period(store).since, limit=500),
    "metric_ranking": lambda store, view: store.metric_ranking(
        view, "cpu_percent", _period(store), valid=PERCENT, limit=500
    ),
    "presence": lambda store, view: store.presence(view, _period(store), width=timedelta(days=1)),
    "unmeasured": lambda store, view: store.unmeasured(view, Period(store.last().since, store.last().since), limit=500),
    "measured_devices": lambda store, view: store.measured_devices(view),
    "reading_sums": lambda store, view: store.reading_sums(view, "cpu_percent", _period(store), valid=PERCENT),
    "device_series": lambda store, view: store.device_series(view, _period(store), width_s=3600),
    "device_gaps": lambda store, view: store.device_gaps(view, _period(store), least_s=120.0, limit=500),
    "failing_checks": lambda store, view: store.failing_checks(view, _period(store), limit=500),
    "state_changes": lambda store, view: store.state_changes(view, _period(store), limit=500),
    "flapping": lambda store, view: store.flapping(view, _period(store), least=1, limit=500),
    "error_summary": lambda store, view: store.error_summary(view, _period(store), limit=500),
    "error_totals": lambda store, view: store.error_totals(view, _period(store)),
    "errors": lambda store, view: store.errors(view, _period(store), limit=500),
    "error_patterns": lambda store, view: store.error_patterns(
        view, _period(store), recent=store.last(days=7).since, limit=500
    ),
    "error_kinds": lambda store, view: store.error_kinds(view, _period(store), by="code", limit=500),
    "error_code": lambda store, view: store.error_code(view, _period(store), "AUTH003", limit=500),
    "errors_by_time": lambda store, view: store.errors_by_time(view, _period(store), "hour"),
    "devices_without_errors": lambda store, view: store.devices_without_errors(view, _period(store), limit=500),
    "devices_without_changes": lambda store, view: store.devices_without_changes(view, _period(store), limit=500),
    "alerts_by_time": lambda store, view: store.alerts_by_time(view, "day"),
    "devices_without_alerts": lambda store, view: store.devices_without_alerts(view, limit=500),
    "resolve_times": lambda store, view: store.resolve_times(view, _period(store)),
    "jobs_by_device": lambda store, view: store.jobs_by_device(view, _period(store), limit=500),
    "job_times": lambda store, view: store.job_times(view, _period(store)),
    "jobs_by_time": lambda store, view: store.jobs_by_time(view, _period(store), "day"),
    "error_hours": lambda store, view: store.error_hours(view, [(1, _period(store).since)], 48),
    "config_changes": lambda store, view: store.config_changes(view, _period(store), limit=500),
    "jobs": lambda store, view: store.jobs(view, _period(store), limit=500),
    "job_counts": lambda store, view: store.job_counts(view, _period(store)),
    "job_hours": lambda store, view: store.job_hours(view, _period(store)),
    "push_counts": lambda store, view: store.push_counts(view, _period(store)),
    "commands": lambda store, view: store.commands(view, _period(store), limit=500),
    "resolved_alerts": lambda store, _: store.resolved_alerts(
        after=_period(store).since - timedelta(days=30), after_id=0, limit=500
    ),
}
SCOPELESS = {"site_names", "device_names", "names_digest", "resolved_alerts"}
"""Read whole: the callers above them apply the scope."""
