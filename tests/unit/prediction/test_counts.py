"""How many of many devices fail: against drawing them, and where a series goes."""

import numpy as np
import pytest

from ai_gateway.prediction.core.types import Floats
from ai_gateway.prediction.counts import LEAST_DAYS, counts, slope
from ai_gateway.prediction.sums import Sums


def known(chances: Floats) -> Sums:
    """Sums of devices whose probabilities are known exactly."""
    mean, squared = np.array([chances.sum()]), np.array([(chances**2).sum()])
    return Sums(mean, squared, mean, squared, mean, squared)


@pytest.mark.parametrize("most", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("devices", [3, 40, 500])
def test_the_interval_holds_nine_of_ten_draws_and_is_no_wider_than_it_must_be(devices: int, most: float) -> None:
    rng = np.random.default_rng(devices)
    chances = rng.random(devices) * most
    failed = (rng.random((10_000, devices)) < chances).sum(axis=1)
    found = counts(known(chances))
    low, high = found.low[0], found.high[0]
    assert np.mean((failed >= low) & (failed <= high)) >= 0.88  # a binomial stands for a sum of unlike chances
    assert abs(low - np.quantile(failed, 0.05)) <= 1
    assert abs(high - np.quantile(failed, 0.95)) <= 1
    assert found.expected[0] == pytest.approx(chances.sum())


def test_the_ends_are_whole_where_nothing_or_everything_fails() -> None:
    none, all_ = counts(known(np.zeros(5))), counts(known(np.ones(5)))
    assert [side[0] for side in none] == [0, 0, 0]
    assert [side[0] for side in all_] == [5, 5, 5]
    assert counts(Sums(*(np.empty(0),) * 6)).low.shape == (0,)


def test_what_is_not_known_of_the_probabilities_widens_the_interval() -> None:
    sure = counts(known(np.full(100, 0.2)))
    unsure = counts(Sums(*(np.array([value]) for value in (20.0, 4.0, 10.0, 1.0, 40.0, 16.0))))
    assert unsure.expected[0] == pytest.approx(sure.expected[0])
    assert unsure.low[0] < sure.low[0]
    assert unsure.high[0] > sure.high[0]


def test_a_slope_is_told_from_a_week_on_and_one_odd_day_does_not_turn_it() -> None:
    days = np.arange(20.0)
    falling = 0.9 - 0.01 * days
    falling[7] = 0.1
    found = slope(days, falling)
    assert found is not None
    assert found.per_day == pytest.approx(-0.01)
    assert found.high < 0
    assert slope(days[: LEAST_DAYS - 1], falling[: LEAST_DAYS - 1]) is None


def test_the_slopes_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    days, held = np.arange(14.0), 0
    for _ in range(1000):
        found = slope(days, 0.002 * days + rng.normal(0, 0.01, 14))
        assert found is not None
        held += found.low <= 0.002 <= found.high
    assert held / 1000 == pytest.approx(0.9, abs=0.03)
