"""Trees as arrays, remaining life, lifetimes, trends and calibration."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ai_gateway.prediction.core.calibrate import fit_line, wilson
from ai_gateway.prediction.core.counters import evidence
from ai_gateway.prediction.core.lifetime import fit_law, prior_law, risk, risk_interval
from ai_gateway.prediction.core.remaining import fit_remaining, remaining
from ai_gateway.prediction.core.scores import (
    average_precision,
    best_threshold,
    calibration_error,
    log_loss,
    nasa_score,
    rmse,
)
from ai_gateway.prediction.core.trees import Shape, fit_classifier
from ai_gateway.prediction.core.trend import crossing


def test_arrays_give_what_scikit_learn_gives_and_contributions_add_up() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, 4))
    values[rng.random((500, 4)) < 0.1] = np.nan
    label = np.nan_to_num(values[:, 0]) + rng.normal(size=500) > 1
    shape = Shape(trees=20)
    trees = fit_classifier(values, label, shape, 7)
    model = HistGradientBoostingClassifier(
        max_iter=20,
        learning_rate=shape.rate,
        max_leaf_nodes=shape.leaves,
        min_samples_leaf=shape.least,
        l2_regularization=shape.ridge,
        max_features=shape.share,
        early_stopping=False,
        random_state=7,
    ).fit(values, label)
    raw = trees.raw(values)
    assert raw == pytest.approx(model.decision_function(values))
    usual = trees.start + trees.value[:, 0].sum()
    assert usual + trees.contributions(values).sum(axis=1) == pytest.approx(raw)


def test_remaining_life_of_unseen_machines_lies_in_its_interval() -> None:
    rng = np.random.default_rng(0)
    names = ("wear:mean:3", "wear:mean:7", "wear:base", "wear:drift", "wear:slope:30", "watched:age")
    life = np.tile(np.arange(0.0, 150, 3), 60)
    machine = np.repeat(np.arange(60), 50)
    wear = np.exp(-life / 60)[:, None] + rng.normal(0, 0.03, (len(life), len(names)))
    seen = machine < 40
    model = fit_remaining(names, wear[seen], life[seen], machine[seen], 100)
    found = remaining(model, wear[~seen])
    actual = np.minimum(life[~seen], 100)
    assert rmse(actual, found.expected) < 12
    assert 0.84 < ((actual >= found.low) & (actual <= found.high)).mean() < 0.96
    assert ((found.low <= found.expected) & (found.expected <= found.high)).all()


def test_the_law_of_made_up_lifetimes_is_found() -> None:
    rng = np.random.default_rng(0)
    flag = rng.random((4000, 1)) < 0.3
    age = 1000 * (rng.exponential(size=4000) / np.where(flag[:, 0], 4, 1)) ** (1 / 2)
    lived = np.minimum(age, 900)
    law = fit_law(lived, age <= 900, flag.astype(float))
    assert law.scale == pytest.approx(1000, rel=0.05)
    assert law.shape == pytest.approx(2, rel=0.05)
    assert law.weights[0] == pytest.approx(np.log(4), abs=0.15)
    soon, later = (risk(law, np.array([500.0]), np.ones((1, 1)), hours)[0] for hours in (10, 100))
    assert 0 < soon < later < 1
    assert risk_interval(law, np.array([later]))[0][0] < later < risk_interval(law, np.array([later]))[1][0]


def test_without_history_there_is_a_stated_prior_that_years_without_failure_lower() -> None:
    none = np.empty((1, 0))
    year = 8766.0
    believed = risk(prior_law(), np.zeros(1), none, year)[0]
    assert believed == pytest.approx(1 - np.exp(-0.5))
    quiet = fit_law(np.full(100, year), np.zeros(100, bool), np.empty((100, 0)))
    assert risk(quiet, np.zeros(1), none, year)[0] < 0.02
    low, high = risk_interval(prior_law(), np.array([believed]))
    assert low[0] < believed / 2
    assert high[0] > 0.8


def test_a_filling_disk_crosses_its_limit_when_the_line_says_and_a_noisy_one_is_not_foreseen() -> None:
    rng = np.random.default_rng(0)
    days = np.arange(14)
    filling = 70 + days + rng.normal(0, 0.2, (300, 14))
    still = 70 + rng.normal(0, 0.2, (300, 14))
    found = crossing(np.concatenate([filling, still]), np.full(600, 90.0))
    truth = 90 - 83.0
    assert found.days[:300] == pytest.approx(truth, abs=1)
    assert ((found.low[:300] <= truth) & (truth <= found.high[:300])).mean() > 0.9
    assert np.isinf(found.days[300:]).mean() > 0.95


def test_a_trend_needs_days_and_what_is_over_the_limit_is_there_now() -> None:
    short = np.full((1, 14), np.nan)
    short[0, -3:] = (80, 85, 89)
    over = np.linspace(95, 96, 14)[None, :]
    falling = np.linspace(50, 37, 14)[None, :]
    limit = np.full(1, 90.0)
    assert np.isinf(crossing(short, limit).days[0])
    assert crossing(over, limit).days[0] == 0
    assert crossing(falling, np.full(1, 30.0), up=False).days[0] == pytest.approx(7)


def test_a_quantity_that_was_just_cleared_rises_no_more() -> None:
    """What a clean-up ended is not told for another day; a line that goes on, or jumps ahead, is."""
    noise = np.random.default_rng(5).normal(0, 0.5, (500, 14))
    filling = 50 + 2 * np.arange(14.0) + noise
    cleared, jumped = filling.copy(), filling.copy()
    cleared[:, -1] -= 30
    jumped[:, -1] += 10
    limit = np.full(500, 90.0)
    assert np.isinf(crossing(cleared, limit).days).all()
    assert np.isinf(crossing(cleared[:, -6:], limit).days).mean() > 0.99
    assert np.isfinite(crossing(filling, limit).days).mean() > 0.99
    assert np.isfinite(crossing(jumped, limit).days).all()
    emptied = 40.0 - cleared
    assert np.isinf(crossing(emptied, np.full(500, -50.0), up=False).days).all()
    exact = np.array([[50.0 + day for day in range(13)] + [20.0]])
    assert np.isinf(crossing(exact, np.full(1, 90.0)).days[0])


def test_a_curve_repairs_overconfidence_and_leaves_few_cases_alone() -> None:
    rng = np.random.default_rng(0)
    logit = rng.normal(-2, 1.5, 20_000)
    label = rng.random(20_000) < 1 / (1 + np.exp(-logit / 2))
    told = 1 / (1 + np.exp(-logit))
    line = fit_line(label, told, 1.0)
    assert (line.low, line.high) == pytest.approx((0.5, 0.5), abs=0.1)
    assert calibration_error(label, line.applied(told)) < 0.01 < calibration_error(label, told)
    few = fit_line(label[:20], told[:20], 7.0)
    assert (few.low, few.high) == pytest.approx((1, 1), abs=0.2)


def test_scores_by_hand() -> None:
    label, score = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.8, 0.1])
    assert average_precision(label, score) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert np.isnan(average_precision(np.zeros(2, bool), np.zeros(2)))
    assert best_threshold(label, score) == 0.8
    assert calibration_error(label, label.astype(float)) == 0
    assert log_loss(label, np.full(4, 0.5)) == pytest.approx(np.log(2))
    assert nasa_score(np.array([50.0, 50.0]), np.array([60.0, 37.0])) == pytest.approx(2 * (np.e - 1))
    low, high = wilson(np.array([0.5]), np.array([10.0]))
    assert (low[0], high[0]) == pytest.approx((0.269, 0.731), abs=0.001)


def test_a_growing_counter_weighs_more_than_a_standing_one() -> None:
    counts, grown = np.array([[0.0, 0], [8, 0], [8, 0]]), np.array([[0.0, 0], [0, 0], [8, np.nan]])
    none, standing, growing = evidence(counts, grown)
    assert none == 0 < standing < growing
