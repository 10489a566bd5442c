"""A HOMEPOT of before its lifecycle, tenants and provenance; a freshly migrated one; and its own sample rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot.store import HomepotStore
from dev.homepot.load import load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.homepot.schema import create_schema, strip_to_old
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import OWN_ROWS, WINDOW_S, Opener
from tests.db.homepot.every_query import EVERY_QUERY, WHOLE

ALL = View()


@pytest.fixture(scope="session")
def old_url(postgres: EmbeddedPostgres, now: datetime) -> str:
    """HOMEPOT's own rows in an old deployment, as the reader."""
    url = postgres.create_database("homepot_old")
    load_csv(url, OWN_ROWS, now, anchor="telemetry")
    strip_to_old(url)
    return create_reader(url, TRIAL_PASSWORD)


@pytest.fixture(scope="session")
def older_url(postgres: EmbeddedPostgres) -> str:
    """An empty database as HOMEPOT's migrations make it."""
    url = postgres.create_database("homepot_older")
    create_schema(url, "older")
    return create_reader(url, TRIAL_PASSWORD)


async def test_an_old_deployment_says_what_it_lacks(open_homepot: Opener, old_url: str) -> None:
    catalogue = await (await open_homepot(old_url)).catalogue()
    assert catalogue.missing == [
        "device_credentials",
        "devices.health_state",
        "devices.lifecycle_state",
        "sites.lifecycle_state",
        "sites.tenant_id",
        "tenant_memberships",
        "tenants",
    ]


async def ask(database: HomepotDatabase, now: datetime, name: str) -> Any:
    """The answer of one of HOMEPOT's queries, by its name."""
    if name in WHOLE:
        return await WHOLE[name](database)
    return await EVERY_QUERY[name](HomepotStore(database, lambda: now, WINDOW_S), ALL)


@pytest.mark.parametrize("name", [*EVERY_QUERY, *WHOLE])
async def test_every_query_works_on_an_old_deployment(
    open_homepot: Opener, old_url: str, now: datetime, name: str
) -> None:
    assert await ask(await open_homepot(old_url), now, name) is not None


async def test_old_rows_are_answered_like_new_ones_where_they_are_the_same(
    open_homepot: Opener, old_url: str, own_rows_reader_url: str, now: datetime
) -> None:
    old, new = await open_homepot(old_url), await open_homepot(own_rows_reader_url)
    same = {*EVERY_QUERY, *WHOLE} - {"names.sites", "devices.counts", "devices.states"}  # tenants, lifecycle, health
    for name in sorted(same):
        before, after = await ask(old, now, name), await ask(new, now, name)
        if isinstance(before, list):
            assert len(before) == len(after), name
    states = {device.name: device for device in await ask(old, now, "devices.states")}
    for device in await ask(new, now, "devices.states"):
        assert states[device.name].connectivity == device.connectivity
        assert states[device.name].health_state == "unknown"


async def test_a_migrated_and_empty_database_gives_empty_answers(
    open_homepot: Opener, older_url: str, now: datetime
) -> None:
    database = await open_homepot(older_url)
    assert "devices" not in (await database.catalogue()).missing
    for name in (*EVERY_QUERY, *WHOLE):
        found = await ask(database, now, name)
        if isinstance(found, list):
            assert found == [], name


async def test_homepots_own_rows(
    open_homepot: Opener, own_rows_reader_url: str, own_rows_url: str, now: datetime
) -> None:
    database = await open_homepot(own_rows_reader_url)
    with psycopg.connect(own_rows_url) as owner:
        counted = {
            name: owner.execute(query.encode()).fetchone()[0]
            for name, query in {
                "names.devices": "SELECT count(*) FROM devices",
                "names.sites": "SELECT count(*) FROM sites",
                "alerts.listed": "SELECT count(*) FROM alerts WHERE lower(status) = 'active'",
                "jobs.listed": "SELECT count(*) FROM jobs",
            }.items()
        }
    for name, rows in counted.items():
        assert len(await ask(database, now, name)) == rows, name
    readings = await ask(database, now, "readings.latest")
    assert readings
    assert max(reading.at for reading in readings) <= now


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC"])
async def test_naive_times_are_utc_whatever_the_servers_zone(
    open_homepot: Opener, own_rows_url: str, now: datetime, zone: str
) -> None:
    name = own_rows_url.rpartition("/")[2]
    with psycopg.connect(own_rows_url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET timezone = '{zone}'")
        rows = owner.execute("SELECT id, timestamp FROM alerts WHERE lower(status) = 'active'").fetchall()
    try:
        store = HomepotStore(await open_homepot(own_rows_url, homepot_allow_writable_role=True), lambda: now, WINDOW_S)
        alerts = await store.alerts.listed(ALL, limit=500)
        assert {alert.id: alert.at for alert in alerts} == {key: at.replace(tzinfo=UTC) for key, at in rows}
        newest = max(alert.at for alert in alerts)
        kept = await store.alerts.listed(ALL, limit=500, since=newest, until=newest + timedelta(microseconds=1))
        assert {alert.at for alert in kept} == {newest}
        online = await store.devices.states(ALL, conditions=["online"], limit=500)
        assert all(now - device.last_heartbeat_at <= timedelta(seconds=WINDOW_S) for device in online)
    finally:
        with psycopg.connect(own_rows_url, autocommit=True) as owner:
            owner.execute(f"ALTER DATABASE {name} RESET timezone")


async def test_a_table_that_comes_later_is_seen_at_the_next_look(
    open_homepot: Opener, postgres: EmbeddedPostgres, now: datetime
) -> None:
    url = postgres.create_database("homepot_changing")
    create_schema(url)
    reader = create_reader(url, TRIAL_PASSWORD)
    database = await open_homepot(reader)
    store = HomepotStore(database, lambda: now, WINDOW_S)
    assert await store.jobs.commands(ALL, store.last(days=1), limit=1) == []
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("ALTER TABLE device_commands DROP COLUMN executed_at, DROP COLUMN status")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        await store.jobs.commands(ALL, store.last(days=1), limit=1)
    assert await store.jobs.commands(ALL, store.last(days=1), limit=1) == []
    assert (await database.catalogue()).missing == ["device_commands.executed_at", "device_commands.status"]
