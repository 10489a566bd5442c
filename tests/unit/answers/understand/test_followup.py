"""“And at Harbour Mall?”, “why?”, “the other one?”: what a follow-up leaves unsaid comes from earlier turns."""

import pytest

from ai_gateway.answers.types import Turn
from ai_gateway.answers.understand.intent import Intent
from tests.unit.answers.conftest import Asker


def told(*messages: str) -> list[Turn]:
    """A conversation: the user speaks first."""
    return [Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(messages)]


@pytest.mark.parametrize(
    "text", ["And at Harbour Mall?", "What about Harbour Mall?", "harbour mall?", "how about Harbour Mall"]
)
def test_a_bare_name_asks_the_same_of_somebody_else(text: str, ask: Asker) -> None:
    asked = ask(text, history=told("How many critical alerts are open at Building A?", "3 alerts."))
    assert asked.intent is Intent.ALERTS
    assert asked.severities == ("critical",)
    assert asked.view.sites == (2,)


def test_a_chain_of_follow_ups_keeps_what_was_asked_first(ask: Asker) -> None:
    history = told("Which terminals are offline at Building A?", "None.", "And at Harbour Mall?", "One.")
    asked = ask("and at Airport Terminal 2?", history=history)
    assert asked.intent is Intent.STATUS
    assert asked.conditions == ("offline", "never_seen")
    assert asked.types == ("pos_terminal",)
    assert asked.view.sites == (3,)


def test_another_time_for_the_same_question(ask: Asker) -> None:
    asked = ask("And yesterday?", history=told("How many alerts were there today at Building A?", "None."))
    assert asked.intent is Intent.ALERTS
    assert asked.view.sites == (1,)
    assert asked.time_range is not None
    assert asked.time_range.words == "yesterday (UTC)"


def test_another_metric_of_the_same_device(ask: Asker) -> None:
    asked = ask("And the memory?", history=told("What is the CPU of Checkout 3?", "96 %."))
    assert asked.metric is not None
    assert asked.metric.column == "memory_percent"
    assert [device.id for device in asked.devices] == [11]


@pytest.mark.parametrize("text", ["Why?", "since when?", "And why is that?", "What changed?", "how long?"])
def test_a_bare_why_is_about_the_device_before(text: str, ask: Asker) -> None:
    asked = ask(text, history=told("Is Checkout 3 online?", "No."))
    assert [device.id for device in asked.devices] == [11]
    assert asked.intent in {Intent.HISTORY, Intent.CHANGES, Intent.STATUS}


def test_why_after_an_answer_that_named_the_device(ask: Asker) -> None:
    history = told("Which devices at Airport Terminal 2 are offline?", "1 device is offline: Arrivals Gateway.")
    asked = ask("Why?", history=history)
    assert asked.sites or [device.id for device in asked.devices] == [30]


def test_the_other_one_is_what_was_named_beside_the_last(ask: Asker) -> None:
    history = told("Compare Checkout 3 with Lobby Terminal", "...", "What is the CPU of Checkout 3?", "96 %.")
    asked = ask("And the other one?", history=history)
    assert [device.id for device in asked.devices] == [10]
    assert asked.intent is Intent.METRICS


def test_the_other_site(ask: Asker) -> None:
    history = told("Compare Building A with Harbour Mall", "...", "Which alerts are open at Building A?", "Two.")
    asked = ask("And at the other site?", history=history)
    assert [site.id for site in asked.sites] == [2]
    assert asked.intent is Intent.ALERTS


def test_a_question_that_asks_something_of_its_own_takes_nothing(ask: Asker) -> None:
    history = told("How many critical alerts are open at Building A?", "3 alerts.")
    asked = ask("And which devices are offline at Harbour Mall?", history=history)
    assert asked.intent is Intent.STATUS
    assert asked.severities == ()
    assert ask("Which jobs failed?", history=history).view.sites is None


def test_without_history_an_ellipsis_stands_alone(ask: Asker) -> None:
    assert ask("And at Harbour Mall?").intent is Intent.STATUS
    assert ask("Why?").devices == ()
