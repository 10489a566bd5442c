"""Excursions are what a plain reading of their definition says, however the rows lie."""

import numpy as np
import pytest

from ai_gateway.prediction.core.types import DAY, Flags, Floats, Ints
from ai_gateway.prediction.core.usual import BASE_DAYS, EXCURSION, excursions, onsets
from ai_gateway.prediction.core.windows import ordered
from tests.unit.prediction.histories import START


def plainly(machine: Ints, at: Ints, values: Floats, taken: Flags) -> Flags:
    """Row by row. ``taken``: what counts as usual."""
    far = np.zeros(values.shape, bool)
    midnight = (at - 1) // DAY * DAY
    for row in range(len(at)):
        window = (machine == machine[row]) & (at <= midnight[row]) & (at > midnight[row] - BASE_DAYS * DAY)
        for metric in range(values.shape[1]):
            usual = values[window & taken[:, metric], metric]
            if len(usual):
                far[row, metric] = abs(values[row, metric] - usual.mean()) > EXCURSION * usual.std() > 0
    return far


@pytest.mark.parametrize("rows_a_day", [1, 3])
def test_excursions_are_far_from_the_thirty_days_before_without_earlier_ones(rows_a_day: int) -> None:
    rng = np.random.default_rng(rows_a_day)
    machines, days = 4, 100
    machine = np.repeat(np.arange(machines), days * rows_a_day)
    hours = np.tile(np.arange(days * rows_a_day), machines)
    at = START + 17 * DAY + hours * (DAY // rows_a_day)
    kept = rng.random(len(at)) < 0.8
    machine, at = machine[kept], at[kept]
    values = rng.normal(50, 5, (len(at), 2))
    values[rng.random(values.shape) < 0.05] += 60
    values[rng.random(values.shape) < 0.05] = np.nan
    known = ~np.isnan(values)
    first = plainly(machine, at, values, known)
    rows = ordered(machine, at)
    found = excursions(rows, values)
    np.testing.assert_array_equal(found, plainly(machine, at, values, known & ~first))
    assert found.sum() > 20
    assert not (found & ~onsets(rows, found))[0].any()


def test_a_value_that_never_changes_is_no_excursion_and_no_rows_are_none() -> None:
    at = START + DAY * np.arange(50)
    assert not excursions(ordered(np.zeros(50, np.int64), at), np.full((50, 1), 7.0)).any()
    nothing = np.empty(0, np.int64)
    assert excursions(ordered(nothing, nothing), np.empty((0, 2))).shape == (0, 2)


def test_an_onset_is_an_excursion_whose_row_before_was_none() -> None:
    rows = ordered(np.array([0, 0, 0, 1, 1]), START + DAY * np.array([0, 1, 2, 0, 1]))
    far = np.array([[False], [True], [True], [True], [False]])
    assert onsets(rows, far).ravel().tolist() == [False, True, False, True, False]
