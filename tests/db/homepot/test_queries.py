"""Each query of the store against independent SQL on the same rows."""

import inspect
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.names import NameReader
from ai_gateway.homepot.resolved import ResolvedAlerts
from ai_gateway.homepot.scoped.soundness import SoundnessReader
from ai_gateway.homepot.scoped.view import ScopedReader, View
from ai_gateway.homepot.scoped.watermark import RowWatermarks
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot.untimed import UntimedRows
from dev.homepot.facts import FAULTS, ROLLED_BACK_DEVICE
from tests.db.conftest import Sql
from tests.db.homepot.every_query import EVERY_QUERY, LIMITS, WHOLE

ALL = View()


def queries(parts: dict[str, object]) -> dict[str, Callable[..., Any]]:
    """Every read of these parts, by part and method."""
    return {
        f"{name}.{method}": function
        for name, part in parts.items()
        for method, function in inspect.getmembers(part, inspect.iscoroutinefunction)
        if method[0] != "_"
    }


def test_no_query_is_left_out(fleet: HomepotStore) -> None:
    parts = {name: part for name, part in vars(fleet).items() if isinstance(part, ScopedReader)}
    asked = queries(parts)
    assert set(EVERY_QUERY) == set(asked)
    assert {next(iter(inspect.signature(function).parameters)) for function in asked.values()} == {"view"}
    assert {*map(type, parts.values()), RowWatermarks, SoundnessReader} == set(ScopedReader.__subclasses__())
    assert set(WHOLE) == set(queries({"names": NameReader, "resolved": ResolvedAlerts, "untimed": UntimedRows}))


def fault(kind: str) -> tuple[str, ...]:
    return next(one.devices for one in FAULTS if one.kind == kind)


async def test_names(sample_fleet: HomepotDatabase, sql: Sql) -> None:
    names = NameReader(sample_fleet)
    devices = await names.devices()
    assert [(d.id, d.device_id, d.name) for d in devices] == [
        (row["id"], row["device_id"], row["name"]) for row in sql("SELECT id, device_id, name FROM devices ORDER BY id")
    ]
    sites = await names.sites()
    assert {site.name for site in sites if not site.in_service} == {"Riverside Kiosk Park"}
    assert len(sites) == sql("SELECT count(*) AS n FROM sites")[0]["n"]


async def test_offline_devices_are_those_whose_heartbeat_is_old(fleet: HomepotStore, sql: Sql, now: datetime) -> None:
    states = await fleet.devices.states(ALL, conditions=["offline"], limit=100)
    expected = sql(
        "SELECT d.name FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.last_heartbeat_at < %(edge)s"
        " AND d.is_active AND d.lifecycle_state IN ('active', 'pending') AND s.is_active AND s.lifecycle_state = 'active'",
        edge=now - timedelta(seconds=120),
    )
    assert sorted(d.name for d in states) == sorted(row["name"] for row in expected)
    assert set(fault("silent")) <= {d.name for d in states}
    assert all(d.connectivity == "offline" and d.in_service for d in states)


async def test_the_worst_states_come_first(fleet: HomepotStore) -> None:
    states = [d.condition for d in await fleet.devices.states(ALL, in_service_only=False, limit=100)]
    rank = {name: place for place, name in enumerate(["error", "offline", "warning", "never_seen", "maintenance"])}
    places = [rank.get(state, 9) for state in states]
    assert places == sorted(places)
    assert {"suspended", "unpaired", "inactive", "never_seen", "maintenance", "online"} <= set(states)


async def test_every_device_is_counted_once(fleet: HomepotStore, sql: Sql) -> None:
    counts = await fleet.devices.counts(ALL)
    assert sum(c.devices for c in counts) == sql("SELECT count(*) AS n FROM devices")[0]["n"]
    by_type = Counter({c.device_type: 0 for c in counts})
    for count in counts:
        by_type[count.device_type] += count.devices
        assert count.condition in count.labels
    rows = sql("SELECT lower(device_type) AS kind, count(*) AS n FROM devices GROUP BY 1")
    assert dict(by_type) == {row["kind"]: row["n"] for row in rows}


async def test_active_alerts_in_any_spelling(fleet: HomepotStore, sql: Sql) -> None:
    alerts = await fleet.alerts.listed(ALL, limit=500)
    expected = sql("SELECT id FROM alerts WHERE lower(status) = 'active'")
    assert {alert.id for alert in alerts} == {row["id"] for row in expected}
    counts = await fleet.alerts.counts(ALL)
    assert sum(count.alerts for count in counts) == len(expected)
    told = [(-count.alerts, count.severity, count.category, count.site_name) for count in counts]
    assert told == sorted(told), "as many of two kinds: in the same order whenever it is asked"
    by_device = await fleet.alerts.by_device(ALL, limit=500)
    rows = sql(
        "SELECT device_id, count(*) AS n FROM alerts WHERE lower(status) = 'active' AND device_id IS NOT NULL GROUP BY 1"
    )
    assert {d.device_id: d.events for d in by_device} == {row["device_id"]: row["n"] for row in rows}


@pytest.mark.parametrize(
    ("filters", "where"),
    [
        ({"severities": ["critical"]}, "lower(status) = 'active' AND lower(severity) = 'critical'"),
        ({"categories": ["network"]}, "lower(status) = 'active' AND lower(category) = 'network'"),
        ({"statuses": ("resolved",)}, "lower(status) = 'resolved'"),
        ({"statuses": ("active", "ignored")}, "lower(status) IN ('active', 'ignored')"),
    ],
)
async def test_alerts_are_filtered(fleet: HomepotStore, sql: Sql, filters: dict[str, object], where: str) -> None:
    found = await fleet.alerts.listed(ALL, limit=500, **filters)
    assert found
    assert {alert.id for alert in found} == {row["id"] for row in sql(f"SELECT id FROM alerts WHERE {where}")}  # noqa: S608


async def test_alerts_of_a_period_and_their_order(fleet: HomepotStore, sql: Sql, now: datetime) -> None:
    since, until = now - timedelta(days=20), now - timedelta(days=5)
    every = ("active", "acknowledged", "resolved", "ignored")
    found = await fleet.alerts.listed(ALL, limit=500, statuses=every, since=since, until=until, order="newest")
    rows = sql(
        "SELECT id FROM alerts WHERE timestamp >= %(since)s AND timestamp < %(until)s ORDER BY timestamp DESC, id DESC",
        since=since.replace(tzinfo=None),
        until=until.replace(tzinfo=None),
    )
    assert [alert.id for alert in found] == [row["id"] for row in rows]
    assert all(alert.at.tzinfo == UTC for alert in found)


async def test_readings_past_a_limit(fleet: HomepotStore, sql: Sql, now: datetime) -> None:
    since = now - timedelta(minutes=30)
    found = await fleet.readings.breaches(ALL, LIMITS, since=since, limit=500)
    newest = sql(
        "SELECT DISTINCT ON (m.device_id) d.name, m.* FROM device_metrics m JOIN devices d ON d.id = m.device_id"
        " WHERE m.timestamp > %(since)s AND m.timestamp <= %(now)s ORDER BY m.device_id, m.timestamp DESC",
        since=since.replace(tzinfo=None),
        now=now.replace(tzinfo=None),
    )
    columns = ("cpu_percent", "memory_percent", "disk_percent", "network_latency_ms")
    past = {row["name"] for row in newest if any((row[name] or 0) >= LIMITS[name] for name in columns)}
    assert past <= {reading.name for reading in found}
    for kind in ("cpu_runaway", "memory_leak", "site_latency", "overheating"):
        assert set(fault(kind)) & {reading.name for reading in found}, kind


async def test_the_newest_reading_of_a_device(fleet: HomepotStore, sql: Sql, now: datetime) -> None:
    (device,) = sql("SELECT id FROM devices WHERE name = 'Checkout 3'")
    (reading,) = await fleet.readings.latest(View(devices=(device["id"],)), since=now - timedelta(days=1), limit=5)
    (row,) = sql("SELECT * FROM device_metrics WHERE device_id = %(id)s ORDER BY timestamp DESC LIMIT 1", **device)
    assert reading.cpu_percent == row["cpu_percent"]
    assert reading.at == row["timestamp"].replace(tzinfo=UTC)


async def test_failing_checks(fleet: HomepotStore, sql: Sql) -> None:
    period = fleet.last(hours=1)
    found = {one.name: one for one in await fleet.checks.failing(ALL, period, limit=100)}
    (name,) = fault("payment_timeout")
    (row,) = sql(
        "SELECT count(*) AS n, count(*) FILTER (WHERE NOT h.is_healthy) AS failed FROM health_checks h"
        " JOIN devices d ON d.id = h.device_id WHERE d.name = %(name)s AND h.timestamp > %(since)s",
        name=name,
        since=period.since,
    )
    assert (found[name].checks, found[name].failed) == (row["n"], row["failed"])
    assert found[name].run >= 5
    assert "Payment gateway" in (found[name].error_message or "")


async def test_flapping_and_state_changes(fleet: HomepotStore, sql: Sql) -> None:
    period = fleet.last(hours=3, minutes=5)
    (top, *_) = await fleet.devices.flapping(ALL, period, least=6, limit=10)
    assert top.name == fault("flapping")[0]
    changes = await fleet.devices.state_changes(View(devices=(top.id,)), period, limit=100)
    rows = sql(
        "SELECT id FROM device_state_history WHERE device_id = %(id)s AND timestamp >= %(since)s ORDER BY timestamp DESC, id DESC",
        id=top.id,
        since=period.since.replace(tzinfo=None),
    )
    assert [change.id for change in changes] == [row["id"] for row in rows]


async def test_errors(fleet: HomepotStore) -> None:
    period = fleet.last(hours=1)
    summary = await fleet.errors.summary(ALL, period, limit=100)
    assert (summary.ranked[0].name, summary.ranked[0].events) == (fault("error_burst")[0], 42)
    assert (summary.events, summary.devices) == (sum(one.events for one in summary.ranked), len(summary.ranked))
    assert (await fleet.errors.summary(ALL, period, limit=1)).ranked == summary.ranked[:1]
    errors = await fleet.errors.listed(ALL, period, limit=500)
    assert len(errors) == summary.events
    assert [error.at for error in errors] == sorted((error.at for error in errors), reverse=True)
    assert "info" not in {error.severity for error in errors}


async def test_totals_by_site_and_type_or_by_device(fleet: HomepotStore, sql: Sql) -> None:
    period = fleet.last(hours=3)
    for summed, events in (
        (await fleet.errors.totals(ALL, period), await fleet.errors.listed(ALL, period, limit=500)),
        (await fleet.alerts.totals(ALL), await fleet.alerts.listed(ALL, limit=500)),
    ):
        assert sum(one.events for one in summed) == len(events)
        assert {one.device for one in summed} == {None}
        assert len({(one.site_id, one.device_type) for one in summed}) == len(summed)
    (burst,) = fault("error_burst")
    named = sql("SELECT id FROM devices WHERE name = ANY(%(names)s)", names=[burst, "Checkout 3"])
    chosen = tuple(device["id"] for device in named)
    (busy,) = [one for one in await fleet.errors.totals(View(devices=chosen), period) if one.events == 42]
    assert busy.device in chosen
    assert {one.device for one in await fleet.alerts.totals(View(devices=chosen))} <= {*chosen}


async def test_config_changes_and_rollbacks(fleet: HomepotStore, sql: Sql) -> None:
    period = fleet.last(days=30)
    found = await fleet.changes.listed(ALL, period, limit=500)
    assert {one.id for one in found} == {
        row["id"]
        for row in sql(
            "SELECT id FROM configuration_history WHERE timestamp >= %(since)s AND entity_type IN ('device', 'site')",
            since=period.since.replace(tzinfo=None),
        )
    }
    rolled_back = await fleet.changes.listed(ALL, period, limit=500, rolled_back_only=True)
    assert {one.device_name for one in rolled_back} == {ROLLED_BACK_DEVICE}


async def test_jobs_and_commands(fleet: HomepotStore, sql: Sql) -> None:
    period = fleet.last(days=30)
    jobs = await fleet.jobs.listed(ALL, period, limit=5000)
    assert len(jobs) == sql("SELECT count(*) AS n FROM jobs WHERE created_at >= %(since)s", since=period.since)[0]["n"]
    assert sum(one.jobs for one in await fleet.jobs.counts(ALL, period)) == len(jobs)
    failed = await fleet.jobs.listed(ALL, fleet.last(hours=7), statuses=["failed"], limit=100)
    assert [job.device_name for job in failed].count(fault("failed_jobs")[0]) == 5
    commands = await fleet.jobs.commands(ALL, period, limit=5000)
    rows = sql("SELECT count(*) AS n FROM device_commands WHERE created_at >= %(since)s", since=period.since)
    assert len(commands) == rows[0]["n"]


async def test_resolved_alerts_come_in_pages_without_gaps_or_doubles(sample_fleet: HomepotDatabase, sql: Sql) -> None:
    after, after_id, seen = datetime(2000, 1, 1, tzinfo=UTC), 0, []
    while page := await ResolvedAlerts(sample_fleet).page(after=after, after_id=after_id, limit=7):
        seen += [alert.id for alert in page]
        after, after_id = page[-1].resolved_at, page[-1].id
    rows = sql("SELECT id FROM alerts WHERE lower(status) = 'resolved' ORDER BY coalesce(resolved_at, timestamp), id")
    assert seen == [row["id"] for row in rows]
