"""`/api/v1/ai` against what HOMEPOT's own back end was recorded to answer: the same keys and types, real content."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from ai_gateway.prediction.service import LONG_AGO, UNSEEN
from dev.evals.rounds import store_round
from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.api.test_predictions import ARRIVALS, ARRIVALS_GATEWAY, LOBBY_ID, told
from tests.conftest import SettingsFactory, make_key
from tests.contract.shapes import differences
from tests.faults.asking import ClientFactory

ROOT = "/api/v1/ai"
RECORDED = Path(__file__).parents[1] / "data" / "homepot" / "responses"
ANOMALY = {"device_id", "device_name", "score", "reasons", "severity", "metrics", "timestamp"}
LIVE_METRICS = {
    "cpu_percent",
    "memory_percent",
    "disk_percent",
    "network_latency_ms",
    "error_rate",
    "flapping_count",
    "consecutive_failures",
}
PUSH = {"total_sent", "delivered", "failed", "delivery_rate_percent", "avg_latency_ms"}
CAPABILITIES = {
    "device_insights",
    "site_insights",
    "failure_prediction",
    "at_risk_detection",
    "job_scheduling",
    "success_probability",
    "health_forecast",
}
FORECAST = {
    "site_id",
    "forecast_hours",
    "overall_health_score",
    "forecast_status",
    "forecast_message",
    "total_devices",
    "healthy_devices",
    "at_risk_devices",
    "risk_distribution",
    "top_concerns",
    "generated_at",
}
WEEK = {"site_id", "recommendations", "analysis_timestamp"}
DAY = {"day", "day_of_week", "status", "optimal_windows", "is_maintenance_window"}
UNKNOWN = {"error": UNSEEN, "failure_probability": None, "risk_level": "unknown"}
SECRET = "homepot-signs-with-this-secret-" * 3
VERA, NOAH = "vera@brightwater.example", "noah@northline.example"
RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
async def client(client_for: ClientFactory, settings_for: SettingsFactory) -> httpx.AsyncClient:
    return await client_for(settings_for(homepot_session_secret=SECRET))


@pytest.fixture
def ids(homepot_admin_url: str) -> dict[str, str]:
    """Public ids by name."""
    with psycopg.connect(homepot_admin_url) as homepot:
        devices = homepot.execute("SELECT name, device_id FROM devices").fetchall()
        sites = homepot.execute("SELECT name, site_id FROM sites").fetchall()
    return dict([*devices, *sites])


async def got(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await client.get(f"{ROOT}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_device_has_homepots_keys_and_its_own_figures(client: httpx.AsyncClient, ids: dict[str, str]) -> None:
    body = await got(client, f"/insights/device/{ids['Lobby Terminal']}")
    assert differences(body["performance"], recorded("insights_device")["performance"]) == []
    assert set(body) == set(recorded("insights_device"))
    assert body["failure_prediction"] == {**UNKNOWN, "device_id": ids["Lobby Terminal"]}  # never HOMEPOT's constant 0.0
    assert body["performance"]["metrics"]["sample_count"] > 54
    assert body["errors"] == {"status": "no_errors", "error_rate_per_day": 0} or set(body["errors"]) == {
        "error_rate_per_day",
        "total_errors",
        "period_days",
    }


async def test_a_devices_means_and_errors_are_those_of_its_rows(
    client: httpx.AsyncClient, homepot_admin_url: str, now: datetime
) -> None:
    errors = """
        SELECT d.device_id, count(*) FROM error_logs AS e
        JOIN devices AS d ON d.device_id IN (e.context ->> 'original_device_id', e.context ->> 'device_id')
        WHERE e.severity <> 'info' AND e.timestamp >= %s GROUP BY d.device_id ORDER BY count(*) DESC LIMIT 1
    """
    means = """
        SELECT avg(m.cpu_percent) FROM device_metrics AS m JOIN devices AS d ON d.id = m.device_id
        WHERE d.device_id = %s AND m.timestamp >= %s
    """
    since = (now - timedelta(days=3)).replace(tzinfo=None)
    with psycopg.connect(homepot_admin_url) as homepot:
        device, logged = homepot.execute(errors, (since,)).fetchall()[0]
        mean = homepot.execute(means, (device, since.replace(minute=0, second=0))).fetchall()[0][0]
    body = await got(client, f"/insights/device/{device}", days=3)
    assert body["performance"]["metrics"]["avg_cpu_percent"] == pytest.approx(mean, abs=0.006)
    assert body["errors"]["total_errors"] == logged
    assert differences(body["errors"], recorded("insights_device")["errors"]) == []
    assert body["errors"]["error_rate_per_day"] == pytest.approx(logged / 3, abs=0.006)


async def test_the_health_score_is_the_workers_and_none_while_it_is_old(
    client: httpx.AsyncClient, ids: dict[str, str], database_url: str, now: datetime
) -> None:
    scan, path = Scan(database_url, now), f"/insights/device/{ids['Lobby Terminal']}"
    assert (await got(client, path))["performance"]["health_score"] is None
    scan.site(LOBBY_SITE)
    scan.device(LOBBY, LOBBY_SITE, score=0.62)
    assert (await got(client, path))["performance"]["health_score"] == 62.0


async def test_a_device_that_is_not_there_is_refused_in_homepots_words(client: httpx.AsyncClient) -> None:
    for path in ("/insights/device/NOPE", "/insights/site/NOPE", "/insights/push-notifications?device_id=NOPE"):
        answer = await client.get(f"{ROOT}{path}")
        theirs = recorded("insights_device_404")
        assert answer.status_code == theirs["status_code"] == answer.json()["status_code"] == answer.json()["status"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(theirs) <= set(answer.json())
        assert "NOPE" in answer.json()["detail"]


async def test_a_site_has_homepots_keys_and_the_jobs_of_that_site_alone(
    client: httpx.AsyncClient, ids: dict[str, str], homepot_admin_url: str
) -> None:
    body, theirs = await got(client, f"/insights/site/{ids['Old Town Depot']}"), recorded("insights_site")
    assert set(body) == set(theirs)
    assert set(body["job_patterns"]) == set(theirs["job_patterns"])
    assert differences(body["job_patterns"]["summary"], theirs["job_patterns"]["summary"]) == []
    assert differences(body["configuration_impact"], theirs["configuration_impact"]) == []
    assert set(body["scheduling_windows"]) == WEEK  # where HOMEPOT has an SQL error
    query = """
        SELECT count(*) FILTER (WHERE j.status <> 'failed'), count(*) FILTER (WHERE j.status = 'failed')
        FROM jobs AS j JOIN sites AS s ON s.id = j.site_id
        WHERE s.name = 'Old Town Depot' AND j.status IN ('completed', 'acknowledged', 'failed')
    """
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute(query).fetchone()
    assert row is not None
    summary = body["job_patterns"]["summary"]
    assert (summary["successful"], summary["failed"]) == row
    assert sum(body["job_patterns"]["failure_patterns"].values()) == summary["failed"] > 0


async def test_changes_that_caused_incidents_are_told_of_their_site(
    client: httpx.AsyncClient, ids: dict[str, str], database_url: str, now: datetime
) -> None:
    scan = Scan(database_url, now)
    cause = {"kind": "config", "text": "poll_interval was set to 1.", "at": None, "confidence": 0.8, "evidence": []}
    scan.incident(LOBBY_SITE, (LOBBY,), cause=cause)
    scan.incident(LOBBY_SITE, (LOBBY,))
    scan.incident(AIRPORT_SITE, (26,), cause=cause)
    impact = (await got(client, f"/insights/site/{ids['Building A']}"))["configuration_impact"]
    assert impact["impact_score"] == 0.5
    assert [issue["cause"] for issue in impact["correlated_issues"]] == [cause["text"]]


async def test_push_messages_are_counted_in_the_callers_view(
    client: httpx.AsyncClient, ids: dict[str, str], homepot_admin_url: str
) -> None:
    body = await got(client, "/insights/push-notifications", days=30)
    assert set(body) == {
        "period_days",
        "device_id",
        "summary",
        "provider_breakdown",
        "failure_reasons",
        "analysis_timestamp",
    }
    assert set(body["summary"]) == PUSH
    with psycopg.connect(homepot_admin_url) as homepot:
        query = "SELECT count(*), count(*) FILTER (WHERE status = 'failed') FROM push_notification_logs"
        counts = homepot.execute(query).fetchone()
    assert (body["summary"]["total_sent"], body["summary"]["failed"]) == counts
    assert sum(body["provider_breakdown"].values()) == body["summary"]["total_sent"]
    assert body["summary"]["avg_latency_ms"] == 150.0
    one = await got(client, "/insights/push-notifications", days=30, device_id=ids["Yard Gate Tablet"])
    assert one["summary"] == {**one["summary"], "total_sent": 5, "failed": 5, "avg_latency_ms": None}
    halves = [
        (await client.get(f"{ROOT}/insights/push-notifications?days=30", headers={"X-Homepot-User": user})).json()
        for user in (VERA, NOAH)
    ]
    assert sum(half["summary"]["total_sent"] for half in halves) == body["summary"]["total_sent"]


def without_proofs(trust: dict[str, Any]) -> dict[str, Any]:
    """What a check looked at differs from check to check, in HOMEPOT too."""
    gates = [{**gate, "checks": [{**check, "evidence": []} for check in gate["checks"]]} for gate in trust["gates"]]
    return {**trust, "gates": gates}


@pytest.mark.parametrize(("name", "asked"), [("query_fleet", None), ("query_device", "Lobby Terminal")])
async def test_the_dashboards_exchange_works_unchanged(
    client: httpx.AsyncClient, ids: dict[str, str], name: str, asked: str | None
) -> None:
    said = [{"role": "user", "content": "How many sites are there?"}, {"role": "bot", "content": "Four."}]
    body = {"query": "Which devices are offline?", "history": said, "device_id": asked and ids[asked], "role": "Client"}
    answer = await client.post(f"{ROOT}/query", json=body)
    assert answer.status_code == 200, answer.text
    ours, theirs = answer.json(), recorded(name)
    assert set(ours) == set(theirs) == {"response", "timestamp", "trust"}
    assert differences(without_proofs(ours["trust"]), without_proofs(theirs["trust"])) == []
    assert [gate["gate_id"] for gate in ours["trust"]["gates"]][:5] == ["A", "B", "C", "D", "E"]
    assert ("offline" in ours["response"]) or asked
    assert "[E1]" not in ours["response"]
    assert RFC3339.match(ours["timestamp"])


async def test_what_the_dashboard_sends_beside_the_question_is_heeded_or_left_aside(
    client: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    async def told(**body: Any) -> str:
        answer = await client.post(f"{ROOT}/query", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["response"])

    assert "Arrivals Gateway" in await told(query="Is it online?", context="We look at the Arrivals Gateway.")
    history = [
        {"role": "user", "content": "How is the Arrivals Gateway?"},
        {"role": "assistant", "content": "x" * 9000},
    ]
    assert "Arrivals Gateway" in await told(query="Is it online?", history=history)
    assert "Lobby Terminal" in await told(query="How is it?", device_id=ids["Lobby Terminal"], temperature=0.2)
    risks = "Which devices are at risk?"
    assert len(await told(query=risks, role="Manager")) < len(await told(query=risks, role="Engineer"))
    for null in ("context", "device_id", "role", "history"):
        assert await told(query=risks, **{null: None})


async def test_a_question_is_answered_within_the_users_sites(client: httpx.AsyncClient) -> None:
    for user, site in ((VERA, "Building A"), (NOAH, "Airport Terminal 2")):
        cookie = {"Cookie": f"access_token={session(user)}", "Authorization": ""}
        answer = await client.post(f"{ROOT}/query", json={"query": "List all sites"}, headers=cookie)
        other = {"Building A", "Airport Terminal 2"} - {site}
        assert site in answer.json()["response"]
        assert not any(name in answer.text for name in other)


async def test_alerts_and_anomalies_are_listed_the_worst_first_with_homepots_keys(
    client: httpx.AsyncClient, database_url: str, now: datetime
) -> None:
    scan = Scan(database_url, now)
    scan.site(LOBBY_SITE)
    scan.metrics("cpu_percent", "error_rate")
    scan.device(LOBBY, LOBBY_SITE)
    scan.hour(LOBBY, LOBBY_SITE, 0, latest=(97.2, 2.0))
    scan.anomaly(LOBBY, LOBBY_SITE, score=30.0)
    scan.anomaly(LOBBY, LOBBY_SITE, kind="flapping", metric=None, value=6.0, explained=[], minutes_ago=50)
    body = await got(client, "/anomalies")
    assert body["count"] == len(body["anomalies"]) > 5  # five alerts hid every anomaly in HOMEPOT
    scores = [one["score"] for one in body["anomalies"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    alerts = [one for one in body["anomalies"] if "id" in one]
    live = [one for one in body["anomalies"] if "id" not in one]
    assert all(set(one) == ANOMALY | {"id"} and set(one["metrics"]) == {"source", "category"} for one in alerts)
    assert [set(one) for one in live] == [ANOMALY]  # one a device
    lobby = live[0]
    assert set(lobby["metrics"]) == LIVE_METRICS
    assert lobby["metrics"] == {**lobby["metrics"], "cpu_percent": 97.2, "error_rate": 0.02, "flapping_count": 6.0}
    assert lobby["metrics"]["disk_percent"] is None  # not measured is not 0
    assert len(lobby["reasons"]) == 2
    assert lobby["reasons"][0].startswith("CPU 97.2 %")


async def test_a_list_from_an_old_scan_says_so(client: httpx.AsyncClient, database_url: str, now: datetime) -> None:
    scan = Scan(database_url, now)
    scan.site(LOBBY_SITE, age_s=4000)
    scan.anomaly(LOBBY, LOBBY_SITE)
    live = [one for one in (await got(client, "/anomalies"))["anomalies"] if "id" not in one]
    assert "see that the worker runs" in live[0]["reasons"][-1]


async def test_no_alert_is_resolved_and_its_incident_is_named(
    client: httpx.AsyncClient, database_url: str, homepot_admin_url: str, now: datetime
) -> None:
    incident = Scan(database_url, now).incident(LOBBY_SITE, (LOBBY,))
    with psycopg.connect(database_url) as own, psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute("SELECT id FROM alerts WHERE status = 'active' LIMIT 1").fetchone()
        assert row is not None
        own.execute(
            "INSERT INTO ai_incident_alerts (alert, incident, device, site, kind, category, severity, title, at, status)"
            " VALUES (%s, %s, %s, %s, 'alert', 'performance', 'critical', 'High CPU', %s, 'active')",
            (row[0], incident, LOBBY, LOBBY_SITE, now),
        )
    answer = await client.put(f"{ROOT}/alerts/{row[0]}/resolve?notes=done&user_id=1")
    assert answer.status_code == answer.json()["status_code"] == 501
    assert answer.json()["incident_id"] == str(incident)
    hidden = await client.put(f"{ROOT}/alerts/{row[0]}/resolve", headers={"X-Homepot-User": NOAH})
    assert hidden.json()["incident_id"] is None
    with psycopg.connect(homepot_admin_url) as homepot:
        assert homepot.execute("SELECT status FROM alerts WHERE id = %s", row).fetchone() == ("active",)


async def asked(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(f"{ROOT}{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_sites_week_has_homepots_keys_and_its_schedules_windows(
    client: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    path = f"/recommendations/optimal-windows/{ids['Building A']}"
    body = await got(client, path)
    assert set(body) == WEEK
    days = body["recommendations"]
    assert [set(day) for day in days] == [DAY] * 7
    assert [day["day_of_week"] for day in days] == list(range(7))
    assert [day["status"] for day in days] == ["open"] * 6 + ["closed"]
    assert [day["is_maintenance_window"] for day in days] == [False] * 6 + [True]
    sunday = days[6]["optimal_windows"]
    assert (sunday[0]["start"], sunday[0]["end"]) == ("02:00", "05:00")
    assert {one["start"] for one in days[0]["optimal_windows"]} == {"00:00", "08:00", "14:00", "20:00"}  # never 12:00
    assert (await got(client, path, day_of_week=6))["recommendations"] == [days[6]]
    assert (await got(client, f"/insights/site/{ids['Building A']}"))["scheduling_windows"]["recommendations"] == days


async def test_a_site_without_a_schedule_says_so_as_in_homepot(
    client: httpx.AsyncClient, ids: dict[str, str], homepot_admin_url: str
) -> None:
    site = ids["Riverside Kiosk Park"]
    where = "FROM site_operating_schedules WHERE site_id = (SELECT id FROM sites WHERE site_id = %s)"
    with psycopg.connect(homepot_admin_url, autocommit=True) as homepot:
        homepot.execute(f"CREATE TABLE kept AS SELECT * {where}", (site,))
        homepot.execute(f"DELETE {where}", (site,))
        try:
            body = await got(client, f"/recommendations/optimal-windows/{site}")
            assert body == {"site_id": site, "status": "no_schedule", "message": body["message"]}
            job = await asked(client, "/recommendations/schedule-job", site_id=site)
            assert "site_status" not in job
            assert "no opening hours" in job["reasoning"]
        finally:
            homepot.execute("INSERT INTO site_operating_schedules SELECT * FROM kept")
            homepot.execute("DROP TABLE kept")


async def test_a_job_waits_for_its_window_as_long_as_its_priority_lets_it(
    client: httpx.AsyncClient, ids: dict[str, str], now: datetime
) -> None:
    async def at(priority: str, earliest: datetime) -> tuple[datetime, dict[str, Any]]:
        body = await asked(
            client,
            "/recommendations/schedule-job",
            site_id=ids["Building A"],
            job_priority=priority,
            earliest_start=earliest.isoformat(),
        )
        assert set(body) == {"recommended_time", "confidence", "reasoning", "alternative_times", "site_status"}
        assert differences(body, recorded("schedule_job")) == [".site_status is new"]
        assert set(body["site_status"]) == DAY
        assert 0 < body["confidence"] < 1
        return datetime.fromisoformat(body["recommended_time"]), body

    monday = (now + timedelta(days=8 - now.weekday())).replace(hour=9, minute=0)  # a Tuesday
    critical, body = await at("critical", monday)
    assert critical == monday
    assert "does not wait" in body["reasoning"]
    assert body["alternative_times"]
    high, body = await at("high", monday)
    assert timedelta(0) < high - monday <= timedelta(hours=24)
    assert "closed" in body["reasoning"]
    low, body = await at("low", monday)
    assert (low.weekday(), low.hour, body["site_status"]["day"]) == (6, 2, "Sunday")
    assert len(body["alternative_times"]) == 3
    past, _ = await at("critical", now - timedelta(days=30))
    assert past == now
    far = {"site_id": ids["Building A"], "earliest_start": "9999-12-31T23:59:59Z"}
    answer = await client.post(f"{ROOT}/recommendations/schedule-job", json=far)
    assert (answer.status_code, answer.json()["field"]) == (400, "earliest_start")


async def test_a_probability_is_told_with_factors_and_for_the_right_site_alone(
    client: httpx.AsyncClient, ids: dict[str, str], now: datetime
) -> None:
    body = {"site_id": ids["Building A"], "device_id": LOBBY_ID, "scheduled_time": now.isoformat()}
    path = "/recommendations/success-probability"
    found = await asked(client, path, **body)
    theirs = recorded("success_probability")
    assert set(found) == set(theirs)
    assert all(differences(one, {**theirs["factors"][0], "note": ""}) == [] for one in found["factors"])
    own = (await client.get(f"/api/ai/jobs/success-probability/{LOBBY_ID}", params={"at": now.isoformat()})).json()
    assert found["probability"] == own["probability"]
    elsewhere = await client.post(f"{ROOT}{path}", json={**body, "site_id": ids["Airport Terminal 2"]})
    assert (elsewhere.status_code, elsewhere.json()["field"]) == (404, "device_id")
    hidden = await client.post(f"{ROOT}{path}", json=body, headers={"X-Homepot-User": NOAH})
    assert hidden.status_code == 404


async def test_a_risk_is_read_from_the_workers_round_at_any_hour(
    client: httpx.AsyncClient, database_url: str, now: datetime
) -> None:
    as_of = now - timedelta(minutes=10)
    told(database_url, LOBBY, LOBBY_SITE, 0.6, as_of)
    path = f"/predictions/failure/{LOBBY_ID}"
    day = await got(client, path)
    assert differences(day, recorded("predictions_failure")) == []
    assert (day["prediction_window_hours"], day["failure_probability"], day["risk_level"]) == (24, 0.0857, "low")
    assert day["recommendations"] == []
    assert datetime.fromisoformat(day["prediction_timestamp"]) == as_of
    assert day["confidence"] == pytest.approx(1 - 1.5 * 0.0857, abs=1e-3)
    assert datetime.fromisoformat(day["predicted_failure_time"]) - as_of == timedelta(hours=140)
    late = await got(client, path, window_hours=140)  # between two points of the curve
    assert (late["failure_probability"], late["risk_level"]) == (0.5, "high")
    assert late["recommendations"] == ["See to its disk before 4 days have passed."]
    sign, limit = late["risk_factors"]
    assert sign == {"type": "sign", "name": "number of flapping in 7 days (4)", "severity": "high"}
    assert (limit["type"], limit["severity"]) == ("limit", "high")
    assert [one["severity"] for one in (await got(client, path, window_hours=100))["risk_factors"]] == [
        "high",
        "medium",
    ]
    assert (await got(client, f"/insights/device/{LOBBY_ID}"))["failure_prediction"] == day
    capabilities = (await got(client, "/status"))["capabilities"]
    assert capabilities["failure_prediction"] is capabilities["at_risk_detection"] is True
    assert capabilities["health_forecast"] is True


async def test_health_ahead_is_counted_from_the_devices_risks(
    client: httpx.AsyncClient, settings_for: SettingsFactory, now: datetime
) -> None:
    assert (await client.get(f"{ROOT}/health-forecast")).status_code == 503  # no round is no good news
    risks = {
        LOBBY: (LOBBY_SITE, 0.9),
        2: (LOBBY_SITE, 0.3),
        3: (LOBBY_SITE, 0.0),
        ARRIVALS_GATEWAY: (AIRPORT_SITE, 0.7),
    }
    await store_round(settings_for(), risks, now - timedelta(minutes=10), basis="model")
    week = await got(client, "/health-forecast", forecast_hours=168)
    assert set(week) == FORECAST
    assert (week["total_devices"], week["healthy_devices"], week["at_risk_devices"]) == (4, 1, 3)
    assert week["risk_distribution"] == {"low": 1, "medium": 1, "high": 1, "critical": 1}
    assert week["overall_health_score"] == pytest.approx(100 * (1 - 1.9 / 4), abs=0.01)
    assert week["forecast_status"] == "warning"
    assert week["forecast_message"].startswith("1.9 of 4 devices expected to fail within 7 days; 3 at risk")
    assert [one["failure_probability"] for one in week["top_concerns"]] == [0.9, 0.7, 0.3]
    hour = await got(client, "/health-forecast", forecast_hours=36, site_id=str(LOBBY_SITE))
    assert (hour["total_devices"], hour["at_risk_devices"], hour["forecast_hours"]) == (3, 0, 36)
    assert hour["overall_health_score"] == pytest.approx(100 * (1 - 1.2 * 36 / 168 / 3), abs=0.01)
    assert hour["top_concerns"] == []
    assert (await client.get(f"{ROOT}/health-forecast", params={"site_id": "NOPE"})).status_code == 404


async def test_a_path_or_method_that_is_not_there_fails_in_homepots_shape(client: httpx.AsyncClient) -> None:
    for answer in (await client.get(f"{ROOT}/nothing"), await client.delete(f"{ROOT}/status"), await client.get(ROOT)):
        assert answer.status_code in {404, 405}
        assert answer.json()["status_code"] == answer.json()["status"] == answer.status_code
        assert answer.json()["detail"]
    elsewhere = await client.get("/api/ai/nothing")
    assert elsewhere.status_code == 404
    assert "status_code" not in elsewhere.json()


async def test_a_risk_of_long_ago_or_of_nobody_is_not_told(
    client: httpx.AsyncClient, database_url: str, now: datetime
) -> None:
    told(database_url, LOBBY, LOBBY_SITE, 0.6, now - timedelta(days=2))
    old = await got(client, f"/predictions/failure/{LOBBY_ID}")
    assert old == {**UNKNOWN, "device_id": LOBBY_ID, "error": LONG_AGO}
    nobody = await client.get(f"{ROOT}/predictions/failure/NOPE")
    assert nobody.status_code == nobody.json()["status_code"] == 404
    none = await client.get(f"{ROOT}/predictions/at-risk-devices")  # an empty list would say that nothing is at risk
    assert none.status_code == none.json()["status_code"] == 503
    assert none.json()["type"].endswith("prediction-unavailable")
    assert (await got(client, "/status"))["capabilities"]["at_risk_detection"] is False


async def test_a_prior_alone_is_no_confidence(client: httpx.AsyncClient, database_url: str, now: datetime) -> None:
    told(database_url, LOBBY, LOBBY_SITE, 0.01, now)
    with psycopg.connect(database_url) as own:
        own.execute("UPDATE ai_predictions SET basis = 'prior'")
    body = await got(client, f"/predictions/failure/{LOBBY_ID}")
    assert (body["confidence"], body["predicted_failure_time"]) == (None, None)
    assert body["failure_probability"] > 0


async def test_devices_at_risk_are_listed_within_the_callers_sites(
    client: httpx.AsyncClient, ids: dict[str, str], database_url: str, now: datetime
) -> None:
    told(database_url, LOBBY, LOBBY_SITE, 3.8, now)
    told(database_url, ARRIVALS_GATEWAY, AIRPORT_SITE, 1.8, now)
    path = "/predictions/at-risk-devices"
    body = await got(client, path)
    assert set(body) == {"site_id", "min_risk_level", "at_risk_count", "devices", "generated_at"}
    assert (body["site_id"], body["min_risk_level"], body["at_risk_count"]) == (None, "medium", 2)
    assert [(one["device_id"], one["risk_level"]) for one in body["devices"]] == [
        (LOBBY_ID, "high"),
        (ARRIVALS, "medium"),
    ]
    assert body["devices"][0] == await got(client, f"/predictions/failure/{LOBBY_ID}")
    counts = {level: (await got(client, path, min_risk_level=level))["at_risk_count"] for level in ("high", "critical")}
    assert counts == {"high": 1, "critical": 0}
    of_site = await got(client, path, site_id=ids["Airport Terminal 2"])
    assert [one["device_id"] for one in of_site["devices"]] == [ARRIVALS]
    as_noah = {"X-Homepot-User": NOAH}
    seen = (await client.get(f"{ROOT}{path}", headers=as_noah)).json()
    assert [one["device_id"] for one in seen["devices"]] == [ARRIVALS]
    for hidden in (f"{path}?site_id={ids['Building A']}", f"/predictions/failure/{LOBBY_ID}"):
        assert (await client.get(f"{ROOT}{hidden}", headers=as_noah)).status_code == 404


async def test_the_status_is_measured(client: httpx.AsyncClient) -> None:
    body = await got(client, "/status")
    assert set(body) == {"status", "version", "capabilities", "data_sources", "timestamp"}
    assert set(body["capabilities"]) == CAPABILITIES
    assert body["status"] == "degraded"  # no embedder in this test
    facts = {"device_insights", "site_insights", "job_scheduling", "success_probability"}
    assert {name for name, works in body["capabilities"].items() if works} == facts
    assert body["data_sources"]["job_outcomes"] == "readable"


async def test_every_time_names_its_zone(client: httpx.AsyncClient, ids: dict[str, str]) -> None:
    paths = ("/anomalies", "/status", f"/insights/device/{ids['Lobby Terminal']}", "/insights/push-notifications")
    for path in paths:
        times = re.findall(
            r'"(?:\w*timestamp|generated_at)":"([^"]+)"', json.dumps(await got(client, path), separators=(",", ":"))
        )
        assert times
        assert all(RFC3339.match(one) for one in times), path


def session(email: str) -> str:
    claims = {"sub": email, "is_admin": True, "exp": int(time.time()) + 600, "type": "access"}
    return jwt.encode(claims, SECRET, algorithm="HS256")


async def test_homepots_session_opens_as_cookie_and_as_header(client: httpx.AsyncClient, ids: dict[str, str]) -> None:
    path = f"{ROOT}/insights/site/{ids['Building A']}"
    del client.headers["Authorization"]
    assert (await client.get(path)).status_code == 401
    for user, status in ((VERA, 200), (NOAH, 404)):
        by_cookie = await client.get(path, headers={"Cookie": f"access_token={session(user)}"})
        by_header = await client.get(path, headers={"Authorization": f"Bearer {session(user)}"})
        assert by_cookie.status_code == by_header.status_code == status
    both = {"Cookie": f"access_token={session(VERA)}", "Authorization": f"Bearer {session(NOAH)}"}
    assert (await client.get(path, headers=both)).status_code == 200  # the cookie wins, as in HOMEPOT
    stale = {"Cookie": "access_token=over", "Authorization": f"Bearer {session(VERA)}"}
    assert (await client.get(path, headers=stale)).status_code == 200


async def test_the_cookie_opens_nothing_else(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    answer = await client.get("/api/ai/health", headers={"Cookie": f"access_token={session(VERA)}"})
    assert answer.status_code == 401


async def test_a_failure_has_homepots_members_wherever_it_comes_from(client: httpx.AsyncClient) -> None:
    key = client.headers.pop("Authorization")
    refused = await client.get(f"{ROOT}/anomalies")
    client.headers["Authorization"] = key
    wrong = await client.get(f"{ROOT}/insights/push-notifications?days=999")
    unreadable = await client.post(f"{ROOT}/recommendations/schedule-job", content=b"{")
    for answer, status in ((refused, 401), (wrong, 400), (unreadable, 400)):
        assert answer.json()["status_code"] == answer.status_code == status
        assert isinstance(answer.json()["detail"], str)


async def test_reading_changes_nothing(
    client: httpx.AsyncClient, ids: dict[str, str], database_url: str, homepot_admin_url: str
) -> None:
    def rows() -> list[Any]:
        query = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY relname"
        found = []
        for url in (database_url, homepot_admin_url):
            with psycopg.connect(url) as connection:
                connection.execute("SELECT pg_stat_force_next_flush()")
                counted = connection.execute(query).fetchall()
                found.append([row for row in counted if row[0] != "ai_api_keys"])  # its last use is noted
        return found

    before = rows()
    for path in ("/anomalies", "/status", f"/insights/device/{ids['Lobby Terminal']}", "/insights/push-notifications"):
        await got(client, path)
    assert rows() == before


async def test_a_key_of_one_site_sees_that_site_alone(
    client_for: ClientFactory, settings_for: SettingsFactory, ids: dict[str, str], database_url: str, now: datetime
) -> None:
    settings = settings_for()
    client: httpx.AsyncClient = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, ids['Airport Terminal 2'])}"
    Scan(database_url, now).anomaly(LOBBY, LOBBY_SITE)
    listed = (await client.get(f"{ROOT}/anomalies")).json()["anomalies"]
    assert listed
    assert "Lobby Terminal" not in json.dumps(listed)
    assert (await client.get(f"{ROOT}/insights/device/{ids['Lobby Terminal']}")).status_code == 404


def test_a_naive_time_in_homepots_recordings_is_what_we_depart_from() -> None:
    theirs = recorded("insights_device")["generated_at"]
    assert datetime.fromisoformat(theirs).tzinfo is None
    assert datetime.fromisoformat("2026-11-21T01:18:00Z").tzinfo == UTC
