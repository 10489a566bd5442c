"""The demo's databases: an embedded Postgres with the gateway's own one, and the sample fleet or the user's HOMEPOT."""

import hashlib
import os
import secrets
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dev.demo.processes import DemoError
from dev.demo.screen import Screen
from dev.homepot.fleet import create_sample
from dev.homepot.reader import create_reader
from dev.homepot.ticker import Ticker
from dev.postgres import EmbeddedPostgres, PostgresError

SAMPLE = "homepot"
OWN = "ai_gateway"


class Databases(NamedTuple):
    """URLs of HOMEPOT as a reader, and of the gateway's own database; `sample_url` is the superuser's, if a sample."""

    homepot_url: str
    own_url: str
    sample_url: str | None


def start_postgres(data: Path, screen: Screen) -> EmbeddedPostgres:
    """Start the server over `data`; raises DemoError with Postgres's own words."""
    server = EmbeddedPostgres(data / "postgres")
    fresh = not server.cluster.exists()
    try:
        server.start()
    except PostgresError as error:
        raise DemoError(f"Postgres did not start: {error}", server.log) from error
    screen.step(f"Postgres 18 with pgvector ready on port {server.port}{' (new data directory)' if fresh else ''}")
    return server


def open_databases(server: EmbeddedPostgres, screen: Screen) -> Databases:
    """HOMEPOT_DATABASE_URL where it is set, else a sample made anew so that its times are fresh."""
    given = os.environ.get("HOMEPOT_DATABASE_URL", "").strip()
    if given:
        screen.step(f"HOMEPOT: the database of HOMEPOT_DATABASE_URL ({place(given)}), no sample")
        return Databases(given, server.create_database(own_name(given)), None)
    sample_url = _fresh_sample(server, screen)
    own_url = server.create_database(OWN)
    _renew_memory(own_url, sample_url)
    return Databases(create_reader(sample_url, secrets.token_urlsafe(24)), own_url, sample_url)


def place(url: str) -> str:
    """Host, port and database of a Postgres URL, without its password. Raises DemoError for one that is none."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DemoError("HOMEPOT_DATABASE_URL is no Postgres URL: postgresql://user:password@host/database") from error
    return f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts.get('dbname', '')}"


def own_name(homepot_url: str) -> str:
    """The gateway's database for one HOMEPOT, so that what it remembers of one never meets another's."""
    return f"{OWN}_{hashlib.sha256(place(homepot_url).encode()).hexdigest()[:10]}"


def _fresh_sample(server: EmbeddedPostgres, screen: Screen) -> str:
    server.drop_database(SAMPLE)
    url = server.create_database(SAMPLE)
    world = create_sample(url, datetime.now(UTC))
    screen.step(f"sample fleet ready ({len(world.devices)} devices at {len(world.sites)} sites, a week of telemetry)")
    return url


def _renew_memory(own_url: str, sample_url: str) -> None:
    """Give the incidents that an earlier run remembered the new sample's times: the worker embeds an alert only once."""
    with psycopg.connect(own_url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class WHERE oid IN"
            " (to_regclass('ai_incident_patterns'), to_regclass('ai_watermarks'))"
        ).fetchone()
        if row != (2,):
            return
        times = _alert_times(sample_url)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ai_watermarks")
            cursor.execute("DELETE FROM ai_incident_patterns WHERE source_key <> ALL(%s)", ([*times],))
            cursor.executemany(
                "UPDATE ai_incident_patterns SET occurred_at = %s, resolved_at = %s WHERE source_key = %s",
                [(*moments, key) for key, moments in times.items()],
            )


def _alert_times(sample_url: str) -> dict[str, tuple[datetime, datetime]]:
    with psycopg.connect(sample_url) as connection:
        rows = connection.execute(
            """SELECT id::text, "timestamp" AT TIME ZONE 'UTC', resolved_at AT TIME ZONE 'UTC'
            FROM alerts WHERE resolved_at IS NOT NULL"""
        )
        return {key: (raised, resolved) for key, raised, resolved in rows}


class LiveSample:
    """The sample's ticker in a thread of its own."""

    def __init__(self, url: str) -> None:
        self._ticker = Ticker(url)
        self._thread = threading.Thread(target=self._ticker.run, name="demo-ticker", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether devices are still being heard."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End after the tick in progress."""
        self._ticker.stop()
        self._thread.join(timeout=10)
