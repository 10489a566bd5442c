"""Every question that HOMEPOT is asked, once each, for tests that must leave none out."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.names import NameReader
from ai_gateway.homepot.resolved import ResolvedAlerts
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot.untimed import UntimedRows

LIMITS = {
    "cpu_percent": 90.0,
    "memory_percent": 90.0,
    "disk_percent": 90.0,
    "network_latency_ms": 200.0,
    "temperature_celsius": 60.0,
    "error_ratio": 0.05,
}
PERCENT = (0.0, 100.0)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Query = Callable[[HomepotStore, View], Awaitable[Any]]


def _period(store: HomepotStore) -> Any:
    return store.last(days=60)


EVERY_QUERY: dict[str, Query] = {
    "alerts.counts": lambda store, view: store.alerts.counts(view),
    "alerts.totals": lambda store, view: store.alerts.totals(view),
    "alerts.listed": lambda store, view: store.alerts.listed(view, limit=500),
    "alerts.by_device": lambda store, view: store.alerts.by_device(view, limit=500),
    "alerts.by_time": lambda store, view: store.alerts.by_time(view, "day"),
    "alerts.devices_without": lambda store, view: store.alerts.devices_without(view, limit=500),
    "alerts.resolve_times": lambda store, view: store.alerts.resolve_times(view, _period(store)),
    "changes.devices_without": lambda store, view: store.changes.devices_without(view, _period(store), limit=500),
    "changes.listed": lambda store, view: store.changes.listed(view, _period(store), limit=500),
    "checks.failing": lambda store, view: store.checks.failing(view, _period(store), limit=500),
    "devices.by_firmware": lambda store, view: store.devices.by_firmware(view),
    "devices.by_platform": lambda store, view: store.devices.by_platform(view, "linux|android"),
    "devices.in_service": lambda store, view: store.devices.in_service(view),
    "devices.counts": lambda store, view: store.devices.counts(view),
    "devices.states": lambda store, view: store.devices.states(view, in_service_only=False, limit=500),
    "devices.state_changes": lambda store, view: store.devices.state_changes(view, _period(store), limit=500),
    "devices.flapping": lambda store, view: store.devices.flapping(view, _period(store), least=1, limit=500),
    "errors.summary": lambda store, view: store.errors.summary(view, _period(store), limit=500),
    "errors.totals": lambda store, view: store.errors.totals(view, _period(store)),
    "errors.listed": lambda store, view: store.errors.listed(view, _period(store), limit=500),
    "errors.patterns": lambda store, view: store.errors.patterns(
        view, _period(store), recent=store.last(days=7).since, limit=500
    ),
    "errors.kinds": lambda store, view: store.errors.kinds(view, _period(store), by="code", limit=500),
    "errors.with_code": lambda store, view: store.errors.with_code(view, _period(store), "AUTH003", limit=500),
    "errors.by_time": lambda store, view: store.errors.by_time(view, _period(store), "hour"),
    "errors.devices_without": lambda store, view: store.errors.devices_without(view, _period(store), limit=500),
    "errors.by_hour": lambda store, view: store.errors.by_hour(view, [(1, _period(store).since)], 48),
    "jobs.by_device": lambda store, view: store.jobs.by_device(view, _period(store), limit=500),
    "jobs.times": lambda store, view: store.jobs.times(view, _period(store)),
    "jobs.by_time": lambda store, view: store.jobs.by_time(view, _period(store), "day"),
    "jobs.listed": lambda store, view: store.jobs.listed(view, _period(store), limit=500),
    "jobs.counts": lambda store, view: store.jobs.counts(view, _period(store)),
    "jobs.by_hour": lambda store, view: store.jobs.by_hour(view, _period(store)),
    "jobs.push_counts": lambda store, view: store.jobs.push_counts(view, _period(store)),
    "jobs.commands": lambda store, view: store.jobs.commands(view, _period(store), limit=500),
    "readings.breaches": lambda store, view: store.readings.breaches(
        view, LIMITS, since=store.last(minutes=30).since, limit=500
    ),
    "readings.latest": lambda store, view: store.readings.latest(view, since=_period(store).since, limit=500),
    "readings.ranking": lambda store, view: store.readings.ranking(
        view, "cpu_percent", _period(store), valid=PERCENT, limit=500
    ),
    "readings.presence": lambda store, view: store.readings.presence(view, _period(store), width=timedelta(days=1)),
    "readings.unmeasured": lambda store, view: store.readings.unmeasured(
        view, Period(store.last().since, store.last().since), limit=500
    ),
    "readings.measured_devices": lambda store, view: store.readings.measured_devices(view),
    "readings.sums": lambda store, view: store.readings.sums(view, "cpu_percent", _period(store), valid=PERCENT),
    "series.slices": lambda store, view: store.series.slices(view, _period(store), width_s=3600),
    "series.gaps": lambda store, view: store.series.gaps(view, _period(store), least_s=120.0, limit=500),
}
"""By the store's part and the method."""
WHOLE: dict[str, Callable[[HomepotDatabase], Awaitable[Any]]] = {
    "names.sites": lambda database: NameReader(database).sites(),
    "names.devices": lambda database: NameReader(database).devices(),
    "names.digest": lambda database: NameReader(database).digest(),
    "untimed.run": lambda database: UntimedRows(database).run(),
    "resolved.page": lambda database: ResolvedAlerts(database).page(after=LONG_AGO, after_id=0, limit=500),
}
"""What is read whole: those that hand it on apply the scope."""
