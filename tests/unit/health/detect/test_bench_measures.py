"""The measures of ``python -m bench.detection`` on cases small enough to work out by hand."""

import numpy as np
import pytest

from bench.detection.events import pooled, stretches, tally
from bench.detection.nab import nab_score, starts_of
from bench.detection.ranking import vus_pr
from bench.detection.sets import Protocol

PROTOCOL = Protocol(gap=3, before=2, after=2, buffer=8)


def flags(length: int, *on: int) -> np.ndarray:
    found = np.zeros(length, bool)
    found[list(on)] = True
    return found


def test_runs_with_a_short_gap_are_one() -> None:
    starts, ends = stretches(flags(20, 2, 3, 7, 15), 3)
    assert (starts.tolist(), ends.tolist()) == ([2, 15], [7, 15])
    assert stretches(flags(5))[0].tolist() == []


def test_an_alarm_counts_by_its_start_alone() -> None:
    label = flags(60, *range(20, 25), *range(40, 45)).astype(np.int64)
    on = flags(60, *range(10, 30), 42, 50)
    counted = tally(on, label, PROTOCOL)
    assert (counted.alarms, counted.true, counted.events, counted.found) == (3, 1, 2, 1)
    assert counted.delays == (2,)
    # 42 of 60 rows are away from events; 8 + 3 before and after the first event, and one of the last alarm, are in alarm
    assert counted.duty == pytest.approx((8 + 3 + 1) / 42)


def test_all_devices_are_one_pot() -> None:
    label = flags(60, 20).astype(np.int64)
    found = pooled([tally(flags(60, 21), label, PROTOCOL), tally(flags(60, 50), label, PROTOCOL)], device_days=4)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert found.false_alarms_per_device_day == pytest.approx(0.25)


def test_the_volume_is_the_larger_the_better_the_ranking() -> None:
    label = flags(400, *range(200, 230)).astype(np.int64)
    near = np.exp(-np.abs(np.arange(400) - 215) / 20)
    noise = np.random.default_rng(3).random(400)
    assert vus_pr(label, near, 40) > 0.85
    assert vus_pr(label, noise, 40) < 0.2


def test_nab_rewards_the_early_and_punishes_the_false() -> None:
    window = np.full(200, -1)
    window[100:120] = 0
    silent = nab_score([(window, np.array([], int))])
    early, late = (nab_score([(window, np.array([start]))]) for start in (100, 118))
    false = nab_score([(window, np.array([20, 100]))])
    assert (silent, early) == (pytest.approx(0.0), pytest.approx(100.0, abs=1e-9))
    assert silent < late < early
    assert early - false == pytest.approx(100 * 0.11 / 2)
    assert starts_of(flags(300, 10, 40, 200), rows_per_day=100).tolist() == [10, 200]
