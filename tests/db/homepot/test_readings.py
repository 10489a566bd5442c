"""Metrics of many devices over a period against independent SQL on the same rows."""

from functools import partial

import pytest

from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot.store import HomepotStore
from tests.db.conftest import Sql
from tests.db.homepot.every_query import PERCENT
from tests.db.homepot.test_queries import fault

ALL = View()
ANY = (-1e12, 1e12)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("cpu_percent", "cpu_percent"),
        ("memory_percent", "memory_percent"),
        ("queue_depth", "queue_depth"),
        ("transaction_count", "transaction_count"),
        ("temperature_celsius", "(extra_metrics ->> 'temperature_celsius')::float8"),
    ],
)
async def test_statistics_of_a_metric(fleet: HomepotStore, sql: Sql, metric: str, value: str) -> None:
    name = "Server Room Sensor" if metric == "temperature_celsius" else "Checkout 3"
    (device,) = sql("SELECT id FROM devices WHERE name = %(name)s", name=name)
    period, view = fleet.last(hours=12), View(devices=(device["id"],))
    found = await fleet.readings.ranking(view, metric, period, valid=ANY, limit=5)
    (row,) = sql(
        f"SELECT count({value}) AS n, avg({value})::float8 AS mean, min({value}) AS low, max({value}) AS high"  # noqa: S608
        " FROM device_metrics WHERE device_id = %(id)s AND timestamp > %(since)s AND timestamp <= %(until)s",
        **device,
        since=period.since.replace(tzinfo=None),
        until=period.until.replace(tzinfo=None),
    )
    (one,) = found.ranked
    assert (one.samples, one.low, one.high) == (row["n"], row["low"], row["high"])
    assert one.mean == pytest.approx(row["mean"])
    assert found.devices == found.matching == 1
    sums = await fleet.readings.sums(view, metric, period, valid=ANY)
    assert (sums.devices, sums.samples, sums.lows, sums.highs) == (
        [device["id"]],
        [row["n"]],
        [row["low"]],
        [row["high"]],
    )
    assert sums.totals[0] / row["n"] == pytest.approx(row["mean"])


async def test_values_that_cannot_be_count_as_not_measured(fleet: HomepotStore) -> None:
    period = fleet.last(hours=1)
    every = await fleet.readings.sums(ALL, "cpu_percent", period, valid=PERCENT)
    some = await fleet.readings.sums(ALL, "cpu_percent", period, valid=(0.0, 50.0))
    assert max(every.highs) > 50 >= max(some.highs)
    ranking = await fleet.readings.ranking(ALL, "cpu_percent", period, valid=(0.0, 50.0), rank_by="max", limit=1)
    assert ranking.ranked[0].high == max(some.highs)


async def test_devices_are_ranked_and_bounded_by_a_metric(fleet: HomepotStore) -> None:
    rank = partial(fleet.readings.ranking, ALL, "cpu_percent", fleet.last(hours=1), valid=PERCENT)
    highest = await rank(limit=3)
    assert highest.ranked[0].name == fault("cpu_runaway")[0]
    assert [one.latest for one in highest.ranked] == sorted((one.latest for one in highest.ranked), reverse=True)
    lowest = await rank(rank_by="mean", ascending=True, limit=3)
    assert [one.mean for one in lowest.ranked] == sorted(one.mean for one in lowest.ranked)
    past = await rank(past=(">", 90.0), limit=50)
    assert past.matching == len(past.ranked)
    assert all(one.latest > 90 for one in past.ranked)
    assert highest.matching == highest.devices > past.matching > 0


@pytest.mark.parametrize("rank_by", ["latest", "mean", "max", "min"])
async def test_a_rank_is_that_of_all_devices_together(fleet: HomepotStore, rank_by: str) -> None:
    field = {"max": "high", "min": "low"}.get(rank_by, rank_by)
    rank = partial(fleet.readings.ranking, ALL, valid=ANY, rank_by=rank_by)
    for metric in ("network_latency_ms", "error_rate"):
        whole = await rank(metric, fleet.last(hours=3), limit=500)
        values = [getattr(one, field) for one in whole.ranked]
        assert values == sorted(values, reverse=True)
        assert len(values) == whole.devices
        first = await rank(metric, fleet.last(hours=3), limit=3)
        assert first.ranked == whole.ranked[:3]
        bound = sum(values[2:4]) / 2
        until = sum(values[:2]) / 2
        within = await rank(metric, fleet.last(hours=3), past=(">=", bound), until=until, limit=500)
        assert within.matching == sum(bound <= value <= until for value in values)
        past = await rank(metric, fleet.last(hours=3), past=("<=", bound), ascending=True, limit=500)
        assert past.matching == sum(value <= bound for value in values)


async def test_a_device_that_writes_ratios_is_told_in_percent(fleet: HomepotStore, sql: Sql) -> None:
    period = fleet.last(hours=3)
    ranking = await fleet.readings.ranking(ALL, "error_rate", period, valid=ANY, rank_by="max", limit=500)
    rows = sql(
        "SELECT device_id, max(error_rate) AS high FROM device_metrics WHERE timestamp > %(since)s AND timestamp <= %(until)s"
        " GROUP BY 1",
        since=period.since.replace(tzinfo=None),
        until=period.until.replace(tzinfo=None),
    )
    written = {row["device_id"]: row["high"] for row in rows}
    for one in ranking.ranked:
        assert one.high == pytest.approx(written[one.id] * (100 if written[one.id] <= 1 else 1))


async def test_the_devices_whose_readings_count(fleet: HomepotStore, sql: Sql) -> None:
    counted = await fleet.readings.measured_devices(ALL)
    states = await fleet.devices.states(ALL, limit=500)
    assert counted.ids == sorted(device.id for device in states)
    assert dict(zip(counted.ids, zip(counted.sites, counted.types, strict=True), strict=True)) == {
        device.id: (device.site_id, device.device_type) for device in states
    }
    (gone,) = sql("SELECT id FROM devices WHERE lifecycle_state = 'suspended' LIMIT 1")
    assert (await fleet.readings.measured_devices(View(devices=(gone["id"],)))).ids == [gone["id"]]
