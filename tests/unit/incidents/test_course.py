"""Whether a metric rose steadily, since when, and how fast."""

import random
from datetime import datetime, timedelta

import pytest

from ai_gateway.incidents.course import course_of
from tests.unit.incidents.conftest import T0


def hours(values: list[float]) -> list[tuple[datetime, float]]:
    return [(T0 + timedelta(hours=place), value) for place, value in enumerate(values)]


@pytest.mark.parametrize(("rate", "noise"), [(0.35, 0.1), (0.5, 0.3), (1.6, 0.5), (2.0, 0.7)])
def test_a_rise_after_a_flat_time(rate: float, noise: float) -> None:
    draw = random.Random(7)  # noqa: S311 - a test's dice
    values = [50 + max(0, place - 24) * rate + draw.gauss(0, noise) for place in range(48)]
    course = course_of("disk_percent", hours(values))
    assert course.per_hour == pytest.approx(rate, rel=0.15)
    assert abs((course.since - T0) / timedelta(hours=1) - 24) <= 4
    assert course.last == pytest.approx(values[-1], abs=2)
    assert course.full_in / timedelta(hours=1) == pytest.approx((100 - course.last) / course.per_hour)


@pytest.mark.parametrize(
    "values",
    [
        [50.0] * 48,  # constant
        [50 + 10 * ((place % 24) / 24) for place in range(47)] + [50.0],  # cleared every night, just now again
        [90 - place for place in range(48)],  # falling
        [50.0, 52.0, 54.0],  # too short
        [50.0] * 47 + [70.0],  # a step
        [50 + place * 0.03 for place in range(48)],  # too small
        [50 + 10 * (place % 2) for place in range(48)],  # to and fro
    ],
)
def test_no_rise(values: list[float]) -> None:
    assert course_of("memory_percent", hours(values)) is None


def test_only_what_fills_up_is_looked_at() -> None:
    rising = hours([20 + place * 1.0 for place in range(48)])
    assert course_of("disk_percent", rising) is not None
    assert course_of("cpu_percent", rising) is None


def test_a_gap_between_the_hours_does_not_steepen_the_rise() -> None:
    values = hours([40 + place * 1.0 for place in range(30)])
    course = course_of("memory_percent", values[:10] + values[20:])
    assert course.per_hour == pytest.approx(1.0, rel=0.05)


def test_what_takes_months_to_fill_has_no_date() -> None:
    assert course_of("disk_percent", hours([20 + place * 0.05 for place in range(48)])).full_in is None
