"""What stands first among incidents that are as like: what helped, and what has an answer."""

from datetime import timedelta

from ai_gateway.answers.gather.similar import sentence
from ai_gateway.memory.recall import preferred
from tests.unit.memory.conftest import NOW
from tests.unit.memory.making import Make


def order(*incidents: object) -> list[int]:
    return [one.id for one in preferred(list(incidents))]  # type: ignore[arg-type]


def test_a_finding_without_an_answer_goes_behind_and_with_one_it_does_not(recalled: Make) -> None:
    open_one = recalled("CPU rose", id=1, source="finding", similarity_score=0.4)
    alert = recalled("CPU rose", id=2, source="homepot_alert", similarity_score=0.35)
    solved = recalled("CPU rose", id=3, source="finding", similarity_score=0.4, resolution="Changed it back.")
    assert order(open_one, alert, solved) == [3, 2, 1]
    much_more = recalled("CPU rose", id=4, source="finding", similarity_score=0.6)
    assert order(alert, much_more) == [4, 2]  # the measure is likeness still


def test_an_answer_calls_a_finding_by_its_name(recalled: Make) -> None:
    told = sentence(recalled("CPU rose", source="finding", resolved_at=NOW + timedelta(days=2), similarity_score=0.4))
    assert told == ('2026-11-18T12:00:00Z warning finding: "CPU rose"; ended after 2 days, no notes (similarity 0.40).')
