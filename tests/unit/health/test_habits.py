"""When devices are usually heard."""

import numpy as np
import pytest

from ai_gateway.health.habits import QUIET_DAYS, SLOTS, Habits

DAY_S = 86_400.0
FIRST = 20_000
ONE = np.array([5])


def heard(habits: Habits, day: int, *hours: float) -> None:
    at = np.array([(FIRST + day) * DAY_S + hour * 3600 for hour in hours])
    habits.note(np.repeat(ONE, len(at)), at)


def usual(habits: Habits, day: int, hour: float = 12) -> tuple[list[float], bool]:
    """The usual hours of the day, and whether they are known, as of a moment."""
    found, known = habits.usual(ONE, (FIRST + day) * DAY_S + hour * 3600)
    return (np.flatnonzero(found[0]) / 2).tolist(), bool(known[0])


def test_nothing_is_unusual_before_there_are_days_to_tell_from() -> None:
    habits = Habits()
    every = [hour / 2 for hour in range(SLOTS)]
    assert usual(habits, 0) == (every, False)
    for day in range(QUIET_DAYS):
        heard(habits, day, 9, 9.5, 10)
        assert usual(habits, day) == (every, False)
    assert usual(habits, QUIET_DAYS) == ([9, 9.5, 10], True)


def test_one_day_without_a_word_is_no_habit_and_two_are() -> None:
    habits = Habits()
    for day in range(7):
        heard(habits, day, 9, 10 if day != 3 else 9, 11 if day not in {3, 5} else 9)
    assert usual(habits, 7) == ([9, 10], True)


def test_a_day_without_any_word_tells_nothing() -> None:
    habits = Habits()
    for day in (0, 1, 2, 5):
        heard(habits, day, 9)
    assert usual(habits, 6) == ([9], True)


def test_habits_change_within_a_week_and_are_forgotten_after_it() -> None:
    habits = Habits()
    for day in range(7):
        heard(habits, day, 9)
    for day in range(7, 13):
        heard(habits, day, 15)
    assert usual(habits, 13) == ([15], True)
    assert usual(habits, 30)[1] is False


def test_today_does_not_count_yet() -> None:
    habits = Habits()
    for day in range(3):
        heard(habits, day, 9, 10)
    heard(habits, 3, 9)
    assert usual(habits, 3, 23) == ([9, 10], True)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_in_which_rows_come_does_not_matter(seed: int) -> None:
    chance = np.random.default_rng(seed)
    at = (FIRST + chance.integers(0, 12, 300)) * DAY_S + chance.uniform(0, DAY_S, 300)
    devices = chance.integers(1, 4, 300)
    one, other = Habits(), Habits()
    one.note(devices, at)
    for place in chance.permutation(300).tolist():
        other.note(devices[[place]], at[[place]])
    ids = np.array([1, 2, 3])
    found, expected = one.tracks.take(ids), other.tracks.take(ids)
    assert all(np.array_equal(found[name], expected[name]) for name in found)
