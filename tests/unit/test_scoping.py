"""The lint over queries: what it lets pass, and that it can fail."""

from pathlib import Path

import pytest

from dev import scoping
from dev.scoping import SOURCE, check


def with_query(folder: Path, name: str, text: str) -> list[str]:
    path = folder / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return [fault for fault in check(folder) if str(path) in fault]


def test_every_query_of_the_gateway_is_scoped_or_listed() -> None:
    assert list(check(SOURCE)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("homepot/sql/loose", "SELECT d.name FROM {devices} AS d"),
        ("homepot/sql/loose", "SELECT a.title FROM {alerts} AS a WHERE a.device_id = %(device)s"),
        ("homepot/sql/loose", "-- joins {fleet}\nSELECT r.* FROM {device_metrics} AS r"),
        ("homepot/sql/loose", "SELECT r.* FROM {device_metrics} AS r WHERE {in_view}"),
        ("incidents/sql/loose", "SELECT i.title FROM ai_incidents AS i WHERE i.id = %(id)s"),
        ("incidents/sql/loose", "SELECT i.title FROM ai_incidents AS i WHERE i.site = ANY(%(sites)s)"),
        ("health/sql/loose", "DELETE FROM ai_anomaly_logs WHERE id = %(id)s"),
        ("memory/sql/loose", "SELECT resolution FROM ai_incident_patterns ORDER BY embedding <#> %(e)s LIMIT 5"),
        ("conversations/sql/loose", "SELECT content FROM ai_turns WHERE conversation = %(id)s"),
        ("reports/sql/loose", "SELECT text FROM ai_reports_of_a_later_stage"),
        (
            "incidents/sql/loose",
            "SELECT m.id FROM ai_anomaly_logs AS m WHERE {in_scope m.site} UNION ALL SELECT a.alert FROM ai_incident_alerts AS a",
        ),
    ],
)
def test_a_query_without_a_scope_is_a_fault(tmp_path: Path, name: str, text: str) -> None:
    assert len(with_query(tmp_path, name, text)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("homepot/sql/tight", "SELECT d.name FROM {devices} AS d WHERE {in_scope d.site_id}"),
        ("incidents/sql/tight", "SELECT i.title FROM ai_incidents AS i WHERE {chosen}"),
        ("conversations/sql/tight", "SELECT id FROM ai_conversations WHERE id = %(id)s AND owner = %(owner)s"),
        ("access/sql/tight", "SELECT name FROM ai_api_keys"),
        ("health/sql/tight", "SELECT pg_advisory_unlock(%(key)s)"),
    ],
)
def test_a_scoped_query_passes(tmp_path: Path, name: str, text: str) -> None:
    assert with_query(tmp_path, name, text) == []


def test_an_entry_that_nothing_needs_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"once true": ("health/close_others",), "never was": ("health/nothing",)}
    monkeypatch.setattr(scoping, "UNSCOPED", listed)
    with_query(tmp_path, "health/sql/close_others", "SELECT id FROM ai_anomaly_logs WHERE {in_scope site}")
    assert [fault.rpartition(":")[0] for fault in check(tmp_path)] == [
        "dev/scoping.py lists health/close_others, which is scoped",
        "dev/scoping.py lists health/nothing, which is no query",
    ]


def test_every_reason_is_a_sentence() -> None:
    assert all(len(reason.split()) > 4 and names for reason, names in scoping.UNSCOPED.items())
