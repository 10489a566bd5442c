"""The order of windows and the words for them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from ai_gateway.homepot.scoped.planning import JobEnds
from ai_gateway.jobs.success import Beta, Cases
from ai_gateway.jobs.week import Hour, Kind, Stretch
from ai_gateway.jobs.windows import Record, Window, by_block, in_trouble, ranked, reason

ZONE = ZoneInfo("UTC")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NO_JOBS = Record(None, [Cases(0, 0)] * 6)
AWAKE = [Hour(1.0, None)] * 24


def stretch(kind: Kind, begin: float, end: float) -> Stretch:
    return Stretch(MONDAY + timedelta(hours=begin), MONDAY + timedelta(hours=end), kind)


def order(found: list[Stretch], hours: list[Hour] = AWAKE, record: Record = NO_JOBS) -> list[Window]:
    return ranked(found, hours, record, ZONE)


def test_what_disturbs_least_comes_first() -> None:
    found = [
        stretch("peak", 12, 14),
        stretch("quiet", 8, 12),
        stretch("closed", 20, 24),
        stretch("maintenance", 26, 29),
    ]
    assert [one.kind for one in order(found)] == ["maintenance", "closed", "quiet", "peak"]


def test_hours_in_which_devices_are_off_come_last() -> None:
    hours = [Hour(0.95 if 8 <= hour < 20 else 0.1, None) for hour in range(24)]
    windows = order([stretch("closed", 0, 8), stretch("quiet", 8, 12), stretch("peak", 12, 14)], hours)
    assert [(one.kind, one.asleep) for one in windows] == [("quiet", False), ("peak", False), ("closed", True)]
    assert "so the others would miss the job" in reason(windows[-1])


def test_of_one_kind_the_likelier_then_the_earlier_comes_first() -> None:
    blocks = [Cases(0, 0)] * 6
    blocks[0], blocks[5] = Cases(40, 20), Cases(40, 39)
    windows = order([stretch("closed", 0, 3), stretch("closed", 20, 23)], record=Record(Beta(80, 20), blocks))
    assert [one.start.hour for one in windows] == [20, 0]
    assert windows[0].chance is not None
    assert windows[0].chance.probability > 0.8
    even = order([stretch("closed", 20, 23), stretch("closed", 0, 3)])
    assert [one.start.hour for one in even] == [0, 20]


def test_a_job_begins_where_most_devices_answer_and_least_is_sold() -> None:
    hours = [Hour(0.5 if hour < 10 else 0.96, 0.9 if hour == 10 else 0.2) for hour in range(24)]
    (window,) = order([stretch("quiet", 8, 14)], hours)
    assert window.best == MONDAY + timedelta(hours=11)


def test_a_stretch_of_less_than_an_hour_is_no_window() -> None:
    assert order([stretch("closed", 7.5, 8)]) == []


def test_reasons_tell_what_is_known_and_no_more() -> None:
    (bare,) = order([stretch("closed", 0, 8)], [Hour(None, None)] * 24)
    assert reason(bare) == "The site is closed; no job of the site began at such hours yet."
    (told,) = order([stretch("quiet", 8, 12)], [Hour(0.9, 0.25)] * 24, Record(Beta(8, 2), [Cases(3, 2)] * 6))
    assert reason(told, "Market day") == (
        "The site is open, outside of its peak hours; 90 % of its devices usually report then; transactions are at 25 % of"
        ' the busiest hour\'s; 2 of 3 jobs at such hours succeeded; the schedule notes "Market day".'
    )


def test_jobs_fall_into_blocks_of_the_sites_day() -> None:
    at = [int((MONDAY + timedelta(hours=hour)).timestamp()) for hour in (1, 3, 23)]
    ends = JobEnds([1, 1, 0], ["a", "a", ""], at, [True, False, True])
    assert by_block(ends, ZONE)[0] == Cases(2, 1)
    assert by_block(ends, ZoneInfo("Asia/Tokyo"))[2:4] == [Cases(2, 2), Cases(1, 0)]  # at 10:00, 08:00 and 12:00 there
    assert sum(one.jobs for one in by_block(ends, ZONE)) == 3


def test_a_job_was_in_trouble_if_its_own_device_was_at_that_time() -> None:
    ends = JobEnds([2, 1, 2, 0], ["a"] * 4, [100, 100, 300, 100], [True] * 4)
    assert in_trouble(ends, [2, 9], [50, 0], [150, 999]).tolist() == [True, False, False, False]
    assert in_trouble(JobEnds([], [], [], []), [2], [0], [9]).tolist() == np.array([]).tolist()
