"""Fills a HOMEPOT-shaped database with the sample fleet of docs/sample-fleet.md; the same arguments, the same rows."""

from datetime import datetime

import psycopg

from dev.homepot.pg import connect, copy_dicts, copy_rows, set_sequences, without_foreign_keys
from dev.homepot.sample.alerts import alert_rows
from dev.homepot.sample.base import base_rows
from dev.homepot.sample.enrolment import enrolment_rows
from dev.homepot.sample.events import event_rows
from dev.homepot.sample.readings import CHECK_COLUMNS, METRIC_COLUMNS, check_rows, metric_rows
from dev.homepot.sample.work import work_rows
from dev.homepot.sample.world import World
from dev.homepot.schema import ensure_schema

SEED = 7


def create_sample(url: str, now: datetime, seed: int = SEED) -> World:
    """Create the fleet as it stands at the aware time `now`, with a week of telemetry behind it; a few seconds.

    The schema is created if missing. Raises ValueError where the database holds devices already.
    """
    world = World.read(now, seed)
    with connect(url) as connection:
        ensure_schema(connection)
        row = connection.execute("SELECT EXISTS (SELECT FROM devices)").fetchone()
        if row and row[0]:
            raise ValueError("this database holds devices already: give an empty one")
        with without_foreign_keys(connection):
            _fill(connection, world)
        set_sequences(connection)
        connection.execute("ANALYZE")
    return world


def _fill(connection: psycopg.Connection, world: World) -> None:
    for tables in (base_rows(world), enrolment_rows(world), work_rows(world), event_rows(world)):
        for table, rows in tables.items():
            copy_dicts(connection, table, rows)
    copy_dicts(connection, "alerts", alert_rows(world))
    copy_rows(connection, "device_metrics", METRIC_COLUMNS, metric_rows(world))
    copy_rows(connection, "health_checks", CHECK_COLUMNS, check_rows(world))
