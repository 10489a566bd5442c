"""The key of a question: one for two wordings of one meaning, and another for anything that changes the answer."""

import msgspec
import pytest

from ai_gateway.answers.again.meaning import meaning, plain
from ai_gateway.answers.understand.question import Question
from ai_gateway.homepot.scoped.view import View
from tests.unit.answers.conftest import NOW, Asker


def key(question: Question, model: str = "m", owner: str = "", days: int = 0) -> bytes:
    return meaning(question, model=model, owner=owner, today=NOW.date().replace(day=NOW.day + days))


@pytest.mark.parametrize(
    "other",
    [
        "which devices are offline",
        "Which devices are offline right now, please?",
        "  Hello, can you tell me which devices are   offline?!",
        "Which of the devices are offline?".replace("of the ", ""),
    ],
)
def test_wordings_of_one_meaning_share_a_key(ask: Asker, other: str) -> None:
    assert key(ask("Which devices are offline?")) == key(ask(other))


@pytest.mark.parametrize(
    "other",
    [
        "Which devices are online?",
        "Which devices are offline at Building A?",
        "Which gateways are offline?",
        "How many devices are offline?",
        "Which devices were offline yesterday?",
        "Which devices are not offline?",
    ],
)
def test_what_changes_the_answer_changes_the_key(ask: Asker, other: str) -> None:
    assert key(ask("Which devices are offline?")) != key(ask(other))


def test_numbers_and_signs_count(ask: Asker) -> None:
    texts = [
        "CPU above 80",
        "CPU below 80",
        "CPU above 90",
        "CPU > 80",
        "CPU < 80",
        "disk above 80",
        "devices on firmware 2.5.0",
    ]
    assert len({key(ask(text)) for text in texts}) >= len(texts) - 1


def test_another_scope_mode_model_owner_or_day_is_another_key(ask: Asker) -> None:
    question = ask("Which devices are offline?")
    keys = {
        key(question),
        key(ask("Which devices are offline?", focus=View(sites=(1,)))),
        key(ask("Which devices are offline?", focus=View(sites=(1, 2)))),
        key(ask("Which devices are offline?", focus=View(sites=()))),
        key(ask("Which devices are offline?", mode="executive")),
        key(question, model="other"),
        key(question, owner="user:a@b"),
        key(question, days=1),
    }
    assert len(keys) == 8


def test_every_field_of_a_question_is_part_of_the_key(ask: Asker) -> None:
    question = ask("What is the average CPU of Checkout 3 in the last hour?")
    decoded = msgspec.json.decode(key(question))[0]
    assert set(decoded) == set(Question.__struct_fields__)
    assert decoded["time_range"] == question.time_range.words if question.time_range else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's the CPU of Checkout 3?", "what's cpu of checkout 3"),
        ("Firmware 2.5.0.", "firmware 2.5.0"),
        ("CPU >= 80 %!", "cpu >= 80 %"),
        ("thanks", ""),
    ],
)
def test_filling_words_are_left_out_and_signs_are_not(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    "text", ["restart the Lobby Terminal", "Restart Lobby Terminal", "please restart the lobby terminal"]
)
def test_articles_do_not_decide_whether_something_is_an_order(ask: Asker, text: str) -> None:
    assert ask(text).deed == "restart"


@pytest.mark.parametrize(
    "text", ["How is Lobby Terminal?", "update on Lobby Terminal?", "Status of Checkout 3", "restarts"]
)
def test_a_question_is_no_order(ask: Asker, text: str) -> None:
    assert ask(text).deed is None
