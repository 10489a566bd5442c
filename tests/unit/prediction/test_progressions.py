"""Which past failures began as a machine's last days look: by shape, whatever the scale, and with nothing of the future."""

import numpy as np
import pytest

from ai_gateway.prediction.core.progressions import (
    BEFORE_H,
    LEAST_SIZE,
    LIKE,
    QUIET_S,
    Compared,
    compare,
    failures,
    quiet,
)
from ai_gateway.prediction.core.shapes import MOST, UNUSUAL, WINDOW, Shapes, shapes
from ai_gateway.prediction.core.types import DAY, HOUR, Events, Floats, History, Instants, Kind, Readings, Role
from tests.unit.prediction.histories import START, truncated
from tests.unit.prediction.test_no_leaks import random_history

KINDS = (Kind("flapping", Role.ERROR, "flapping"), Kind("breakdown", Role.FAILURE, "breakdown"))
DAYS = 120
NONE = np.array([np.nan])


def fleet(courses: dict[int, Floats], events: list[tuple[int, float, int]], machines: int = 20) -> History:
    """``machines`` of one metric around 50 with noise of 1, some of which took a course of their own, ``(DAYS,)`` on top.

    ``events``: machine, day, kind.
    """
    rng = np.random.default_rng(3)
    values = rng.normal(50, 1, (DAYS, machines))
    for machine, course in courses.items():
        values[:, machine] += course
    of, day, kind = np.array(events, float).reshape(-1, 3).T
    return History(
        machines=tuple(map(str, range(machines))),
        metrics=("heat",),
        kinds=KINDS,
        trait_names=(),
        readings=Readings(
            np.tile(np.arange(machines), DAYS),
            START + DAY * np.repeat(np.arange(1, DAYS + 1), machines),
            values.reshape(-1, 1),
        ),
        events=Events(of.astype(int), (START + day * DAY).astype(int), kind.astype(int)),
        traits=np.empty((machines, 0)),
        since=np.full(machines, START),
        until=np.full(machines, START + DAYS * DAY),
    )


def ramp(until: float, rate: float, length: int = 10) -> Floats:
    """A course that grows by ``rate`` a day for ``length`` days, up to a day, and is gone then."""
    days = np.arange(DAYS) - (until - length)
    return np.where((days >= 0) & (days < length), rate * np.maximum(days, 0), 0)


def now_of(history: History, machines: list[int], floors: Floats = NONE) -> Compared:
    return compare(history, np.array(machines, np.int64), int(history.until[0]), floors)


BROKE, NOW_HOT, FLAT, COOLING = 0, 1, 2, 3
WORN = {BROKE: ramp(80, 3), NOW_HOT: ramp(DAYS, 3), COOLING: -ramp(DAYS, 3)}
BREAKDOWN = (BROKE, 80.0, 1)


def test_a_machine_that_wears_as_another_did_is_told_with_how_long_that_one_had_left() -> None:
    found = now_of(fleet(WORN, [BREAKDOWN]), [NOW_HOT])
    assert found.unusual[0]
    assert found.warned[0]
    assert found.similarity[0, 0] > 0.9
    match = found.match(0, 0)
    assert match.before_h <= 48
    assert match.shares[found.present.names.index("heat")] == pytest.approx(1)
    assert match.now[0] == pytest.approx(match.then[0], abs=4)


def test_time_left_is_that_of_the_level_that_was_reached() -> None:
    half = {**WORN, NOW_HOT: ramp(DAYS + 5, 3)}
    found = now_of(fleet(half, [BREAKDOWN]), [NOW_HOT])
    assert 96 <= found.match(0, 0).before_h <= 144


def test_flat_machines_are_like_nothing() -> None:
    found = now_of(fleet(WORN, [BREAKDOWN, (5, 90.0, 1)]), [FLAT, 4])
    assert not found.unusual.any()
    assert found.similarity.max() < LIKE
    constant = fleet({}, [BREAKDOWN])
    constant = constant._replace(readings=constant.readings._replace(values=np.full((20 * DAYS, 1), 7.0)))
    assert not now_of(constant, [FLAT, BROKE]).similarity.any()


def test_what_goes_the_other_way_is_not_alike() -> None:
    found = now_of(fleet(WORN, [BREAKDOWN]), [COOLING])
    assert found.unusual[0]
    assert found.similarity[0, 0] == 0


def test_scale_and_level_of_a_machine_do_not_matter() -> None:
    history = fleet(WORN, [BREAKDOWN])
    values = history.readings.values.copy()
    of = history.readings.machine == NOW_HOT
    values[of] = 1000 + 40 * values[of]
    scaled = history._replace(readings=history.readings._replace(values=values))
    assert now_of(scaled, [NOW_HOT]).similarity[0, 0] == pytest.approx(
        now_of(history, [NOW_HOT]).similarity[0, 0], abs=0.02
    )


def test_gaps_lower_a_likeness_and_do_not_make_one() -> None:
    history = fleet(WORN, [BREAKDOWN])
    whole = now_of(history, [NOW_HOT]).similarity[0, 0]
    values = history.readings.values.copy()
    late = (history.readings.machine == NOW_HOT) & (history.readings.at > START + (DAYS - 3) * DAY)
    values[late] = np.nan
    gappy = now_of(history._replace(readings=history.readings._replace(values=values)), [NOW_HOT])
    assert 0 < gappy.similarity[0, 0] < whole
    values[history.readings.machine == NOW_HOT] = np.nan
    silent = now_of(history._replace(readings=history.readings._replace(values=values)), [NOW_HOT])
    assert not silent.unusual[0]
    assert np.isnan(silent.present.stood[0, 0])
    assert not np.isnan(silent.present.values).any()


def test_what_matters_of_a_metric_is_its_least_scale() -> None:
    floors = np.array([100 / UNUSUAL])
    assert not now_of(fleet(WORN, [BREAKDOWN]), [NOW_HOT], floors).unusual[0]


def test_events_that_come_thick_are_alike_too() -> None:
    flaps = [(BROKE, 79 - one / 3, 0) for one in range(8)] + [(4, DAYS - 1 - one / 3, 0) for one in range(8)]
    found = now_of(fleet({}, [*flaps, BREAKDOWN]), [4, 5])
    assert found.similarity[0, 0] > 0.8
    assert found.warned.tolist() == [True, False]
    match = found.match(0, 0)
    assert match.shares[found.present.names.index("flapping")] == pytest.approx(1)
    assert match.now[found.present.names.index("flapping")] == 8


def test_what_is_as_common_without_a_failure_warns_of_none() -> None:
    rng = np.random.default_rng(5)
    grows = {machine: (np.arange(DAYS) + rng.uniform(0, 30)) % rng.uniform(20, 40) for machine in range(60)}
    chance = [(machine, rng.uniform(40, DAYS - WINDOW), 1) for machine in range(30)]
    found = now_of(fleet(grows, chance, 60), list(range(30, 60)))
    assert (found.similarity.max(axis=1) > LIKE).mean() > 0.3
    assert found.warned.mean() < 0.1


def test_a_machine_is_not_compared_with_its_own_last_days_but_with_its_earlier_ones() -> None:
    just = (NOW_HOT, DAYS - 1.0, 1)
    assert now_of(fleet(WORN, [just]), [NOW_HOT]).similarity[0, 0] == 0
    again = {NOW_HOT: ramp(70, 3) + ramp(DAYS, 3)}
    assert now_of(fleet(again, [(NOW_HOT, 70.0, 1)]), [NOW_HOT]).similarity[0, 0] > 0.9


def test_failures_of_one_run_are_one_and_the_newest_count() -> None:
    history = fleet({}, [(0, 50.0, 1), (0, 50.5, 1), (0, 53.0, 1), (1, 60.0, 1), (2, 119.9, 1)])
    found = failures(history, START + 110 * DAY)
    assert ((found.at - START) / DAY).tolist() == [50, 53, 60]
    assert ((failures(history, START + 110 * DAY, 2).at - START) / DAY).tolist() == [53, 60]
    assert not len(failures(fleet({}, []), START).at)


def test_quiet_moments_lie_a_week_from_every_failure_and_from_now() -> None:
    history = fleet({}, [(machine, 60.0, 1) for machine in range(10)])
    calm = quiet(history, int(history.until[0]), 200)
    assert len(calm.at) == 200
    failed = calm.machine < 10
    assert (np.abs(calm.at[failed] - START - 60 * DAY) >= QUIET_S).all()
    assert calm.at.max() <= history.until[0] - QUIET_S
    np.testing.assert_array_equal(calm.at, quiet(history, int(history.until[0]), 200).at)


def test_a_fleet_without_readings_failures_or_machines_has_none_like_it() -> None:
    for history in (fleet({}, []), fleet({}, [BREAKDOWN])):
        bare = history._replace(
            readings=Readings(np.empty(0, int), np.empty(0, int), np.empty((0, 1))), since=history.until
        )
        assert not now_of(bare, [0, 1]).similarity.any()
    nobody = now_of(fleet({}, [BREAKDOWN]), [])
    assert nobody.similarity.shape == (0, 1)


@pytest.mark.parametrize("seed", range(25))
def test_a_truncated_database_gives_the_same_shapes_and_matches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    history = random_history(rng)
    moment = START + int(rng.integers(10, 50 * 24)) * HOUR
    past, floors = truncated(history, moment), np.full(2, np.nan)
    instants = Instants(np.arange(6), np.r_[moment, moment - rng.integers(0, 9 * DAY, 5)])
    for full, cut in zip(shapes(history, instants, floors), shapes(past, instants, floors), strict=True):
        np.testing.assert_array_equal(full, cut)
    whole, known = (compare(one, np.arange(6), moment, floors) for one in (history, past))
    np.testing.assert_array_equal(whole.similarity, known.similarity)
    np.testing.assert_array_equal(whole.warned, known.warned)
    assert (whole.failures.at <= moment).all()


def test_shapes_stay_in_bounds() -> None:
    history = random_history(np.random.default_rng(4))
    found: Shapes = shapes(history, Instants(np.arange(6), np.full(6, START + 45 * DAY)), np.full(2, np.nan))
    assert found.values.shape[1] == len(found.subject)
    assert np.abs(found.values).max() <= MOST
    assert found.size.max() > LEAST_SIZE
    assert max(BEFORE_H) == WINDOW * 24


def test_a_part_of_the_machines_at_a_time_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    history = random_history(np.random.default_rng(6))
    instants = Instants(np.array([5, 0, 3, 0]), START + DAY * np.array([45, 40, 49, 44]))
    whole = shapes(history, instants, np.full(2, np.nan))
    monkeypatch.setattr("ai_gateway.prediction.core.shapes.MACHINES", 2)
    for one, other in zip(whole, shapes(history, instants, np.full(2, np.nan)), strict=True):
        np.testing.assert_array_equal(one, other)
