"""What metrics did after a change, less what they would have done without it."""

import numpy as np
import pytest
from scipy import stats

from ai_gateway.insights.effects import HOURS, effects, student

RNG = np.random.default_rng(11)
HOUR = np.arange(2 * HOURS)


def day_and_day(rise: float, *, spread: float = 1.0, metrics: int = 1) -> np.ndarray:
    """Two days with the same course, the second one higher."""
    course = 10 * np.sin(2 * np.pi * (HOUR % HOURS) / HOURS)
    found = 50 + course[:, None] + RNG.normal(0, spread, (2 * HOURS, metrics))
    found[HOURS:] += rise
    return found


def test_a_change_is_measured_with_its_interval() -> None:
    (one,) = effects(day_and_day(8), np.empty((0, 2 * HOURS, 1)))
    assert one.low < 8 < one.high
    assert one.high - one.low < 3
    assert one.p < 0.001
    assert one.after - one.before == pytest.approx(one.change)


def test_what_the_others_did_too_is_no_effect() -> None:
    others = np.stack([day_and_day(8) for _ in range(6)])
    (one,) = effects(day_and_day(8), others)
    assert one.low < 0 < one.high
    (more,) = effects(day_and_day(14), others)
    assert more.low < 6 < more.high


def test_intervals_hold_the_truth_nine_times_in_ten() -> None:
    held = 0
    for _ in range(400):
        (one,) = effects(day_and_day(2, spread=2.0), np.empty((0, 2 * HOURS, 1)))
        held += one.low <= 2 <= one.high
    assert 0.86 <= held / 400 <= 0.97


def test_a_metric_that_both_days_do_not_tell_of_is_left_out() -> None:
    days = day_and_day(5, metrics=3)
    days[HOURS:, 1] = np.nan
    days[: HOURS - 5, 2] = np.nan
    assert [one.metric for one in effects(days, np.empty((0, 2 * HOURS, 3)))] == [0]


def test_others_that_were_silent_take_nothing_off() -> None:
    silent = np.full((3, 2 * HOURS, 1), np.nan)
    (one,) = effects(day_and_day(5), silent)
    assert one.low < 5 < one.high


def test_what_stays_the_same_did_not_change() -> None:
    (one,) = effects(np.full((2 * HOURS, 1), 7.0), np.empty((0, 2 * HOURS, 1)))
    assert (one.change, one.low, one.high, one.p) == (0, 0, 0, 1)


@pytest.mark.parametrize("freedom", [1, 5, 22])
def test_the_width_is_students(freedom: int) -> None:
    assert student(0.9, freedom) == pytest.approx(stats.t.ppf(0.95, freedom), rel=1e-4)
