"""Chances from how other jobs ended."""

import numpy as np
import pytest

from ai_gateway.jobs.success import STRENGTH, Beta, Cases, Chance, beliefs, chance, pull, shift


def test_many_cases_of_the_innermost_ring_speak_for_themselves() -> None:
    wide, narrow = Cases(1000, 990), Cases(400, 100)
    assert beliefs([wide, narrow])[-1].mean == pytest.approx(0.25, abs=0.02)


def test_few_cases_are_broadened_by_the_rings_around() -> None:
    wide = Cases(1000, 900)
    none, one_failed = beliefs([wide, Cases(0, 0)])[-1], beliefs([wide, Cases(1, 0)])[-1]
    assert none.mean == pytest.approx(0.9, abs=0.01)
    assert 0.8 < one_failed.mean < none.mean  # one failure is not certainty of failure
    low, high = chance(one_failed)[1:]
    assert low < one_failed.mean < high
    assert high - low > 0.2  # nor is it known well


def test_a_ring_counts_for_at_most_so_many_cases_in_the_next() -> None:
    few, many = (beliefs([Cases(n, n), Cases(10, 0)])[-1].mean for n in (1_000, 100_000))
    assert few == pytest.approx(many, abs=0.001)
    assert few == pytest.approx(STRENGTH / (STRENGTH + 10), abs=0.01)


def test_without_any_case_nothing_is_claimed() -> None:
    low, high = Beta(0.5, 0.5).interval
    assert (low, high) == (pytest.approx(0.006, abs=0.002), pytest.approx(0.994, abs=0.002))


def test_an_interval_narrows_with_cases_and_holds_its_mean() -> None:
    widths = []
    for jobs in (5, 50, 500):
        _, low, high = chance(beliefs([Cases(jobs, round(0.8 * jobs))])[-1])
        assert low < 0.8 < high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)


def test_a_circumstance_moves_the_odds_and_never_past_certainty() -> None:
    within = Beta(90, 10)
    worse, moved = shift(within, Cases(40, 10))
    assert worse < 0.5
    assert moved < 0
    found = chance(within).shifted(moved)
    assert found.probability == pytest.approx(worse)
    assert 0 < found.low < found.probability < found.high < 1
    assert shift(within, Cases(0, 0)) == (pytest.approx(0.9), pytest.approx(0.0, abs=1e-9))
    assert Chance(1.0, 1.0, 1.0).shifted(-3).probability < 1


def test_pull_grows_with_cases() -> None:
    assert [pull(Cases(n, 0)) for n in (0, 10)] == [0, 0.5]


def test_chances_are_calibrated_where_devices_differ() -> None:
    """Of jobs that were given a chance about p, about p succeed: compared with the rates that they were drawn from."""
    rng = np.random.default_rng(6)
    told, came = [], []
    for _ in range(150):
        usual = rng.beta(8, 2)
        rates = np.clip(rng.normal(usual, 0.1, 20), 0.02, 0.98)
        seen = rng.poisson(4, 20)
        won = rng.binomial(seen, rates)
        for device in range(20):
            mine = Cases(int(seen[device]), int(won[device]))
            others = Cases(int(seen.sum()), int(won.sum())).less(mine)
            told.append(beliefs([others, mine])[-1].mean)
            came.append(rates[device])
    chances, truth = np.array(told), np.array(came)
    edges = np.quantile(chances, np.linspace(0, 1, 11))
    places = np.clip(np.searchsorted(edges, chances) - 1, 0, 9)
    error = sum(
        (places == place).mean() * abs(chances[places == place].mean() - truth[places == place].mean())
        for place in range(10)
        if (places == place).any()
    )
    assert error <= 0.03
