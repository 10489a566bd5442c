"""A simulation in HOMEPOT's schema: what the readers find there is what was simulated."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest

from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres
from dev.simulation.__main__ import main
from dev.simulation.fleet import COLUMN
from dev.simulation.load import Stream
from dev.simulation.rows import public_device
from dev.simulation.simulate import Simulation, simulate

KINDS = ("level_limit", "change", "failed_checks", "flapping", "silence")


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(48, 2, 600.0, seed=2, faults=KINDS, quiet_days=0)


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres) -> str:
    return postgres.create_database("simulation")


@pytest.fixture(scope="module")
def stream(url: str, simulation: Simulation) -> Stream:
    return Stream(url, simulation)


@pytest.fixture(scope="module")
def connection(url: str, stream: Stream, simulation: Simulation) -> Iterator[psycopg.Connection]:
    """Filled in two goes, of which the second reaches past the end."""
    start = datetime.fromtimestamp(simulation.span[0], UTC)
    assert stream.write_until(start + timedelta(hours=30, seconds=59)) > 0
    assert stream.write_until(start + timedelta(hours=30)) == 0
    assert stream.write_until(start + timedelta(days=3)) > 0
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        yield connection


def test_every_reading_is_there_once_in_the_order_of_its_arrival(
    connection: psycopg.Connection, simulation: Simulation
) -> None:
    batches = [page.readings for page in simulation.pages(3_600.0)]
    device = np.concatenate([batch.device for batch in batches])
    values = np.concatenate([batch.values for batch in batches])
    found = connection.execute(
        "SELECT device_id, cpu_percent, error_rate, transaction_count,"
        " (extra_metrics->>'temperature_celsius')::float8 FROM device_metrics ORDER BY id"
    ).fetchall()
    table = np.array(found, dtype=np.float64)
    np.testing.assert_array_equal(table[:, 0], device)
    np.testing.assert_allclose(table[:, 1], values[:, COLUMN["cpu_percent"]], rtol=1e-6)
    np.testing.assert_allclose(100 * table[:, 2], values[:, COLUMN["error_rate"]], atol=1e-3)
    np.testing.assert_allclose(table[:, 3], values[:, COLUMN["transaction_count"]])
    np.testing.assert_allclose(table[:, 4], values[:, COLUMN["temperature_celsius"]], atol=1e-3)


def test_rare_events_are_there(connection: psycopg.Connection, simulation: Simulation) -> None:
    by_kind = {fault.kind: fault for fault in simulation.faults}
    (flapping,) = by_kind["flapping"].devices
    row = connection.execute(
        "SELECT count(*) FROM device_state_history WHERE device_id = %s AND new_state = 'offline'", (flapping,)
    ).fetchone()
    assert row
    assert row[0] >= 7
    (failing,) = by_kind["failed_checks"].devices
    failed = connection.execute(
        "SELECT count(*), bool_and(status_code = 504) FROM health_checks WHERE device_id = %s AND NOT is_healthy",
        (failing,),
    ).fetchone()
    assert failed is not None
    assert failed[0] >= 8
    assert failed[1]
    alerts = connection.execute("SELECT device_id, status FROM alerts ORDER BY device_id").fetchall()
    expected = [public_device(device) for kind in ("level_limit", "failed_checks") for device in by_kind[kind].devices]
    assert alerts == [(device, "resolved") for device in sorted(expected)]


def test_a_roll_out_changes_the_firmware(connection: psycopg.Connection, simulation: Simulation) -> None:
    change = next(fault for fault in simulation.faults if fault.kind == "change")
    found = connection.execute(
        "SELECT id FROM devices WHERE firmware_version = %s ORDER BY id", (change.changes[0].new,)
    ).fetchall()
    assert [device for (device,) in found] == sorted(change.devices)
    logged = connection.execute(
        "SELECT count(*) FROM configuration_history WHERE parameter_name = 'firmware_version'"
    ).fetchone()
    assert logged == (len(change.devices),)


def test_heartbeats_are_the_last_ones(connection: psycopg.Connection, simulation: Simulation) -> None:
    *_, last = simulation.pages(60.0)
    found = connection.execute("SELECT extract(epoch FROM last_heartbeat_at)::float8 FROM devices ORDER BY id")
    np.testing.assert_allclose([at for (at,) in found], last.heartbeat, atol=1e-3)


def test_the_gateway_s_role_can_read_it(url: str, connection: psycopg.Connection) -> None:
    assert connection
    with psycopg.connect(create_reader(url, TRIAL_PASSWORD)) as reader:
        row = reader.execute("SELECT count(*) FROM device_metrics").fetchone()
        assert row
        assert row[0] > 0


def test_a_database_with_devices_is_refused(url: str, connection: psycopg.Connection, simulation: Simulation) -> None:
    assert connection
    with pytest.raises(ValueError, match="holds devices already"):
        Stream(url, simulation)


def test_the_command_loads_a_fleet_that_ends_now_and_prints_its_labels(
    postgres: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.create_database("simulated_command")
    size = ["--devices", "12", "--days", "3", "--quiet-days", "0", "--fault", "silence"]
    main(["--url", url, *size])
    (label,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert label["kind"] == "silence"
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT now() - max(last_heartbeat_at) FROM devices").fetchone()
        assert row
        assert timedelta(0) <= row[0] < timedelta(minutes=2)
    with pytest.raises(SystemExit, match="error: this database holds devices already"):
        main(["--url", url, *size])
