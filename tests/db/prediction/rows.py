"""Rows as the scan leaves them, a clock in the test's hand, and a worker's job over them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from ai_gateway.homepot.happenings import Happened, Installed
from ai_gateway.kit.db import Pool
from ai_gateway.kit.errors import Unavailable
from ai_gateway.prediction.job import PredictionJob
from ai_gateway.prediction.rising import Rules
from ai_gateway.prediction.store import PredictionStore

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
SITE = 1


class Time:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Database:
    """Rows written as the scan would."""

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, query: str, *rows: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            if len(rows) > 1:
                cursor.executemany(query, rows)
                return []
            cursor.execute(query, *rows)
            return cursor.fetchall() if cursor.description else []

    def fleet(self, devices: int) -> None:
        rows = [(device, SITE) for device in range(devices)]
        self.run("INSERT INTO ai_device_health (device, site, status) VALUES (%s, %s, 'healthy')", *rows)

    def hours(self, device: int, metric: list[float], hours: list[datetime]) -> None:
        self.run("INSERT INTO ai_metrics VALUES (1, 'disk_percent') ON CONFLICT DO NOTHING")
        rows = [(hour, device, SITE, 6 * value, hour) for hour, value in zip(hours, metric, strict=True)]
        self.run(
            "INSERT INTO ai_reading_hours (hour, device, site, samples, total, low, high, latest, latest_at)"
            " VALUES (%s, %s, %s, '{6}', ARRAY[%s], '{0}', '{0}', '{0}', %s)",
            *rows,
        )

    def days(self, device: int, metric: list[float], until: datetime) -> None:
        """Means of whole days, the last one ends at ``until``."""
        self.run("INSERT INTO ai_metrics VALUES (1, 'disk_percent') ON CONFLICT DO NOTHING")
        rows = [
            (until - timedelta(days=back), device, 24 * mean) for back, mean in enumerate(reversed(metric), start=1)
        ]
        self.run("INSERT INTO ai_reading_days (day, device, samples, total) VALUES (%s, %s, '{24}', ARRAY[%s])", *rows)

    def anomalies(self, rows: list[tuple[int, str, datetime]]) -> None:
        self.run(
            "INSERT INTO ai_anomaly_logs (device, site, kind, started_at, last_at, severity, score)"
            " VALUES (%s, 1, %s, %s, %s, 'warning', 2)",
            *((device, kind, at, at) for device, kind, at in rows),
        )


class Homepot:
    """What HOMEPOT tells, in the test's hand; ``asked``: the stretches that it was asked for."""

    def __init__(self, *rows: tuple[int, str, datetime], down: bool = False) -> None:
        self.rows = rows
        self.down = down
        self.asked: list[tuple[datetime, datetime]] = []

    async def between(self, since: datetime, until: datetime) -> Happened:
        self.asked.append((since, until))
        rows = [(device, kind, int(at.timestamp())) for device, kind, at in self.rows if since <= at <= until]
        return Happened(*([row[place] for row in rows] for place in range(3)))

    async def installed(self) -> Installed:
        if self.down:
            raise Unavailable("homepot", "It does not answer.")
        return Installed([], [], [], [])


def hire(pool: Pool, clock: Time, homepot: Homepot | None = None) -> PredictionJob:
    """A worker's job, as after a start."""
    day = timedelta(days=1)
    return PredictionJob(
        PredictionStore(pool),
        clock,
        every=timedelta(hours=1),
        train_every=day,
        keep_readings=400 * day,
        keep_signs=180 * day,
        happenings=homepot or Homepot(),
        limits={},
        announce=Rules(0.5, 20),
    )
