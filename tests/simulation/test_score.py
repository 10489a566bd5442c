"""The judge of incidents: what it calls found, once and right."""

import msgspec
import pytest

from dev.simulation.faults import Change, Fault
from dev.simulation.score import Found, Symptom, compare

BEGAN = 1_000_000.0
CHANGE = Change(at=BEGAN - 600, device=7, parameter="firmware_version", old="2.4.1", new="2.5.0", reason="Update")
FAULT = Fault(
    kind="error_rate",
    devices=(7,),
    site=1,
    metric="error_rate",
    category="application",
    started=BEGAN,
    ended=BEGAN + 3_600,
    size=9.0,
)
FOUND = Found(
    id="a",
    seen_at=BEGAN + 700,
    symptoms=(Symptom(7, BEGAN + 300, "deviation", "error_rate"),),
    kind="deviation",
    metric="error_rate",
    category="application",
    cause="none",
)
SITE = msgspec.structs.replace(FAULT, kind="change", devices=(1, 2, 3, 4, 5), scope="change")


def symptom(device: int = 7, at: float = BEGAN, metric: str | None = "error_rate", kind: str = "deviation") -> Symptom:
    return Symptom(device, at, kind, metric)


def symptoms(*devices: int) -> tuple[Symptom, ...]:
    return tuple(symptom(device) for device in devices)


def test_one_incident_that_says_all_is_right() -> None:
    score = compare([FAULT], [FOUND])
    (outcome,) = score.outcomes
    assert outcome.right
    assert outcome.delay_s == 700
    assert score.false == ()


def test_a_fault_without_an_incident_is_missed() -> None:
    (outcome,) = compare([FAULT], []).outcomes
    assert (outcome.incidents, outcome.right, outcome.delay_s) == (0, False, None)


def test_what_begins_after_the_fault_s_end_does_not_find_it() -> None:
    late = msgspec.structs.replace(FOUND, symptoms=(symptom(at=FAULT.ended + 601),))
    (outcome,) = compare([FAULT], [late]).outcomes
    assert (outcome.incidents, outcome.found) == (1, False)
    in_time = msgspec.structs.replace(FOUND, symptoms=(symptom(at=FAULT.ended + 599),))
    assert compare([FAULT], [in_time]).outcomes[0].found


def test_an_alert_of_homepot_alone_is_not_found_by_detectors() -> None:
    (outcome,) = compare([FAULT], [msgspec.structs.replace(FOUND, seen_at=None)]).outcomes
    assert (outcome.incidents, outcome.found, outcome.right) == (1, False, False)


@pytest.mark.parametrize(
    "other",
    [
        symptom(8),
        symptom(at=BEGAN - 601),
        symptom(at=FAULT.ended + 6 * 3_600 + 1),
        symptom(metric="disk_percent"),
        symptom(metric=None, kind="silence"),
    ],
)
def test_other_devices_times_and_metrics_are_false(other: Symptom) -> None:
    stray = msgspec.structs.replace(FOUND, symptoms=(other,))
    score = compare([FAULT], [stray])
    assert score.false == (stray,)
    assert score.outcomes[0].incidents == 0


def test_a_second_incident_is_not_once() -> None:
    echo = msgspec.structs.replace(FOUND, id="b", seen_at=FAULT.ended + 900, symptoms=(symptom(at=FAULT.ended + 600),))
    (outcome,) = compare([FAULT], [echo, FOUND]).outcomes
    assert (outcome.incidents, outcome.right) == (2, False)
    assert outcome.delay_s == 700


@pytest.mark.parametrize(
    ("field", "value"),
    [("metric", "cpu_percent"), ("category", "performance"), ("cause", "firmware"), ("symptoms", symptoms(7, 8))],
)
def test_each_wrong_part_is_told(field: str, value: object) -> None:
    (outcome,) = compare([FAULT], [msgspec.structs.replace(FOUND, **{field: value})]).outcomes
    assert not outcome.right
    assert getattr(outcome, "devices" if field == "symptoms" else field) is False


def test_a_cause_on_record_must_be_named() -> None:
    fault = msgspec.structs.replace(FAULT, changes=(CHANGE,))
    named = msgspec.structs.replace(FOUND, cause="firmware", cause_text="firmware 2.4.1 became 2.5.0")
    other = msgspec.structs.replace(FOUND, cause="config", cause_text="max_connections 10 became 12")
    assert [compare([fault], [one]).outcomes[0].cause for one in (FOUND, named, other)] == [False, True, False]


def test_most_devices_of_a_site_are_enough_but_no_strangers() -> None:
    for named, right in (((1, 2, 3, 4, 5), True), ((1, 2, 3, 4), True), ((1, 2, 3), False), ((1, 2, 3, 4, 9), False)):
        found = msgspec.structs.replace(FOUND, symptoms=symptoms(*named))
        assert compare([SITE], [found]).outcomes[0].devices is right


def test_kinds_without_a_metric_are_told_by_their_kind() -> None:
    silence = msgspec.structs.replace(FAULT, kind="silence", metric=None, category="connectivity")
    found = msgspec.structs.replace(
        FOUND, kind="silence", metric=None, category="connectivity", symptoms=(symptom(metric=None, kind="silence"),)
    )
    assert compare([silence], [found]).outcomes[0].right
    assert not compare([silence], [msgspec.structs.replace(found, kind="flapping")]).outcomes[0].metric


def test_volume_tells_of_transactions_as_well() -> None:
    fault = msgspec.structs.replace(FAULT, kind="transactions_collapse", metric="transaction_count")
    found = msgspec.structs.replace(
        FOUND, metric="transaction_volume", symptoms=(symptom(metric="transaction_volume"),)
    )
    assert compare([fault], [found]).outcomes[0].metric


def test_an_incident_counts_for_the_fault_with_most_of_its_symptoms() -> None:
    other = msgspec.structs.replace(FAULT, kind="deviation", devices=(8,))
    mixed = msgspec.structs.replace(FOUND, symptoms=symptoms(7, 8, 8))
    score = compare([FAULT, other], [mixed])
    assert [outcome.incidents for outcome in score.outcomes] == [0, 1]


def test_trouble_that_is_told_of_a_related_metric_is_found_but_not_right() -> None:
    fault = msgspec.structs.replace(FAULT, kind="broken_relation", metric="cpu_percent", category="application")
    found = msgspec.structs.replace(FOUND, metric="transaction_count", symptoms=(symptom(metric="transaction_count"),))
    (outcome,) = compare([fault], [found]).outcomes
    assert (outcome.found, outcome.metric, outcome.right) == (True, False, False)
