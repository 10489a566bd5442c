from datetime import UTC, datetime

import pytest

from ai_gateway.answers.understand.period import read_against, read_time_range

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
"""A Friday."""


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("alerts since monday noon", "16 12:00", "20 10:30"),
        ("errors since tuesday at 2 pm", "17 14:00", "20 10:30"),
        ("since yesterday evening", "19 18:00", "20 10:30"),
        ("in yesterday afternoon", "19 12:00", "19 18:00"),
        ("on friday morning", "13 06:00", "13 12:00"),
        ("on 2026-11-19 at 14:00", "19 13:50", "19 14:10"),
        ("since noon", "19 12:00", "20 10:30"),
        ("since midnight", "20 00:00", "20 10:30"),
        ("from monday to wednesday", "16 00:00", "19 00:00"),
        ("between 2026-11-17 and 2026-11-19", "17 00:00", "20 00:00"),
        ("the day before yesterday", "18 00:00", "19 00:00"),
        ("errors today and the day before?", "19 00:00", "20 00:00"),
        ("errors yesterday and the day before?", "18 00:00", "19 00:00"),
        ("in the last 3 shifts", "19 10:30", "20 10:30"),
        ("in the night shift", "19 22:00", "20 06:00"),
        ("late shift on monday", "16 14:00", "16 22:00"),
        ("was it warm in the night", "19 20:00", "20 06:00"),
        ("in the last half hour", "20 10:00", "20 10:30"),
        ("what did it do between 9 and 10", "20 09:00", "20 10:00"),
        ("from yesterday 8:00 to today 6:00", "19 08:00", "20 06:00"),
        ("on 2026-11-18 between 9 and 12", "18 09:00", "18 12:00"),
        ("from 8 until 10", "20 08:00", "20 10:00"),
        ("alerts since 3 days", "17 10:30", "20 10:30"),
    ],
)
def test_days_and_parts_of_them(text: str, since: str, until: str) -> None:
    found = read_time_range(text, NOW)
    assert found is not None
    assert [f"{at:%d %H:%M}" for at in (found.period.since, found.period.until)] == [since, until]


@pytest.mark.parametrize("text", ["next monday", "every monday", "between 9 and 10 devices", "above 9 or 10"])
def test_what_names_no_time(text: str) -> None:
    assert read_time_range(text, NOW) is None


def test_what_is_taken_for_a_shift_is_said() -> None:
    found = read_time_range("in the last two shifts", NOW)
    assert found is not None
    assert found.words == "in the last 2 shifts (taken as 16 hours, as no shifts are on record)"


def test_two_days_that_are_compared_are_no_stretch() -> None:
    against = read_against("what is the difference between yesterday and today", NOW)
    assert against is not None
    assert [one.words for one in against] == ["yesterday (UTC)", "today (UTC)"]
