"""Two healthy months of the sample fleet, the worker's job over them, and a clock in the test's hand."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from ai_gateway.access.scope import Scoping
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.directory import Directory
from ai_gateway.homepot.names import NameReader
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.insights.reading import SiteReader
from ai_gateway.insights.remember import FindingJob
from ai_gateway.insights.store import InsightStore
from ai_gateway.kit.db import Pool
from ai_gateway.memory.finding_store import FindingStore
from ai_gateway.memory.findings import FindingMemory
from ai_gateway.memory.store import MemoryStore
from ai_gateway.wiring import create_own_pool
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres
from dev.simulation.past import Device, chance_errors, devices_of, hours_of, idle_changes, keep, write_past
from tests.conftest import SettingsFactory
from tests.db.conftest import WINDOW_S, homepot_settings
from tests.db.memory.conftest import FaultyEmbedder

SEED = 11
END = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""The past is the same one whenever the tests run: of the 24 hours of a day one had a change that chance hid."""


class Past(NamedTuple):
    """HOMEPOT's database as its owner and as the reader, its devices, and the readings up to ``end``, which is on the hour."""

    url: str
    reader: str
    devices: list[Device]
    hours: np.ndarray
    end: datetime

    def at(self, device: Device, moment: datetime) -> tuple[int, int]:
        """Where in ``hours`` a device's hour stands."""
        return self.devices.index(device), self.hours.shape[1] - int((self.end - moment).total_seconds() // 3600)


@pytest.fixture(scope="session")
def past(postgres: EmbeddedPostgres) -> Past:
    url = postgres.create_database("homepot_past")
    create_sample(url, END)
    reader, devices = create_reader(url, TRIAL_PASSWORD), devices_of(url)
    return Past(url, reader, devices, hours_of(devices, END, SEED), END)


@pytest.fixture
def idle(past: Past) -> Past:
    """With changes that did nothing, and errors by chance."""
    rng = np.random.default_rng(SEED)
    write_past(past.url, chance_errors(past.devices, past.end, rng), idle_changes(past.devices, past.end, rng))
    return past


@pytest.fixture
def bare(past: Past) -> Past:
    """With neither."""
    write_past(past.url, [], [])
    return past


class Clock:
    """Now, as the test says."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def clock(past: Past) -> Clock:
    return Clock(past.end)


@pytest.fixture
async def own_pool(settings_for: SettingsFactory) -> AsyncIterator[Pool]:
    pool = create_own_pool(settings_for())
    await pool.open(wait=True, timeout=10)
    yield pool
    await pool.close()


@pytest.fixture
async def database(past: Past) -> AsyncIterator[HomepotDatabase]:
    database = HomepotDatabase(homepot_settings(past.reader))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def homepot(database: HomepotDatabase, clock: Clock) -> HomepotStore:
    return HomepotStore(database, clock, WINDOW_S)


@pytest.fixture
def embedder() -> FaultyEmbedder:
    return FaultyEmbedder()


MakeJob = Callable[..., FindingJob]


@pytest.fixture
def make_job(
    database: HomepotDatabase, homepot: HomepotStore, own_pool: Pool, clock: Clock, embedder: FaultyEmbedder
) -> MakeJob:
    """The job as the worker has it; ``every``: its interval in days."""

    def make(every: float = 1) -> FindingJob:
        reader = SiteReader(homepot, InsightStore(own_pool))
        memory = FindingMemory(FindingStore(own_pool), MemoryStore(own_pool), embedder, clock)
        scoping = Scoping(Directory(NameReader(database), 0))
        return FindingJob(reader, memory, scoping, clock, every=timedelta(days=every))

    return make


Remembered = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def remembered(database_url: str) -> Remembered:
    """All findings in memory, the oldest first."""

    def read() -> list[dict[str, Any]]:
        with psycopg.connect(database_url, row_factory=dict_row) as own:
            return own.execute("SELECT * FROM ai_incident_patterns WHERE source = 'finding' ORDER BY id").fetchall()

    return read


@pytest.fixture
def keep_readings(database_url: str, past: Past) -> Callable[..., None]:
    """Write readings as the worker has them, ``(devices, hours, metrics, 2)``: all days, and the hours of the last ``days``."""

    def write(hours: np.ndarray, days: int = 16) -> None:
        keep(database_url, past.devices, past.end, hours, days)

    return write
