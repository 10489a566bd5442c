"""Trends in many series at once: found where there is one, and hardly ever where there is none."""

import numpy as np
import pytest
from scipy.stats import theilslopes

from ai_gateway.insights.trends import LEAST_DAYS, RATE, false_rates, find, judged

DAYS = 30


def noise(seed: int, rows: int, alike: float = 0.0) -> np.ndarray:
    """Series without a trend, each day like the one before to that degree."""
    steps = np.random.default_rng(seed).normal(size=(rows, DAYS))
    found = steps.copy()
    for day in range(1, DAYS):
        found[:, day] = alike * found[:, day - 1] + steps[:, day]
    return found


def test_a_rising_and_a_falling_series_are_found_among_many() -> None:
    values = noise(1, 500)
    values[7] += 0.3 * np.arange(DAYS)
    values[9] -= 0.3 * np.arange(DAYS)
    found = {one.row: one for one in find(values)}
    assert {7, 9} <= set(found)
    assert len(found) <= 3
    assert found[7].low < 0.3 < found[7].high
    assert found[7].low > 0 > found[9].high
    assert found[7].rate <= RATE


def test_the_slope_is_theil_sens() -> None:
    values = noise(2, 3) + 0.5 * np.arange(DAYS)
    for one in find(values):
        slope, _, low, high = theilslopes(values[one.row], alpha=0.9)
        assert one.slope == pytest.approx(slope)
        assert one.low <= low + 0.05
        assert one.high >= high - 0.05  # at least as wide: days that are alike are worth less


@pytest.mark.parametrize("alike", [0.0, 0.3, 0.6])
def test_chance_is_not_underrated_where_days_are_alike(alike: float) -> None:
    p = judged(noise(3, 4_000, alike)).p
    assert (p <= 0.05).mean() <= 0.075


def test_of_many_series_without_a_trend_hardly_any_is_told() -> None:
    assert sum(len(find(noise(seed, 400))) for seed in range(25)) <= 3


def test_days_that_were_not_measured_are_no_days() -> None:
    values = 0.5 * np.arange(DAYS) + noise(4, 2) * 0.1
    values[0, ::2] = np.nan
    values[1, : DAYS - LEAST_DAYS + 1] = np.nan
    (one,) = find(values)
    assert (one.row, one.days) == (0, DAYS // 2)
    assert one.slope == pytest.approx(0.5, abs=0.05)  # a day, not a measurement
    assert find(np.full((3, DAYS), np.nan)) == []


def test_what_never_changes_has_no_trend() -> None:
    assert find(np.full((5, DAYS), 7.0)) == []


def test_false_rates_are_benjamini_hochbergs() -> None:
    found = false_rates(np.array([0.01, 0.04, 0.03, 0.005]))
    assert found == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert false_rates(np.array([])).tolist() == []
