"""Stretches offline by recorded states, and what asks for them."""

from datetime import UTC, datetime, timedelta

import pytest

from ai_gateway.answers.gather.outage import asks_outage, offline_stretches
from ai_gateway.homepot.scoped.devices import StateChange

START = datetime(2026, 11, 20, tzinfo=UTC)
END = START + timedelta(hours=10)


def change(number: int, hour: float, before: str | None, after: str) -> StateChange:
    return StateChange(number, START + timedelta(hours=hour), before, after, None, "DEVICE-A", "Till")


def hours(changes: list[StateChange]) -> list[float]:
    return [one.seconds / 3600 for one in offline_stretches(changes, START, END)]


def test_a_stretch_ends_with_the_next_state_or_the_period() -> None:
    assert hours(
        [change(1, 1, "online", "offline"), change(2, 4, "offline", "online"), change(3, 9, "online", "offline")]
    ) == [3, 1]


def test_it_was_offline_already_when_the_first_change_says_so() -> None:
    assert hours([change(1, 2, "offline", "online")]) == [2]


def test_a_state_told_twice_is_one_stretch() -> None:
    assert hours(
        [change(1, 1, "online", "offline"), change(2, 2, "offline", "offline"), change(3, 3, "offline", "error")]
    ) == [2]


def test_without_a_change_there_is_none() -> None:
    assert hours([]) == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("how long was the lobby terminal offline today", True),
        ("how many minutes was it down", True),
        ("downtime of checkout 1 this week", True),
        ("how long do jobs take", False),
        ("how long does it take to resolve alerts", False),
    ],
)
def test_what_asks_for_it(text: str, asked: bool) -> None:  # noqa: FBT001 - a value of the table
    assert asks_outage(text) is asked
