"""A HOMEPOT with times that no calendar has, and JSON that no text holds: one such row must not take the others away."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg import sql

from ai_gateway.homepot.database import FIRST_TIME, LAST_TIME, NaiveIsUtc
from ai_gateway.homepot.happenings import Happenings
from ai_gateway.homepot.history import History
from ai_gateway.homepot.resolved import ResolvedAlerts
from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot.telemetry import Telemetry
from ai_gateway.homepot.untimed import TABLES, UntimedRows
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import WINDOW_S, Opener
from tests.db.homepot.every_query import EVERY_QUERY, WHOLE

IMPOSSIBLE = ("infinity", "-infinity", "4713-01-01 BC", "294276-01-01", "9999-12-31 23:59:59")
UNREADABLE = (
    '{"\\u0000": "\\u0000"}',
    '{"device_id": "\\ud800"}',
    '"\\udc00"',
    '{"temperature_celsius": 1e400, "device_id": []}',
    "[[{}]]",
)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns AS c
JOIN information_schema.columns AS i USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND c.data_type LIKE %s AND i.column_name = 'id'
"""
CHANGE = "UPDATE {table} SET {column} = %s WHERE id = (SELECT id FROM {table} ORDER BY id DESC OFFSET %s LIMIT 1)"


@pytest.fixture(scope="module")
def owner_url(postgres: EmbeddedPostgres, now: datetime) -> str:
    """The sample fleet, where each column of times and of JSON holds each odd value in a row of its own."""
    url = postgres.create_database("homepot_no_calendar")
    create_sample(url, now)
    with psycopg.connect(url) as owner:
        for kind, values in (("timestamp%", IMPOSSIBLE), ("json", UNREADABLE)):
            for table, column in owner.execute(COLUMNS, (kind,)).fetchall():
                names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
                begin = 0 if values is IMPOSSIBLE else len(IMPOSSIBLE)
                for place, value in enumerate(values, begin):
                    owner.execute(sql.SQL(CHANGE).format(**names), (value, place))
    return url


@pytest.fixture(scope="module")
def url(owner_url: str) -> str:
    """The same, as the reader."""
    return create_reader(owner_url, TRIAL_PASSWORD)


@pytest.mark.parametrize("name", [*EVERY_QUERY, *WHOLE])
async def test_every_query_works(open_homepot: Opener, url: str, now: datetime, name: str) -> None:
    database = await open_homepot(url)
    if name in WHOLE:
        await WHOLE[name](database)
    else:
        await EVERY_QUERY[name](HomepotStore(database, lambda: now, WINDOW_S), View())


async def test_what_the_worker_reads_holds_the_other_rows(
    open_homepot: Opener, url: str, owner_url: str, now: datetime
) -> None:
    database = await open_homepot(url)
    with psycopg.connect(owner_url) as owner:
        alerts = owner.execute("SELECT count(*) FROM alerts").fetchone()
    found = await History(database).new_alerts(0, LONG_AGO, 10_000)
    assert alerts is not None
    assert len(found) == alerts[0] - len(IMPOSSIBLE)
    assert all(LONG_AGO < one.at <= now for one in found)
    installed = await Happenings(database).installed()
    assert installed.at.count(None) == len(IMPOSSIBLE)
    heard = (await Telemetry(database).devices()).heard
    assert all(one is None or 0 < one <= now.timestamp() for one in heard)


async def test_what_is_left_out_is_counted_by_table(open_homepot: Opener, url: str) -> None:
    counting = UntimedRows(await open_homepot(url))
    assert await counting.run() == len(IMPOSSIBLE) * len(TABLES)
    assert {REGISTRY.get_sample_value("ai_homepot_rows_left_out", {"table": table}) for table in TABLES} == {
        len(IMPOSSIBLE)
    }
    assert await counting.run() == 0, "not more than once an hour"


async def test_of_a_whole_log_in_the_notes_the_worker_reads_the_beginning(
    open_homepot: Opener, url: str, owner_url: str
) -> None:
    with psycopg.connect(owner_url) as owner:
        owner.execute(
            "UPDATE alerts SET resolution_notes = repeat('rebooted ', 100000), description = repeat('x', 1000000)"
        )
    database = await open_homepot(url)
    history = History(database)
    found = await history.new_alerts(0, LONG_AGO, 10_000)
    states = await history.alert_states([one.id for one in found])
    resolved = await ResolvedAlerts(database).page(after=LONG_AGO, after_id=0, limit=2048)
    assert {len(one.notes or "") for one in (*found, *states)} == {2_000}
    assert {len(one.resolution_notes or "") for one in resolved} == {20_000}
    assert {len(one.description or "") for one in resolved} == {20_000}


@pytest.mark.parametrize("time", IMPOSSIBLE[:4])
def test_a_time_beyond_the_calendar_is_read_as_its_end(time: str) -> None:
    loader: Any = NaiveIsUtc(1114)
    assert loader.load(time.encode()) == (FIRST_TIME if time.startswith(("-", "4713")) else LAST_TIME)
