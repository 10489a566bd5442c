"""Features of a moment know nothing of what came after it."""

import numpy as np
import pytest

from ai_gateway.prediction.core.features import features
from ai_gateway.prediction.core.outcomes import outcomes
from ai_gateway.prediction.core.types import DAY, HOUR, Events, History, Instants, Readings
from tests.unit.prediction.histories import KINDS, START, truncated


def random_history(rng: np.random.Generator) -> History:
    """Rows in any order, at odd times, some at the same moment, some values missing."""
    machines, rows, events = 6, int(rng.integers(0, 800)), int(rng.integers(0, 200))
    values = rng.lognormal(0, 2, (rows, 2))
    values[rng.random((rows, 2)) < 0.1] = np.nan
    return History(
        machines=tuple("abcdef"),
        metrics=("x", "y"),
        kinds=KINDS,
        trait_names=(),
        readings=Readings(
            rng.integers(0, machines, rows), START + rng.integers(0, 50 * 24, rows) * HOUR + rng.integers(0, 2), values
        ),
        events=Events(
            rng.integers(0, machines, events),
            START + rng.integers(0, 50 * 24, events) * HOUR,
            rng.integers(0, len(KINDS), events),
        ),
        traits=np.empty((machines, 0)),
        since=START + rng.integers(0, 3, machines) * 10 * DAY,
        until=np.full(machines, START + 50 * DAY),
        groups=rng.integers(-1, 2, machines),
    )


@pytest.mark.parametrize("seed", range(25))
def test_a_truncated_database_gives_the_same_features(seed: int) -> None:
    rng = np.random.default_rng(seed)
    history = random_history(rng)
    moment = START + int(rng.integers(0, 50 * 24)) * HOUR
    at = moment - rng.integers(0, 10 * DAY, 6)
    at[0] = moment
    instants = Instants(np.arange(6), at)
    rhythm = (None, 7 * 24.0)[seed % 2]
    full = features(history, instants, rhythm)
    past = features(truncated(history, moment), instants, rhythm)
    assert full.names == past.names
    np.testing.assert_array_equal(full.values, past.values)


def test_other_instants_and_machines_change_nothing() -> None:
    rng = np.random.default_rng(1)
    history = random_history(rng)
    instants = Instants(np.tile(np.arange(6), 5), START + rng.integers(0, 50 * DAY, 30))
    every = features(history, instants).values
    one = features(history, Instants(instants.machine[7:8], instants.at[7:8])).values
    np.testing.assert_array_equal(every[7:8], one)


def test_a_failure_at_the_instant_itself_is_past_and_one_after_the_watch_is_unknown() -> None:
    history = random_history(np.random.default_rng(2))._replace(
        events=Events(np.array([0, 0]), np.array([START + DAY, START + 60 * DAY]), np.array([2, 2]))
    )
    found = outcomes(history, Instants(np.array([0, 0, 1]), np.array([START + DAY, START, START])))
    assert found.first.tolist() == [np.inf, DAY, np.inf]
    assert found.within(DAY).tolist() == [False, True, False]
    assert found.known(50 * DAY).tolist() == [False, True, True]
