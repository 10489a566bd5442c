"""No sentence of the model passes that says more than its evidence."""

import json

import pytest

from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.ground import numbers, support
from ai_gateway.answers.narrate.check import Draft, ProseCheck, Sentence, read_draft
from tests.unit.answers.conftest import NOW
from tests.unit.kit.asgi import sample

FACTS = (
    "2 devices are offline at Building A.",
    "Lobby Terminal (DEVICE-AAAA-AAAA-AAA1), POS terminal at Building A, is offline: last heartbeat 3 h ago.",
    'Active critical alert on Checkout 3 (DEVICE-AAAA-AAAA-AAA2) at Building A: "High CPU: 96.4%" since 07:49.',
)


def checked_prose(draft: Draft, made: Findings) -> list[Claim]:
    """The sentences of a whole draft that hold."""
    return ProseCheck(made).read(draft)


def findings() -> Findings:
    made = Findings(NOW, 50)
    for fact in FACTS:
        made.state("fact", fact, "test")
    return made


def outcome(text: str, *evidence: str) -> str:
    """What becomes of one sentence, by the counter that the operator sees."""
    names = (
        "kept",
        "bad_citation",
        "wrong_number",
        "wrong_id",
        "wrong_verdict",
        "unsupported",
        "advice",
        "mixed",
        "repeated",
    )
    before = {name: sample("ai_answer_sentences_total", outcome=name) for name in names}
    kept = checked_prose(Draft((Sentence(text, evidence),)), findings())
    (changed,) = [name for name in names if sample("ai_answer_sentences_total", outcome=name) > before[name]]
    assert bool(kept) == (changed == "kept")
    return changed


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Lobby Terminal is offline with its last heartbeat 3 h ago.", ("E2",)),
        ("The Lobby Terminal at Building A is offline.", ("E2",)),
        ("Checkout 3 has an active critical alert.", ("E3",)),
        ('The critical alert on Checkout 3 is "High CPU: 96.4%".', ("E3",)),
        ("Lobby Terminal is offline and Checkout 3 has a critical alert.", ("E2", "E3")),
        ("DEVICE-AAAA-AAAA-AAA1 is offline at Building A.", ("E2",)),
    ],
)
def test_what_stands_in_the_evidence_is_kept_and_cited(text: str, evidence: tuple[str, ...]) -> None:
    assert outcome(text, *evidence) == "kept"
    (kept,) = checked_prose(Draft((Sentence(text, evidence),)), findings())
    assert kept.cited == f"{text.rstrip('.')} {''.join(f'[{one}]' for one in evidence)}."


@pytest.mark.parametrize(
    ("text", "evidence", "why"),
    [
        ("Lobby Terminal is offline.", (), "bad_citation"),
        ("Lobby Terminal is offline.", ("E9",), "bad_citation"),
        ("Lobby Terminal is offline.", ("E2", "E0"), "bad_citation"),
        ("Lobby Terminal is offline, last heartbeat 4 h ago.", ("E2",), "wrong_number"),
        ("High CPU of 96.5% on Checkout 3.", ("E3",), "wrong_number"),
        ("Lobby Terminal is offline for three devices at Building A.", ("E1",), "wrong_number"),
        ("Lobby Terminal last heartbeat twenty h ago is offline.", ("E2",), "wrong_number"),
        ("Lobby Terminal at Building A is offline 3 heartbeat.", ("E2",), "wrong_number"),
        ("Checkout 3 at Building A: high CPU 07:49.", ("E3",), "wrong_number"),
        ("Half of Building A POS terminal heartbeat is offline.", ("E2",), "wrong_number"),
        ("½ of Building A POS terminal heartbeat is offline.", ("E2",), "wrong_number"),
        ("DEVICE-AAAA-AAAA-AAA7 is offline at Building A.", ("E2",), "wrong_number"),
        ("DEVICE-AAAA-AAAA-AAA3 is offline at Building A.", ("E2",), "wrong_id"),
        ("DEVICE-BBBB-AAAA-AAA1 is offline at Building A.", ("E2",), "wrong_id"),
        ("Lobby Terminal is online at Building A.", ("E2",), "wrong_verdict"),
        ("Lobby Terminal is not offline at Building A.", ("E2",), "wrong_verdict"),
        ("Lobby Terminal at Building A is offline because of its heartbeat.", ("E2",), "wrong_verdict"),
        ("You should visit Lobby Terminal at Building A.", ("E2",), "wrong_verdict"),
        ("All devices are offline at Building A.", ("E1",), "wrong_verdict"),
        ("The cleaning crew unplugged Lobby Terminal yesterday evening while mopping.", ("E2",), "unsupported"),
        ("Offline.", ("E2",), "unsupported"),
        ("2 devices are offline at Building A.", ("E1",), "repeated"),
    ],
)
def test_what_does_not_is_dropped(text: str, evidence: tuple[str, ...], why: str) -> None:
    assert outcome(text, *evidence) == why


TEMPLATES = {
    "Lobby Terminal is offline with its last heartbeat {} h ago.": "3",
    "{} devices at Building A are offline.": "2",
    "Lobby Terminal at Building A has been offline for {} h.": "3",
    'The critical alert on Checkout 3 is "High CPU: {}%".': "96.4",
    "Building A has the critical alert since {}.": "07:49",
}
FIGURES = [*range(14, 120, 7), "0.5", "96.41", "9.64", "1,000", "12:00", "1e6", "2026", "٣", "७", "²", "¾", "Ⅳ", "①"]
WORDS = [
    "zero",
    "four",
    "twelve",
    "thirteen",
    "twenty",
    "forty-two",
    "ninety",
    "a hundred",
    "thousands",
    "a dozen",
    "half",
    "twice",
]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_number_that_is_not_in_the_evidence_never_passes(template: str) -> None:
    for figure in [*FIGURES, *WORDS]:
        draft = Draft((Sentence(template.format(figure), ("E1", "E2", "E3")),))
        assert checked_prose(draft, findings()) == [], figure


@pytest.mark.parametrize(("template", "figure"), TEMPLATES.items())
def test_the_same_sentence_with_the_evidences_number_passes(template: str, figure: str) -> None:
    assert checked_prose(Draft((Sentence(template.format(figure), ("E1", "E2", "E3")),)), findings())


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_number_passes_on_the_strength_of_evidence_that_is_not_cited(template: str) -> None:
    assert checked_prose(Draft((Sentence(template.format("96.4"), ("E1", "E2")),)), findings()) == []


def test_markup_and_marks_do_not_survive_and_repetition_is_told_once() -> None:
    good = Sentence("The <b>Lobby Terminal</b> at Building A\nis offline", ("E2", "E2"))
    kept = checked_prose(Draft((good, good)), findings())
    assert [claim.cited for claim in kept] == ["The b Lobby Terminal /b at Building A is offline [E2]."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3 of 12 at 95.50 % (v2.5.0)", {"3", "12", "95.5", "2.5.0"}),
        ("at 07:49, 1,000 times.", {"07:49", "1,000"}),
        ("two devices and One more", {"2"}),
        ("no numbers", set()),
        ("100 and 10", {"100", "10"}),
    ],
)
def test_numbers_are_compared_without_trailing_zeros(text: str, found: set[str]) -> None:
    assert numbers(text) == found


def test_support_is_the_share_of_own_words() -> None:
    assert support("lobby terminal offline", "Lobby Terminal is offline") == 1
    assert support("purple lobby elephants parade", "Lobby Terminal") == pytest.approx(0.25)
    assert support("is offline", "is offline") == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"sentences": 3}',
        '{"sentences": [{"text": "a"}]}',
        '{"sentences": [{"text": 1, "evidence": []}]}',
    ],
)
def test_what_is_not_of_the_agreed_shape_is_no_draft(text: str) -> None:
    assert read_draft(text) is None


def test_a_draft_is_read() -> None:
    draft = read_draft(json.dumps({"sentences": [{"text": "a", "evidence": ["E1"]}], "more": 1}))
    assert draft == Draft((Sentence("a", ("E1",)),))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Building A has 3 active alerts and 43 logged errors.", True),
        ("Building A has 43 active alerts.", False),
        ("Building A has 3 logged errors.", False),
        ("Building A has an average memory 54.2 %.", True),
        ("Building A has an average CPU 54.2 %.", False),
    ],
)
def test_a_number_keeps_to_what_it_counts_or_measures(text: str, kept: bool) -> None:  # noqa: FBT001
    made = Findings(NOW, 5)
    made.state("fact", "A headline.", "test")
    made.state(
        "fact", "Building A: 3 active alerts, 43 logged errors, average CPU 44.4 %, average memory 54.2 %.", "test"
    )
    assert bool(checked_prose(Draft((Sentence(text, ("E2",)),)), made)) is kept
