"""Writes a simulation into a HOMEPOT-shaped database: the fleet at once, its rows as time goes on."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, Protocol, TypeVar

import numpy as np
import psycopg

from dev.homepot.pg import connect, copy_dicts, copy_rows, set_sequences, without_foreign_keys
from dev.homepot.sample.readings import CHECK_COLUMNS, METRIC_COLUMNS
from dev.homepot.schema import ensure_schema
from dev.simulation import rows
from dev.simulation.events import RaisedAlert
from dev.simulation.simulate import Page, Simulation

PAGE_S: Final = 60.0


class _Timed(Protocol):
    @property
    def at(self) -> float: ...


_Event = TypeVar("_Event", bound=_Timed)


class Stream:
    """A database that a simulation fills; `write_until` goes on where the last call ended."""

    def __init__(self, url: str, simulation: Simulation) -> None:
        """Write the fleet. Args: url: a superuser's. Raises ValueError for a database that holds devices."""
        self._url = url
        self._simulation = simulation
        self._pages: Iterator[Page] = simulation.pages(PAGE_S)
        self._reached = simulation.span[0]
        self._next_check = 1
        with connect(url) as connection:
            ensure_schema(connection)
            row = connection.execute("SELECT EXISTS (SELECT FROM devices)").fetchone()
            if row and row[0]:
                raise ValueError("this database holds devices already: give an empty one")
            with without_foreign_keys(connection):
                for table, found in rows.fleet_rows(simulation.fleet, simulation.span[0]).items():
                    copy_dicts(connection, table, found)
            set_sequences(connection)

    def write_until(self, until: datetime) -> int:
        """Write what arrives up to that aware time, in whole minutes and one transaction; returns how many readings."""
        started, pages = self._reached, []
        while self._reached + PAGE_S <= min(until.timestamp(), self._simulation.span[1]):
            pages.append(next(self._pages))
            self._reached = pages[-1].until
        if not pages:
            return 0
        with connect(self._url) as connection:
            readings = chain.from_iterable(rows.metric_rows(page.readings) for page in pages)
            count = copy_rows(connection, "device_metrics", METRIC_COLUMNS, readings)
            checks = chain.from_iterable(rows.check_rows(page.checks) for page in pages)
            numbered = ([number, *check] for number, check in enumerate(checks, start=self._next_check))
            self._next_check += copy_rows(connection, "health_checks", CHECK_COLUMNS, numbered)
            self._events(connection, started)
            self._beat(connection, pages[-1])
        return count

    def _events(self, connection: psycopg.Connection, started: float) -> None:
        events, end = self._simulation.events, self._reached
        copy_dicts(
            connection, "device_state_history", [rows.state_row(e) for e in between(events.states, started, end)]
        )
        copy_dicts(connection, "error_logs", [rows.error_row(e) for e in between(events.errors, started, end)])
        copy_dicts(connection, "alerts", [rows.alert_row(e) for e in between(events.alerts, started, end)])
        changes = between(events.changes, started, end)
        copy_dicts(connection, "configuration_history", [rows.change_row(change) for change in changes])
        for change in changes:
            if change.parameter == "firmware_version":
                connection.execute(
                    "UPDATE devices SET firmware_version = %s WHERE id = %s", (change.new, change.device)
                )
        for alert in events.alerts:
            if started <= alert.resolved_at < end:
                _resolve(connection, alert)

    def _beat(self, connection: psycopg.Connection, page: Page) -> None:
        known = np.flatnonzero(np.isfinite(page.heartbeat))
        connection.execute(
            "UPDATE devices SET last_heartbeat_at = to_timestamp(beat.at), last_seen = to_timestamp(beat.at)"
            " FROM unnest(%s::int[], %s::float8[]) AS beat (id, at) WHERE devices.id = beat.id",
            (self._simulation.fleet.device[known].tolist(), page.heartbeat[known].tolist()),
        )


def between(events: Sequence[_Event], start: float, end: float) -> list[_Event]:
    """The events of a half-open span of Unix seconds."""
    return [event for event in events if start <= event.at < end]


def _resolve(connection: psycopg.Connection, alert: RaisedAlert) -> None:
    connection.execute(
        "UPDATE alerts SET status = 'resolved', resolved_at = %s, resolved_by = %s, resolution_notes = %s"
        ' WHERE device_id = %s AND "timestamp" = %s',
        (
            rows.naive(alert.resolved_at),
            rows.OPERATOR,
            "Restarted the service",
            rows.public_device(alert.device),
            rows.naive(alert.at),
        ),
    )
