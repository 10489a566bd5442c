"""The whole way of the worker: HOMEPOT's rows come in, are scanned, and incidents stand in the gateway's database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest

from ai_gateway.wiring import Parts
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres
from dev.simulation.find import find
from dev.simulation.load import Stream
from dev.simulation.run import Health
from dev.simulation.simulate import Simulation, simulate
from tests.conftest import SettingsFactory

KINDS = ("level_limit", "error_burst", "site_latency", "flapping", "failed_checks", "silence")
SCAN_S = 3_600.0
"""Far apart, so that the test is short; the worker scans every minute."""


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(36, 2, 600.0, seed=21, faults=KINDS, quiet_days=0.5)


@pytest.fixture(scope="module")
def in_memory(simulation: Simulation) -> Health:
    health = Health(simulation)
    for page in simulation.pages(SCAN_S):
        health.feed(page)
    return health


class Worker:
    """What the worker runs each minute, at the time that the test says."""

    def __init__(self, settings_for: SettingsFactory, reader_url: str) -> None:
        self._settings_for = settings_for
        self._reader_url = reader_url
        self.now = datetime.now(UTC)

    async def start(self, **overrides: object) -> None:
        settings = self._settings_for(homepot_database_url=self._reader_url, health_history_days=30, **overrides)
        self.parts = Parts(settings, lambda: self.now)
        await self.parts.homepot.open()
        await self.parts.pool.open(wait=True, timeout=10)

    async def stop(self) -> None:
        await self.parts.scan.close()
        await self.parts.homepot.close()
        await self.parts.pool.close()

    async def run(self, at: float) -> None:
        self.now = datetime.fromtimestamp(at, UTC)
        await self.parts.scan.run()
        await self.parts.incident_job.run()


@pytest.fixture
async def worker(
    postgres: EmbeddedPostgres, simulation: Simulation, settings_for: SettingsFactory, database_url: str
) -> AsyncIterator[tuple[Worker, Stream, str]]:
    url = postgres.create_database(f"path_{database_url.rpartition('_')[2]}")
    stream = Stream(url, simulation)
    worker = Worker(settings_for, create_reader(url, TRIAL_PASSWORD))
    yield worker, stream, database_url
    await worker.stop()


async def test_the_worker_tells_what_the_stages_tell_in_memory_whenever_it_is_restarted(
    worker: tuple[Worker, Stream, str], simulation: Simulation, in_memory: Health
) -> None:
    """With its memory stored at every scan: of devices that are not heard, when scans ran is remembered as well."""
    program, stream, own_url = worker
    await program.start(health_state_interval_s=0)
    rng = np.random.default_rng(1)
    for at in np.arange(simulation.span[0] + SCAN_S, simulation.span[1] + 1, SCAN_S).tolist():
        stream.write_until(datetime.fromtimestamp(at, UTC))
        await program.run(at)
        if rng.random() < 0.1:
            await program.stop()
            await program.start(health_state_interval_s=0)
    with psycopg.connect(own_url, options="-c timezone=UTC") as connection:
        anomalies = connection.execute("SELECT device, kind, metric, started_at, ended_at FROM ai_anomaly_logs")
        incidents = connection.execute(
            "SELECT i.id::text, i.kind, i.metric, i.category,"
            " ARRAY(SELECT d.device FROM ai_incident_devices d WHERE d.incident = i.id ORDER BY 1) FROM ai_incidents i"
        )
        stored, grouped = set(anomalies.fetchall()), {row[0]: row[1:] for row in incidents.fetchall()}
    assert stored == {(*key, anomaly.ended_at) for key, anomaly in in_memory.anomalies.items()}
    expected = {
        found.id: (found.kind, found.metric, found.category, sorted({symptom.device for symptom in found.symptoms}))
        for found in find(simulation, in_memory)
    }
    assert grouped == expected
    assert {"flapping", "checks"} < {kind for kind, *_ in grouped.values()}


async def test_after_an_outage_the_worker_tells_the_same(
    worker: tuple[Worker, Stream, str], simulation: Simulation, in_memory: Health
) -> None:
    """It reads again what its stored memory lacks, then what it missed; a silence that is over by then is not seen."""
    program, stream, own_url = worker
    await program.start()
    away = datetime.fromtimestamp(simulation.span[0], UTC) + timedelta(hours=26)
    stream.write_until(away)
    await program.run(away.timestamp())
    await program.stop()
    await program.start()
    stream.write_until(datetime.fromtimestamp(simulation.span[1], UTC))
    await program.run(simulation.span[1])
    with psycopg.connect(own_url, options="-c timezone=UTC") as connection:
        rows = connection.execute("SELECT device, kind, metric, started_at FROM ai_anomaly_logs").fetchall()
    seen = {row for row in rows if row[1] != "silence"}
    assert seen == {key for key in in_memory.anomalies if key[1] != "silence"}
