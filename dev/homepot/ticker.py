"""Keeps a sample fleet alive: heartbeats, readings and health checks as of now, each consistent with its faults."""

import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import numpy as np
import psycopg

from dev.homepot.pg import connect, copy_dicts, copy_rows
from dev.homepot.sample.events import burst_kind, error_row, state_row
from dev.homepot.sample.readings import CHECK_COLUMNS, METRIC_COLUMNS, device_check_rows, device_metric_rows
from dev.homepot.sample.telemetry import Series, reporting
from dev.homepot.sample.world import Device, World

EVERY_S = 30.0
ERROR_EVERY_S = 36.0


def read_world(connection: psycopg.Connection) -> World:
    """The world that `create_sample` left in this database; raises LookupError where it left none."""
    row = connection.execute(
        "SELECT settings->'sample'->>'now', (settings->'sample'->>'seed')::int FROM tenants"
        " WHERE json_typeof(settings->'sample') = 'object' ORDER BY id LIMIT 1"
    ).fetchone()
    if row is None:
        raise LookupError("no sample fleet here: run `python -m dev.homepot create` first")
    return World.read(datetime.fromisoformat(row[0]), row[1])


def tick(url: str, at: datetime | None = None, every_s: float = EVERY_S) -> int:
    """Write one moment of the fleet at the aware time `at` and return how many devices were heard.

    `every_s` says how much time the moment stands for: it sets how many errors a failing device logs.
    """
    at = at or datetime.now(UTC)
    with connect(url) as connection:
        world = read_world(connection)
        now = np.array([at.timestamp()])
        heard = [device for device in world.living if reporting(world, device, now)[0]]
        _readings(connection, world, heard, now)
        _states(connection, world, heard, at)
        _errors(connection, heard, at, every_s)
        connection.execute(
            "UPDATE devices SET last_heartbeat_at = %(at)s, last_seen = %(at)s, updated_at = %(at)s"
            " WHERE id = ANY(%(ids)s)",
            {"at": at, "ids": [device.id for device in heard]},
        )
    return len(heard)


class Ticker:
    """Ticks in a thread of its own until stopped; use it as a context manager, or call `start` and `stop`."""

    def __init__(self, url: str, every_s: float = EVERY_S) -> None:
        self.url = url
        self.every_s = every_s
        self.error: Exception | None = None  # the last tick's, None after one that went well
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="homepot-ticker", daemon=True)

    def start(self) -> Self:
        """Tick at once and from then on every `every_s` seconds."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End after the tick in progress; idempotent."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Tick until stopped, in the calling thread. A database that is away is tried again at the next tick."""
        while not self._stopping.is_set():
            try:
                tick(self.url, every_s=self.every_s)
                self.error = None
            except psycopg.OperationalError as error:
                self.error = error
                print(f"tick failed, next try in {self.every_s:g} s: {error}")
            self._stopping.wait(self.every_s)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _readings(connection: psycopg.Connection, world: World, heard: list[Device], now: Series) -> None:
    metrics = [row for device in heard for row in device_metric_rows(world, device, now)]
    copy_rows(connection, "device_metrics", METRIC_COLUMNS, metrics)
    row = connection.execute("SELECT coalesce(max(id), 0) FROM health_checks").fetchone()
    first = (row[0] if row else 0) + 1
    checks = [row for device in heard for row in device_check_rows(world, device, now)]
    copy_rows(connection, "health_checks", CHECK_COLUMNS, ([first + i, *check] for i, check in enumerate(checks)))


def _states(connection: psycopg.Connection, world: World, heard: list[Device], at: datetime) -> None:
    """A device that went away or came back since its last entry gets a new one; the silent one never does."""
    rows = []
    for device in world.living:
        if device.fault("flapping"):
            after = "online" if device in heard else "offline"
            before = _last_state(connection, device)
            if before != after:
                rows.append(state_row(device, at.astimezone(UTC).replace(tzinfo=None), before, after, "Heartbeat"))
    copy_dicts(connection, "device_state_history", rows)


def _last_state(connection: psycopg.Connection, device: Device) -> str:
    row = connection.execute(
        'SELECT new_state FROM device_state_history WHERE device_id = %s ORDER BY "timestamp" DESC, id DESC LIMIT 1',
        (device.id,),
    ).fetchone()
    return row[0] if row else "unknown"


def _errors(connection: psycopg.Connection, heard: list[Device], at: datetime, every_s: float) -> None:
    """The devices whose fault logs errors do so every 36 seconds."""
    now = at.timestamp()
    count = int(now // ERROR_EVERY_S) - int((now - every_s) // ERROR_EVERY_S)
    naive = at.astimezone(UTC).replace(tzinfo=None)
    rows = [
        error_row(device, naive, kind, "device_id")
        for device in heard
        if (kind := burst_kind(device)) is not None
        for _ in range(count)
    ]
    copy_dicts(connection, "error_logs", rows)
