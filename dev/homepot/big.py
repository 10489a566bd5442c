"""A large HOMEPOT-shaped database for the benches, made on the server by dev/homepot/big.sql."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dev.homepot.pg import connect, set_sequences, without_foreign_keys
from dev.homepot.schema import HERE, has_schema, schema_parts

DEVICES = 10_000
ROWS = 2_900_000
STEP = timedelta(minutes=5)


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
        connection.execute("CREATE TEMP TABLE big (devices int, samples int, step interval, newest timestamp)")
        connection.execute("INSERT INTO big VALUES (%s, %s, %s, %s)", (devices, samples, STEP, newest))
        with without_foreign_keys(connection):
            connection.execute((HERE / "big.sql").read_bytes())
        connection.execute(keys.encode())
        connection.execute("DROP TABLE big")
        set_sequences(connection)
        connection.execute("ANALYZE")
        row = connection.execute("SELECT count(*) FROM device_metrics").fetchone()
    return Size(devices, row[0] if row else 0)
