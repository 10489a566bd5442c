"""The worker's scan over a large fleet: one minute of readings, from HOMEPOT's Postgres to stored anomalies."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg

from ai_gateway.health.scan import HealthScan
from ai_gateway.health.store import HealthStore
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.telemetry import Telemetry
from ai_gateway.kit.db import create_pool
from ai_gateway.kit.migrations import migrate
from ai_gateway.kit.settings import Settings
from bench.figures import Figure
from bench.lab import QUICK_SHARE, Lab
from bench.processes import ROOT
from dev.homepot.big import create_big
from dev.homepot.reader import create_reader

DEVICES = 100_000
HISTORY_ROWS = 2
MINUTES = 4
GOAL_S = 20.0
STATE_INTERVAL_S = 60.0
"""The bench's minutes take seconds: so short an interval has each scan store about the share that it would in service."""
_MINUTE = (Path(__file__).parent / "scan.sql").read_bytes()
_HEARD = b"UPDATE devices SET last_heartbeat_at = %(at)s WHERE id %% 100 <> 99"


def measure(lab: Lab) -> Iterator[Figure]:
    """The slowest of several minutes, after the first scan of what is there."""
    devices = DEVICES // (QUICK_SHARE if lab.quick else 1)
    began = datetime.now(UTC)
    url = lab.postgres.create_database("homepot_scan")
    create_big(url, devices, devices * HISTORY_ROWS, began)
    own = lab.postgres.create_database("ai_gateway_scan")
    migrate(own, ROOT / "migrations")
    urls = {"homepot_database_url": create_reader(url, "bench"), "database_url": own}
    settings = Settings.model_validate({**urls, "health_state_interval_s": STATE_INTERVAL_S})
    minutes, anomalies = asyncio.run(_minutes(settings, url, devices, began))
    detail = {
        "devices": devices,
        "metrics": 6,
        "seconds": [round(seconds, 1) for _, seconds in minutes],
        "rows": [rows for rows, _ in minutes],
        "anomalies_stored": anomalies,
        "resident_mb": round(psutil.Process().memory_info().rss / 1e6),
    }
    slowest = max(seconds for _, seconds in minutes)
    yield Figure(name="scan_minute", value=slowest, unit="s", at_most=GOAL_S, detail=detail)


async def _minutes(settings: Settings, url: str, devices: int, began: datetime) -> tuple[list[tuple[int, float]], int]:
    """Rows and seconds of each minute's scan, and how many anomalies are stored in the end."""
    moment = began
    homepot = HomepotDatabase(settings)
    pool = create_pool(settings.database_url.get_secret_value(), name="own", max_size=2, statement_timeout_ms=5000)
    store = HealthStore(pool)
    scan = HealthScan(Telemetry(homepot), store, lambda: moment, settings)
    await homepot.open()
    await pool.open(wait=True)
    try:
        while await scan.run():
            pass
        found = []
        for _ in range(MINUTES):
            moment += timedelta(minutes=1)
            await asyncio.to_thread(_write_minute, url, devices, moment)
            started = time.perf_counter()
            rows = await scan.run()
            found.append((rows, time.perf_counter() - started))
        return found, await store.count_anomalies(None)
    finally:
        await scan.close()
        await homepot.close()
        await pool.close()


def _write_minute(url: str, devices: int, at: datetime) -> None:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        connection.execute(_MINUTE, {"devices": devices, "at": at.replace(tzinfo=None)})
        connection.execute(_HEARD, {"at": at})
