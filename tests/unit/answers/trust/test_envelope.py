"""The envelope: HOMEPOT's shape, a score that never falls when a check holds, and never grounded without grounding."""

import itertools
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ai_gateway.answers.findings import Claim
from ai_gateway.answers.trust.envelope import MODES, envelope, judge, may_advise
from ai_gateway.answers.trust.grounds import ModelWords
from ai_gateway.answers.trust.types import CEILINGS, LABELS, Check, Gate, Proof, TrustEnvelope
from tests.unit.answers.conftest import NOW
from tests.unit.answers.trust.making import grounds

RECORDED = Path(__file__).parents[3] / "contract" / "homepot"
WRITTEN = ModelWords(judged=2, held=2, used=2, tokens=500, room=3776, read=480)
COMBINATIONS = list(itertools.product([True, False], repeat=len(MODES)))


def gates(*passed: bool) -> list[Gate]:
    made = []
    for gate_id, holds in zip(MODES, passed, strict=True):
        check = Check(f"{gate_id}.one", "One", holds, "")
        made.append(Gate(gate_id, gate_id, "pass" if holds else "fail", float(holds), [check], NOW, 0.1))
    return made


@pytest.mark.parametrize("name", ["query_device.json", "query_fleet.json"])
def test_every_field_of_a_recorded_envelope_is_there_and_no_other(name: str) -> None:
    recorded: dict[str, Any] = json.loads((RECORDED / name).read_text(encoding="utf-8"))["trust"]
    ours = msgspec.to_builtins(judge(grounds()))
    assert list(ours) == list(recorded)
    gate, check = recorded["gates"][0], recorded["gates"][0]["checks"][0]
    assert all(list(one) == list(gate) for one in ours["gates"])
    assert all(list(one) == list(check) for our_gate in ours["gates"] for one in our_gate["checks"])


def test_what_checks_looked_at_is_named_as_in_the_recorded_ones() -> None:
    seen = {
        key
        for path in RECORDED.glob("query_*.json")
        for gate in json.loads(path.read_text(encoding="utf-8"))["trust"]["gates"]
        for check in gate["checks"]
        for proof in check["evidence"]
        for key in proof
    }
    assert set(Proof.__struct_fields__) - seen == {"evidence_ids"}


@pytest.mark.parametrize("name", ["query_device.json", "query_fleet.json"])
def test_a_recorded_envelope_is_one_of_ours(name: str) -> None:
    recorded = json.loads((RECORDED / name).read_text(encoding="utf-8"))["trust"]
    read = msgspec.convert(recorded, TrustEnvelope)
    assert read.trust_mode_label == LABELS[read.trust_mode]


def test_the_score_never_falls_when_another_gate_passes() -> None:
    for passed, place in itertools.product(COMBINATIONS, range(len(MODES))):
        before = envelope(gates(*passed), written=True, ceilings={})
        better = gates(*(held or other == place for other, held in enumerate(passed)))
        after = envelope(better, written=True, ceilings={})
        assert after.trust_score >= before.trust_score
        assert after.actionable >= before.actionable


@pytest.mark.parametrize("written", [True, False])
def test_grounded_needs_every_gate_and_a_model_that_wrote(*, written: bool) -> None:
    for passed in COMBINATIONS:
        made = envelope(gates(*passed), written=written, ceilings={})
        assert (made.trust_mode == "grounded") == (all(passed) and written)
        assert (made.trust_score == 1.0) <= (made.trust_mode == "grounded")
        assert made.actionable == all(passed)
        failed = [gate for gate, held in zip(MODES, passed, strict=True) if not held]
        assert made.failed_gate == next(iter(failed), None)
        assert all(made.trust_score <= CEILINGS[gate] for gate in failed)
        assert made.trust_mode_label in made.summary


def test_a_deterministic_answer_has_its_own_mode_and_ceiling() -> None:
    made = judge(grounds())
    assert (made.trust_mode, made.trust_score, made.actionable) == ("deterministic", 0.9, True)
    assert made.summary == "Passed all gates (A, B, C, D, E, F, G, H) — Deterministic Answer (at most 0.9)"


def test_a_model_whose_sentences_all_held_is_grounded() -> None:
    made = judge(grounds(words=WRITTEN))
    assert (made.trust_mode, made.trust_score) == ("grounded", 1.0)


def test_a_sentence_that_was_dropped_lowers_the_score() -> None:
    made = judge(grounds(words=msgspec.structs.replace(WRITTEN, judged=4)))
    assert made.trust_mode == "grounded"
    assert 0.9 < made.trust_score < 1.0


def test_ceilings_are_settings() -> None:
    assert envelope(gates(*[True] * 8), written=False, ceilings={"deterministic": 0.6}).trust_score == 0.6
    failed = [gate != "B" for gate in MODES]
    assert envelope(gates(*failed), written=True, ceilings={"B": 0.1}).trust_score == 0.1


@pytest.mark.parametrize(
    ("claim", "check"),
    [
        (Claim("3 devices are offline.", ()), "H.claims_cited"),
        (Claim("1 device is online.", ("E9",)), "H.claims_cited"),
        (Claim("7 devices are online.", ("E1",)), "H.figures_match"),
        (Claim("DEVICE-AAAA-1 is online.", ("E1",)), "H.figures_match"),
    ],
)
def test_a_claim_beyond_its_evidence_is_never_grounded(claim: Claim, check: str) -> None:
    made = judge(grounds(words=WRITTEN, told=(claim,)))
    failed = [one.check_id for gate in made.gates for one in gate.checks if not one.passed]
    assert check in failed
    assert made.trust_mode in {"mode_3", "mode_8"}
    assert not made.actionable
    assert made.trust_score <= 0.5


def test_an_answer_without_claims_is_never_grounded() -> None:
    assert judge(grounds(words=WRITTEN, told=())).trust_mode == "mode_8"


def test_what_could_not_be_read_is_no_pass() -> None:
    blind = msgspec.structs.replace(grounds(words=WRITTEN), devices=None, error="it took too long")
    made = judge(blind)
    assert (made.trust_mode, made.trust_score, made.actionable) == ("mode_1", 0.0, False)
    assert {gate.gate_id for gate in made.gates if gate.error} == set("ABDEG")
    assert not may_advise(blind)
