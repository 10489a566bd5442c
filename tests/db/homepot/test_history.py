"""What incidents read of HOMEPOT, against independent SQL on the same rows, and on an old deployment."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from ai_gateway.homepot.history import History
from dev.homepot.load import load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.homepot.schema import strip_to_old
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import OWN_ROWS, Opener, Sql

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def history(open_homepot: Opener, homepot_url: str) -> AsyncIterator[History]:
    return History(await open_homepot(homepot_url))


@pytest.fixture
async def own_history(open_homepot: Opener, own_rows_reader_url: str) -> AsyncIterator[History]:
    """Over HOMEPOT's own rows."""
    return History(await open_homepot(own_rows_reader_url))


async def test_alerts_come_by_id_and_only_those_that_matter(history: History, sql: Sql, now: datetime) -> None:
    everything = sql("SELECT id, lower(status) AS status, timestamp FROM alerts ORDER BY id")
    found = await history.new_alerts(0, LONG_AGO, 10_000)
    assert [(one.id, one.status) for one in found] == [(row["id"], row["status"]) for row in everything]
    recent = now - timedelta(days=10)
    found = await history.new_alerts(0, recent, 10_000)
    assert [one.id for one in found] == [
        row["id"]
        for row in everything
        if row["status"] in {"active", "acknowledged"} or row["timestamp"].replace(tzinfo=UTC) >= recent
    ]
    page = await history.new_alerts(found[3].id, recent, 5)
    assert [one.id for one in page] == [one.id for one in found[4:9]]
    assert all(one.at.tzinfo == UTC for one in found)


async def test_an_alert_tells_whom_it_is_about_and_whether_that_is_in_service(history: History, sql: Sql) -> None:
    found = {one.id: one for one in await history.new_alerts(0, LONG_AGO, 10_000)}
    rows = sql(
        "SELECT a.id, d.id AS device, COALESCE(d.site_id, a.site_id) AS site, a.device_id IS NULL AS of_site,"
        " s.is_active AND s.lifecycle_state = 'active' AND (d.id IS NULL OR d.is_active AND d.lifecycle_state IN"
        " ('active', 'pending') AND COALESCE(d.health_state, '') <> 'maintenance') AS served"
        " FROM alerts a LEFT JOIN devices d USING (device_id) JOIN sites s ON s.id = COALESCE(d.site_id, a.site_id)"
    )
    for row in rows:
        one = found[row["id"]]
        assert (one.device, one.site, one.of_site, one.served) == tuple(
            row[name] for name in ("device", "site", "of_site", "served")
        )
    assert {row["served"] for row in rows} == {True, False}
    assert {row["of_site"] for row in rows} == {True, False}


async def test_what_became_of_alerts(history: History, sql: Sql) -> None:
    ids = [row["id"] for row in sql("SELECT id FROM alerts")]
    found = {one.id: one for one in await history.alert_states([*ids, 999_999])}
    for row in sql("SELECT id, lower(status) AS status, resolved_at, resolution_notes FROM alerts"):
        one = found.pop(row["id"])
        resolved = row["resolved_at"].replace(tzinfo=UTC) if row["resolved_at"] else None
        assert (one.status, one.resolved_at, one.notes) == (row["status"], resolved, row["resolution_notes"])
    assert found == {}


async def test_what_was_done_to_devices(history: History, sql: Sql, now: datetime) -> None:
    since = now - timedelta(days=30)
    devices = [row["id"] for row in sql("SELECT id FROM devices")]
    found = await history.device_changes(dict.fromkeys(devices, since), now, 10_000)
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    told = Counter((one.source, one.what, one.site_wide) for one in found)
    edge = {"since": since, "now": now}
    of_sites = sql(
        "SELECT count(*) AS n FROM configuration_history c JOIN sites s ON c.entity_type = 'site' AND c.entity_id ="
        " s.site_id JOIN devices d ON d.site_id = s.id WHERE c.timestamp >= %(since)s AND c.timestamp <= %(now)s",
        **edge,
    )
    of_devices = sql("SELECT count(*) AS n FROM configuration_history WHERE entity_type = 'device'")
    jobs = sql("SELECT count(*) AS n FROM jobs WHERE device_id IS NOT NULL")
    of_site_jobs = sql("SELECT count(*) AS n FROM jobs j JOIN devices d USING (site_id) WHERE j.device_id IS NULL")
    commands = sql("SELECT count(*) AS n FROM device_commands WHERE created_at >= %(since)s", **edge)
    back = sql("SELECT count(*) AS n FROM configuration_history WHERE was_rolled_back")
    assert told == {
        ("configuration_history", "set", False): of_devices[0]["n"],
        ("configuration_history", "set", True): of_sites[0]["n"],
        ("configuration_history", "rolled_back", False): back[0]["n"],
        ("jobs", "job", False): jobs[0]["n"],
        ("jobs", "job", True): of_site_jobs[0]["n"],
        ("device_commands", "command", False): commands[0]["n"],
    }
    (tls,) = [one for one in found if one.name == "payment_tls_min_version"]
    assert (tls.old, tls.value, tls.reason, tls.status) == (
        "1.2",
        "1.3",
        "Security hardening, ticket SEC-412",
        "successful",
    )


async def test_only_these_devices_and_this_time(history: History, sql: Sql, now: datetime) -> None:
    device = sql("SELECT id FROM devices WHERE name = 'Lobby Terminal'")[0]["id"]
    hour = await history.device_changes({device: now - timedelta(hours=1)}, now, 100)
    assert {one.device for one in hour} == {device}
    assert "payment_tls_min_version" in {one.name for one in hour}
    assert all(now - timedelta(hours=1) <= one.at <= now for one in hour)
    assert len(await history.device_changes({device: LONG_AGO}, now, 3)) == 3
    other = sql("SELECT id FROM devices WHERE name = 'Canteen Till'")[0]["id"]
    both = await history.device_changes({device: now - timedelta(hours=1), other: LONG_AGO}, now, 100)
    assert [one for one in both if one.device == device] == hour
    assert "receipt_print_mode" in {one.name for one in both if one.device == other}
    assert await history.device_changes({}, now, 100) == []


async def test_how_far_a_change_reached(history: History, sql: Sql, now: datetime) -> None:
    sites = [row["id"] for row in sql("SELECT id FROM sites")]
    since = now - timedelta(days=30)
    devices = [row["id"] for row in sql("SELECT id FROM devices")]
    serving = {
        row["id"]
        for row in sql(
            "SELECT d.id FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.is_active AND d.lifecycle_state IN"
            " ('active', 'pending') AND s.is_active AND s.lifecycle_state = 'active'"
        )
    }
    names = ["max_connections", "config_update", "firmware_version", "firmware_update", "collect_logs", "ping"]
    expected: dict[tuple[int, str, str, str | None], set[int]] = {}
    for one in await history.device_changes(dict.fromkeys(devices, since), now, 10_000):
        if one.name in names and one.device in serving:
            expected.setdefault((one.site, one.what, one.name, one.value), set()).add(one.device)
    found = {
        (row.site, row.what, row.name, row.value): row.devices
        for row in await history.change_reach(dict.fromkeys(names, since), sites, now)
    }
    assert found == {key: len(reached) for key, reached in expected.items()}
    assert {what for _, what, _, _ in found} == {"set", "job", "command"}
    assert await history.change_reach(dict.fromkeys(names, since), [], now) == []


async def test_how_many_devices_are_in_service(history: History, sql: Sql) -> None:
    rows = sql(
        "SELECT d.site_id AS site, count(*) AS n FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.is_active AND"
        " d.lifecycle_state IN ('active', 'pending') AND s.is_active AND s.lifecycle_state = 'active' GROUP BY 1"
    )
    sites = [row["id"] for row in sql("SELECT id FROM sites")]
    assert await history.devices_in_service([*sites, 999]) == {row["site"]: row["n"] for row in rows}


async def test_homepots_own_shapes_of_values(own_history: History, now: datetime) -> None:
    found = await own_history.device_changes(dict.fromkeys(range(1, 30), now - timedelta(days=2)), now, 10_000)
    values = {(one.name, one.value) for one in found}
    assert ("max_connections", "15") in values
    assert ("config_update_job", "2.0.0") in values
    assert ("update_pos_payment_config", "Configuration Update 2.0.0") in values
    assert ("push_command:ping", "v1") in values
    assert all(len(one.value or "") <= 200 for one in found)


async def test_an_old_deployment_can_be_read_too(
    open_homepot: Opener, postgres: EmbeddedPostgres, own_history: History, now: datetime
) -> None:
    unserved = {one.id for one in await own_history.new_alerts(0, LONG_AGO, 100) if not one.served}
    url = postgres.create_database("homepot_old_history")
    load_csv(url, OWN_ROWS, now, anchor="telemetry")
    strip_to_old(url)
    history = History(await open_homepot(create_reader(url, TRIAL_PASSWORD)))
    alerts = await history.new_alerts(0, LONG_AGO, 100)
    assert len(alerts) > 20
    assert {one.id for one in alerts if not one.served} == unserved
    assert len(await history.alert_states([one.id for one in alerts])) == len(alerts)
    assert await history.device_changes(dict.fromkeys(range(1, 30), now - timedelta(days=2)), now, 100)
    assert await history.devices_in_service([1, 2])
