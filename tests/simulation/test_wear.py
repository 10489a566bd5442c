"""The simulated wear is what it says it is, and its score counts as it says."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from ai_gateway.health.types import Anomaly
from ai_gateway.prediction.core.types import DAY, HOUR
from bench.wearing import LEARNT, known, scored
from dev.simulation.wear import BEGIN, METRICS, PREDICTABLE, WEARS, Failure, WornFleet, wear_out


@pytest.fixture(scope="module")
def fleet() -> WornFleet:
    return wear_out(40, 200, 3)


def test_the_same_arguments_give_the_same_fleet(fleet: WornFleet) -> None:
    again = wear_out(40, 200, 3)
    np.testing.assert_array_equal(again.means, fleet.means)
    assert again.signs == fleet.signs
    assert wear_out(40, 200, 4).signs != fleet.signs


def test_wear_crosses_its_limit_when_its_failure_comes_and_not_where_it_is_averted(fleet: WornFleet) -> None:
    assert {failure.kind for failure in fleet.failures} == {*PREDICTABLE, "sudden"}
    for wear in WEARS:
        at_failure = [_level(fleet, one) for one in fleet.failures if one.kind == wear.kind]
        averted = [_level(fleet, one) for one in fleet.averted if one.kind == wear.kind]
        assert np.median(at_failure) == pytest.approx(wear.limit, abs=5)
        assert np.median(averted) < wear.limit - 2
    signs = {(sign.device, sign.at) for sign in fleet.signs if sign.severity == "critical"}
    assert signs == {(failure.device, failure.at) for failure in fleet.failures}


def _level(fleet: WornFleet, failure: Failure) -> float:
    day = min((failure.at - 1 - BEGIN) // DAY, fleet.days - 1)
    return float(fleet.means[day, failure.device, METRICS.index(failure.metric or "")])


def test_what_is_known_at_a_moment_ends_there(fleet: WornFleet) -> None:
    now = BEGIN + 50 * DAY + 5 * HOUR
    history = known(fleet, now).history
    assert int(history.events.at.max()) <= now
    assert int(history.readings.at.max()) <= now
    ended = fleet.columns(now)["ended"]
    assert all(end is None or end <= now for end in ended)
    assert None in ended or len(ended) == sum(sign.at <= now for sign in fleet.signs)


def announced(failure: Failure, ahead_h: float, metric: str | None = None, ended_h: float | None = 0.0) -> Anomaly:
    """An announcement so long before a failure, that ended at it, or before, or has not."""
    at = datetime.fromtimestamp(failure.at, UTC)
    blank = Anomaly(
        device=failure.device,
        site=1,
        kind="risk",
        metric=metric,
        started_at=at - timedelta(hours=ahead_h),
        last_at=at,
        ended_at=None if ended_h is None else at - timedelta(hours=ended_h),
        severity="warning",
        score=1.0,
        value=None,
        expected=None,
        lower=None,
        upper=None,
        explained=(),
    )
    return replace(blank, metric=metric)


def test_an_announcement_counts_a_day_ahead_and_if_it_was_on_when_the_failure_came() -> None:
    failure = Failure(0, "disk", "disk_percent", BEGIN + (LEARNT + 20) * DAY)
    fleet = WornFleet(1, 300, np.empty((300, 1, 4)), [], [failure], [])

    def caught(*found: Anomaly) -> tuple[int, int]:
        tally = scored(fleet, found)
        return tally.caught.get("disk", 0), tally.false

    assert caught(announced(failure, 30)) == (1, 0)
    assert caught(announced(failure, 30, "disk_percent", None)) == (1, 0)
    assert caught(announced(failure, 30, "memory_percent")) == (0, 1)  # another limit
    assert caught(announced(failure, 20)) == (0, 0)  # too late, but no false alarm
    assert caught(announced(failure, 60, ended_h=10)) == (0, 1)  # taken back before it came
    assert caught() == (0, 0)
    averted = WornFleet(1, 300, np.empty((300, 1, 4)), [], [], [failure])
    tally = scored(averted, [announced(failure, 30, ended_h=-5)])
    assert (tally.false, tally.averted) == (0, 1)
