"""Open, acknowledged, resolved, reopened: from members and what people did."""

from collections.abc import Sequence

import pytest

from ai_gateway.incidents.lifecycle import Acts, leading, live, resolution_of, worst
from ai_gateway.incidents.types import Member
from tests.unit.incidents.conftest import alert, anomaly, at


def state(members: Sequence[Member], now: float, acts: Acts | None = None) -> tuple[str, float | None, int]:
    """Status, minute of the end, and how often it was reopened."""
    found = live(members, acts or Acts(), at(now))
    resolved = None if found.resolved_at is None else (found.resolved_at - at(0)).total_seconds() / 60
    return found.status, resolved, found.reopened


@pytest.mark.parametrize(
    ("members", "now", "expected"),
    [
        ([anomaly(11, 0)], 1000, ("open", None, 0)),
        ([anomaly(11, 0, 10)], 14, ("open", None, 0)),
        ([anomaly(11, 0, 10)], 15, ("resolved", 10, 0)),
        ([anomaly(11, 0, 10), alert(1, 11, 5)], 1000, ("open", None, 0)),
        ([anomaly(11, 0, 10), alert(1, 11, 5, 40)], 1000, ("resolved", 40, 0)),
        # Back within the quiet time it was never gone; later it is reopened.
        ([anomaly(11, 0, 10), anomaly(11, 15, 20)], 1000, ("resolved", 20, 0)),
        ([anomaly(11, 0, 10), anomaly(11, 16)], 1000, ("open", None, 1)),
        ([anomaly(11, 0, 10), anomaly(11, 30, 40), anomaly(11, 60, 70)], 1000, ("resolved", 70, 2)),
        # An end before the beginning, as clocks have it, is no end before it.
        ([anomaly(11, 10, 0)], 14, ("open", None, 0)),
        ([anomaly(11, 10, 0)], 15, ("resolved", 10, 0)),
    ],
)
def test_it_follows_its_members(members: list[Member], now: float, expected: tuple[str, float | None, int]) -> None:
    assert state(members, now) == expected
    assert state(members[::-1], now) == expected


@pytest.mark.parametrize(
    ("acts", "status"),
    [
        (Acts(), "open"),
        (Acts(acknowledged_at=at(5)), "acknowledged"),
        (Acts(acknowledged_at=at(-5)), "open"),  # of an earlier stretch
    ],
)
def test_somebody_takes_note(acts: Acts, status: str) -> None:
    assert state([anomaly(11, 0)], 10, acts)[0] == status


def test_an_acknowledged_alert_acknowledges_its_incident_until_it_is_reopened() -> None:
    noticed = alert(1, 11, 0, 20, status="acknowledged", acknowledged_at=at(10))
    found = live([anomaly(11, 0, 20), noticed], Acts(), at(22))
    assert (found.status, found.acknowledged_at) == ("acknowledged", at(10))
    assert state([anomaly(11, 0, 20), noticed, anomaly(11, 60)], 70) == ("open", None, 1)


def test_who_closes_an_incident_has_the_last_word_until_new_trouble() -> None:
    closed = Acts(closings=(at(30),))
    assert state([anomaly(11, 0), alert(1, 11, 5)], 31, closed) == ("resolved", 30, 0)
    assert state([anomaly(11, 0), alert(1, 11, 5)], 10_000, closed) == ("resolved", 30, 0)
    assert state([anomaly(11, 0), anomaly(11, 31)], 32, closed) == ("open", None, 1)
    assert state([anomaly(11, 0, 10)], 32, closed) == ("resolved", 10, 0)


def test_every_closing_counts() -> None:
    members = [anomaly(11, 0), anomaly(11, 40), anomaly(11, 60)]
    assert state(members, 100, Acts(closings=(at(30), at(50)))) == ("open", None, 2)
    assert state(members, 100, Acts(closings=(at(30), at(50), at(70)))) == ("resolved", 70, 2)


def test_the_worst_member_gives_the_severity() -> None:
    assert worst([anomaly(11, 0, severity="info"), anomaly(11, 1), alert(1, 11, 2)]) == "critical"
    assert worst([anomaly(11, 0, severity="info"), anomaly(11, 1)]) == "warning"


@pytest.mark.parametrize(
    ("members", "lead"),
    [
        ([anomaly(11, 0), anomaly(11, 1, severity="critical", metric="error_rate")], "error_rate"),
        ([anomaly(11, 0, score=2.0), anomaly(11, 1, score=3.0, metric="error_rate")], "error_rate"),
        ([anomaly(11, 0), anomaly(11, 1, metric="error_rate")], "cpu_percent"),
        ([anomaly(11, 0, metric="error_rate", severity="critical"), alert(1, 11, 0)], "error_rate"),
        ([anomaly(11, 0, metric="error_rate", score=9.0), anomaly(11, 1), alert(1, 11, 0)], "cpu_percent"),
        # What most devices have goes before what one has worse.
        (
            [
                anomaly(11, 0, metric="network_latency_ms"),
                anomaly(12, 0, metric="network_latency_ms"),
                anomaly(12, 1, severity="critical", score=9.0),
            ],
            "network_latency_ms",
        ),
    ],
)
def test_what_leads(members: list[Member], lead: str) -> None:
    assert leading(members).metric == lead
    assert leading(members[::-1]).metric == lead
    assert leading(members).source == "anomaly"


def test_the_last_note_of_an_operator_is_what_helped() -> None:
    first = alert(1, 11, 0, 10, notes="Restarted it.")
    second = alert(2, 11, 1, 20, notes="Replaced the fan.")
    assert resolution_of([second, first, alert(3, 11, 2, 30, notes="  ")]) == "Replaced the fan."
    assert resolution_of([alert(3, 11, 2, 30)]) is None
