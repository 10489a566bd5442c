"""Findings, and the answer in code's own words."""

from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.plain import CLAIMS, direct_answer, plain_answer
from tests.unit.answers.conftest import NOW


def findings(claims: int, most: int = 50) -> Findings:
    made = Findings(NOW, most)
    for number in range(1, claims + 1):
        made.state("fact", f"fact {number}.", "test")
    return made


def test_the_direct_answer_comes_first_and_cites() -> None:
    assert direct_answer(findings(3)) == "Fact 1 [E1]."
    assert plain_answer(findings(3), "maintenance").split("\n") == ["Fact 1 [E1].", "- Fact 2 [E2].", "- Fact 3 [E3]."]


def test_each_mode_has_its_length_and_says_what_it_left_out() -> None:
    for mode, most in CLAIMS.items():
        lines = plain_answer(findings(most), mode).split("\n")
        assert len(lines) == most
    assert plain_answer(findings(11), "maintenance").endswith("(1 more in the evidence.)")
    assert plain_answer(findings(15), "predictive").endswith("(7 more in the evidence.)")
    assert "more in the evidence" not in plain_answer(findings(15), "executive")


def test_unknown_names_are_told_before_the_direct_answer() -> None:
    made = Findings(NOW, 50)
    made.state("unknown_name", 'No device called "X" is known.', "devices.name")
    made.state("fact", "3 devices are offline.", "test")
    made.state("fact", "more is there.", "test")
    assert direct_answer(made) == 'No device called "X" is known [E1]. 3 devices are offline [E2].'
    assert plain_answer(made, "executive").endswith("\n- More is there [E3].")


def test_nothing_is_said_twice() -> None:
    made = findings(1)
    made.claim("fact 1.")
    assert plain_answer(made, "maintenance") == "Fact 1 [E1]."


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
