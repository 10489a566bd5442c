"""What the scan makes of the sample fleet: every fault found, every reading counted once, health that says why."""

from datetime import UTC, timedelta

import pytest

from ai_gateway.health.catalogue import METRICS
from ai_gateway.health.types import AnomalyRow
from dev.homepot.facts import FAULTS
from tests.db.health.conftest import NOW, Hire, Sql, Time, stored

SHOWN_BY = {
    "cpu_runaway": "cpu_percent",
    "memory_leak": "memory_percent",
    "disk_filling": "disk_percent",
    "site_latency": "network_latency_ms",
    "overheating": "temperature_celsius",
    "payment_timeout": "error_rate",
    "error_burst": "error_rate",
    "flapping": "flapping",
    "silent": "silence",
}
ERRORS_IN_PERCENT = "(SELECT device_id FROM device_metrics GROUP BY device_id HAVING max(error_rate) > 1)"


def names(homepot: Sql) -> dict[int, str]:
    return {row["id"]: row["name"] for row in homepot("SELECT id, name FROM devices")}


async def test_every_fault_of_the_sample_fleet_is_found(hire: Hire, homepot: Sql) -> None:
    worker, device_names = await hire(health_history_days=2.0), names(homepot)
    assert await worker.run() > 10_000
    found = await worker.store.anomalies(None, open_only=True, limit=500)
    on = {(device_names[row.anomaly.device], row.anomaly.metric or row.anomaly.kind) for row in found}
    shown = [fault for fault in FAULTS if fault.kind in SHOWN_BY]
    assert len(shown) == len(SHOWN_BY)
    for fault in shown:
        assert {(name, SHOWN_BY[fault.kind]) for name in fault.devices} <= on, fault.kind
    assert {row.anomaly.kind for row in found} >= {"flapping", "silence", "checks"}
    assert [(row.anomaly.severity, row.anomaly.score) for row in found] == sorted(
        ((row.anomaly.severity, row.anomaly.score) for row in found),
        key=lambda pair: (["critical", "warning", "info"].index(pair[0]), -pair[1]),
    )


async def test_an_anomaly_says_since_when_what_was_expected_and_what_was_seen(hire: Hire, homepot: Sql) -> None:
    worker, device_names = await hire(health_history_days=2.0), names(homepot)
    await worker.run()
    rows = await worker.store.anomalies(None, open_only=True, limit=500)
    by_what = {(device_names[row.anomaly.device], row.anomaly.metric or row.anomaly.kind): row for row in rows}
    cpu: AnomalyRow = by_what["Checkout 3", "cpu_percent"]
    assert abs(cpu.anomaly.started_at - (NOW - timedelta(minutes=50))) <= timedelta(minutes=10)
    seen, upper, expected, lower = (getattr(cpu.anomaly, name) for name in ("value", "upper", "expected", "lower"))
    assert seen > 90 > upper > 40 > expected > lower
    assert cpu.anomaly.explained[0].metric == "cpu_percent"
    assert (cpu.detected_at, cpu.incident, cpu.anomaly.ended_at) == (NOW, None, None)
    silent = by_what["Arrivals Gateway", "silence"].anomaly
    assert silent.started_at == NOW - timedelta(hours=3)
    checks = by_what["Fuel Pump POS", "checks"].anomaly
    assert (checks.value, checks.detail) == (10.0, "10 health checks failed, last with HTTP status 504")


async def test_health_is_explained_and_sites_count_every_device(hire: Hire, homepot: Sql) -> None:
    worker, device_names = await hire(), names(homepot)
    await worker.run()
    in_service = homepot(
        "SELECT d.id FROM devices AS d JOIN sites AS s ON s.id = d.site_id WHERE d.is_active"
        " AND d.lifecycle_state IN ('active', 'pending') AND s.is_active AND s.lifecycle_state = 'active'"
    )
    devices = await worker.store.device_health(None, limit=500)
    assert {one.device for one in devices} == {row["id"] for row in in_service}
    assert [one.score for one in devices if one.score is not None] == sorted(
        one.score for one in devices if one.score is not None
    )
    by_name = {device_names[one.device]: one for one in devices}
    assert by_name["Checkout 3"].status == "critical"
    assert by_name["Checkout 3"].parts[0].name == "cpu_percent"
    assert by_name["New Kiosk North"].status == "unknown"
    assert by_name["New Kiosk North"].score is None
    for one in devices:
        product = 1.0
        for part in one.parts:
            product *= 1 - part.weight
        assert one.score is None or one.score == pytest.approx(product, abs=1e-5)
    sites = await worker.store.site_health(None)
    assert sum(site.devices for site in sites) == len(devices)
    for site in sites:
        assert site.devices == site.healthy + site.warning + site.critical + site.unknown
        own = [one for one in devices if one.site == site.site]
        assert site.critical == sum(one.status == "critical" for one in own)
        scores = [one.score for one in own if one.score is not None]
        assert site.score == pytest.approx(sum(scores) / len(scores), abs=1e-5)
        assert site.as_of == NOW


async def test_hours_are_what_sql_says_of_the_same_rows(hire: Hire, homepot: Sql) -> None:
    worker = await hire()
    await worker.run()
    since = NOW - timedelta(hours=20)
    for metric, column in (("cpu_percent", "cpu_percent"), ("transaction_count", "transaction_count")):
        found = await worker.store.reading_hours(None, metric, since, NOW)
        expected = homepot(
            f"SELECT date_trunc('hour', timestamp) AS hour, m.device_id, count({column})::int AS samples,"  # noqa: S608
            f" sum({column})::float AS total, min({column})::float AS low, max({column})::float AS high"
            " FROM device_metrics AS m JOIN devices AS d ON d.id = m.device_id"
            " WHERE d.is_active AND d.lifecycle_state IN ('active', 'pending') AND timestamp >= %(since)s"
            f" GROUP BY 1, 2 HAVING count({column}) > 0 ORDER BY 1, 2",
            since=since,
        )
        assert [(one.device, one.hour, one.samples) for one in found] == [
            (row["device_id"], row["hour"].replace(tzinfo=UTC), row["samples"]) for row in expected
        ]
        for one, row in zip(found, expected, strict=True):
            assert (one.total, one.low, one.high) == pytest.approx((row["total"], row["low"], row["high"]), rel=1e-5)


async def test_error_rates_are_percent_whichever_a_device_writes(hire: Hire, homepot: Sql) -> None:
    worker = await hire()
    await worker.run()
    percent = {row["device_id"] for row in homepot(ERRORS_IN_PERCENT[1:-1])}
    hours = await worker.store.reading_hours(None, "error_rate", NOW - timedelta(hours=20), NOW - timedelta(hours=2))
    assert percent & {one.device for one in hours}
    assert all(0 < one.total / one.samples < 4 for one in hours)


async def test_a_second_scan_of_the_same_rows_changes_nothing(hire: Hire, own: Sql) -> None:
    worker = await hire()
    await worker.run()
    before = stored(own)
    assert await worker.run() == 0
    assert stored(own) == before


async def test_the_newest_values_are_told_by_name(hire: Hire, homepot: Sql) -> None:
    worker = await hire()
    await worker.run()
    (row,) = homepot(
        "SELECT m.* FROM device_metrics AS m JOIN devices AS d ON d.id = m.device_id WHERE d.name = 'Checkout 3'"
        " ORDER BY timestamp DESC LIMIT 1"
    )
    (one,) = await worker.store.device_health(None, devices=[row["device_id"]])
    assert one.latest["cpu_percent"] == pytest.approx(row["cpu_percent"])
    assert one.latest["temperature_celsius"] == pytest.approx(row["extra_metrics"]["temperature_celsius"])
    assert one.latest_at == row["timestamp"].replace(tzinfo=UTC)
    assert set(one.latest) <= {metric.name for metric in METRICS}


async def test_new_rows_worsen_and_end_what_is_on(hire: Hire, homepot: Sql, clock: Time) -> None:
    worker = await hire(health_history_days=2.0)
    await worker.run()
    clock.pass_by(minutes=45)
    homepot(
        'INSERT INTO device_metrics ("timestamp", device_id, cpu_percent, memory_percent)'
        " SELECT %(now)s::timestamp + n * interval '1 minute', d.id, 30, 45"
        " FROM devices AS d, generate_series(1, 45) AS n WHERE d.name = 'Checkout 3'",
        now=NOW.replace(tzinfo=None),
    )
    homepot("UPDATE devices SET last_heartbeat_at = %(now)s", now=clock.now)
    await worker.run()
    ended = [row.anomaly for row in await worker.store.anomalies(None, limit=500) if row.anomaly.ended_at]
    assert {one.kind for one in ended} >= {"silence"}
    assert [one.ended_at for one in ended if one.metric == "cpu_percent"] == [
        one.last_at for one in ended if one.metric == "cpu_percent"
    ]
    assert "Checkout 3" in {names(homepot)[one.device] for one in ended if one.metric == "cpu_percent"}


async def test_a_device_that_leaves_service_is_gone_and_its_trouble_over(
    hire: Hire, homepot: Sql, own: Sql, clock: Time
) -> None:
    worker = await hire()
    await worker.run()
    (device,) = homepot("UPDATE devices SET lifecycle_state = 'suspended' WHERE name = 'Checkout 3' RETURNING id")
    clock.pass_by(minutes=1)
    await worker.run()
    assert own("SELECT FROM ai_device_health WHERE device = %(id)s", **device) == []
    assert own("SELECT FROM ai_anomaly_logs WHERE device = %(id)s AND ended_at IS NULL", **device) == []
    homepot("UPDATE devices SET lifecycle_state = 'active' WHERE id = %(id)s", **device)
    await worker.run()
    assert own("SELECT status FROM ai_device_health WHERE device = %(id)s", **device)[0]["status"] != "healthy"


async def test_an_unknown_metric_is_followed_and_keeps_its_place(hire: Hire, homepot: Sql, own: Sql) -> None:
    homepot('UPDATE device_metrics SET extra_metrics = \'{"humidity": 41, "uptime_seconds": 9}\' WHERE device_id = 1')
    await (await hire()).run()
    rows = own("SELECT position, name FROM ai_metrics ORDER BY position")
    assert [row["name"] for row in rows] == [*(metric.name for metric in METRICS), "humidity"]
    (hour, *_) = own("SELECT samples, low FROM ai_reading_hours WHERE device = 1 ORDER BY hour DESC")
    assert hour["samples"][10] > 0
    assert hour["low"][10] == 41


async def test_old_rows_are_pruned(hire: Hire, own: Sql, clock: Time) -> None:
    worker = await hire(health_hours_days=1.0, health_anomaly_days=2.0)
    await worker.run()
    kept = own("SELECT count(*) AS rows FROM ai_anomaly_logs WHERE ended_at IS NULL")[0]["rows"]
    clock.pass_by(days=3)
    another = await hire(health_hours_days=1.0, health_anomaly_days=2.0)
    await worker.scan.close()
    await another.run()
    assert own("SELECT FROM ai_reading_hours") == []
    assert kept > 0
    assert own("SELECT FROM ai_anomaly_logs WHERE ended_at < %(before)s", before=clock.now - timedelta(days=2)) == []
    assert len(own("SELECT FROM ai_detector_state")) == 1
