from datetime import UTC, datetime

import pytest

from ai_gateway.answers.gather.tally import read_unit, start_of


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("alerts per day this week", "day"),
        ("errors each hour", "hour"),
        ("how many alerts do we get a day", "day"),
        ("which day had the most alerts", "day"),
        ("weekly errors", "week"),
        ("at what time of day do errors happen", "hour"),
        ("alerts older than a day", None),
        ("alerts in the last day", None),
        ("errors within an hour", None),
        ("a day ago", None),
        ("alerts of today", None),
    ],
)
def test_what_is_counted_by(text: str, unit: str | None) -> None:
    found = read_unit(text)
    assert (found.name if found else None) == unit


@pytest.mark.parametrize(
    ("name", "start"), [("hour", (2026, 11, 20, 10)), ("day", (2026, 11, 20)), ("week", (2026, 11, 16))]
)
def test_where_an_hour_a_day_and_a_week_begin(name: str, start: tuple[int, ...]) -> None:
    unit = read_unit(f"per {name}")
    assert unit is not None
    assert start_of(datetime(2026, 11, 20, 10, 31, 7, tzinfo=UTC), unit) == datetime(*start, tzinfo=UTC)  # type: ignore[arg-type]
