"""What errors, alerts and changes are about, and what is no topic."""

import re

import pytest

from ai_gateway.answers.understand.topic import Topic, read_topic


def known(word: str) -> bool:
    return word in {"lobby", "terminal", "gateway", "fuel", "pump"}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("errors about the receipt printer", Topic(("receipt", "printer"), sure=True)),
        ("any errors today mentioning tls on checkout 1", Topic(("tls",), sure=True)),
        ("who approved the TLS change", Topic(("tls",), sure=True)),
        ("who changed the tls setting", Topic(("tls",), sure=False)),
        ("errors about the payment gateway", Topic(("payment", "gateway"), sure=True)),
        ("alerts mentioning heartbeat", Topic(("heartbeat",), sure=True)),
        ("any certificate alerts", Topic(("certificate",), sure=False)),
        ("errors about the lobby terminal", None),
        ("the most common errors", None),
        ("the last five alerts", None),
        ("repeated errors", None),
        ("critical alerts at the airport", None),
        ("cpu alerts", None),
        ("what changes did we make", None),
    ],
)
def test_topics(text: str, topic: Topic | None) -> None:
    assert read_topic(text, known)[0] == topic


def test_only_what_is_sure_is_blanked() -> None:
    assert read_topic("errors about toner today", known)[1] == "errors about       today"
    assert read_topic("toner errors today", known)[1] == "toner errors today"


def test_a_pattern_is_of_the_whole_or_of_any_word() -> None:
    topic = Topic(("card", "readers"), sure=True)
    whole, some = topic.pattern(whole=True), topic.pattern(whole=False)
    assert re.search(whole, "the card-reader jams")
    assert not re.search(whole, "the card jams")
    assert re.search(some, "the card jams")
    assert Topic(("a.b",), sure=True).pattern(whole=True) == r"a\.bs?"
