"""A small fleet of HOMEPOT in the test's hand, anomalies as the scan would leave them, and the job over both."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic_ns
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ai_gateway.health.reader import HealthReader
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.directory import Directory
from ai_gateway.homepot.history import History
from ai_gateway.homepot.names import NameReader
from ai_gateway.incidents.around import Surroundings
from ai_gateway.incidents.correlate import Rules
from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.kit.db import Pool
from ai_gateway.wiring import create_own_pool
from dev.homepot.reader import ROLE, TRIAL_PASSWORD, create_reader
from dev.homepot.schema import create_schema
from dev.postgres import EmbeddedPostgres
from tests.conftest import SettingsFactory
from tests.db.conftest import homepot_settings

T0 = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
RULES = Rules(timedelta(minutes=30), timedelta(hours=1))
SITES = 5
DEVICES_OF_SITE = 8
"""Site s has the devices 10 s + 1 to 10 s + 8. Sites 1 to 3 are tenant 1's, 4 and 5 are tenant 2's."""


class Clock:
    """Now, as the test says."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now

    def at(self, minutes: float) -> None:
        self.now = T0 + timedelta(minutes=minutes)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


class World:
    """Rows of both databases. Times are minutes after `T0`."""

    def __init__(self, homepot: psycopg.Connection, own: psycopg.Connection) -> None:
        self._homepot = homepot
        self._own = own

    def anomaly(
        self, device: int, start: float, end: float | None = None, metric: str | None = "cpu_percent", **changes: Any
    ) -> int:
        """An anomaly; one of the same device, kind, metric and start is brought up to date."""
        values = {
            "device": device,
            "site": device // 10,
            "kind": "deviation" if metric else "silence",
            "metric": metric,
            "started_at": at(start),
            "last_at": at(start + 5 if end is None else end),
            "ended_at": None if end is None else at(end),
            "severity": "warning",
            "score": 2.0,
            "value": 90.0,
            "expected": 30.0,
            "explained": Jsonb([]),
            **changes,
        }
        columns = ", ".join(values)
        places = ", ".join(f"%({name})s" for name in values)
        update = ", ".join(
            f"{name} = EXCLUDED.{name}" for name in ("last_at", "ended_at", "severity", "score", "value")
        )
        query = (
            f"INSERT INTO ai_anomaly_logs ({columns}) VALUES ({places})"  # noqa: S608
            f" ON CONFLICT (device, kind, metric, started_at) DO UPDATE SET {update} RETURNING id"
        )
        return self._own.execute(query.encode(), values).fetchone()["id"]

    def alert(self, device: int | None, minutes: float, title: str = "High CPU: 95%", **changes: Any) -> int:
        values = {
            "timestamp": at(minutes).replace(tzinfo=None),
            "device_id": f"DEVICE-{device}" if device else None,
            "site_id": device // 10 if device else 1,
            "title": title,
            "severity": "critical",
            "category": "hardware",
            "status": "active",
            **changes,
        }
        return self._insert("alerts", values)

    def has_alert(self, number: int) -> bool:
        return self._homepot.execute("SELECT 1 FROM alerts WHERE id = %s", (number,)).fetchone() is not None

    def set_alert(self, alert: int, status: str, minutes: float | None = None, notes: str | None = None) -> None:
        resolved = None if minutes is None else at(minutes).replace(tzinfo=None)
        self._homepot.execute(
            "UPDATE alerts SET status = %s, resolved_at = %s, resolution_notes = %s WHERE id = %s",
            (status, resolved, notes, alert),
        )

    def change(self, device: int, minutes: float, parameter: str, new: str, **changes: Any) -> int:
        values = {
            "timestamp": at(minutes).replace(tzinfo=None),
            "entity_type": "device",
            "entity_id": f"DEVICE-{device}",
            "parameter_name": parameter,
            "old_value": Jsonb({"value": "before"}),
            "new_value": Jsonb({"value": new}),
            "changed_by": "ada",
            "was_successful": True,
            **changes,
        }
        return self._insert("configuration_history", values)

    def command(self, device: int, minutes: float, name: str, status: str = "completed") -> int:
        values = {"command_id": str(monotonic_ns()), "device_id": device, "command_type": name, "status": status}
        return self._insert("device_commands", {**values, "created_at": at(minutes)})

    def job(self, site: int, minutes: float, action: str, device: int | None = None, status: str = "completed") -> int:
        values = {"job_id": str(monotonic_ns()), "action": action, "status": status, "site_id": site}
        return self._insert("jobs", {**values, "device_id": device, "created_by": 1, "created_at": at(minutes)})

    def homepot(self, query: str) -> None:
        self._homepot.execute(query.encode())

    def own(self, query: str) -> None:
        self._own.execute(query.encode())

    def start_again(self) -> None:
        """Forget everything of the gateway's own."""
        self.own("TRUNCATE ai_incidents, ai_anomaly_logs, ai_watermarks, ai_incident_patterns CASCADE")

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        return self._own.execute(query.encode(), params).fetchall()

    def incidents(self) -> list[dict[str, Any]]:
        """As stored, the earliest first, each with its devices."""
        return self.rows(
            "SELECT i.*, ARRAY(SELECT d.device FROM ai_incident_devices d WHERE d.incident = i.id ORDER BY 1) AS devices"
            " FROM ai_incidents i ORDER BY i.opened_at, i.id"
        )

    def _insert(self, table: str, values: dict[str, Any]) -> int:
        columns = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(f"%({name})s" for name in values)
        query = f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING id"  # noqa: S608
        return self._homepot.execute(query.encode(), values).fetchone()["id"]


@pytest.fixture(scope="session")
def small_fleet(postgres: EmbeddedPostgres) -> str:
    """The name of a database with HOMEPOT's schema and the fleet that `SITES` tells of."""
    url = postgres.create_database("homepot_small")
    create_schema(url)
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO sites (id, site_id, name, tenant_id, is_active, lifecycle_state)"
            " SELECT n, 'SITE-' || n, 'Store ' || n, CASE WHEN n <= 3 THEN 1 ELSE 2 END, true, 'active'"
            " FROM generate_series(1, %s) AS n",
            (SITES,),
        )
        connection.execute(
            "INSERT INTO devices (id, device_id, name, device_type, site_id, lifecycle_state, health_state, is_active)"
            " SELECT 10 * s + n, 'DEVICE-' || 10 * s + n, 'Till ' || s || '-' || n, 'pos_terminal', s, 'active',"
            " 'healthy', true FROM generate_series(1, %s) AS s, generate_series(1, %s) AS n",
            (SITES, DEVICES_OF_SITE),
        )
    create_reader(url, TRIAL_PASSWORD)
    return "homepot_small"


@pytest.fixture
def fleet_url(postgres: EmbeddedPostgres, small_fleet: str) -> Iterator[str]:
    """A copy of the small fleet for one test."""
    with postgres.passing_database(small_fleet) as url:
        create_reader(url, TRIAL_PASSWORD)  # a database's own grants are not copied
        yield url


@pytest.fixture
def world(fleet_url: str, database_url: str) -> Iterator[World]:
    options = {"autocommit": True, "row_factory": dict_row, "options": "-c timezone=UTC"}
    with psycopg.connect(fleet_url, **options) as homepot, psycopg.connect(database_url, **options) as own:
        homepot.execute("SET session_replication_role = replica")
        yield World(homepot, own)


@pytest.fixture
async def database(postgres: EmbeddedPostgres, fleet_url: str) -> AsyncIterator[HomepotDatabase]:
    name = fleet_url.rpartition("/")[2]
    database = HomepotDatabase(homepot_settings(postgres.url(name, ROLE, TRIAL_PASSWORD)))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def pool(settings_for: SettingsFactory) -> AsyncIterator[Pool]:
    pool = create_own_pool(settings_for())
    await pool.open(wait=True, timeout=10)
    yield pool
    await pool.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(database: HomepotDatabase) -> Directory:
    return Directory(NameReader(database), 3600)


@pytest.fixture
def make_job(pool: Pool, database: HomepotDatabase, directory: Directory, clock: Clock) -> Any:
    def make(page: int = 1000) -> IncidentJob:
        history = History(database)
        surroundings = Surroundings(history, directory, HealthReader(pool))
        return IncidentJob(pool, history, surroundings, clock, RULES, keep=timedelta(days=90), page=page)

    return make


@pytest.fixture
def job(make_job: Any) -> IncidentJob:
    return make_job()


@pytest.fixture
def store(pool: Pool) -> IncidentStore:
    return IncidentStore(pool)
