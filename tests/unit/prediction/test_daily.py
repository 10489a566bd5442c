"""A large fleet kept by days, in portions and by several threads, is known as exactly as one kept in rows."""

import numpy as np
import pytest

from ai_gateway.prediction.core import features as module
from ai_gateway.prediction.core.daily import Daily, Day
from ai_gateway.prediction.core.features import features
from ai_gateway.prediction.core.types import DAY, Events, History, Instants, Readings
from tests.unit.prediction.histories import KINDS, START

NUMBERS = np.array([3, 5, 8, 13, 21])


def days_of(rng: np.random.Generator, days: int) -> list[Day]:
    """Of each day some of the machines, and of one that is watched no more."""
    found = []
    for day in range(days):
        of = np.array(sorted(rng.choice([*NUMBERS, 4, 99], int(rng.integers(0, 7)), replace=False)), np.int64)
        values = rng.normal(50, 5, (len(of), 2)).astype(np.float32)
        values[rng.random(values.shape) < 0.1] = np.nan
        found.append(Day(START + (day + 1) * DAY, of, values))
    return found


def rows_of(days: list[Day]) -> Readings:
    rows = [
        (place, day.at, day.values[row])
        for day in days
        for row, number in enumerate(day.of)
        for place in np.flatnonzero(number == NUMBERS)
    ]
    machine, at, values = zip(*rows, strict=True)
    return Readings(np.array(machine), np.array(at), np.array(values, float))


def history_of(readings: Daily | Readings, rng: np.random.Generator) -> History:
    count = len(NUMBERS)
    return History(
        machines=tuple("abcde"),
        metrics=("x", "y"),
        kinds=KINDS,
        trait_names=(),
        readings=readings,
        events=Events(rng.integers(0, count, 60), START + rng.integers(0, 80 * DAY, 60), rng.integers(0, 3, 60)),
        traits=np.empty((count, 0)),
        since=np.full(count, START),
        until=np.full(count, START + 80 * DAY),
    )


@pytest.mark.parametrize("seed", range(8))
def test_days_portions_and_threads_change_no_feature(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    days = days_of(np.random.default_rng(seed), 80)
    rng = np.random.default_rng(100 + seed)
    instants = Instants(rng.integers(0, 5, 40), START + rng.integers(0, 80 * DAY, 40))
    rows = features(history_of(rows_of(days), np.random.default_rng(seed)), instants, 7 * 24.0)
    monkeypatch.setattr(module, "AT_ONCE", 2)
    kept = history_of(Daily(NUMBERS, 2, days), np.random.default_rng(seed))
    told = features(kept, instants, 7 * 24.0, threads=3)
    assert told.names == rows.names
    np.testing.assert_array_equal(told.values, rows.values)


def test_only_the_columns_that_are_wanted_are_made_in_the_order_that_is_wanted() -> None:
    history = history_of(Daily(NUMBERS, 2, days_of(np.random.default_rng(1), 80)), np.random.default_rng(1))
    instants = Instants(np.arange(5), np.full(5, START + 80 * DAY))
    every = features(history, instants)
    some = features(history, instants, names=("y:mean:3", "gone:since", "fault:since"))
    places = [every.names.index("y:mean:3"), every.names.index("fault:since")]
    np.testing.assert_array_equal(some.values[:, [0, 2]], every.values[:, places])
    assert np.isnan(some.values[:, 1]).all()


def test_the_rows_of_all_days_and_of_the_last_ones() -> None:
    days = days_of(np.random.default_rng(2), 10)
    kept, rows = Daily(NUMBERS, 2, days), rows_of(days)
    order = np.lexsort((rows.at, rows.machine))
    for name in ("machine", "at", "values"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(rows, name)[order])
    late = rows.since(START + 8 * DAY)
    assert sorted(kept.since(START + 8 * DAY).at) == sorted(late.at)
    assert len(Daily(NUMBERS, 2, []).values) == 0
