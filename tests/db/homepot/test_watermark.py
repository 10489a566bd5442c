"""A watermark moves with everything that an answer tells, and stands still while nothing of it changes."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import psycopg
import pytest

from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot.scoped.watermark import STREAMS, RowWatermarks
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.homepot.schema import create_schema, strip_to_old
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import WINDOW_S, Opener

Mark = Callable[..., Awaitable[str]]
WELL = (
    "(SELECT id FROM devices WHERE health_state = 'healthy' AND lifecycle_state = 'active' AND is_active AND"
    " last_heartbeat_at >= %(heard)s AND site_id > (SELECT min(id) FROM sites) ORDER BY id LIMIT 1)"
)
SILENT = "(SELECT id FROM devices WHERE last_heartbeat_at < %(heard)s ORDER BY id LIMIT 1)"


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres, now: datetime) -> str:
    """The sample fleet, to be changed by these tests alone."""
    url = postgres.create_database("homepot_marked")
    create_sample(url, now)
    return url


@pytest.fixture
async def mark(open_homepot: Opener, url: str, now: datetime) -> Mark:
    database = await open_homepot(create_reader(url, TRIAL_PASSWORD))

    async def read(view: View | None = None, *streams: str, at: datetime = now) -> str:
        return await RowWatermarks(database, lambda: at, WINDOW_S).read(view or View(), streams)

    return read


def change(url: str, now: datetime, query: str, **params: object) -> None:
    query = query.replace("{well}", WELL).replace("{silent}", SILENT)
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as owner:
        done = owner.execute(query.encode(), {"now": now, "heard": now - timedelta(seconds=WINDOW_S), **params})
        assert done.rowcount > 0


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE devices SET name = name || ' B' WHERE id = {well}",
        "UPDATE devices SET device_type = 'tablet' WHERE id = {well} AND device_type <> 'tablet'",
        "UPDATE devices SET firmware_version = '99.1' WHERE id = {well}",
        "UPDATE devices SET os_details = 'OS 99' WHERE id = {well}",
        "UPDATE devices SET ip_address = '10.99.9.9' WHERE id = {well}",
        "UPDATE devices SET ip_address = NULL WHERE id = {well}",
        "UPDATE devices SET health_state = 'warning' WHERE id = {well}",
        "UPDATE devices SET lifecycle_state = 'pending' WHERE id = {well}",
        "UPDATE devices SET is_active = false WHERE id = {well}",
        "UPDATE devices SET site_id = (SELECT max(id) FROM sites) WHERE id = {well}",
        "UPDATE devices SET last_heartbeat_at = %(now)s::timestamptz - interval '1 hour' WHERE id = {well}",
        "UPDATE devices SET last_heartbeat_at = last_heartbeat_at - interval '1 second' WHERE id = {silent}",
        "UPDATE devices SET last_heartbeat_at = NULL WHERE id = {silent}",
        "UPDATE sites SET name = name || ' East' WHERE id = (SELECT min(id) FROM sites)",
        "UPDATE sites SET is_active = NOT is_active WHERE id = (SELECT min(id) FROM sites)",
        "UPDATE devices SET last_heartbeat_at = last_heartbeat_at - interval '1 second' WHERE is_active AND"
        " last_heartbeat_at >= %(heard)s AND site_id = (SELECT min(id) FROM sites)",  # that site is out of service now
        "UPDATE devices SET last_heartbeat_at = last_heartbeat_at - interval '1 second' WHERE health_state = 'warning'",
        "UPDATE configuration_history SET was_rolled_back = true, rolled_back_at = %(now)s::timestamptz AT TIME ZONE 'UTC'"
        " WHERE id = (SELECT min(id) FROM configuration_history)",
        "UPDATE configuration_history SET changed_by = 'somebody else' WHERE id = (SELECT max(id) FROM configuration_history)",
    ],
)
async def test_it_moves_with_devices_sites_and_changes(mark: Mark, url: str, now: datetime, query: str) -> None:
    before = await mark()
    assert await mark() == before
    change(url, now, query)
    assert await mark() != before


@pytest.mark.parametrize(
    ("stream", "query"),
    [
        ("readings", "INSERT INTO device_metrics (timestamp, device_id) SELECT now(), min(id) FROM devices"),
        (
            "checks",
            "INSERT INTO health_checks (id, device_id, is_healthy, timestamp) SELECT max(id) + 1, min(device_id), true, now()"
            " FROM health_checks",
        ),
        (
            "states",
            "INSERT INTO device_state_history (timestamp, device_id, new_state) SELECT now(), min(id), 'online' FROM devices",
        ),
        ("alerts", "UPDATE alerts SET severity = 'info' WHERE id = (SELECT max(id) FROM alerts)"),
        ("alerts", "UPDATE alerts SET resolution_notes = 'done again' WHERE id = (SELECT max(id) FROM alerts)"),
        ("errors", "UPDATE error_logs SET error_code = 'E99' WHERE id = (SELECT max(id) FROM error_logs)"),
        ("jobs", "UPDATE jobs SET status = 'cancelled' WHERE id = (SELECT min(id) FROM jobs)"),
        ("jobs", "UPDATE jobs SET error_message = 'again' WHERE id = (SELECT max(id) FROM jobs)"),
    ],
)
async def test_it_moves_with_the_stream_that_is_asked_for(
    mark: Mark, url: str, now: datetime, stream: str, query: str
) -> None:
    others = [name for name in STREAMS if name != stream]
    before, besides = await mark(None, stream), await mark(None, *others)
    change(url, now, query)
    assert await mark(None, stream) != before
    assert await mark(None, *others) == besides
    assert await mark(None, *STREAMS) != await mark()


async def test_readings_that_a_wrong_clock_dated_ahead_do_not_hide_new_ones(
    mark: Mark, url: str, now: datetime
) -> None:
    insert = (
        "INSERT INTO device_metrics (timestamp, device_id, cpu_percent) SELECT %(at)s, (SELECT min(id) FROM devices), 5"
        " FROM generate_series(1, %(rows)s::int)"
    )
    with psycopg.connect(url) as owner:
        first = owner.execute("SELECT min(id) FROM devices").fetchone()
    assert first is not None
    change(url, now, insert, at=now + timedelta(days=3000), rows=600)
    view = View(devices=(first[0],))
    before = await mark(view, "readings")
    change(url, now, insert, at=now - timedelta(seconds=1), rows=1)
    assert await mark(view, "readings") != before


async def test_it_moves_where_a_device_falls_silent_by_time_alone(mark: Mark, now: datetime) -> None:
    assert await mark(at=now + timedelta(days=1)) != await mark()


async def test_a_heartbeat_counts_only_where_an_answer_tells_it(mark: Mark, url: str, now: datetime) -> None:
    with psycopg.connect(url) as owner:
        row = owner.execute(b"SELECT " + WELL.encode(), {"heard": now - timedelta(seconds=WINDOW_S)}).fetchone()
    assert row
    fleet, device = await mark(), await mark(View(devices=(row[0],)))
    beat = "UPDATE devices SET last_heartbeat_at = last_heartbeat_at + interval '1 second' WHERE id = %(device)s"
    change(url, now, beat, device=row[0])
    assert await mark() == fleet
    assert await mark(View(devices=(row[0],))) != device


async def test_other_sites_do_not_count(mark: Mark, url: str, now: datetime) -> None:
    with psycopg.connect(url) as owner:
        sites = [row[0] for row in owner.execute("SELECT id FROM sites ORDER BY id LIMIT 2").fetchall()]
    here, there = await mark(View(sites=(sites[0],))), await mark(View(sites=(sites[1],)))
    assert here != there
    change(url, now, "UPDATE devices SET name = name || ' C' WHERE site_id = %(site)s", site=sites[0])
    assert await mark(View(sites=(sites[0],))) != here
    assert await mark(View(sites=(sites[1],))) == there


@pytest.mark.parametrize("age", ["old", "older"])
async def test_it_is_read_of_an_older_database(
    open_homepot: Opener, postgres: EmbeddedPostgres, now: datetime, age: str
) -> None:
    url = postgres.create_database(f"homepot_marked_{age}")
    create_schema(url, "older" if age == "older" else "current")
    if age == "old":
        strip_to_old(url)
    database = await open_homepot(create_reader(url, TRIAL_PASSWORD))
    marks = RowWatermarks(database, lambda: now, WINDOW_S)
    assert await marks.read(View(), STREAMS) == await marks.read(View(), STREAMS)
    assert await marks.read(View(devices=(1,)), STREAMS)
