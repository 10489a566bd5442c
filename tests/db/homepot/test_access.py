"""What the gateway may do to HOMEPOT: read, within the caller's sites, and nothing else."""

from datetime import datetime
from typing import Any

import httpx
import psycopg
import pytest

from ai_gateway.homepot.names import NameReader
from ai_gateway.homepot.role import WritableRoleError, readable_secrets, writing_powers
from ai_gateway.homepot.scoped.readings import ReadingSums
from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.kit.errors import Unavailable
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import WINDOW_S, Opener, Sql
from tests.db.homepot.every_query import EVERY_QUERY, PERCENT
from tests.unit.kit.asgi import sample

QUESTIONS = [
    "Which devices are offline?",
    "Show me the open alerts at Building A",
    "Any anomalies?",
    "Why is Checkout 3 slow?",
    "What is the average CPU at Harbour Mall?",
    "Compare Building A with Harbour Mall",
    "Has this happened before: high latency?",
    "Which devices are at risk?",
    "Which jobs failed?",
    "What changed this week?",
    "Which devices logged errors?",
    "Which health checks fail?",
    "Robert'); DROP TABLE devices;--",
]


async def test_the_reader_is_taken(open_homepot: Opener, homepot_url: str) -> None:
    database = await open_homepot(homepot_url)
    assert (await database.catalogue()).missing == []
    assert database.refusal is None
    assert (await database.version()).startswith("18")
    async with database.pool.connection() as connection:
        assert await writing_powers(connection) == []
        assert await readable_secrets(connection) == []


async def test_a_role_that_can_write_is_refused_and_stays_refused(open_homepot: Opener, homepot_admin_url: str) -> None:
    database = await open_homepot(homepot_admin_url)
    for _ in range(2):
        with pytest.raises(WritableRoleError, match=r"superuser, .* more\. Create the read-only role") as refusal:
            await database.catalogue()
    assert refusal.value.status == 503
    assert "HOMEPOT_ALLOW_WRITABLE_ROLE=true" in refusal.value.detail
    with pytest.raises(WritableRoleError):
        await NameReader(database).sites()


@pytest.mark.parametrize(
    ("grant", "power"),
    [
        ("GRANT UPDATE (name) ON devices TO halfway", "write table devices"),
        ("GRANT DELETE ON alerts TO halfway", "write table alerts"),
        ("GRANT TRUNCATE ON jobs TO halfway", "write table jobs"),
        ("GRANT CREATE ON SCHEMA public TO halfway", "create tables in schema public"),
        ("GRANT TEMP ON DATABASE homepot_own_rows TO halfway", "create temporary tables"),
    ],
)
async def test_one_grant_too_many_is_enough(
    open_homepot: Opener,
    own_rows_url: str,
    own_rows_reader_url: str,
    postgres: EmbeddedPostgres,
    grant: str,
    power: str,
) -> None:
    assert own_rows_reader_url  # whose script takes TEMP from everybody
    with psycopg.connect(own_rows_url, autocommit=True) as owner:
        owner.execute("CREATE ROLE halfway LOGIN PASSWORD 'halfway'")
        owner.execute(grant.encode())
        try:
            database = await open_homepot(postgres.url("homepot_own_rows", "halfway", "halfway"))
            with pytest.raises(WritableRoleError, match=f"can {power}"):
                await database.catalogue()
            await database.close()
        finally:
            owner.execute("DROP OWNED BY halfway")
            owner.execute("DROP ROLE halfway")


async def test_the_setting_lets_a_trial_pass_in_a_read_only_session(
    open_homepot: Opener, homepot_admin_url: str
) -> None:
    database = await open_homepot(homepot_admin_url, homepot_allow_writable_role=True)
    assert (await database.catalogue()).missing == []
    async with database.pool.connection() as connection:
        assert "users.hashed_password" in await readable_secrets(connection)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await connection.execute("DELETE FROM alerts")


async def test_a_database_that_is_down_is_told_and_not_remembered(open_homepot: Opener) -> None:
    database = await open_homepot("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(Unavailable, match="does not answer") as failure:
        await database.catalogue()
    assert failure.value.headers["Retry-After"] == "5"
    assert database.refusal is None


async def test_a_read_that_takes_too_long_is_ended(
    open_homepot: Opener, homepot_url: str, homepot_admin_url: str, now: datetime
) -> None:
    database = await open_homepot(homepot_url, homepot_statement_timeout_ms=100)
    await database.catalogue()
    before = sample("ai_homepot_query_errors_total", query="commands")
    with psycopg.connect(homepot_admin_url) as owner:
        owner.execute("LOCK TABLE device_commands IN ACCESS EXCLUSIVE MODE")
        store = HomepotStore(database, lambda: now, WINDOW_S)
        with pytest.raises(Unavailable, match=r"QueryCanceled|LockNotAvailable"):
            await store.jobs.commands(View(), store.last(days=1), limit=1)
        owner.rollback()
    assert sample("ai_homepot_query_errors_total", query="commands") == before + 1


WITHOUT_PLACES = {
    "alerts.by_time",
    "checks.failing",
    "devices.by_firmware",
    "devices.by_platform",
    "devices.flapping",
    "devices.in_service",
    "errors.by_hour",
    "errors.by_time",
    "errors.kinds",
    "errors.patterns",
    "jobs.by_hour",
    "jobs.by_time",
    "jobs.commands",
    "jobs.push_counts",
    "jobs.times",
    "readings.breaches",
    "series.gaps",
    "series.slices",
}
"""Queries whose rows name no site, or may all be of one."""


class Places:
    """Which site each device and site of the sample is or belongs to, by any of its keys."""

    def __init__(self, sql: Sql) -> None:
        rows = sql("SELECT d.id, d.device_id, s.name, s.id AS site FROM devices d JOIN sites s ON s.id = d.site_id")
        self.of_device = {key: row["name"] for row in rows for key in (row["id"], row["device_id"])}
        self.of_site = {row["site"]: row["name"] for row in rows}

    def told(self, found: Any) -> set[str]:
        """The sites that rows tell of, by name, by integer, or by a device."""
        rows = found if isinstance(found, list) else getattr(found, "ranked", getattr(found, "named", ()))
        named = {row.site_name for row in rows if getattr(row, "site_name", None)}
        named |= {self.of_site[row.site_id] for row in rows if isinstance(getattr(row, "site_id", None), int)}
        devices = [row.device_id for row in rows if getattr(row, "device_id", None)]
        devices += getattr(found, "devices", []) if isinstance(found, ReadingSums) else getattr(found, "ids", [])
        return named | {self.of_device[device] for device in devices}


@pytest.mark.parametrize("name", sorted(EVERY_QUERY))
async def test_a_view_of_one_site_shows_that_site_alone(fleet: HomepotStore, sql: Sql, name: str) -> None:
    places = Places(sql)
    site = next(key for key, name in places.of_site.items() if name == "Building A")
    everywhere = places.told(await EVERY_QUERY[name](fleet, View()))
    assert places.told(await EVERY_QUERY[name](fleet, View(sites=(site,)))) <= {"Building A"}
    assert places.told(await EVERY_QUERY[name](fleet, View(sites=()))) == set()
    if name not in WITHOUT_PLACES:
        assert len(everywhere) > 1


async def test_totals_of_no_site_are_nothing(fleet: HomepotStore) -> None:
    nowhere, period = View(sites=()), fleet.last(days=7)
    assert await fleet.devices.by_firmware(nowhere) == []
    assert await fleet.devices.by_platform(nowhere, "android") == []
    assert await fleet.jobs.by_hour(nowhere, period) == []
    assert await fleet.jobs.push_counts(nowhere, period) == []
    assert (await fleet.errors.summary(nowhere, period, limit=5)).events == 0
    assert (await fleet.readings.ranking(nowhere, "cpu_percent", period, valid=PERCENT, limit=5)).devices == 0


async def test_jobs_and_messages_of_all_sites_are_those_of_each(fleet: HomepotStore, sql: Sql) -> None:
    period, sites = fleet.last(days=30), [row["id"] for row in sql("SELECT id FROM sites")]
    for query, noun in ((fleet.jobs.by_hour, "jobs"), (fleet.jobs.push_counts, "messages")):
        of_each = [sum(getattr(row, noun) for row in await query(View(sites=(site,)), period)) for site in sites]
        assert sum(of_each) == sum(getattr(row, noun) for row in await query(View(), period)) > max(of_each) > 0


async def test_counts_over_time_and_by_kind_of_all_sites_are_those_of_each(fleet: HomepotStore, sql: Sql) -> None:
    period, sites = fleet.last(days=60), [row["id"] for row in sql("SELECT id FROM sites")]

    async def counts(view: View) -> list[int]:
        by_time = [
            await fleet.alerts.by_time(view, "day", statuses=("active", "resolved")),
            await fleet.errors.by_time(view, period, "hour"),
            await fleet.jobs.by_time(view, period, "week"),
            await fleet.errors.kinds(view, period, by="category", limit=500),
        ]
        took = await fleet.jobs.times(view, period)
        resolved = await fleet.alerts.resolve_times(view, period)
        quiet = [
            await fleet.alerts.devices_without(view, limit=1),
            await fleet.changes.devices_without(view, period, limit=1),
            await fleet.errors.devices_without(view, fleet.last(hours=1), limit=1),
        ]
        return [
            *(sum(row.events for row in rows) for rows in by_time),
            sum(row.alerts for row in resolved if row.severity is None and row.site_name is None),
            sum(row.jobs for row in took if row.action is None),
            *(found.quiet for found in quiet),
        ]

    of_each = [await counts(View(sites=(site,))) for site in sites]
    assert await counts(View(sites=())) == [0] * 9
    assert [sum(column) for column in zip(*of_each, strict=True)] == await counts(View())
    assert all(max(column) < sum(column) for column in zip(*of_each, strict=True))


STATE = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd FROM pg_stat_user_tables ORDER BY relname"


def fingerprint(sql: Sql) -> dict[str, object]:
    """What Postgres has counted of changes, and how many rows there are."""
    sql("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
    changes = sql(STATE)
    tables = [row["relname"] for row in changes]
    assert len(tables) == 26
    return {"changes": changes, **{table: sql(f'SELECT count(*) AS n FROM "{table}"') for table in tables}}  # noqa: S608


async def test_answering_leaves_every_table_of_homepot_as_it_was(client_for: Any, settings_for: Any, sql: Sql) -> None:
    before = fingerprint(sql)
    client: httpx.AsyncClient = await client_for(settings_for())
    for question in QUESTIONS:
        for mode in ("maintenance", "executive"):
            answer = await client.post("/api/ai/query", json={"question": question, "mode": mode})
            assert answer.status_code == 200, answer.text
    assert (await client.get("/api/ai/status")).status_code == 200
    assert fingerprint(sql) == before
