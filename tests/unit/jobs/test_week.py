"""A site's days ahead by its own clock."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ai_gateway.health.schedule import Schedule, Week
from ai_gateway.health.types import SiteHour
from ai_gateway.homepot.telemetry import OpeningDay
from ai_gateway.jobs.week import Hour, kind_at, stretches, usual_hours

HOUR_S = 3600.0
LONDON, UTC_ZONE = ZoneInfo("Europe/London"), ZoneInfo("UTC")
UNKNOWN = [Hour(None, None)] * 24
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def opening(day: int, opens: float, closes: float, *, closed: bool = False, window: bool = False) -> OpeningDay:
    peak = (None, None) if closed or window else (12 * HOUR_S, 14 * HOUR_S)
    return OpeningDay(7, day, opens * HOUR_S, closes * HOUR_S, closed, window, *peak)


def week(*more: OpeningDay) -> Week:
    found = Schedule(
        [*(opening(day, 8, 20) for day in range(6)), opening(6, 2, 5, closed=True, window=True), *more]
    ).week(7)
    assert found is not None
    return found


def test_a_weekday_is_closed_quiet_peak_quiet_and_closed() -> None:
    found = stretches(week(), UNKNOWN, UTC_ZONE, MONDAY, 1)
    assert [(one.kind, one.start.hour, one.end.hour) for one in found] == [
        ("closed", 0, 8),
        ("quiet", 8, 12),
        ("peak", 12, 14),
        ("quiet", 14, 20),
        ("closed", 20, 0),
    ]


def test_a_window_stands_between_closed_hours() -> None:
    found = stretches(week(), UNKNOWN, UTC_ZONE, MONDAY + timedelta(days=6), 1)
    assert [(one.kind, one.start.hour, one.end.hour) for one in found] == [
        ("closed", 0, 2),
        ("maintenance", 2, 5),
        ("closed", 5, 0),
    ]


def test_what_is_over_is_left_out_and_the_end_is_kept() -> None:
    since = MONDAY + timedelta(hours=13, minutes=20)
    found = stretches(week(), UNKNOWN, UTC_ZONE, since, 2)
    assert found[0] == (since, MONDAY + timedelta(hours=14), "peak")
    assert found[-1].end == since + timedelta(days=2)
    assert all(one.end <= following.start for one, following in pairwise(found))
    assert sum((one.end - one.start for one in found), timedelta()) == timedelta(days=2)


@pytest.mark.parametrize(("day", "night"), [(date(2026, 3, 29), 1), (date(2026, 10, 25), 3), (date(2026, 7, 5), 2)])
def test_opening_times_stay_where_the_clock_is_changed(day: date, night: int) -> None:
    """``night``: how long the hours from midnight to two are on that Sunday in London."""
    found = stretches(week(), UNKNOWN, LONDON, datetime.combine(day, time(), LONDON).astimezone(UTC), 1)
    assert (found[0].kind, found[0].end - found[0].start) == ("closed", timedelta(hours=night))
    window = found[1]
    assert (window.kind, window.start.astimezone(LONDON).hour, window.end.astimezone(LONDON).hour) == (
        "maintenance",
        2,
        5,
    )
    assert all(one.end == following.start for one, following in pairwise(found))


def test_a_moment_is_of_a_kind_in_the_sites_own_time() -> None:
    summer = datetime(2026, 7, 6, 11, 30, tzinfo=UTC)  # 12:30 in London
    assert kind_at(week(), UNKNOWN, LONDON, summer) == "peak"
    assert kind_at(week(), UNKNOWN, UTC_ZONE, summer) == "quiet"


def test_without_a_schedule_transactions_tell_what_is_busy() -> None:
    hours = [Hour(1.0, 0.9 if 9 <= hour < 17 else 0.1) for hour in range(24)]
    kinds = [one.kind for one in stretches(None, hours, UTC_ZONE, MONDAY, 1)]
    assert kinds == ["quiet", "peak", "quiet"]
    assert {one.kind for one in stretches(None, UNKNOWN, UTC_ZONE, MONDAY, 1)} == {"unknown"}


def test_an_hour_in_which_nobody_was_heard_counts() -> None:
    rows = [
        SiteHour(MONDAY + timedelta(hours=24 * day + hour), 4, 10.0 * hour) for day in range(4) for hour in range(8, 20)
    ]
    hours = usual_hours(rows, 5, UTC_ZONE)
    assert (hours[9].reach, hours[2].reach) == (0.8, 0.0)
    assert hours[19].busy == 1.0
    assert hours[8].busy == pytest.approx(8 / 19)


def test_nothing_is_known_without_rows_or_transactions() -> None:
    assert usual_hours([], 5, UTC_ZONE) == UNKNOWN
    assert usual_hours([SiteHour(MONDAY, 3, 0.0)], 3, UTC_ZONE)[0] == Hour(1.0, None)
