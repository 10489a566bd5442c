"""`GET /api/ai/analyze/{device_id}`: one device over a period, without a model."""

from datetime import datetime, timedelta

import psycopg
import pytest

from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.api.test_incidents import CAUSE
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/analyze"
LOBBY_ID = "DEVICE-KXZ6-NEWJ-98WK"
SEED_FIELDS = {
    "device_id",
    "summary",
    "health_score",
    "status",
    "anomalies_detected",
    "similar_past_incidents",
    "recommendations",
    "metrics",
    "period",
    "generated_at",
}


def unwell(scan: Scan) -> None:
    """The Lobby Terminal with one incident after a firmware update."""
    past = scan.precedent(LOBBY_SITE)
    scan.site(LOBBY_SITE)
    scan.device(LOBBY, LOBBY_SITE, score=0.31, status="critical")
    number = scan.incident(LOBBY_SITE, (LOBBY,), cause=CAUSE, similar_incidents=[{"id": past, "similarity": 0.8312}])
    scan.anomaly(LOBBY, LOBBY_SITE, incident=number)


async def test_a_device_that_is_unwell(client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan) -> None:
    unwell(scan)
    client = await client_for(settings_for())
    body = (await client.get(f"{PATH}/{LOBBY_ID}")).json()
    assert set(body) >= SEED_FIELDS
    assert (body["device_id"], body["period"], body["mode"]) == (LOBBY_ID, "24h", "maintenance")
    assert (body["health_score"], body["status"], body["stale"]) == (0.31, "critical", False)
    assert body["summary"].startswith("Lobby Terminal is critical (health 0.31)")
    assert "CPU 97.2 % (expected 20 to 45 %), for 30 min" in body["summary"]
    assert "firmware went from 2.4.1 to 2.5.0" in body["summary"]
    (anomaly,) = body["anomalies_detected"]
    assert (anomaly["lower"], anomaly["upper"]) == (20.0, 45.0)
    assert anomaly["incident_id"] == body["incidents"][0]["id"]
    assert body["similar_past_incidents"][0]["similarity_score"] == 0.831
    assert body["similar_past_incidents"][0]["resolution"] == "Rolled the update back."
    assert "firmware went from 2.4.1 to 2.5.0" in body["recommendations"][0]
    assert "Rolled the update back." in body["recommendations"][1]
    cpu = body["series"][0]
    assert (cpu["metric"], cpu["unit"], cpu["limit"]) == ("cpu_percent", "%", 90.0)
    (band,) = cpu["expected"]
    assert (band["lower"], band["expected"], band["upper"], band["until"]) == (20.0, 30.0, 45.0, None)
    assert body["series"][1]["expected"] == []


async def test_figures_agree_with_sql(
    client_for: ClientFactory, settings_for: SettingsFactory, homepot_admin_url: str, now: datetime
) -> None:
    client = await client_for(settings_for())
    for period, hours in (("1h", 1), ("24h", 24), ("7d", None)):
        body = (await client.get(f"{PATH}/{LOBBY_ID}", params={"period": period})).json()
        since = datetime.fromisoformat(body["since"])
        assert hours is None or since == now - timedelta(hours=hours)
        with psycopg.connect(homepot_admin_url) as homepot:
            row = homepot.execute(
                "SELECT count(*), avg(cpu_percent), max(network_latency_ms), min(memory_percent), max(error_rate) * 100"
                " FROM device_metrics WHERE device_id = %s AND timestamp > %s AND timestamp <= %s",
                (LOBBY, since.replace(tzinfo=None), now.replace(tzinfo=None)),
            ).fetchone()
        figures = body["metrics"]
        assert body["data_quality"]["samples"] == row[0]
        assert figures["averages"]["cpu_percent"] == pytest.approx(row[1], abs=0.001)
        assert figures["maxima"]["network_latency_ms"] == pytest.approx(row[2], abs=0.001)
        assert figures["minima"]["memory_percent"] == pytest.approx(row[3], abs=0.001)
        assert figures["maxima"]["error_rate"] == pytest.approx(row[4], abs=0.001)
        points = next(one["points"] for one in body["series"] if one["metric"] == "network_latency_ms")
        assert 0 < len(points) <= 289
        assert max(point[3] for point in points) == pytest.approx(row[2], abs=0.001)
        assert all(point[2] <= point[1] <= point[3] for point in points)
        assert points == sorted(points)


async def test_a_percentage_stays_a_percentage(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client = await client_for(settings_for())
    body = (await client.get(f"{PATH}/5")).json()
    assert body["device_name"] == "Canteen Till"  # it writes its error rate in percent
    assert 0 < body["metrics"]["averages"]["error_rate"] < 5


async def test_a_device_that_fell_silent_is_not_up(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    client = await client_for(settings_for())
    body = (await client.get(f"{PATH}/26")).json()
    assert (body["device_name"], body["condition"]) == ("Arrivals Gateway", "offline")
    assert (
        89 < body["metrics"]["uptime"] < 90
    )  # silent for three of 24 hours, of which three intervals of 10 min are usual
    assert body["data_quality"]["gap_count"] == 1
    assert body["data_quality"]["last_reading_age_s"] > 3 * 3600 - 700
    scan.site(AIRPORT_SITE)
    fresh = (await client.get(f"{PATH}/26", params={"period": "1h"})).json()
    assert (fresh["metrics"]["uptime"], fresh["data_quality"]["coverage"], fresh["series"]) == (0.0, 0.0, [])
    assert "sent no reading in the last 1h" in fresh["summary"]
    assert fresh["status"] == "unknown"
    assert "too little is known" in fresh["summary"]


async def test_of_a_device_never_heard_there_is_nothing_to_tell(
    client_for: ClientFactory, settings_for: SettingsFactory, homepot_admin_url: str
) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        (number,) = homepot.execute("SELECT id FROM devices WHERE name = 'New Kiosk North'").fetchone()
    client = await client_for(settings_for())
    body = (await client.get(f"{PATH}/{number}")).json()
    assert body["metrics"] == {"averages": {}, "maxima": {}, "minima": {}, "latest": {}, "uptime": None}
    assert (body["status"], body["health_score"]) == ("unknown", None)
    assert body["data_quality"]["coverage"] is None


async def test_weeks_are_made_of_hourly_summaries_and_the_newest_readings(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.metrics("fan_rpm")
    for hours_ago in range(4, 200):
        scan.hour(LOBBY, LOBBY_SITE, hours_ago, mean=1000.0)
    client = await client_for(settings_for())
    body = (await client.get(f"{PATH}/{LOBBY_ID}", params={"period": "7d"})).json()
    assert body["data_quality"]["source"] == "hourly summaries"
    assert body["metrics"]["averages"]["fan_rpm"] == 1000.0
    fan = next(one for one in body["series"] if one["metric"] == "fan_rpm")
    assert len(fan["points"]) == 164  # 168 hours and the begun one, less the newest five: those come from HOMEPOT
    cpu = next(one for one in body["series"] if one["metric"] == "cpu_percent")
    assert 4 <= len(cpu["points"]) <= 6
    month = (await client.get(f"{PATH}/{LOBBY_ID}", params={"period": "30d"})).json()
    assert len(next(one for one in month["series"] if one["metric"] == "fan_rpm")["points"]) <= 241


async def test_an_old_scan_is_not_believed(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.site(LOBBY_SITE, age_s=3600)
    scan.device(LOBBY, LOBBY_SITE)
    client = await client_for(settings_for())
    body = (await client.get(f"{PATH}/{LOBBY_ID}")).json()
    assert (body["status"], body["health_score"], body["stale"]) == ("unknown", None, True)
    assert "last scan was 60 min ago" in body["summary"]
    assert "See that the worker runs" in body["recommendations"][-1]
    scan.site(LOBBY_SITE)
    body = (await client.get(f"{PATH}/{LOBBY_ID}")).json()
    assert (body["status"], body["health_score"], body["stale"]) == ("healthy", 0.9, False)
    assert "No anomaly in the last 24h" in body["summary"]
    assert body["recommendations"] == []


async def test_the_mode_changes_the_summary_alone(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    unwell(scan)
    client = await client_for(settings_for())
    bodies = {
        mode: (await client.get(f"{PATH}/{LOBBY_ID}", params={"mode": mode})).json()
        for mode in ("maintenance", "predictive", "executive")
    }
    summaries = {mode: body.pop("summary") for mode, body in bodies.items()}
    assert len(set(summaries.values())) == 3
    assert len(summaries["executive"]) < len(summaries["maintenance"])
    assert "1 unresolved incident" in summaries["executive"]
    for mode, body in bodies.items():
        assert body.pop("mode") == mode
    assert bodies["maintenance"] == bodies["predictive"] == bodies["executive"]


async def test_a_key_sees_its_own_devices(client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan) -> None:
    unwell(scan)
    settings = settings_for()
    client = await client_for(settings, key=await make_key(settings, "SITE-ET59-AND6"))
    assert (await client.get(f"{PATH}/{LOBBY_ID}")).status_code == 200
    for other in ("DEVICE-753Z-FBQM-X982", "26", "999999", "no such device"):
        answer = await client.get(f"{PATH}/{other}")
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("unknown-device")
        assert answer.json()["field"] == "device_id"


async def test_a_precedent_of_another_site_is_not_told(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    past = scan.precedent(AIRPORT_SITE, resolution="Theirs alone.")
    scan.site(LOBBY_SITE)
    scan.incident(LOBBY_SITE, (LOBBY,), similar_incidents=[{"id": past, "similarity": 0.9}])
    settings = settings_for()
    client = await client_for(settings, key=await make_key(settings, "SITE-ET59-AND6"))
    answer = await client.get(f"{PATH}/{LOBBY_ID}")
    assert answer.json()["similar_past_incidents"] == []
    assert "Theirs alone." not in answer.text
    every = await client_for(settings)
    assert "Theirs alone." in (await every.get(f"{PATH}/{LOBBY_ID}")).text


@pytest.mark.parametrize(("params", "says"), [({"period": "2h"}, "24h"), ({"mode": "poetic"}, "executive")])
async def test_a_wrong_parameter_is_told_with_the_right_ones(
    client_for: ClientFactory, settings_for: SettingsFactory, params: dict[str, str], says: str
) -> None:
    client = await client_for(settings_for())
    answer = await client.get(f"{PATH}/{LOBBY_ID}", params=params)
    assert answer.status_code == 400
    assert says in answer.text
