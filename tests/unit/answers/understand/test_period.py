"""The time range of a question, at a fixed Wednesday afternoon."""

from datetime import UTC, datetime, timedelta

import pytest

from ai_gateway.answers.understand.period import (
    MAX_DAYS,
    as_long_before,
    likewise_before,
    read_against,
    read_longer,
    read_time_range,
    strip_time,
)
from tests.unit.answers.conftest import NOW

UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


def read(text: str) -> tuple[datetime, datetime, str]:
    found = read_time_range(text, NOW)
    assert found is not None, text
    return found.period.since, found.period.until, found.words


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("amount", [1, 2, 7, 45])
@pytest.mark.parametrize(
    "pattern", ["in the last {} {}", "past {} {}", "within {} {}", "for the last {} {}", "{} {} ago"]
)
def test_a_number_of_units_reaches_back_from_now(pattern: str, amount: int, unit: str) -> None:
    since, until, words = read("what happened " + pattern.format(amount, unit if amount == 1 else f"{unit}s") + "?")
    assert until == NOW
    assert since == NOW - min(amount * UNITS[unit], timedelta(days=MAX_DAYS))
    assert words.startswith("in the last ")


@pytest.mark.parametrize(
    ("text", "length", "words"),
    [
        ("the last hour", timedelta(hours=1), "in the last hour"),
        ("the past day", timedelta(days=1), "in the last day"),
        ("previous week", timedelta(weeks=1), "in the last week"),
        ("last month", timedelta(days=30), "in the last month"),
        ("last year", timedelta(days=365), "in the last year"),
        ("in the last 24h", timedelta(hours=24), "in the last 24 hours"),
        ("last 24 hrs", timedelta(hours=24), "in the last 24 hours"),
        ("last 90 mins", timedelta(minutes=90), "in the last 90 minutes"),
        ("alerts 7d please", timedelta(days=7), "in the last 7 days"),
        ("errors 2w", timedelta(weeks=2), "in the last 2 weeks"),
        ("in the last two hours", timedelta(hours=2), "in the last 2 hours"),
        ("in the past few days", timedelta(days=3), "in the last 3 days"),
        ("an hour ago", timedelta(hours=1), "in the last hour"),
        ("a week ago", timedelta(weeks=1), "in the last week"),
        ("for 3 days", timedelta(days=3), "in the last 3 days"),
        ("in the last 2 years", timedelta(days=MAX_DAYS), "in the last 366 days"),
        ("in the last 9999 years", timedelta(days=MAX_DAYS), "in the last 366 days"),
    ],
)
def test_spoken_lengths_and_the_words_for_what_is_really_read(text: str, length: timedelta, words: str) -> None:
    assert read(text) == (NOW - length, NOW, words)


@pytest.mark.parametrize(
    ("text", "since", "until", "words"),
    [
        ("today", day(11, 18), NOW, "today (UTC)"),
        ("this morning", day(11, 18), NOW, "today (UTC)"),
        ("yesterday", day(11, 17), day(11, 18), "yesterday (UTC)"),
        ("since yesterday", day(11, 17), NOW, "since yesterday (UTC)"),
        ("this week", day(11, 16), NOW, "this week (since Monday, UTC)"),
        ("this month", day(11, 1), NOW, "this month (UTC)"),
        ("on monday", day(11, 16), day(11, 17), "on Monday (UTC)"),
        ("since monday", day(11, 16), NOW, "since Monday (UTC)"),
        ("last friday", day(11, 13), day(11, 14), "on Friday (UTC)"),
        ("on wednesday", day(11, 11), day(11, 12), "on Wednesday (UTC)"),
        ("on 2026-11-03", day(11, 3), day(11, 4), "on 2026-11-03 (UTC)"),
        ("since 2026-11-03", day(11, 3), NOW, "since 2026-11-03 (UTC)"),
        ("3 november", day(11, 3), day(11, 4), "on 2026-11-03 (UTC)"),
        ("on the 3rd of nov", day(11, 3), day(11, 4), "on 2026-11-03 (UTC)"),
        ("since 21st december", day(12, 21, 2025), NOW, "since 2025-12-21 (UTC)"),
        ("on 1 march 2024", day(3, 1, 2024), day(3, 2, 2024), "on 2024-03-01 (UTC)"),
        ("on 5 may", day(5, 5), day(5, 6), "on 2026-05-05 (UTC)"),
        ("2 sept", day(9, 2), day(9, 3), "on 2026-09-02 (UTC)"),
    ],
)
def test_calendar_words(text: str, since: datetime, until: datetime, words: str) -> None:
    assert read(f"what happened {text}?") == (since, until, words)


@pytest.mark.parametrize("text", ["last night", "what happened overnight"])
def test_last_night_is_eight_to_six(text: str) -> None:
    assert read(text) == (
        day(11, 17).replace(hour=20),
        day(11, 18).replace(hour=6),
        "last night (20:00-06:00 UTC)",
    )


def test_in_the_small_hours_last_night_ends_now() -> None:
    early = day(11, 18).replace(hour=3)
    found = read_time_range("last night", early)
    assert found is not None
    assert (found.period.since, found.period.until) == (day(11, 17).replace(hour=20), early)


@pytest.mark.parametrize(
    "text",
    [
        "which devices are offline?",
        "",
        "on 2026-02-31",
        "on 99 january",
        "checkout 3 may fail",
        "the 5 decommissioned devices",
        "the 10 marked tills",
        "4 augmented sensors",
        "first 3 devices",
        "device 24 hobby",
        "the day after",
    ],
)
def test_a_question_without_a_time_has_none(text: str) -> None:
    assert read_time_range(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("errors in the last 24 hours at building a", "errors at building a"),
        ("alerts since monday", "alerts"),
        ("what broke yesterday?", "what broke ?"),
        ("cpu above 80", "cpu above 80"),
    ],
)
def test_time_words_are_blanked_with_their_numbers(text: str, left: str) -> None:
    stripped = strip_time(text, NOW)
    assert len(stripped) == len(text)
    assert " ".join(stripped.split()) == left


@pytest.mark.parametrize("amount", range(1, 60, 7))
def test_a_period_never_ends_after_now_nor_before_it_begins(amount: int) -> None:
    for unit in UNITS:
        since, until, _ = read(f"in the last {amount} {unit}s")
        assert since < until <= NOW


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("more alerts today than yesterday", "today (UTC)", "yesterday (UTC)"),
        ("fewer errors yesterday than on monday", "yesterday (UTC)", "on Monday (UTC)"),
        ("more this week than last week", "this week (since Monday, UTC)", "in as long a time before that"),
        ("higher in the last hour than the hour before", "in the last hour", "in as long a time before that"),
        ("higher in the last 2 hours than in the time before", "in the last 2 hours", "in as long a time before that"),
    ],
)
def test_two_times_that_are_compared(text: str, first: str, second: str) -> None:
    found = read_against(text, NOW)
    assert found is not None
    assert (found[0].words, found[1].words) == (first, second)
    assert found[1].period.until <= found[0].period.since or found[0].period.until <= found[1].period.since


@pytest.mark.parametrize("text", ["more alerts than Building A", "more alerts today", "more alerts today than today"])
def test_one_time_is_compared_with_none(text: str) -> None:
    assert read_against(text, NOW) is None


def test_what_is_no_time_is_not_blanked() -> None:
    assert strip_time("latency between 20 and 50", NOW) == "latency between 20 and 50"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what was the cpu at 12:30", "around 12:30 today (UTC)"),
        ("was it online at 9:00 today", "around 09:00 today (UTC)"),
        ("was it online yesterday at 9 pm", "around 21:00 yesterday (UTC)"),
        ("what was the cpu at 18:45", "around 18:45 yesterday (UTC)"),  # today's is still to come
    ],
)
def test_a_time_of_day_takes_in_what_is_around_it(text: str, words: str) -> None:
    since, until, said = read(text)
    assert said == words
    assert until - since == timedelta(minutes=20)


@pytest.mark.parametrize("text", ["at 9", "at 95.50 %", "cpu at 90 percent", "at 25:00", "latency at 12.30 ms"])
def test_other_numbers_are_no_time_of_day(text: str) -> None:
    assert read_time_range(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("silent for more than 30 minutes", timedelta(minutes=30)),
        ("offline longer than an hour", timedelta(hours=1)),
        ("offline for over two days", timedelta(days=2)),
        ("alerts older than a day", timedelta(days=1)),
        ("more than 3 alerts", None),
        ("offline for the last hour", None),
        ("cpu over 90", None),
    ],
)
def test_the_least_length_of_a_silence(text: str, length: timedelta | None) -> None:
    assert read_longer(text) == length


def test_what_is_more_than_then_is_now() -> None:
    found = read_against("are there more alerts than yesterday", NOW)
    assert found is not None
    assert [one.words for one in found] == ["today (UTC)", "yesterday (UTC)"]
    found = read_against("more errors than last week", NOW)
    assert found is not None
    now, then = found
    assert now.period.since == then.period.until == NOW - timedelta(days=7)
    assert then.period.since == NOW - timedelta(days=14)


def test_the_weekend_is_the_latest_that_began() -> None:
    since, until, words = read("alerts last weekend")
    assert (since.weekday(), until - since) == (5, timedelta(days=2))
    assert words == f"on the weekend of {since:%Y-%m-%d} (UTC)"
    assert until <= NOW < until + timedelta(days=5)


@pytest.mark.parametrize("day", ["0000-01-01", "0001-01-01", "9999-12-31", "2026-02-30"])
@pytest.mark.parametrize("text", ["on {}", "since {}", "between {} and 2026-11-01", "errors {} and then"])
def test_no_date_leads_out_of_the_calendar(text: str, day: str) -> None:
    found = read_time_range(text.format(day), NOW)
    assert found is None or "2026-11-01" in found.words
    read_against(f"more than {text.format(day)} than before", NOW)


@pytest.mark.parametrize("year", [1900, 2999])
def test_the_time_before_any_date_can_be_told(year: int) -> None:
    for text in (f"on {year}-01-01", f"since {year}-01-01", f"on 31 december {year}"):
        found = read_time_range(text, NOW)
        assert found is not None
        assert likewise_before(found).period.since.year > 0
        assert as_long_before(found).period.since.year > 0


@pytest.mark.parametrize("text", ["in january 0000", "in december 9999", "since may 0001"])
def test_no_month_leads_out_of_the_calendar(text: str) -> None:
    assert read_time_range(text, NOW) is None
