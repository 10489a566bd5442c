"""The scan as a job of the real worker, in a process with everything else."""

import asyncio

from ai_gateway.wiring import Parts
from ai_gateway.worker import Worker
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.waiting import wait_until
from tests.conftest import SettingsFactory
from tests.db.health.conftest import Sql, Time
from tests.unit.kit.asgi import sample

JOB = "scan_health"
HELD = """
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_a_round_of_the_worker_scans(
    settings_for: SettingsFactory, clinic_url: str, own: Sql, clock: Time
) -> None:
    reader = create_reader(clinic_url, TRIAL_PASSWORD)
    parts = Parts(settings_for(homepot_database_url=reader, health_history_days=0.1), clock)
    before = sample("ai_worker_runs_total", task=JOB, outcome="succeeded")
    opened = sample("ai_health_anomalies_total", kind="checks")
    async with parts.running():
        await asyncio.wait_for(parts.startup.done.wait(), 20)
        await Worker(parts).round()
        assert sample("ai_worker_runs_total", task=JOB, outcome="succeeded") == before + 1
        assert sample("ai_health_anomalies_total", kind="checks") > opened
        assert 0 <= sample("ai_health_lag_seconds") < 120
        assert sample("ai_health_state_bytes") > 0
        assert sample("ai_health_metrics") == 10
        assert await parts.health.count_anomalies(None, open_only=True) > 0
    wait_until(lambda: not own(HELD), 10)  # the server notices after us that a connection was closed
