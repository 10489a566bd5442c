"""What the scan reads: pages in the order of ids, the place to begin, devices, schedules and alerts, on any HOMEPOT."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ai_gateway.homepot.telemetry import Request, Telemetry
from dev.homepot.load import load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.homepot.schema import create_schema, strip_to_old
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import OWN_ROWS, Opener, Sql

TABLES = {"readings": "device_metrics", "states": "device_state_history", "checks": "health_checks"}
BIG = 2**31 - 1


@pytest.fixture
async def telemetry(open_homepot: Opener, homepot_url: str) -> Telemetry:
    return Telemetry(await open_homepot(homepot_url))


def request(after: int = 0, limit: int = 100_000, **changes: Any) -> Request:
    return Request(**{"after": after, "until": BIG, "again": [], "later": [], "limit": limit, "since": 0, **changes})


@pytest.mark.parametrize("stream", TABLES)
async def test_a_page_holds_the_rows_behind_the_watermark(telemetry: Telemetry, sql: Sql, stream: str) -> None:
    ids = [row["id"] for row in sql(f"SELECT id FROM {TABLES[stream]} ORDER BY id")]  # noqa: S608 - of this file
    read = getattr(telemetry, stream)
    page = await read(request(after=ids[9], limit=7))
    assert sorted(page.ids) == ids[10:17]
    assert len(page.devices) == len(page.at) == 7
    page = await read(request(after=ids[9], until=ids[13], again=[ids[2], ids[4]], later=[ids[11]]))
    assert sorted(page.ids) == [ids[2], ids[4], ids[10], ids[12], ids[13]]
    assert await read(request(after=ids[-1])) is None


async def test_readings_are_what_the_table_holds(telemetry: Telemetry, sql: Sql) -> None:
    rows = {row["id"]: row for row in sql("SELECT * FROM device_metrics ORDER BY id LIMIT 500")}
    page = await telemetry.readings(request(limit=500))
    assert page is not None
    for place, row_id in enumerate(page.ids):
        row = rows[row_id]
        assert page.devices[place] == row["device_id"]
        assert page.at[place] == pytest.approx(row["timestamp"].timestamp(), abs=1e-5)
        for name in ("cpu_percent", "error_rate", "transaction_count", "queue_depth"):
            assert getattr(page, name)[place] == row[name]
        assert (page.extra[place] is None) == (not isinstance(row["extra_metrics"], dict))


async def test_changes_tell_connectivity_and_checks_their_outcome(telemetry: Telemetry, sql: Sql) -> None:
    states = await telemetry.states(request())
    assert states is not None
    by_id = {row["id"]: row["new_state"] for row in sql("SELECT id, new_state FROM device_state_history")}
    for row_id, up, told in zip(states.ids, states.up, states.told, strict=True):
        assert (up, told) == (by_id[row_id] == "online", by_id[row_id] in {"online", "offline", "error"})
    checks = await telemetry.checks(request())
    assert checks is not None
    (counts,) = sql("SELECT count(*) AS all, count(*) FILTER (WHERE NOT is_healthy) AS failed FROM health_checks")
    assert (len(checks.ids), checks.healthy.count(False)) == (counts["all"], counts["failed"])
    assert checks.codes.count(504) == counts["failed"]


@pytest.mark.parametrize("stream", TABLES)
@pytest.mark.parametrize("ago", [{"days": 400}, {"days": 3}, {"minutes": 90}, {"seconds": 70}, {"days": -1}])
async def test_where_a_time_begins_is_found_by_halving(
    telemetry: Telemetry, sql: Sql, now: datetime, stream: str, ago: dict[str, float]
) -> None:
    since = now - timedelta(**ago)
    before = await telemetry.before(stream, since, BIG)
    rows = sql(f"SELECT id FROM {TABLES[stream]} WHERE timestamp >= %(since)s ORDER BY id", since=since)  # noqa: S608
    newest = sql(f"SELECT max(id) AS id FROM {TABLES[stream]}")[0]["id"]  # noqa: S608 - of this file
    first = rows[0]["id"] if rows else newest + 1
    assert before <= newest
    if stream != "states":  # ids of the others grow with time without exception
        assert before == first - 1
    assert await telemetry.before(stream, since, 5) >= newest - 5


async def test_old_checks_are_passed_over(telemetry: Telemetry, sql: Sql, now: datetime) -> None:
    since = now - timedelta(hours=1)
    page = await telemetry.checks(request(again=[2], since=since.timestamp()))
    assert page is not None
    assert (
        len(page.ids)
        == sql("SELECT count(*) AS n FROM health_checks WHERE timestamp >= %(since)s", since=since)[0]["n"]
    )


async def test_the_newest_ids(telemetry: Telemetry, sql: Sql) -> None:
    newest = await telemetry.newest()
    for stream, table in TABLES.items():
        assert getattr(newest, stream) == sql(f"SELECT max(id) AS id FROM {table}")[0]["id"]  # noqa: S608 - as above


async def test_devices_with_site_type_heartbeat_and_whether_they_serve(telemetry: Telemetry, sql: Sql) -> None:
    devices = await telemetry.devices()
    rows = {
        row["id"]: row
        for row in sql("SELECT d.*, s.lifecycle_state AS of_site FROM devices AS d JOIN sites AS s ON s.id = d.site_id")
    }
    assert sorted(devices.ids) == sorted(rows)
    for place, device in enumerate(devices.ids):
        row = rows[device]
        heard = row["last_heartbeat_at"]
        assert (devices.sites[place], devices.types[place]) == (row["site_id"], row["device_type"])
        assert devices.heard[place] == (None if heard is None else pytest.approx(heard.timestamp(), abs=1e-5))
        serves = row["is_active"] and row["lifecycle_state"] in {"active", "pending"} and row["of_site"] == "active"
        assert devices.in_service[place] is serves
        assert devices.resting[place] is (row["health_state"] == "maintenance")
    assert not all(devices.in_service)
    assert any(devices.resting)


async def test_schedules_and_alerts(telemetry: Telemetry, sql: Sql, now: datetime) -> None:
    days = await telemetry.opening_days()
    assert len(days) == sql("SELECT count(*) AS days FROM site_operating_schedules")[0]["days"]
    (sunday,) = [day for day in days if (day.site, day.day) == (1, 6)]
    assert (sunday.opens, sunday.closes, sunday.closed, sunday.maintenance) == (7200.0, 18000.0, True, True)
    since = now - timedelta(days=1)
    found = {one.device: (one.alerts, one.severe) for one in await telemetry.alerted(since, now)}
    rows = sql(
        "SELECT d.id, count(*) AS alerts, count(*) FILTER (WHERE lower(a.severity) = 'critical') AS severe"
        " FROM alerts AS a JOIN devices AS d USING (device_id)"
        " WHERE lower(a.status) = 'active' AND timestamp >= %(since)s GROUP BY d.id",
        since=since,
    )
    assert found == {row["id"]: (row["alerts"], row["severe"]) for row in rows}
    assert found


async def every_read(telemetry: Telemetry, now: datetime) -> list[Any]:
    pages = [await getattr(telemetry, stream)(request()) for stream in TABLES]
    begins = [await telemetry.before(stream, now - timedelta(days=1), BIG) for stream in TABLES]
    rest = [await telemetry.newest(), await telemetry.devices(), await telemetry.opening_days()]
    return [*pages, *begins, *rest, await telemetry.alerted(now - timedelta(days=1), now)]


async def test_an_old_deployment_is_read_alike(open_homepot: Opener, postgres: EmbeddedPostgres, now: datetime) -> None:
    found = []
    for name in ("homepot_telemetry", "homepot_telemetry_old"):
        url = postgres.create_database(name)
        load_csv(url, OWN_ROWS, now, anchor="telemetry")
        if name.endswith("old"):
            strip_to_old(url)
        found.append(await every_read(Telemetry(await open_homepot(create_reader(url, TRIAL_PASSWORD))), now))
    new, old = found
    assert [len(page.ids) for page in new[:3]] == [1957, 551, 2013]
    assert [len(page.ids) for page in old[:3]] == [1957, 551, 2013]
    assert old[3:7] == new[3:7]
    assert len(old[7].ids) == len(new[7].ids)
    assert old[8:] == new[8:]


async def test_a_migrated_and_empty_database_has_nothing_to_read(
    open_homepot: Opener, postgres: EmbeddedPostgres, now: datetime
) -> None:
    url = postgres.create_database("homepot_telemetry_empty")
    create_schema(url, "older")
    found = await every_read(Telemetry(await open_homepot(create_reader(url, TRIAL_PASSWORD))), now)
    assert found[:6] == [None, None, None, 0, 0, 0]
    assert found[7].ids == []
    assert found[8:] == [[], []]
