"""Each gate on grounds where one thing is wrong."""

from datetime import timedelta

import msgspec
import pytest

from ai_gateway.answers.findings import Findings
from ai_gateway.answers.trust.envelope import judge
from ai_gateway.answers.trust.grounds import Grounds, ModelWords, TrustLimits
from ai_gateway.answers.types import RelevantDevice
from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.names import UnknownName
from tests.unit.answers.conftest import NOW
from tests.unit.answers.trust.making import device, fleet, found, grounds


def failed(of: Grounds) -> list[str]:
    return [check.check_id for gate in judge(of).gates for check in gate.checks if not check.passed]


def test_nothing_is_wrong_where_nothing_is() -> None:
    assert failed(grounds()) == []
    assert failed(grounds(fleet(10), named=False)) == []


@pytest.mark.parametrize("size", [1, 10, 85, 10_000])
def test_a_fleet_of_any_size_can_pass(size: int) -> None:
    assert judge(grounds(fleet(size), named=False)).trust_score == 0.9


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"fresh": 0}, "B.freshness"),
        ({"newest_at": NOW - timedelta(minutes=6)}, "B.readings_freshness"),
        ({"filled": 300}, "B.completeness"),
        ({"longest_gap_s": 1000.0}, "B.continuity"),
        ({"impossible": 1}, "B.validity"),
        ({"capabilities": None}, "D.capabilities_defined"),
        ({"permissions": "null"}, "D.permissions_defined"),
        ({"permissions": "not json"}, "D.permissions_defined"),
        ({"permissions": '{"root_access": true}'}, "D.permissions_within_capabilities"),
        ({"lifecycle_state": "suspended"}, "E.lifecycle_state"),
        ({"health_state": "error"}, "E.health_state"),
        ({"active_credentials": 0}, "E.credential_health"),
        ({"changed_at": NOW - timedelta(minutes=5)}, "G.recent_changes"),
        ({"rollbacks": 1}, "G.rollbacks"),
        ({"failures": 1}, "G.rollbacks"),
    ],
)
def test_one_thing_wrong_with_a_named_device_fails_one_check(fields: dict[str, object], check: str) -> None:
    assert check in failed(grounds([device(**fields)]))
    assert set(failed(grounds([device(**fields)]))) - {check} <= {"D.permissions_within_capabilities"}


def test_what_is_wrong_with_a_few_of_many_fails_nothing_and_with_many_does() -> None:
    few = [
        *fleet(50)[:47],
        *(device(number, devices=50, fresh=47, impossible=1, rollbacks=1) for number in (48, 49, 50)),
    ]
    assert failed(grounds(few, named=False)) == []
    many = fleet(50, fresh=20, impossible=1, rollbacks=1)
    assert failed(grounds(many, named=False)) == ["B.freshness", "B.validity", "G.rollbacks"]


def test_silence_that_the_answer_tells_of_does_not_count_against_it() -> None:
    made = found()
    silent = [device(fresh=0, connectivity="offline", readings=0, expected=0, filled=0)]
    assert failed(grounds(silent, findings=made)) == ["B.freshness"]
    made.prove("device_state", "It is offline.", "devices:1", device_id="DEVICE-1")
    made.devices["DEVICE-1"] = RelevantDevice("DEVICE-1", "One", "offline")
    assert failed(grounds(silent, findings=made)) == []
    assert failed(grounds(silent, intent=Intent.STATUS)) == []


def test_answers_from_recorded_events_do_not_ask_for_fresh_telemetry() -> None:
    assert failed(grounds([device(fresh=0, impossible=5)], intent=Intent.JOBS)) == []


def test_an_error_that_the_answer_tells_of_is_no_fault() -> None:
    made = found()
    made.devices["DEVICE-1"] = RelevantDevice("DEVICE-1", "One", "error")
    assert failed(grounds([device(health_state="error")], findings=made)) == []


def test_a_device_without_any_credential_is_judged_by_setting() -> None:
    bare = [device(credentials=0, active_credentials=0)]
    assert failed(grounds(bare)) == []
    assert failed(grounds(bare, limits=TrustLimits(require_credentials=True))) == ["E.credential_health"]


def test_changes_that_the_answer_tells_of_are_no_fault() -> None:
    made = found()
    made.prove("config_change", "It was rolled back.", "configuration_history:7")
    assert failed(grounds([device(rollbacks=1, changed_at=NOW)], findings=made)) == []


@pytest.mark.parametrize("gap", ["alerts", "devices.last_heartbeat_at"])
def test_a_table_or_column_that_the_answer_rests_on_is_missing(gap: str) -> None:
    lacking = grounds(intent=Intent.ALERTS, missing=(gap, "jobs"))
    assert failed(lacking) == ["A.api_schema_conformance"]
    assert judge(lacking).trust_score == 0.0


def test_what_the_question_needed_and_was_not_there() -> None:
    made = found()
    made.notes.append("the embedder is down")
    made.state("no_data", "No reading.", "device_metrics")
    assert failed(grounds(findings=made)) == ["F.sources_available", "F.data_found"]
    whole = grounds()
    unsure = msgspec.structs.replace(
        whole.question, intent=Intent.UNKNOWN, unknown=(UnknownName("X", ()),), ambiguous=("the gateway",)
    )
    assert failed(msgspec.structs.replace(whole, question=unsure)) == [
        "F.question_understood",
        "F.names_known",
        "F.names_unambiguous",
    ]


def test_an_answer_without_facts_and_a_prompt_that_was_cut() -> None:
    made = Findings(NOW, 30)
    made.state("no_data", "Nothing.", "question")
    assert failed(grounds(findings=made)) == ["C.stable_content_blocks", "F.data_found"]
    cut = ModelWords(judged=1, held=1, used=1, tokens=500, room=1000, read=100, cut=True, left_out=("E7",))
    assert failed(grounds(words=cut)) == ["C.bounded_context"]
    told = next(check for check in judge(grounds(words=cut)).gates[2].checks if check.check_id == "C.bounded_context")
    assert "left out for room: E7" in told.message
