"""The scan over copies of the sample fleet, frozen on a Wednesday afternoon on which every site is open."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ai_gateway.health.scan import HealthScan
from ai_gateway.health.store import HealthStore
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.telemetry import Telemetry
from ai_gateway.wiring import create_own_pool
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres
from tests.conftest import SettingsFactory

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
OWN_ROWS = Path(__file__).parents[2] / "data" / "homepot"
Rows = list[dict[str, Any]]
Sql = Callable[..., Rows]


class Time:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **how_long: float) -> datetime:
        self.now += timedelta(**how_long)
        return self.now


class Worker:
    """One worker's scan with its own connections."""

    def __init__(self, homepot: HomepotDatabase, scan: HealthScan, store: HealthStore) -> None:
        self.homepot, self.scan, self.store = homepot, scan, store

    async def run(self) -> int:
        return await self.scan.run()


Hire = Callable[..., Awaitable[Worker]]


@pytest.fixture(scope="session")
def frozen_fleet(postgres: EmbeddedPostgres) -> str:
    """The name of a database with the sample fleet as of `NOW`, to be copied."""
    url = postgres.create_database("homepot_frozen")
    create_sample(url, NOW)
    return "homepot_frozen"


@pytest.fixture
def clinic_url(postgres: EmbeddedPostgres, frozen_fleet: str) -> Iterator[str]:
    """A copy of the sample fleet that the test may change, as its owner."""
    with postgres.passing_database(frozen_fleet) as url:
        yield url


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
async def hire(clinic_url: str, settings_for: SettingsFactory, clock: Time) -> AsyncIterator[Hire]:
    """Make a worker over the copy and a fresh database of the gateway; a day of history, so that it takes seconds."""
    hired: list[Worker] = []
    reader = create_reader(clinic_url, TRIAL_PASSWORD)

    async def make(**settings: object) -> Worker:
        values: dict[str, object] = {"homepot_database_url": reader, "health_history_days": 1.0}
        made = settings_for(**{**values, **settings})
        homepot, pool = HomepotDatabase(made), create_own_pool(made)
        await homepot.open()
        await pool.open(wait=True, timeout=10)
        store = HealthStore(pool)
        hired.append(Worker(homepot, HealthScan(Telemetry(homepot), store, clock, made), store))
        return hired[-1]

    yield make
    for one in hired:
        await one.scan.close()
        await one.homepot.close()
        await one.store._pool.close()


def _runner(url: str) -> Iterator[Sql]:
    options = "-c timezone=UTC"
    with psycopg.connect(url, autocommit=True, row_factory=dict_row, options=options) as connection:

        def run(query: str, **params: object) -> Rows:
            cursor = connection.execute(query.encode(), params)
            return cursor.fetchall() if cursor.description is not None else []

        yield run


@pytest.fixture
def homepot(clinic_url: str) -> Iterator[Sql]:
    """Plain SQL on the copy of the sample fleet, as its owner."""
    yield from _runner(clinic_url)


@pytest.fixture
def own(database_url: str) -> Iterator[Sql]:
    """Plain SQL on the gateway's own database."""
    yield from _runner(database_url)


def stored(own: Sql) -> dict[str, Rows]:
    """All that scans leave, in an order and without what tells one run from another."""
    return {
        "anomalies": own(
            "SELECT device, site, kind, metric, started_at, last_at, ended_at, severity, score, value, expected, lower,"
            " upper, explained, detail FROM ai_anomaly_logs ORDER BY device, kind, metric, started_at"
        ),
        "hours": own(
            "SELECT hour, device, site, samples, total::text, low::text, high::text, latest::text, latest_at"
            " FROM ai_reading_hours ORDER BY device, hour"
        ),
        "devices": own("SELECT * FROM ai_device_health ORDER BY device"),
        "sites": own("SELECT * FROM ai_site_health ORDER BY site"),
    }
