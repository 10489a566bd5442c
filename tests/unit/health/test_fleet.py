"""Who is in service, and when sites are open."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from ai_gateway.health.fleet import Fleet
from ai_gateway.health.schedule import WEEK_S, ahead_of_utc, zone_of
from ai_gateway.homepot.telemetry import Devices, OpeningDay
from tests.unit.health.pages import NOW, fleet

HOUR = 3600.0
WEDNESDAY, SUNDAY = 2, 6
MIDNIGHT = NOW - 14 * HOUR
NO_TIMES = (None, None)


def day(
    weekday: int, opens: float | None, closes: float | None, *, closed: bool = False, window: bool = False
) -> OpeningDay:
    to_s = [None if hours is None else hours * HOUR for hours in (opens, closes)]
    return OpeningDay(0, weekday, to_s[0], to_s[1], closed, window)


def open_hours(days: list[OpeningDay], since: float, until: float) -> float:
    """Open hours of site 0 between two hours of the Wednesday."""
    one = fleet(1, days=days)
    found = one.open_s(np.array([0]), np.array([MIDNIGHT + since * HOUR]), MIDNIGHT + until * HOUR)
    return float(found[0] / HOUR)


def in_window(days: list[OpeningDay], hour: float) -> bool:
    return bool(fleet(1, days=days).in_maintenance(np.array([0]), np.array([MIDNIGHT + hour * HOUR]))[0])


def test_devices_are_found_by_id_and_others_are_not() -> None:
    one = fleet(7, 3, 205)
    assert one.devices.tolist() == [3, 7, 205]
    assert one.sites.tolist() == [0, 0, 2]
    assert one.index(np.array([205, 4, 3, 9999])).tolist() == [2, -1, 0, -1]
    assert fleet().index(np.array([1])).tolist() == [-1]


def test_types_are_bounded_and_the_rest_share_one() -> None:
    n = 80
    kinds = ["common"] * 40 + [f"rare{number}" for number in range(40)]
    one = Fleet(Devices(list(range(n)), [1] * n, kinds, [None] * n, [None] * n, [True] * n))
    assert len(one.type_names) == 32
    assert one.type_names[one.types[0]] == "common"
    assert {one.type_names[kind] for kind in one.types[40:]} >= {"*"}


@pytest.mark.parametrize(
    ("days", "since", "until", "hours"),
    [
        ([], 0, 24, 24),
        ([day(WEDNESDAY, 8, 20)], 0, 24, 12),
        ([day(WEDNESDAY, 8, 20)], 10, 12.5, 2.5),
        ([day(WEDNESDAY, 8, 20)], 20, 24, 0),
        ([day(WEDNESDAY, 8, 20)], 19, 31, 8),  # Thursday has no row: open
        ([day(WEDNESDAY, 8, 20, closed=True)], 0, 24, 0),
        ([day(WEDNESDAY, *NO_TIMES)], 0, 24, 24),
        ([day(WEDNESDAY, 18, 2), day(WEDNESDAY + 1, 8, 20)], 0, 48, 20),  # past midnight
        ([day(SUNDAY, 18, 4), day(0, 8, 20)], 0, 7 * 24, 5 * 24 + 8 - 2 + 2 + 2 + 12),  # past the week's end
        ([day(WEDNESDAY, 8, 20), day(WEDNESDAY, 10, 12, window=True)], 0, 24, 10),
    ],
)
def test_open_hours(days: list[OpeningDay], since: float, until: float, hours: float) -> None:
    assert open_hours(days, since, until) == pytest.approx(hours)


def test_open_hours_over_weeks() -> None:
    week = [day(weekday, 8, 20) for weekday in range(7)]
    assert open_hours(week, 0, 10 * 7 * 24) == pytest.approx(10 * 7 * 12)


@pytest.mark.parametrize(
    ("days", "hour", "expected"),
    [
        ([], 12, False),
        ([day(WEDNESDAY, 2, 5, closed=True, window=True)], 3, True),
        ([day(WEDNESDAY, 2, 5, closed=True, window=True)], 6, False),
        ([day(WEDNESDAY, 2, 5, closed=True, window=True)], 3 + 7 * 24, True),
        ([day(WEDNESDAY, 8, 22, window=True)], 12, False),  # opening hours; the window stands in words
        ([day(WEDNESDAY, 8, 22), day(WEDNESDAY, 2, 4, window=True)], 3, True),
        ([day(WEDNESDAY, 8, 22), day(WEDNESDAY, 2, 4, window=True)], 12, False),
        ([day(WEDNESDAY + 1, 2, 5, closed=True, window=True)], 3, False),
    ],
)
def test_maintenance_windows(days: list[OpeningDay], hour: float, *, expected: bool) -> None:
    assert in_window(days, hour) is expected


def test_other_sites_keep_their_own_hours() -> None:
    one = fleet(1, 201, days=[day(WEDNESDAY, 8, 20, closed=True)])
    since = np.array([MIDNIGHT, MIDNIGHT])
    assert one.open_s(np.array([0, 1]), since, MIDNIGHT + 24 * HOUR).tolist() == [0, 24 * HOUR]


def test_time_only_grows() -> None:
    one = fleet(1, days=[day(weekday, 8.05, 19.93) for weekday in range(6)])
    at = np.sort(np.random.default_rng(1).uniform(NOW, NOW + 3 * WEEK_S, 200))
    grown = np.array([one.open_s(np.array([0]), np.array([NOW]), moment)[0] for moment in at])
    assert (np.diff(grown) >= 0).all()
    assert (np.diff(grown) <= np.diff(at) + 1e-6).all()


def test_only_half_hours_that_are_usual_count() -> None:
    one = fleet(1, 2, days=[day(weekday, 8, 20) for weekday in range(7)])
    usual = np.zeros((2, 48), bool)
    usual[0, 36:44] = True  # 18:00 to 22:00
    found = one.open_s(np.array([0, 1]), np.array([MIDNIGHT, MIDNIGHT]), MIDNIGHT + 48 * HOUR, usual)
    assert found.tolist() == [4 * HOUR, 0]
    assert one.has_hours(np.array([0, 1])).all()
    assert not fleet(1).has_hours(np.array([0])).any()


def test_a_sites_zone_is_its_own_or_that_of_all_or_utc() -> None:
    zones = {"SITE-1": "Asia/Tokyo", "*": "Europe/London"}
    assert [zone_of(site, zones).key for site in ("SITE-1", "SITE-2")] == ["Asia/Tokyo", "Europe/London"]
    assert zone_of("SITE-1", {}).key == "UTC"


@pytest.mark.parametrize(
    ("zone", "opens", "closes"),
    [("UTC", 8, 20), ("Asia/Tokyo", -1, 11), ("America/New_York", 13, 25), ("Asia/Kolkata", 2.5, 14.5)],
)
def test_opening_hours_and_windows_are_by_the_sites_own_clock(zone: str, opens: float, closes: float) -> None:
    """From 8 to 20 by the site's clock, where the week begins and ends elsewhere."""
    days = [
        msgspec.structs.replace(one, site_id="SITE-1")
        for weekday in range(7)
        for one in (day(weekday, 8, 20), day(weekday, 3, 4, window=True))
    ]
    ahead_s = ahead_of_utc(days, {"SITE-1": zone, "*": "Pacific/Auckland"}, datetime(2026, 11, 25, tzinfo=UTC))
    whole = Fleet(Devices([1], [0], ["pos"], [None], [None], [True]), days, ahead_s)

    def open_hours_between(since: float, until: float) -> float:
        at = np.array([MIDNIGHT + since * HOUR])
        return float(whole.open_s(np.array([0]), at, MIDNIGHT + until * HOUR)[0] / HOUR)

    assert open_hours_between(opens, closes) == pytest.approx(12)
    assert open_hours_between(closes, opens + 24) == pytest.approx(0)
    window = MIDNIGHT + (opens - 8 + 3) * HOUR
    assert whole.in_maintenance(np.array([0, 0]), np.array([window + 60, window + HOUR + 60])).tolist() == [True, False]


def test_a_clock_is_as_far_ahead_as_it_is_today() -> None:
    days = [msgspec.structs.replace(day(0, 8, 20), site_id="SITE-1")]
    zones = {"*": "Europe/London"}
    assert ahead_of_utc(days, zones, datetime(2026, 7, 1, tzinfo=UTC)) == {0: 3600}
    assert ahead_of_utc(days, zones, datetime(2026, 12, 1, tzinfo=UTC)) == {}
