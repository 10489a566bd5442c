"""HOMEPOT's store over the sample fleet, and an owner's connection to check it against plain SQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.kit.settings import Settings
from dev.homepot.load import load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres

OWN_ROWS = Path(__file__).parents[1] / "data" / "homepot"
WINDOW_S = 120

Opener = Callable[..., Awaitable[HomepotDatabase]]
Rows = list[dict[str, Any]]
Sql = Callable[..., Rows]


def homepot_settings(url: str, **overrides: object) -> Settings:
    """Settings for a HOMEPOT database alone."""
    return Settings.model_validate({"homepot_database_url": url, "database_url": "postgresql://x/x", **overrides})


@pytest.fixture
async def open_homepot() -> AsyncIterator[Opener]:
    """Open a HOMEPOT database; it is closed after the test."""
    opened: list[HomepotDatabase] = []

    async def make(url: str, **overrides: object) -> HomepotDatabase:
        database = HomepotDatabase(homepot_settings(url, **overrides))
        opened.append(database)
        await database.open()
        return database

    yield make
    for database in opened:
        await database.close()


@pytest.fixture(scope="session")
async def sample_fleet(homepot_url: str) -> AsyncIterator[HomepotDatabase]:
    """The sample fleet's database, as the reader."""
    database = HomepotDatabase(homepot_settings(homepot_url))
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def fleet(sample_fleet: HomepotDatabase, now: datetime) -> HomepotStore:
    """The store over it."""
    return HomepotStore(sample_fleet, lambda: now, WINDOW_S)


@pytest.fixture(scope="session")
def sql(homepot_admin_url: str) -> Iterator[Sql]:
    """Plain SQL on the sample fleet, as its owner, in UTC."""
    with psycopg.connect(
        homepot_admin_url, autocommit=True, row_factory=dict_row, options="-c timezone=UTC"
    ) as connection:

        def run(query: str, **params: object) -> Rows:
            return connection.execute(query.encode(), params).fetchall()

        yield run


@pytest.fixture(scope="session")
def own_rows_url(postgres: EmbeddedPostgres, now: datetime) -> str:
    """HOMEPOT's own sample rows, as the database's owner."""
    url = postgres.create_database("homepot_own_rows")
    load_csv(url, OWN_ROWS, now, anchor="telemetry")
    return url


@pytest.fixture(scope="session")
def own_rows_reader_url(own_rows_url: str) -> str:
    """HOMEPOT's own sample rows, as the reader."""
    return create_reader(own_rows_url, TRIAL_PASSWORD)
