"""Which window a visit takes, and which devices it sees to."""

from datetime import UTC, datetime, timedelta

import pytest

from ai_gateway.jobs.week import Kind, Stretch
from ai_gateway.maintenance.visits import SUITS, Plan, plan, risk_at
from ai_gateway.prediction.types import HOURS, LimitAhead, Prediction

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
WEEK = NOW + timedelta(days=7)
HALF_HOUR = timedelta(minutes=30)


def risky(device: int, week: float, *limits: LimitAhead, day: float | None = None) -> Prediction:
    """A risk that grows evenly, or of which ``day`` is the part of the first day."""
    first = week / 7 if day is None else day
    risk = tuple(
        first * hours / 24 if hours <= 24 else min(first + (week - first) * (hours - 24) / 144, 1.0) for hours in HOURS
    )
    low, high = tuple(one / 2 for one in risk), tuple(min(2 * one, 1.0) for one in risk)
    return Prediction(
        device=device,
        site=1,
        as_of=NOW,
        basis="model",
        model=1,
        hours=HOURS,
        risk=risk,
        low=low,
        high=high,
        cases=200,
        failed=90,
        drivers=(),
        limits=limits,
    )


def window(day: float, hours: float, kind: Kind) -> Stretch:
    start = NOW + timedelta(days=day)
    return Stretch(start, start + timedelta(hours=hours), kind)


def planned(found: list[Prediction], *windows: Stretch) -> Plan:
    return plan(found, windows, NOW, WEEK, HALF_HOUR)


def test_a_visit_avoids_what_would_fail_between_it_and_the_horizons_end() -> None:
    (visit,) = planned([risky(1, 0.7)], window(2, 3, "maintenance")).visits
    assert visit.avoided.expected.tolist() == pytest.approx([0.7 * 5 / 7])
    assert visit.avoided.low.tolist() == pytest.approx([0.35 * 5 / 7])
    assert visit.avoided.high.tolist() == pytest.approx([1.0 - 0.4])  # its risk is sure before the end
    assert (visit.start, visit.end) == (NOW + timedelta(days=2), NOW + timedelta(days=2, minutes=30))


def test_a_better_window_is_waited_for_only_as_long_as_it_costs_less() -> None:
    soon, made_for_it = window(0.1, 3, "quiet"), window(0.5, 3, "maintenance")
    assert planned([risky(1, 0.5)], soon, made_for_it).visits[0].window == made_for_it
    late = window(3, 3, "maintenance")
    assert planned([risky(1, 0.5)], soon, late).visits[0].window == soon
    peak = window(0, 3, "peak")
    assert planned([risky(1, 0.5)], peak, soon).visits[0].window == soon
    urgent = risky(1, 0.9, day=0.89)
    assert planned([urgent], peak, window(1, 3, "quiet")).visits[0].window == peak


def test_a_visit_takes_as_many_as_there_is_time_for_and_the_riskiest_first() -> None:
    found = [risky(device, 0.2 + 0.1 * device) for device in range(5)]
    first, second = window(0.1, 1.2, "maintenance"), window(1, 8, "quiet")
    visits = planned(found, first, second).visits
    assert {visit.window.start: visit.places for visit in visits} == {second.start: [4, 3, 2, 1, 0]} or {
        visit.window.start: visit.places for visit in visits
    } == {first.start: [4, 3], second.start: [2, 1, 0]}
    assert sorted(place for visit in visits for place in visit.places) == list(range(5))
    tight = planned(found, first)
    assert (tight.visits[0].places, tight.left) == ([4, 3], [0, 1, 2])


def test_the_visit_that_avoids_most_comes_first_and_each_device_is_seen_to_once() -> None:
    found = [risky(device, 0.3) for device in range(40)]
    visits = planned(found, *(window(day / 4, 2, "quiet") for day in range(28))).visits
    places = [place for visit in visits for place in visit.places]
    assert len(places) == len(set(places)) == 40
    worth = [visit.avoided.expected.sum() for visit in visits]
    assert worth == sorted(worth, reverse=True)
    assert all(visit.end <= visit.window.end for visit in visits)


def test_without_a_window_long_enough_all_are_left() -> None:
    assert planned([risky(1, 0.5)], window(1, 0.4, "quiet")) == Plan([], [0])
    assert planned([risky(1, 0.5)]) == Plan([], [0])
    assert planned([], window(1, 2, "quiet")) == Plan([], [])
    assert planned([risky(1, 0.5)], window(6.99, 5, "quiet")).left == [0]  # most of it lies behind the horizon


def test_a_limit_ahead_counts_like_a_failure_and_an_open_interval_for_half() -> None:
    sure = LimitAhead("disk_percent", 90.0, 80.0, 2.0, 96.0, 72.0, 120.0, 14)
    perhaps = LimitAhead("disk_percent", 90.0, 80.0, 2.0, 96.0, 72.0, None, 14)
    at = risk_at([risky(1, 0.01, sure), risky(2, 0.01, perhaps), risky(3, 0.99, sure)], [72.0, 96.0, 168.0])
    assert at.expected[0].tolist() == pytest.approx([0.05, 0.5, 0.95])
    assert at.expected[1, 2] == pytest.approx(0.5)
    assert at.expected[2, 2] == pytest.approx(0.99)
    (visit,) = planned([risky(1, 0.01, sure)], window(1, 2, "quiet")).visits
    assert visit.avoided.expected.sum() == pytest.approx(0.95 - 0.05 * 24 / 72)


def test_every_kind_of_stretch_has_a_worth() -> None:
    assert set(SUITS) == {"maintenance", "closed", "quiet", "unknown", "peak"}
    assert max(SUITS.values()) == SUITS["maintenance"] == 1
