from datetime import datetime, timedelta

import psycopg
import pytest

from dev.homepot.big import continue_big, create_big


def test_big_fleet_has_the_asked_size_and_shape(empty_url: str, now: datetime) -> None:
    size = create_big(empty_url, devices=400, rows=24_000, now=now)
    assert size.devices == 400
    assert 23_700 < size.metric_rows <= 24_000
    with psycopg.connect(empty_url) as connection:

        def one(query: str) -> object:
            row = connection.execute(query).fetchone()
            return row[0] if row else None

        assert one("SELECT count(*) FROM devices") == 400
        assert one("SELECT count(*) FROM alerts") == 5_000
        assert one("SELECT count(*) FROM alerts WHERE status = 'active'") == 500
        assert one("SELECT count(*) FROM health_checks") == 200_000
        assert one("SELECT count(*) FROM error_logs") == 50_000
        assert one('SELECT max("timestamp") FROM device_metrics') == now.replace(tzinfo=None)
        assert one("SELECT count(DISTINCT device_id) FROM device_metrics WHERE cpu_percent > 90") == 2
        assert one("SELECT count(*) FROM pg_indexes WHERE tablename = 'device_metrics'") == 7
        assert one("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == 34
        assert one("SELECT nextval('device_metrics_id_seq')") == size.metric_rows + 1
        heard = one("SELECT min(last_heartbeat_at) FROM devices")
    assert heard == now - timedelta(hours=4)


def test_readings_go_on_as_time_does(empty_url: str, now: datetime) -> None:
    create_big(empty_url, devices=200, rows=2_000, now=now)
    assert continue_big(empty_url, now + timedelta(minutes=4)) == 0
    assert continue_big(empty_url, now + timedelta(minutes=16)) == 3 * 198  # two have been silent for hours
    with psycopg.connect(empty_url) as connection:
        rows = connection.execute(
            'SELECT count(*), count(DISTINCT "timestamp"), max("timestamp") FROM device_metrics WHERE device_id = 60'
        ).fetchone()
    assert rows == (13, 13, (now + timedelta(minutes=15)).replace(tzinfo=None))


def test_impossible_sizes_are_refused(empty_url: str) -> None:
    with pytest.raises(ValueError, match="at least one row for each device"):
        create_big(empty_url, devices=10, rows=9)


def test_used_database_is_refused(sample_url: str, world: object) -> None:
    assert world
    with pytest.raises(ValueError, match="holds HOMEPOT tables already"):
        create_big(sample_url, devices=1, rows=1)
