"""Findings, and the answer in code's own words."""

from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.narrate.plain import CLAIMS, compose
from tests.unit.answers.conftest import NOW


def findings(claims: int, most: int = 50) -> Findings:
    made = Findings(NOW, most)
    for number in range(1, claims + 1):
        made.state("fact", f"fact {number}.", "test")
    return made


def test_the_direct_answer_comes_first_and_cites() -> None:
    assert compose(findings(3), "maintenance").text.split("\n") == ["Fact 1 [E1].", "- Fact 2 [E2].", "- Fact 3 [E3]."]


def test_each_mode_has_its_length_and_says_what_it_left_out() -> None:
    for mode, most in CLAIMS.items():
        lines = compose(findings(most), mode).text.split("\n")
        assert len(lines) == most
    assert compose(findings(11), "maintenance").text.endswith("(1 more in the evidence.)")
    assert compose(findings(15), "predictive").text.endswith("(7 more in the evidence.)")
    assert "more in the evidence" not in compose(findings(15), "executive").text


def test_unknown_names_are_told_before_the_direct_answer() -> None:
    made = Findings(NOW, 50)
    made.state("unknown_name", 'No device called "X" is known.', "devices.name")
    made.state("fact", "3 devices are offline.", "test")
    made.state("fact", "more is there.", "test")
    assert compose(made, "executive").text.startswith('No device called "X" is known [E1]. 3 devices are offline [E2].')
    assert compose(made, "executive").text.endswith("\n- More is there [E3].")


def test_nothing_is_said_twice() -> None:
    made = findings(1)
    made.claim("fact 1.")
    assert compose(made, "maintenance").text == "Fact 1 [E1]."


def test_evidence_past_the_limit_is_counted() -> None:
    made = findings(8, most=5)
    assert [item.id for item in made.evidence] == ["E1", "E2", "E3", "E4", "E5"]
    assert made.left_out == 3
    assert made.claims[7].evidence == ()
    assert made.claims[7].cited == "Fact 8."


def test_a_claim_shows_at_most_three_ids() -> None:
    assert Claim("True.", ("E1", "E2", "E3", "E4")).cited == "True [E1][E2][E3]."


def test_evidence_of_several_proofs_is_merged_without_doubles() -> None:
    made = findings(2)
    made.claim("both.", ("E1", "E2"), ("E2",))
    assert made.claims[-1].evidence == ("E1", "E2")


def test_a_device_is_concerned_once_with_its_first_state() -> None:
    made = Findings(NOW, 5)
    made.concern("D1", "Till", "never_seen")
    made.concern("D1", "Till", "online")
    assert [(one.id, one.status) for one in made.devices.values()] == [("D1", "never seen")]


def test_the_models_sentences_stand_in_for_what_they_tell_and_nothing_else_is_lost() -> None:
    made = Findings(NOW, 50)
    for fact in ("The till is unwell.", "Memory of the till is 95 %.", "CPU of the till is 20 %.", "Its disk is full."):
        made.state("fact", fact, "test")
    prose = [Claim("At the till, memory is 95 % now.", ("E2",)), Claim("CPU of the till is 20 %.", ("E1",))]
    assert compose(made, "maintenance", prose).text.split("\n") == [
        "The till is unwell [E1].",
        "At the till, memory is 95 % now [E2].",
        "CPU of the till is 20 % [E1].",
        "- CPU of the till is 20 % [E3].",
        "- Its disk is full [E4].",
    ]


def test_a_sentence_without_the_claims_number_does_not_replace_it() -> None:
    made = Findings(NOW, 50)
    made.state("fact", "the device is unwell.", "test")
    made.state("config_change", "firmware of the till changed from 2.4.1 to 2.5.0.", "test")
    prose = [Claim("The firmware of the till changed.", ("E2",))]
    assert compose(made, "maintenance", prose).text.endswith(
        "\n- Firmware of the till changed from 2.4.1 to 2.5.0 [E2]."
    )
