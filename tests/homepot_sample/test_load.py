import csv
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from dev.homepot.load import load_csv

NEWEST_ROW = datetime.fromisoformat("2026-11-21T02:19:07.426494+00:00")
NEWEST_HEARTBEAT = datetime.fromisoformat("2026-11-21T01:42:10.478765+00:00")


def one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    assert row
    return row[0]


def test_every_row_arrives(empty_url: str, data: Path, now: datetime) -> None:
    loaded = load_csv(empty_url, data, now)
    with psycopg.connect(empty_url) as connection:
        for path in data.glob("*.csv"):
            with path.open(newline="", encoding="utf-8") as file:
                expected = sum(1 for _ in csv.DictReader(file))
            assert loaded.rows[path.stem] == expected == one(connection, f"SELECT count(*) FROM {path.stem}")  # noqa: S608


def test_times_move_by_one_offset_until_the_newest_row_is_now(empty_url: str, data: Path, now: datetime) -> None:
    loaded = load_csv(empty_url, data, now)
    assert loaded.offset == now - NEWEST_ROW
    with psycopg.connect(empty_url, options="-c timezone=UTC") as connection:
        assert one(connection, 'SELECT max("timestamp") FROM api_request_logs') == now.replace(tzinfo=None)
        assert one(connection, "SELECT max(last_heartbeat_at) FROM devices") == NEWEST_HEARTBEAT + loaded.offset
        assert one(connection, "SELECT max(expires_at) > now() - interval '1 year' FROM enrolment_intents")


def test_times_can_be_anchored_on_telemetry(empty_url: str, data: Path, now: datetime) -> None:
    loaded = load_csv(empty_url, data, now, anchor="telemetry")
    assert loaded.offset == now - NEWEST_HEARTBEAT
    with psycopg.connect(empty_url) as connection:
        assert one(connection, "SELECT max(last_heartbeat_at) FROM devices") == now


def test_left_out_secrets_are_made_up_and_sequences_go_on(empty_url: str, data: Path, now: datetime) -> None:
    load_csv(empty_url, data, now)
    with psycopg.connect(empty_url) as connection:
        assert str(one(connection, "SELECT hashed_password FROM users LIMIT 1")).startswith("made-up-")
        assert str(one(connection, "SELECT key_hash FROM device_credentials LIMIT 1")).startswith("made-up-")
        newest = one(connection, "SELECT max(id) FROM device_metrics")
        assert isinstance(newest, int)
        assert one(connection, "SELECT nextval('device_metrics_id_seq')") == newest + 1
        assert one(connection, "SELECT nextval('device_assignments_id_seq')") == 1


def test_json_null_and_missing_stay_apart(empty_url: str, data: Path, now: datetime) -> None:
    load_csv(empty_url, data, now)
    with psycopg.connect(empty_url) as connection:
        query = "SELECT count(*) FROM configuration_history WHERE "
        assert one(connection, query + "old_value IS NULL") == 0
        assert one(connection, query + "json_typeof(old_value) = 'null'") == 29
        assert one(connection, query + "performance_before IS NULL") == 18
        assert one(connection, query + "json_typeof(performance_before) = 'null'") == 11


def test_folder_that_fits_no_table_is_refused(empty_url: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no \.csv file"):
        load_csv(empty_url, tmp_path)
    (tmp_path / "gadgets.csv").write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"gadgets\.csv: HOMEPOT has no table of that name"):
        load_csv(empty_url, tmp_path)
    (tmp_path / "gadgets.csv").unlink()
    shutil.copy(data / "sites.csv", tmp_path)
    text = (tmp_path / "sites.csv").read_text(encoding="utf-8").replace("latitude", "height", 1)
    (tmp_path / "sites.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"sites\.csv: the table has no column height"):
        load_csv(empty_url, tmp_path)


def test_rows_without_times_stay_where_they_are(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "alembic_version.csv").write_text("version_num\nx\n", encoding="utf-8")
    assert load_csv(empty_url, tmp_path).offset == timedelta()
