"""How texts are composed and taken apart."""

import msgspec
import pytest

from ai_gateway.memory.recipe import MAX_CHARS, TITLE_CHARS, compose, content_hash, parts, split
from ai_gateway.memory.types import Incident
from tests.unit.memory.conftest import NOW


def incident(**changes: object) -> Incident:
    fields: dict[str, object] = dict.fromkeys(
        ("site", "site_name", "device_id", "device_name", "device_type", "resolved_at", "resolution")
    )
    fields |= {"source": "test", "source_key": "1", "content_hash": "", "severity": "warning", "category": "storage"}
    return msgspec.convert({**fields, "description": "Disk full. Logs grew.", "occurred_at": NOW, **changes}, Incident)


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("Disk full", "Disk full", ""),
        ("Disk full. Logs grew.", "Disk full.", "Logs grew."),
        ("Disk full\nof 2.5.0. Logs grew.", "Disk full", "of 2.5.0. Logs grew."),
        ("Firmware 2.5.0 leaks", "Firmware 2.5.0 leaks", ""),
        ("  ", "", ""),
        ("x" * 500, "x" * TITLE_CHARS, "x" * (500 - TITLE_CHARS)),
    ],
)
def test_the_first_line_or_sentence_is_the_title(text: str, title: str, rest: str) -> None:
    assert split(text) == (title, rest)


def test_parts_become_sentences() -> None:
    assert compose("Disk full", " Logs grew ", "Category: storage.") == "Disk full. Logs grew. Category: storage."
    assert compose("Why?", "", "It is hot!", "so") == "Why? It is hot! so"
    assert compose("", " ") == ""
    assert len(compose("x" * 5000)) == MAX_CHARS


def test_a_question_is_composed_like_what_is_remembered() -> None:
    assert compose(*split("Disk full\nLogs grew.")) == compose(*split("Disk full. Logs grew."))


def test_what_was_done_is_searched_too() -> None:
    told = incident(title="Disk full", cause="A debug log.", resolution="Rotated the logs.")
    title, rest = parts(told)
    assert title == "Disk full"
    assert rest.splitlines() == [". Logs grew.", "A debug log.", "Rotated the logs."]
    assert parts(incident()) == ("Disk full.", "Logs grew.")
    assert parts(incident(title="Another title"))[0] == "Disk full."


def test_the_digest_tells_every_change_but_where_it_is_from() -> None:
    known = content_hash(incident()).content_hash
    assert content_hash(incident(source="other", source_key="2")).content_hash == known
    changes = {"resolution": "Rotated.", "helped": True, "site": 1, "severity": "critical", "description": "Full."}
    assert all(content_hash(incident(**{name: value})).content_hash != known for name, value in changes.items())
