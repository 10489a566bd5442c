from datetime import UTC, datetime

import pytest

from ai_gateway.answers.understand.dates import NoDate, only_dates

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("alerts on 2026-11-19", "alerts on 2026-11-19"),
        ("alerts on 19 November", "alerts on 2026-11-19"),
        ("alerts on the 19th of nov 2025", "alerts on 2025-11-19"),
        ("alerts since November 19th", "alerts since 2026-11-19"),
        ("errors on 19.11.2026", "errors on 2026-11-19"),
        ("errors on 19/11", "errors on 2026-11-19"),
        ("errors on 11/19/2026", "errors on 2026-11-19"),
        ("errors on 25 December", "errors on 2025-12-25"),
        ("CPU above 19.5 on firmware 2.4.1", "CPU above 19.5 on firmware 2.4.1"),
        ("which sensors may fail in 3 days", "which sensors may fail in 3 days"),
        ("alerts in March", "alerts in March"),
    ],
)
def test_dates_are_written_one_way(text: str, written: str) -> None:
    assert only_dates(text, NOW) == (written, None)


@pytest.mark.parametrize(
    ("text", "written", "missing"),
    [
        ("alerts on 2026-02-30", "alerts on 2026-02-28", NoDate("2026-02-30", "2026-02-28")),
        ("alerts since 31 June", "alerts since 2026-06-30", NoDate("31 June", "2026-06-30")),
        ("alerts on 2026-13-01", "alerts in the last 24 hours", NoDate("2026-13-01")),
        ("alerts on 2026-11-00", "alerts in the last 24 hours", NoDate("2026-11-00")),
        ("what happened at 25:30", "what happened in the last 24 hours", NoDate("25:30")),
    ],
)
def test_a_date_that_does_not_exist_is_told(text: str, written: str, missing: NoDate) -> None:
    assert only_dates(text, NOW) == (written, missing)


def test_what_is_taken_is_said() -> None:
    assert NoDate("2026-02-30", "2026-02-28").words == "2026-02-28, the last day of that month, is"
    assert NoDate("25:30").words == "the last 24 hours are"
