"""What HOMEPOT writes becomes readings in one unit, each once, however its rows are cut into pages."""

from typing import Any

import numpy as np
import pytest

from ai_gateway.health.catalogue import METRICS
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.readings import FUTURE_S, MOST_UNKNOWN, UNIT_ROWS, Cleaned, Cleaner
from ai_gateway.homepot.telemetry import OpeningDay
from tests.unit.health.pages import NOW, everything, fleet, readings

Rows = list[dict[str, Any]]


def clean(rows: Rows, cleaner: Cleaner | None = None, of: Fleet | None = None, now: float = NOW) -> Cleaned:
    page = readings(rows)
    return (cleaner or Cleaner()).clean(page, *everything(page), of or fleet(1, 2, 3), now=now)


def column(cleaned: Cleaned, name: str, cleaner: Cleaner | None = None) -> list[float | None]:
    values = cleaned.batch.values[:, (cleaner or Cleaner()).names.index(name)]
    return [None if np.isnan(value) else round(float(value), 4) for value in values]


def test_columns_and_numbers_of_extra_metrics_are_readings() -> None:
    extra = '{"temperature_celsius": 41.5, "services": {"vpn": "up"}, "ports_up": 7, "on": true, "label": "5"}'
    cleaner = Cleaner()
    cleaned = clean([{"device": 1, "cpu_percent": 12.5, "transaction_count": 3, "extra": extra}], cleaner)
    assert cleaner.names == [*(metric.name for metric in METRICS), "ports_up"]
    found = {name: value for name in cleaner.names if (value := column(cleaned, name, cleaner)[0]) is not None}
    assert found == {"cpu_percent": 12.5, "transaction_count": 3, "temperature_celsius": 41.5, "ports_up": 7}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"cpu_percent": 100.5}, "out_of_range"),
        ({"cpu_percent": -1.0}, "out_of_range"),
        ({"network_latency_ms": -3.0}, "out_of_range"),
        ({"error_rate": 250.0}, "out_of_range"),
        ({"cpu_percent": float("inf")}, "not_finite"),
        ({"network_latency_ms": 1e300}, "not_finite"),
        ({"extra": '{"temperature_celsius": 999}'}, "out_of_range"),
    ],
)
def test_a_value_that_cannot_be_is_dropped_and_counted(row: dict[str, Any], reason: str) -> None:
    cleaned = clean([{"device": 1, "memory_percent": 40.0, **row}])
    assert cleaned.dropped[reason] == 1
    assert np.count_nonzero(~np.isnan(cleaned.batch.values)) == 1


def test_nan_and_null_are_not_measured_and_a_row_without_readings_is_not_judged() -> None:
    cleaned = clean([{"device": 1, "cpu_percent": float("nan")}, {"device": 1}, {"device": 1, "cpu_percent": 5.0}])
    assert column(cleaned, "cpu_percent") == [None, None, 5.0]
    assert cleaned.scored.tolist() == [False, False, True]


@pytest.mark.parametrize("text", ['{"a": ', '{"a": 1e999}', '{"\\ud800": 1}', '{"a": ' + "9" * 400 + "}"])
def test_extra_metrics_that_cannot_be_read_cost_only_themselves(text: str) -> None:
    cleaned = clean([{"device": 1, "cpu_percent": 5.0, "extra": text}])
    assert column(cleaned, "cpu_percent") == [5.0]


@pytest.mark.parametrize("name", ["Upper", "", "a b", "a" * 60, "<b>", "uptime_seconds"])
def test_a_name_that_is_no_metric_is_none(name: str) -> None:
    cleaner = Cleaner()
    clean([{"device": 1, "extra": f'{{"{name}": 5}}'}], cleaner)
    assert cleaner.names == [metric.name for metric in METRICS]


def test_unknown_metrics_are_followed_up_to_a_bound() -> None:
    cleaner = Cleaner()
    extra = "{" + ", ".join(f'"m{number}": 1' for number in range(MOST_UNKNOWN + 5)) + "}"
    cleaned = clean([{"device": 1, "extra": extra}], cleaner)
    assert len(cleaner.names) == len(METRICS) + MOST_UNKNOWN
    assert cleaned.dropped["too_many_metrics"] == 5
    assert np.count_nonzero(~np.isnan(cleaned.batch.values)) == MOST_UNKNOWN


def test_known_names_keep_their_columns() -> None:
    cleaner = Cleaner(["humidity", "cpu_percent"])
    assert cleaner.names[:2] == ["humidity", "cpu_percent"]
    assert sorted(cleaner.names) == sorted({"humidity", *(metric.name for metric in METRICS)})
    cleaned = clean([{"device": 1, "cpu_percent": 7.0, "extra": '{"humidity": 40}'}], cleaner)
    assert cleaned.batch.values[0, :2].tolist() == [40.0, 7.0]


def test_homepots_own_column_wins_over_an_extra_of_its_name() -> None:
    rows = [
        {"device": 1, "cpu_percent": 5.0, "extra": '{"cpu_percent": 99}'},
        {"device": 1, "extra": '{"cpu_percent": 9}'},
    ]
    assert column(clean(rows), "cpu_percent") == [5.0, 9.0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"device": 9}, "not_in_service"),
        ({"device": 1, "at": NOW + FUTURE_S + 1}, "wrong_time"),
        ({"device": 1, "at": float("inf")}, "wrong_time"),
        ({"device": 1, "at": float("nan")}, "wrong_time"),
        ({"device": 1, "at": float("-inf")}, "wrong_time"),
        ({"device": 1, "at": -210_866_803_200.0}, "wrong_time"),
    ],
)
def test_a_row_that_cannot_be_used_is_dropped_and_counted(row: dict[str, Any], reason: str) -> None:
    cleaned = clean([{"cpu_percent": 5.0, **row}, {"device": 2, "cpu_percent": 6.0}])
    assert cleaned.batch.device.tolist() == [2]
    assert {name: count for name, count in cleaned.dropped.items() if count} == {reason: 1}


def test_rows_a_little_ahead_late_and_out_of_order_are_kept() -> None:
    times = [NOW + FUTURE_S - 1, NOW - 10, NOW - 86_400]
    cleaned = clean([{"device": 1, "at": at, "cpu_percent": 5.0} for at in times])
    assert cleaned.batch.at.tolist() == times


def test_a_repeated_row_is_taken_once_also_over_two_pages() -> None:
    cleaner = Cleaner()
    rows = [{"device": 1, "at": NOW - 5, "cpu_percent": value} for value in (5.0, 6.0, 6.0)]
    rows += [{"device": 2, "at": NOW - 5, "cpu_percent": 7.0}]
    first = clean(rows, cleaner)
    assert column(first, "cpu_percent") == [5.0, 7.0]
    again = clean([rows[0], {"device": 1, "at": NOW - 4, "cpu_percent": 8.0}], cleaner)
    assert column(again, "cpu_percent") == [8.0]
    assert (first.dropped["repeated"], again.dropped["repeated"]) == (2, 1)


def rates(*values: float) -> Rows:
    return [{"device": 1, "at": NOW - len(values) + place, "error_rate": value} for place, value in enumerate(values)]


def test_a_small_error_rate_is_a_ratio_until_the_device_shows_otherwise() -> None:
    assert column(clean(rates(0.004, 0.05, 1.98, 0.5, 0.02)), "error_rate") == [0.4, 5.0, 1.98, 0.5, 0.02]


def test_a_rate_that_would_matter_as_a_ratio_waits_until_the_unit_is_known() -> None:
    few = clean(rates(0.8, 0.14))
    assert column(few, "error_rate") == [None, None]
    ratio = clean(rates(*[0.004] * (UNIT_ROWS - 1), 0.14))
    assert column(ratio, "error_rate")[-1] == 14.0


def test_the_unit_is_remembered_by_device() -> None:
    cleaner = Cleaner()
    clean(rates(1.5), cleaner)
    rows = [{"device": device, "at": NOW, "error_rate": 0.01} for device in (1, 2)]
    assert column(clean(rows, cleaner), "error_rate") == [0.01, 1.0]


def test_a_device_in_maintenance_is_summed_up_but_not_judged() -> None:
    window = [OpeningDay(0, 2, 13 * 3600.0, 15 * 3600.0, closed=True, maintenance=True)]
    rows = [{"device": 1, "at": NOW - 7200, "cpu_percent": 5.0}, {"device": 1, "at": NOW - 60, "cpu_percent": 99.0}]
    assert clean(rows, of=fleet(1, days=window)).scored.tolist() == [True, False]
    assert clean(rows, of=fleet(1, resting=True)).scored.tolist() == [False, False]


def test_the_usual_pause_between_rows_is_learnt() -> None:
    cleaner = Cleaner()
    clean([{"device": 1, "at": NOW - 6000 + 60 * place, "cpu_percent": 5.0} for place in range(50)], cleaner)
    clean([{"device": 1, "at": NOW - 1800, "cpu_percent": 5.0}], cleaner)
    gap = cleaner.tracks.take(np.array([1]))["gap"][0]
    assert 60 <= gap <= 70


@pytest.mark.parametrize("seed", range(8))
def test_the_same_readings_come_out_however_rows_are_cut(seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows = [
        {
            "device": int(chance.integers(1, 5)),
            "at": NOW - 1000 + float(chance.integers(0, 120)),
            "error_rate": float(chance.choice([0.002, 0.08, 0.7, 1.4])),
            "cpu_percent": float(chance.choice([5.0, 50.0, 500.0])),
            "extra": str(chance.choice(['{"a": 1}', '{"b": 2, "temperature_celsius": 30}', "{}"])),
        }
        for _ in range(300)
    ]
    whole, cut = Cleaner(), Cleaner()
    found = clean(rows, whole, fleet(1, 2, 3))
    pieces, start = [], 0
    while start < len(rows):
        end = start + int(chance.integers(1, 60))
        pieces.append(clean(rows[start:end], cut, fleet(1, 2, 3)))
        start = end
    width = len(whole.names)
    assert cut.names == whole.names
    wide = [
        np.pad(one.batch.values, ((0, 0), (0, width - one.batch.values.shape[1])), constant_values=np.nan)
        for one in pieces
    ]
    assert np.array_equal(np.concatenate(wide), found.batch.values, equal_nan=True)
    assert sum((one.dropped for one in pieces[1:]), pieces[0].dropped) == found.dropped
    devices = np.array([1, 2, 3])
    one, other = whole.tracks.take(devices), cut.tracks.take(devices)
    assert all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)
