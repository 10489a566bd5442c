import time
from datetime import datetime, timedelta

import psycopg
import pytest

from dev.homepot.fleet import create_sample
from dev.homepot.load import load_csv
from dev.homepot.sample.world import World
from dev.homepot.ticker import Ticker, read_world, tick


@pytest.fixture
def fresh(empty_url: str, now: datetime) -> tuple[str, World]:
    return empty_url, create_sample(empty_url, now)


def rows(url: str, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query, values).fetchall()


def test_world_is_read_back(fresh: tuple[str, World]) -> None:
    url, world = fresh
    with psycopg.connect(url) as connection:
        assert read_world(connection) == world


def test_tick_moves_the_living_on_and_leaves_the_silent_behind(fresh: tuple[str, World]) -> None:
    url, world = fresh
    at = world.now + timedelta(minutes=10)
    assert tick(url, at) == 41
    late = rows(url, "SELECT name FROM devices WHERE is_active AND last_heartbeat_at < %s", at - timedelta(minutes=5))
    assert late == [("Arrivals Gateway",)]
    assert rows(url, 'SELECT count(*) FROM device_metrics WHERE "timestamp" = %s', at.replace(tzinfo=None)) == [(41,)]
    assert rows(url, 'SELECT count(*), count(DISTINCT id) FROM health_checks WHERE "timestamp" = %s', at) == [(41, 41)]


def test_ticks_stay_consistent_with_faults(fresh: tuple[str, World]) -> None:
    url, world = fresh
    at = world.now + timedelta(hours=2)
    tick(url, at)
    query = 'SELECT {} FROM device_metrics AS m JOIN devices AS d ON d.id = m.device_id WHERE m."timestamp" = %s AND {}'
    naive = at.replace(tzinfo=None)
    slow = rows(url, query.format("count(*)", "network_latency_ms > 300"), naive)
    assert slow == [(10,)]
    hot = rows(url, query.format("d.name", "cpu_percent > 85"), naive)
    assert hot == [("Checkout 3",)]
    failing = rows(url, 'SELECT count(*) FROM health_checks WHERE "timestamp" = %s AND NOT is_healthy', at)
    assert failing == [(1,)]


def test_flapping_goes_on(fresh: tuple[str, World]) -> None:
    url, world = fresh
    flapper = world.device("Airport Terminal 2", "Gate 22 Kiosk").id
    heard = [tick(url, world.now + timedelta(minutes=minutes)) for minutes in (1, 2, 10, 24)]
    assert heard == [40, 40, 41, 40]
    states = rows(
        url,
        'SELECT new_state FROM device_state_history WHERE device_id = %s AND "timestamp" > %s ORDER BY id',
        flapper,
        world.now.replace(tzinfo=None),
    )
    assert states == [("offline",), ("online",), ("offline",)]


def test_failing_devices_log_errors_at_their_pace(fresh: tuple[str, World]) -> None:
    url, world = fresh
    tick(url, world.now + timedelta(minutes=6), every_s=360)
    logged = rows(
        url,
        'SELECT error_code, count(*) FROM error_logs WHERE "timestamp" > %s GROUP BY 1 ORDER BY 1',
        world.now.replace(tzinfo=None),
    )
    assert logged == [("PAY504", 10), ("TLS_HANDSHAKE", 10)]


def test_thread_ticks_until_stopped(fresh: tuple[str, World]) -> None:
    url, world = fresh
    with Ticker(url, every_s=0.05) as ticker:
        deadline = time.monotonic() + 20
        while rows(url, "SELECT max(last_heartbeat_at) > %s FROM devices", world.now) == [(False,)]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    ticker.stop()
    assert ticker.error is None
    before = rows(url, "SELECT count(*) FROM device_metrics")
    time.sleep(0.2)
    assert rows(url, "SELECT count(*) FROM device_metrics") == before


def test_other_databases_are_refused(empty_url: str, data: object, now: datetime) -> None:
    load_csv(empty_url, data, now)  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="no sample fleet here"):
        tick(empty_url)
