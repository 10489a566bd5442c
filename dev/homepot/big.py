"""A large HOMEPOT-shaped database for the benches, made on the server by dev/homepot/big.sql."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from dev.homepot.pg import connect, set_sequences, without_foreign_keys
from dev.homepot.schema import HERE, has_schema, schema_parts

DEVICES = 10_000
ROWS = 2_900_000
STEP = timedelta(minutes=5)
READINGS = HERE / "big_readings.sql"


@dataclass(frozen=True)
class Size:
    """What was made."""

    devices: int
    metric_rows: int


def create_big(url: str, devices: int = DEVICES, rows: int = ROWS, now: datetime | None = None) -> Size:
    """Create the schema and fill it: about `rows` of device_metrics at five minutes, spread evenly over `devices`.

    Besides: 5,000 alerts (500 active), 200,000 health checks, 50,000 error logs, 40,000 state changes, 10,000 jobs.
    Indexes and keys are built after loading. Raises ValueError for a database that has HOMEPOT tables, or for fewer
    rows than devices.
    """
    if devices < 1 or rows < devices:
        raise ValueError("give at least one device, and at least one row for each device")
    newest = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    samples = rows // devices
    tables, keys = schema_parts()
    with connect(url) as connection:
        if has_schema(connection):
            raise ValueError("this database holds HOMEPOT tables already: give an empty one")
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        connection.execute(tables.encode())
        _describe(connection, devices, samples, newest)
        with without_foreign_keys(connection):
            connection.execute((HERE / "big.sql").read_bytes())
            connection.execute(READINGS.read_bytes())
        connection.execute(keys.encode())
        set_sequences(connection)
        connection.execute("ANALYZE")
        row = connection.execute("SELECT count(*) FROM device_metrics").fetchone()
    return Size(devices, row[0] if row else 0)


def continue_big(url: str, now: datetime | None = None) -> int:
    """Add the readings that have become due since the newest row; returns how many rows."""
    until = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    with connect(url) as connection:
        row = connection.execute('SELECT max("timestamp"), max(device_id) FROM device_metrics').fetchone()
        newest, devices = row or (until, 0)
        due = (until - newest) // STEP
        _describe(connection, devices, due, newest + due * STEP)
        return connection.execute(READINGS.read_bytes()).rowcount


def _describe(connection: psycopg.Connection, devices: int, samples: int, newest: datetime) -> None:
    """The temporary table that the SQL files read."""
    connection.execute(
        "CREATE TEMP TABLE big (devices int, samples int, step interval, newest timestamp) ON COMMIT DROP"
    )
    connection.execute("INSERT INTO big VALUES (%s, %s, %s, %s)", (devices, samples, STEP, newest))
