"""The predictor learns what announces a failure, and its probabilities are probabilities."""

import numpy as np
import pytest

from ai_gateway.prediction.core.ahead import rhythm
from ai_gateway.prediction.core.drift import shifted
from ai_gateway.prediction.core.drivers import drivers
from ai_gateway.prediction.core.hazard import stretches
from ai_gateway.prediction.core.predictor import (
    Forecast,
    NothingToLearnError,
    Predictor,
    Sample,
    every,
    fit,
    forecast,
    judge,
    sample,
)
from ai_gateway.prediction.core.trees import Shape
from ai_gateway.prediction.core.types import DAY, Events, History
from tests.unit.prediction.histories import START, announced, visited

CUTS = (0, 24, 72, 168)
HORIZONS = (24.0, 168.0)
SMALL = Shape(trees=30)


def learnt(history: History) -> tuple[Predictor, Sample]:
    data = sample(history, every(history, DAY, START))
    return fit(history, data, cuts=CUTS, horizons=HORIZONS, shape=SMALL), data


@pytest.fixture(scope="module")
def model() -> Predictor:
    return learnt(announced())[0]


@pytest.fixture(scope="module")
def other() -> Sample:
    history = announced(seed=1)
    return sample(history, every(history, DAY, START))


@pytest.fixture(scope="module")
def found(model: Predictor, other: Sample) -> Forecast:
    return forecast(model, other.values)


def test_probabilities_lie_between_0_and_1_and_never_fall_with_the_horizon(found: Forecast) -> None:
    assert ((found.risk >= 0) & (found.risk <= 1)).all()
    assert (np.diff(found.risk, axis=1) >= 0).all()
    assert found.by_kind.sum(axis=2) == pytest.approx(1)


def test_it_finds_on_other_machines_what_is_announced(model: Predictor, other: Sample) -> None:
    day, week = judge(model, other, HORIZONS)
    assert day.precision_recall > 0.6
    assert day.failures > 50
    assert day.calibration < 0.03
    assert week.calibration < 0.08


def test_the_same_data_gives_the_same_model(other: Sample, found: Forecast) -> None:
    again = forecast(learnt(announced())[0], other.values)
    np.testing.assert_array_equal(found.risk, again.risk)


def test_a_driver_names_what_announced_it(model: Predictor, other: Sample, found: Forecast) -> None:
    first = drivers(model.hazard, other.values[[found.risk[:, 0].argmax()]], 24)[0]
    assert any("fault" in one.text or "heat" in one.text for one in first[:2])
    assert sum(abs(one.weight) for one in first) <= 1 + 1e-9


def test_intervals_hold_the_frequency_of_like_cases(model: Predictor, other: Sample, found: Forecast) -> None:
    like = next(one.like for one in model.calibrations if one.hours == 24.0)
    low, high, cases, failed = like.interval(found.risk[:, 0])
    assert (low <= found.risk[:, 0] + 1e-9).all()
    assert (high >= found.risk[:, 0] - 1e-9).all()
    assert ((failed <= cases) & (cases <= 200)).all()
    usual = found.risk[:, 0] < np.quantile(found.risk[:, 0], 0.9)
    seen = other.known.within(DAY)[usual & other.known.known(DAY)].mean()
    assert low[usual].mean() <= seen <= high[usual].mean()


def test_a_history_without_a_failure_is_refused() -> None:
    quiet = announced(machines=3, days=20)
    nothing = np.empty(0, np.int64)
    with pytest.raises(NothingToLearnError, match="no failure"):
        learnt(quiet._replace(events=Events(nothing, nothing, nothing)))


def test_visits_every_fortnight_are_a_rhythm_and_random_ones_are_none() -> None:
    history = announced(machines=10)
    visits = np.tile(np.arange(6) * 14 * DAY + START, 10)
    regular = Events(np.repeat(np.arange(10), 6), visits, np.ones(60, np.int64))
    known = history._replace(events=regular)
    machines, until = np.arange(10), START + 90 * DAY
    assert rhythm(known, machines, until) == 14 * 24
    assert rhythm(known, machines, START + 20 * DAY) is None
    assert rhythm(known, machines[:5], until) is None
    assert rhythm(history, machines, until) is None


def test_visits_that_nobody_recorded_are_told_from_excursions_that_come_back_on_their_day() -> None:
    quality = {}
    for pace in (None, 240.0):
        fitted, other = (sample(history, every(history, DAY, START), pace) for history in (visited(), visited(seed=1)))
        model = fit(visited(), fitted, cuts=CUTS, horizons=HORIZONS, shape=SMALL)
        assert model.hazard.ahead.rhythm == 240
        assert model.hazard.ahead.unrecorded == pace
        quality[pace] = judge(model, other, HORIZONS)[0].precision_recall
    assert quality[240.0] > quality[None] + 0.05


def test_stretches_of_a_band_at_once_are_what_each_is_by_itself(model: Predictor, other: Sample) -> None:
    hazard, values = model.hazard, other.values[:300]
    risks = hazard.risks(values)
    for place, (begin, end) in enumerate(stretches(CUTS)):
        inputs = np.concatenate([values, hazard.ahead.values(values, begin, end)], axis=1)
        for group, booster in enumerate(hazard.band(begin)):
            assert risks[:, place, group] == pytest.approx(booster.probability(inputs))


def test_features_of_a_like_fleet_have_not_shifted_and_those_of_another_have(model: Predictor, other: Sample) -> None:
    now = other.instants.at == START + 80 * DAY
    assert shifted(model.usual, other.values[now]).mean() < 0.2
    hotter = np.where(np.isnan(other.values[now]), np.nan, other.values[now] * 3 + 20)
    assert shifted(model.usual, hotter).mean() > 0.7
    blind = np.full_like(hotter, np.nan)
    assert shifted(model.usual, blind).mean() > 0.5


def test_a_lean_model_says_the_same_of_fewer_columns(model: Predictor, other: Sample, found: Forecast) -> None:
    lean = model.lean()
    assert len(lean.asks) < len(model.asks)
    chosen = other.values[:, [model.asks.index(name) for name in lean.asks]]
    np.testing.assert_array_equal(forecast(lean, chosen).risk, found.risk)
    np.testing.assert_array_equal(shifted(lean.usual, chosen), shifted(model.usual, other.values))
    assert lean.lean().asks == lean.asks
