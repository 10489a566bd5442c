from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from dev.homepot import facts
from dev.homepot.facts import FAULTS, Fault
from dev.homepot.fleet import create_sample
from dev.homepot.reader import create_reader
from dev.homepot.sample.alerts import open_alerts, precedent_ids, precedents
from dev.homepot.sample.world import World
from dev.homepot.schema import strip_to_old

CHECKSUM = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} AS t"
LATEST = """
    SELECT DISTINCT ON (device_id) device_id, cpu_percent, memory_percent, disk_percent, network_latency_ms, error_rate,
        (extra_metrics->>'temperature_celsius')::float
    FROM device_metrics WHERE "timestamp" > %s ORDER BY device_id, "timestamp" DESC
"""


def fault(kind: str) -> Fault:
    (found,) = [fault for fault in FAULTS if fault.kind == kind]
    return found


def ids(world: World, kind: str) -> list[int]:
    found = fault(kind)
    return sorted(world.device(found.site, name).id for name in found.devices)


def tables(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def latest(connection: psycopg.Connection, world: World) -> dict[int, tuple[float | None, ...]]:
    recent = world.naive_ago(minutes=5)
    return {row[0]: row[1:] for row in connection.execute(LATEST, (recent,)).fetchall()}


def above(connection: psycopg.Connection, world: World, column: int, limit: float) -> list[int]:
    """Ids of the devices whose newest reading is above the limit."""
    return sorted(i for i, row in latest(connection, world).items() if (row[column] or 0) > limit)


def test_same_arguments_give_the_same_rows(sample: psycopg.Connection, empty_url: str, now: datetime) -> None:
    create_sample(empty_url, now)
    with psycopg.connect(empty_url) as other:
        for table in tables(sample):
            query = CHECKSUM.format(table)
            assert sample.execute(query).fetchone() == other.execute(query).fetchone(), table


def test_another_seed_gives_another_fleet_of_the_same_shape(world: World, now: datetime) -> None:
    other = World.read(now, seed=8)
    assert [device.name for device in other.devices] == [device.name for device in world.devices]
    assert not {device.device_id for device in other.devices} & {device.device_id for device in world.devices}


def test_now_without_a_zone_is_refused(now: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        World.read(now.replace(tzinfo=None), seed=7)


def test_fleet_is_not_created_twice(sample_url: str, world: World) -> None:
    with pytest.raises(ValueError, match="holds devices already"):
        create_sample(sample_url, world.now)


def test_fleet_can_be_made_to_look_like_an_old_deployment(empty_url: str, now: datetime) -> None:
    create_sample(empty_url, now)
    strip_to_old(empty_url)
    with psycopg.connect(create_reader(empty_url, "a p@ss/word's")) as reader:
        assert reader.execute("SELECT count(name), count(last_heartbeat_at) FROM devices").fetchone() == (48, 47)


def test_size_of_the_fleet(sample: psycopg.Connection, world: World) -> None:
    assert len(world.devices) == 48
    assert len(world.living) == 42
    row = sample.execute('SELECT count(DISTINCT device_id), count(*), max("timestamp") FROM device_metrics').fetchone()
    assert row is not None
    assert row[0] == 42
    assert 44_000 < row[1] < 45_000
    assert timedelta() < world.now.replace(tzinfo=None) - row[2] < timedelta(seconds=60)


def test_every_fault_names_devices_in_service(world: World) -> None:
    for found in FAULTS:
        assert all(world.device(found.site, name).living for name in found.devices)


def test_whole_mall_is_slow_and_nothing_else_is(sample: psycopg.Connection, world: World) -> None:
    mall = [device.id for device in world.living if device.site.name == "Harbour Mall"]
    assert above(sample, world, 3, 200) == ids(world, "site_latency") == mall


def test_cpu_memory_and_disk_faults_stand_alone(sample: psycopg.Connection, world: World) -> None:
    assert above(sample, world, 0, 80) == ids(world, "cpu_runaway")
    assert above(sample, world, 1, 85) == ids(world, "memory_leak")
    assert above(sample, world, 2, 85) == ids(world, "disk_filling")


def test_server_room_is_hot(sample: psycopg.Connection, world: World) -> None:
    (hot,) = ids(world, "overheating")
    assert hot in above(sample, world, 5, 55)
    assert above(sample, world, 5, 55) == [hot]


def test_faults_begin_when_they_say(sample: psycopg.Connection, world: World) -> None:
    (device,) = ids(world, "cpu_runaway")
    row = sample.execute(
        'SELECT min("timestamp") FROM device_metrics WHERE device_id = %s AND cpu_percent > 85', (device,)
    ).fetchone()
    assert row is not None
    began = (world.now - fault("cpu_runaway").since).replace(tzinfo=None)
    assert timedelta() <= row[0] - began < timedelta(minutes=1)


def test_leak_follows_the_firmware_update(sample: psycopg.Connection, world: World) -> None:
    (leaking,) = ids(world, "memory_leak")
    public = world.devices[leaking - 1].device_id
    row = sample.execute(
        "SELECT new_value->>'value', \"timestamp\" FROM configuration_history"
        " WHERE entity_id = %s AND parameter_name = 'firmware_version'",
        (public,),
    ).fetchone()
    assert row == ("2.5.0", world.naive_ago(hours=20, minutes=20))


def test_silent_device_still_says_online(sample: psycopg.Connection, world: World) -> None:
    rows = sample.execute(
        "SELECT id, status FROM devices WHERE last_heartbeat_at BETWEEN %s AND %s",
        (world.ago(days=1), world.ago(minutes=10)),
    ).fetchall()
    assert rows == [(ids(world, "silent")[0], "online")]
    heard = sample.execute('SELECT max("timestamp") FROM device_metrics WHERE device_id = %s', (rows[0][0],)).fetchone()
    assert heard is not None
    assert heard[0] < world.naive_ago(hours=3)


def test_flapping_device_changes_state_sixteen_times(sample: psycopg.Connection, world: World) -> None:
    rows = sample.execute(
        'SELECT device_id, count(*) FROM device_state_history WHERE "timestamp" >= %s GROUP BY 1 HAVING count(*) > 3',
        (world.naive_ago(hours=3),),
    ).fetchall()
    assert rows == [(ids(world, "flapping")[0], 16)]


def test_payment_checks_fail_at_one_device_only(sample: psycopg.Connection, world: World) -> None:
    rows = sample.execute(
        'SELECT device_id, bool_or(is_healthy), count(*) FROM health_checks WHERE "timestamp" >= %s'
        " GROUP BY 1 HAVING NOT bool_and(is_healthy)",
        (world.ago(minutes=39),),
    ).fetchall()
    assert [(device, healthy) for device, healthy, _ in rows] == [(ids(world, "payment_timeout")[0], False)]
    assert rows[0][2] >= 9


def test_errors_burst_after_the_change(sample: psycopg.Connection, world: World) -> None:
    lobby = world.device("Building A", "Lobby Terminal")
    row = sample.execute(
        "SELECT count(*), min(\"timestamp\") FROM error_logs WHERE context->>'device_id' = %s"
        " AND error_code = 'TLS_HANDSHAKE'",
        (lobby.device_id,),
    ).fetchone()
    change = sample.execute(
        "SELECT \"timestamp\" FROM configuration_history WHERE parameter_name = 'payment_tls_min_version'"
    ).fetchone()
    assert row is not None
    assert change is not None
    assert row[0] == 42
    assert row[1] - change[0] == timedelta(minutes=1)


def test_only_one_device_has_many_failed_jobs(sample: psycopg.Connection, world: World) -> None:
    rows = sample.execute(
        "SELECT device_id, count(*) FROM job_outcomes WHERE status = 'failed' AND device_id IS NOT NULL"
        " GROUP BY 1 HAVING count(*) > 1"
    ).fetchall()
    assert rows == [(world.device("Old Town Depot", "Yard Gate Tablet").device_id, 5)]


def test_alerts_belong_to_the_faults_that_say_so(world: World) -> None:
    alerted = {found.kind for found in FAULTS if found.alerted}
    assert {alert["fault"] for alert in open_alerts() if "fault" in alert} == alerted
    for alert in open_alerts():
        if "fault" in alert:
            assert alert["device"] in fault(alert["fault"]).devices
            assert timedelta(minutes=alert["minutes"]) < fault(alert["fault"]).since
        world.device(
            alert["site"], alert.get("device", "Main Gateway" if alert["site"] == "Building A" else "Lounge Tablet")
        )


def test_every_fault_kind_has_precedents(sample: psycopg.Connection, world: World) -> None:
    found = precedent_ids(world)
    assert set(found) == {found.kind for found in FAULTS}
    assert all(len(numbers) >= 3 for numbers in found.values())
    numbers = sorted(number for group in found.values() for number in group)
    rows = sample.execute("SELECT id FROM alerts WHERE lower(status) = 'resolved' ORDER BY id").fetchall()
    assert [row[0] for row in rows] == numbers
    assert len(numbers) == len(precedents()) == 44


def test_bad_data_is_there(sample: psycopg.Connection, world: World) -> None:
    def count(query: str) -> int:
        row = sample.execute("SELECT count(*) FROM " + query).fetchone()  # noqa: S608 (this test's own text)
        return int(row[0]) if row else 0

    assert count(f"devices WHERE name = '{facts.AMBIGUOUS_NAME}'") == 2
    assert count(f"devices WHERE name = '{facts.HOSTILE_NAME}'") == 1
    assert count(f"alerts WHERE title = '{facts.HOSTILE_TITLE}' AND status = 'active'") == 1
    assert count("alerts WHERE status = 'ACTIVE'") == count("alerts WHERE severity = 'Critical'") == 1
    assert count("devices WHERE last_heartbeat_at IS NULL") == 1
    assert count("device_metrics WHERE json_typeof(extra_metrics) = 'null' AND cpu_percent IS NULL") > 1_000
    percent = [world.device("Building A", facts.PERCENT_ERROR_RATE[0]).id]
    percent.append(world.device("Old Town Depot", facts.PERCENT_ERROR_RATE[1]).id)
    rows = sample.execute("SELECT DISTINCT device_id FROM device_metrics WHERE error_rate > 1 ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == percent
    assert count("health_checks WHERE id = 1") == 2
    assert count("configuration_history WHERE was_rolled_back") == 1
    assert count("error_logs WHERE severity = 'info'") > count("error_logs WHERE severity <> 'info'") * 5


def test_the_document_tells_every_fact(world: World) -> None:
    document = (Path(__file__).parents[2] / "docs" / "sample-fleet.md").read_text(encoding="utf-8")
    for site in world.sites:
        assert f"`{site.site_id}` | {site.name}" in document
    for device in world.devices:
        assert f"`{device.device_id}` | {device.name}" in document.replace(
            "`<b>Promo</b> Screen 5`", facts.HOSTILE_NAME
        )
    for found in FAULTS:
        assert f"| {found.kind} | {found.site}: " in document
        assert f"{found.shows} | {'yes' if found.alerted else 'no'} |" in document
    for kind, numbers in precedent_ids(world).items():
        assert f"| {kind} | {', '.join(map(str, numbers))} |" in document
    for user in world.users:
        assert f"`{user['email']}`" in document
