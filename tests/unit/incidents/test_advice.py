"""Summaries and recommendations, from a situation made by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ai_gateway.health.analysis import DataQuality, Silence, Trend
from ai_gateway.incidents.advice import MOST_ADVICE, Situation, recommendations, summary
from ai_gateway.incidents.types import Cause, Incident, Similar
from tests.unit.health.test_words import anomaly

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GOOD = DataQuality(
    samples=1440,
    interval_s=60.0,
    coverage=100.0,
    gap_count=0,
    gaps=(),
    last_reading_at=NOW,
    last_reading_age_s=0.0,
    source="readings",
)


def incident(**changes: object) -> Incident:
    values: dict[str, object] = {
        "id": UUID(int=1),
        "status": "open",
        "severity": "critical",
        "category": "performance",
        "kind": "deviation",
        "metric": "cpu_percent",
        "title": "CPU above its usual range",
        "scope": "device",
        "site": 1,
        "opened_at": NOW - timedelta(hours=3),
        "last_at": NOW,
        "acknowledged_at": None,
        "resolved_at": None,
        "reopened": 0,
        "resolution": None,
        "cause": None,
        "similar": (),
        "devices": (),
        "anomalies": 1,
        "alerts": 0,
        "absorbed": (),
        "revision": 1,
    }
    return Incident(**{**values, **changes})


def similar(number: int, resolution: str | None) -> Similar:
    return Similar(
        id=number,
        site=1,
        description="High CPU",
        severity="critical",
        category="hardware",
        site_name="Store",
        device_id="DEVICE-A",
        device_name="Till",
        occurred_at=NOW - timedelta(days=number),
        resolved_at=NOW,
        resolution=resolution,
        similarity=0.9 - number / 100,
    )


def situation(**changes: object) -> Situation:
    values: dict[str, object] = {
        "name": "Lobby Terminal",
        "condition": "online",
        "status": "healthy",
        "score": 0.97,
        "stale": False,
        "scanned_at": NOW,
        "anomalies": [],
        "incidents": [],
        "similar": [],
        "trends": [],
        "uptime": 99.5,
        "quality": GOOD,
        "period": "24h",
        "now": NOW,
    }
    return Situation(**{**values, **changes})


def test_a_healthy_device_needs_nothing() -> None:
    assert summary(situation(), "maintenance") == (
        "Lobby Terminal is healthy (health 0.97), online; up 99.5 % of the last 24h. No anomaly in the last 24h."
    )
    assert summary(situation(), "executive").endswith("Nothing needs a decision.")
    assert "Nothing moved much" in summary(situation(), "predictive")
    assert recommendations(situation()) == []


def test_what_is_unknown_is_not_called_healthy() -> None:
    never = situation(status="unknown", score=None, stale=True, scanned_at=None)
    assert "unknown, as the worker has not scanned yet" in summary(never, "maintenance")
    behind = situation(status="unknown", score=None, stale=True, scanned_at=NOW - timedelta(hours=3))
    assert "unknown, as the worker's last scan was 3 h ago" in summary(behind, "executive")
    new = situation(status="unknown", score=None)
    assert "unknown, as too little is known of it yet" in summary(new, "maintenance")
    assert all("healthy" not in summary(one, "maintenance") for one in (never, behind, new))
    assert recommendations(behind) == ["See that the worker runs: without its scans nothing new is found."]


def test_open_anomalies_come_before_ended_ones() -> None:
    still_on = anomaly(started_at=NOW - timedelta(minutes=24))
    over = anomaly(started_at=NOW - timedelta(hours=9), ended_at=NOW - timedelta(hours=8))
    told = summary(situation(status="critical", score=0.2, anomalies=[still_on, over]), "maintenance")
    assert "1 open anomaly: CPU 97 % (expected 20 to 45 %), for 24 min." in told
    ended = summary(situation(anomalies=[over]), "maintenance")
    assert "No open anomaly; 1 anomaly in the last 24h ended." in ended


def test_gaps_and_silence_are_told() -> None:
    gap = Silence(NOW - timedelta(hours=2), NOW - timedelta(hours=1), 3600.0)
    gappy = summary(situation(quality=_quality(gap_count=3, gaps=(gap,))), "maintenance")
    assert gappy.endswith("Its readings have 3 gaps, the longest of 60 min.")
    silent = summary(situation(quality=_quality(samples=0)), "maintenance")
    assert silent.endswith("It sent no reading in the last 24h.")


def _quality(**changes: object) -> DataQuality:
    return DataQuality(**{**{name: getattr(GOOD, name) for name in GOOD.__struct_fields__}, **changes})


def test_a_planner_is_told_what_moves() -> None:
    told = summary(
        situation(trends=[Trend("disk_percent", 70.0, 78.0), Trend("cpu_percent", 60.0, 20.0)]), "predictive"
    )
    assert "Over the last 24h disk rose from 70 % to 78 % and CPU fell from 60 % to 20 %." in told


def test_a_manager_is_told_what_waits_for_a_decision() -> None:
    two = situation(incidents=[incident(), incident(id=UUID(int=2)), incident(id=UUID(int=3), status="resolved")])
    told = summary(two, "executive")
    assert told.endswith("2 unresolved incidents, the worst for 3 h: CPU above its usual range.")


@pytest.mark.parametrize("kind", ["config", "firmware", "job", "command"])
def test_what_somebody_did_can_be_undone(kind: str) -> None:
    cause = Cause(kind=kind, text="firmware went from 2.4.1 to 2.5.0.", at=NOW, confidence=0.9)
    first = recommendations(situation(incidents=[incident(cause=cause)]))[0]
    assert first.startswith("Check what changed shortly before")
    assert "2.4.1 to 2.5.0" in first


def test_recommendations_are_ordered_by_their_ground_each_once_and_bounded() -> None:
    cause = Cause(kind="filling", text="disk grows by 2 % a day", at=NOW, confidence=0.9)
    past = [similar(number, f"Did thing {number}.") for number in range(1, 9)]
    told = recommendations(situation(incidents=[incident(cause=cause), incident(cause=cause)], similar=past))
    assert told[0] == "Look at the probable cause: disk grows by 2 % a day."
    assert '"Did thing 1."' in told[1]
    assert "similarity 0.89" in told[1]
    assert len(told) == len(set(told)) == MOST_ADVICE


def test_without_cause_or_precedent_the_category_says_where_to_look() -> None:
    nothing = Cause(kind="none", text="Nothing fits.", at=None, confidence=0.0)
    told = recommendations(
        situation(incidents=[incident(cause=nothing, category="storage")], similar=[similar(1, None)])
    )
    assert told == ["Free space: old logs and temporary files first; then see what fills it."]
    assert recommendations(situation(incidents=[incident(status="resolved", category="storage")])) == []
