"""Results depend on the rows and their order alone: cut anywhere, restarted anywhere, devices in any order."""

import json
from typing import Any

import numpy as np
import pytest

from ai_gateway.health.detect import SENSITIVITY, Engine
from ai_gateway.health.engines import Engines, layout
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.state import BLOCK, pack, unpack
from ai_gateway.health.types import Anomaly, Batch
from ai_gateway.health.watch import Watch
from ai_gateway.homepot.telemetry import Checks, Devices, States
from ai_gateway.kit.settings import Settings
from tests.unit.health.pages import NOW, everything, readings

DEVICES = (1, 2, BLOCK + 1, BLOCK + 2)
TYPES = ("till", "till", "till", "till")
STEP_S = 300.0
ROWS = 320
Rows = list[dict[str, Any]]


def watch(devices: tuple[int, ...] = DEVICES, **changes: Any) -> Watch:
    made = Watch((), **{"sensitivity": 2.0, "limits": {}, "quiet_s": 1800.0, "online_window_s": 120.0, **changes})
    made.enter(in_service(devices))
    return made


def in_service(devices: tuple[int, ...]) -> Fleet:
    kinds = [TYPES[DEVICES.index(device)] for device in devices]
    return Fleet(
        Devices(
            list(devices),
            [7] * len(devices),
            kinds,
            [NOW] * len(devices),
            [False] * len(devices),
            [True] * len(devices),
        )
    )


def rows(seed: int = 1) -> Rows:
    """Rows of the devices at `STEP_S`; device 1 overheats and runs hot for its last two hours, the others are well."""
    chance = np.random.default_rng(seed)
    found = []
    for place in range(ROWS):
        for device in DEVICES:
            bad = device == 1 and place >= ROWS - 24
            row = {
                "device": device,
                "at": NOW - (ROWS - place) * STEP_S + device % 60,
                "cpu_percent": float(np.round((97 if bad else 25) + chance.normal(0, 1.5), 2)),
                "network_latency_ms": None if device == 2 else float(np.round(30 + chance.normal(0, 3), 2)),
                "extra": json.dumps({"temperature_celsius": round(float((75 if bad else 40) + chance.normal()), 2)}),
            }
            found.append({**row, "id": len(found) + 1})
    return found


def feed(made: Watch, some: Rows) -> None:
    page = readings(some)
    made.readings(page, *everything(page), NOW)


def told(made: Watch) -> list[Anomaly]:
    return sorted(made.book.changed(), key=lambda one: (one.device, one.kind, one.metric or "", one.started_at))


@pytest.fixture(scope="module")
def expected() -> list[Anomaly]:
    whole = watch()
    feed(whole, rows())
    return told(whole)


def test_the_fault_is_found_and_nothing_else(expected: list[Anomaly]) -> None:
    late = [one for one in expected if one.last_at.timestamp() > NOW - 3600]
    assert {(one.device, one.metric) for one in late} == {(1, "cpu_percent"), (1, "temperature_celsius")}
    assert all(one.severity == "critical" and one.site == 7 for one in late)


@pytest.mark.parametrize("seed", range(3))
def test_it_does_not_matter_how_rows_are_cut(expected: list[Anomaly], seed: int) -> None:
    chance, made, all_rows = np.random.default_rng(seed), watch(), rows()
    start = 0
    while start < len(all_rows):
        end = start + int(chance.choice([1, 3, 50, 400]))
        feed(made, all_rows[start:end])
        start = end
    assert told(made) == expected


def test_it_does_not_matter_in_which_order_devices_come(expected: list[Anomaly]) -> None:
    made = watch()
    feed(made, sorted(rows(), key=lambda row: (-row["device"], row["at"])))
    assert told(made) == expected


def test_a_device_is_judged_alike_whoever_else_is_there(expected: list[Anomaly]) -> None:
    made = watch((1, 2))
    feed(made, [row for row in rows() if row["device"] in {1, 2}])
    assert told(made) == [one for one in expected if one.device in {1, 2}]


@pytest.mark.parametrize("at", [1, 300, 545, 580, 639])
def test_it_does_not_matter_where_it_is_restarted(expected: list[Anomaly], at: int) -> None:
    before, all_rows = watch(), rows()
    feed(before, all_rows[:at])
    saved = {int(block): pack(before.snapshot(int(block))) for block in before.blocks()}
    after = Watch(before.cleaner.names, sensitivity=2.0, limits={}, quiet_s=1800.0, online_window_s=120.0)
    after.enter(in_service(DEVICES))
    after.restore({block: unpack(data) for block, data in saved.items()})
    feed(after, all_rows[at:])
    found = {(one.device, one.kind, one.metric, one.started_at): one for one in [*told(before), *told(after)]}
    assert sorted(found.values(), key=lambda one: (one.device, one.kind, one.metric or "", one.started_at)) == expected


def test_events_and_judgement_survive_a_restart() -> None:
    before = watch()
    before.checks(Checks([1, 2], [1, 1], [NOW, NOW + 1], [False, False], [504, None]), np.arange(2), NOW + 60)
    before.states(States([1, 2], [2, 2], [NOW, NOW + 1], [True, False], [True, True]), np.arange(2), NOW + 60)
    feed(before, rows()[:400])
    after = watch()
    after.restore({int(block): unpack(pack(before.snapshot(int(block)))) for block in before.blocks()})
    assert after.known(NOW - 100 * STEP_S).tolist() == before.known(NOW - 100 * STEP_S).tolist()
    after.checks(Checks([3], [1], [NOW + 2], [False], [500]), np.arange(1), NOW + 60)
    assert [one.anomaly.value for one in after.book.running()] == [3.0]


def test_lifecycle_words_and_strangers_are_no_events() -> None:
    made = watch()
    n = 20
    at, up = [NOW + place for place in range(n)], [bool(place % 2) for place in range(n)]
    made.states(States(list(range(n)), [1] * n, at, up, [False] * n), np.arange(n), NOW)
    made.states(States(list(range(n)), [999] * n, at, up, [True] * n), np.arange(n), NOW)
    made.checks(Checks(list(range(n)), [999] * n, at, [False] * n, [500] * n), np.arange(n), NOW)
    assert list(made.book.running()) == []


def test_events_of_a_wrong_clock_are_left_out_and_counted() -> None:
    made = watch()
    at = [-1e12, float("inf"), *(NOW + 86_400.0 * place for place in range(1, 19))]
    n = len(at)
    states = made.states(States(list(range(n)), [1] * n, at, [True, False] * (n // 2), [True] * n), np.arange(n), NOW)
    checks = made.checks(Checks(list(range(n)), [1] * n, at, [False] * n, [500] * n), np.arange(n), NOW)
    assert states["wrong_time"] == checks["wrong_time"] == n
    assert list(made.book.running()) == []


def test_a_device_that_leaves_is_forgotten_and_its_trouble_is_over() -> None:
    made = watch()
    feed(made, rows())
    assert made.book.devices() == [1]
    assert made.enter(in_service((2, BLOCK + 1))).tolist() == [1, BLOCK + 2]
    assert made.book.devices() == []
    assert all(one.ended_at == one.last_at for one in told(made) if one.device == 1)
    assert made.snapshot(0).devices.tolist() == [2]


def test_state_of_a_device_that_is_gone_is_not_taken_up_but_its_trouble_is_ended() -> None:
    before = watch()
    feed(before, rows())
    after = watch((2, BLOCK + 1))
    after.restore({int(block): unpack(pack(before.snapshot(int(block)))) for block in before.blocks()})
    assert after.book.devices() == []
    assert {(one.device, bool(one.ended_at)) for one in told(after)} == {(1, True)}


def test_nothing_is_known_before_the_first_judgement_nor_long_after_the_last() -> None:
    made = watch()
    assert not made.known(NOW).any()
    feed(made, rows())
    assert made.known(NOW).all()
    assert not made.known(NOW + 7200).any()


def test_rows_that_only_teach_raise_nothing() -> None:
    made = watch()
    page = readings(rows())
    order, first = everything(page)
    made.readings(page, order, ~first, NOW, aloud=~first)
    assert told(made) == []
    assert made.known(NOW).all()


def test_hours_count_only_what_is_read_for_the_first_time() -> None:
    made, some = watch(), rows()[:8]
    page = readings(some)
    order, first = everything(page)
    first[:4] = False
    result = made.readings(page, order, first, NOW)
    assert result.hours.samples.sum() == sum(3 if row["device"] != 2 else 2 for row in some[4:])
    assert result.rows == 8


def test_a_limit_can_be_set_for_a_type_and_for_all() -> None:
    engines = Engines(sensitivity=2.0, limits={"till": {"cpu_percent": 50}, "*": {"cpu_percent": 70}})
    assert engines.metric("till", "cpu_percent").limit == 50
    assert engines.metric("sensor", "cpu_percent").limit == 70
    assert engines.metric("till", "disk_percent").limit == 90
    quiet, loud = watch(), watch(limits={"till": {"cpu_percent": 20}})
    some = rows()[: 4 * (ROWS - 24)]
    feed(quiet, some)
    feed(loud, some)
    assert "cpu_percent" not in {one.metric for one in told(quiet) if one.severity != "info"}
    assert {one.device for one in told(loud) if one.metric == "cpu_percent"} >= {1}


def batch(values: list[list[float]]) -> Batch:
    n = len(values)
    return Batch(np.full(n, 5), NOW + STEP_S * np.arange(n), np.array(values, np.float32))


def test_a_metric_that_comes_up_later_does_not_cost_what_is_known() -> None:
    chance = np.random.default_rng(3)
    names = ["cpu_percent", "network_latency_ms", "humidity"]
    engines, kinds = Engines(sensitivity=2.0, limits={}), np.zeros(200, np.int64)
    values = [[25 + chance.normal(), 30 + chance.normal(), np.nan] for _ in range(200)]
    old = engines.score(batch(values), ["till"], kinds, names)
    remembered = engines.snapshot(np.array([5]), ["till"], names)
    assert [one.metrics for one in remembered] == [names[:2]]
    more = [[25.0, 30.0, 40.0]]
    wide = engines.score(batch(more), ["till"], kinds[:1], names)
    same = Engine([engines.metric("till", name) for name in names[:2]])
    same.restore(remembered[0].devices, remembered[0].arrays)
    narrow = same.score(Batch(np.array([5]), np.array([NOW]), np.array([[25.0, 30.0]], np.float32)))
    assert not np.isnan(old.score[-1])
    assert not np.isnan(wide.metric_score[0, :2]).any()
    assert np.array_equal(wide.metric_score[0, :2], narrow.metric_score[0], equal_nan=True)
    assert not wide.metric_score[0, 2] > 1


def test_state_of_few_metrics_is_taken_up_beside_state_of_more() -> None:
    names = ["cpu_percent", "network_latency_ms"]
    few, more = Engines(sensitivity=2.0, limits={}), Engines(sensitivity=2.0, limits={})
    few.score(
        Batch(np.array([1]), np.array([NOW]), np.array([[5, np.nan]], np.float32)), ["a"], np.zeros(1, int), names
    )
    more.score(Batch(np.array([2]), np.array([NOW]), np.array([[5, 6]], np.float32)), ["a"], np.zeros(1, int), names)
    both = Engines(sensitivity=2.0, limits={})
    both.restore([*few.snapshot(np.array([1]), ["a"], names), *more.snapshot(np.array([2]), ["a"], names)], names)
    (found,) = both.snapshot(np.array([1, 2]), ["a", "a"], names)
    assert found.metrics == names
    assert found.devices.tolist() == [1, 2]
    both.forget(np.array([1]))
    assert both.snapshot(np.array([1, 2]), ["a", "a"], names)[0].devices.tolist() == [2]
    assert np.isnan(Engines(sensitivity=2.0, limits={}).alarm_rate())


def test_the_layout_is_the_same_each_time() -> None:
    assert layout() == layout()
    assert len(layout()) == 16


def test_the_setting_and_the_detectors_agree_on_the_default() -> None:
    assert Settings.model_fields["health_sensitivity"].default == SENSITIVITY
