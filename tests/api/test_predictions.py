"""`GET /api/ai/predict/{device_id}` and `/predictions/at-risk`: the worker's last round in the caller's sites."""

import json
from datetime import datetime, timedelta

import psycopg
import pytest

from ai_gateway.prediction.types import HOURS
from dev.evals.rounds import store_round
from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

LOBBY_ID, ARRIVALS = "DEVICE-KXZ6-NEWJ-98WK", "DEVICE-753Z-FBQM-X982"
ARRIVALS_GATEWAY = 26
DISK = {
    "metric": "disk_percent",
    "limit": 90.0,
    "level": 80.0,
    "per_day": 2.0,
    "hours": 120.0,
    "low": 96.0,
    "high": 150.0,
    "points": 14,
}


def told(url: str, device: int, site: int, week: float, as_of: datetime) -> None:
    """A row of the worker's round: the risk of a week, and less or more by the time."""
    risk = [min(week * hours / 168, 1.0) for hours in HOURS]
    values = (device, site, as_of, list(HOURS), risk, [one / 2 for one in risk], [min(2 * one, 1.0) for one in risk])
    drivers = [{"text": "number of flapping in 7 days", "value": 4.0, "weight": 0.6}]
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO ai_predictions (device, site, as_of, basis, hours, risk, low, high, cases, failed, drivers, limits)"
            " VALUES (%s, %s, %s, 'model', %s, %s, %s, %s, 200, 90, %s, %s)",
            (*values, json.dumps(drivers), json.dumps([DISK])),
        )


@pytest.fixture
def round_of(database_url: str, now: datetime) -> datetime:
    as_of = now - timedelta(minutes=10)
    told(database_url, LOBBY, LOBBY_SITE, 0.6, as_of)
    told(database_url, ARRIVALS_GATEWAY, AIRPORT_SITE, 0.3, as_of)
    return as_of


@pytest.mark.usefixtures("round_of")
async def test_a_device_is_told_with_reasons_and_what_to_do(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    body = (await client.get(f"/api/ai/predict/{LOBBY_ID}")).json()
    assert (body["device"]["device_id"], body["stale"], body["basis"]) == (LOBBY_ID, False, "model")
    assert (body["risk_score"], body["forecast_period"]) == (0.6, "30 days")
    day, _, week, month = body["predictions"]
    assert (day["hours"], day["severity"], week["severity"], month["probability"]) == (24.0, "info", "warning", 1.0)
    assert week["reasoning"].startswith("60.0% within 7 days, by 200 comparable cases")
    assert "number of flapping in 7 days (4)" in week["reasoning"]
    assert "disk is at 80 % and reaches 90 % in about 5 days" in week["reasoning"]
    assert week["recommended_action"] == "See to its disk before 4 days have passed."
    assert day["recommended_action"] == "Nothing needs to be done."
    assert week["confidence"] == pytest.approx(1 - (week["high"] - week["low"]), abs=1e-3)
    points = [point["survival"] for point in body["survival"]]
    assert points == sorted(points, reverse=True)
    assert len(points) == len(HOURS)
    assert body["remaining_life"]["hours"] == pytest.approx(140, abs=1)
    assert body["remaining_life"]["low"] < body["remaining_life"]["hours"] < body["remaining_life"]["high"]


@pytest.mark.usefixtures("round_of")
async def test_the_riskiest_come_first_and_only_in_the_callers_sites(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    settings = settings_for()
    client = await client_for(settings)
    body = (await client.get("/api/ai/predictions/at-risk")).json()
    assert [one["device"]["device_id"] for one in body["devices"]] == [LOBBY_ID, ARRIVALS]
    assert (body["count"], body["stale"], body["horizon_hours"]) == (2, False, 168.0)
    least = (await client.get("/api/ai/predictions/at-risk", params={"least_risk": 0.5})).json()
    assert (least["count"], len(least["devices"])) == (1, 1)
    beyond = (await client.get("/api/ai/predictions/at-risk", params={"offset": 5})).json()
    assert (beyond["count"], beyond["devices"]) == (2, [])
    key = await make_key(settings, str(AIRPORT_SITE))
    mine = {"Authorization": f"Bearer {key}"}
    body = (await client.get("/api/ai/predictions/at-risk", headers=mine)).json()
    assert [one["device"]["device_id"] for one in body["devices"]] == [ARRIVALS]
    assert (await client.get(f"/api/ai/predict/{LOBBY_ID}", headers=mine)).status_code == 404


async def test_before_the_first_round_nothing_is_claimed(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    body = (await client.get(f"/api/ai/predict/{LOBBY_ID}")).json()
    assert (body["stale"], body["risk_score"], body["predictions"]) == (True, None, [])
    assert "not told this device's risk yet" in body["detail"]
    page = (await client.get("/api/ai/predictions/at-risk")).json()
    assert (page["count"], page["stale"], page["as_of"]) == (0, True, None)
    assert (await client.get("/api/ai/predict/nobody")).status_code == 404
    assert (await client.get("/api/ai/predictions/at-risk", params={"horizon": 5})).status_code == 400
    assert (await client.get("/api/ai/predictions/at-risk", params={"least": 1})).status_code == 400


def past(device: int, site: int, at: datetime, similarity: float) -> dict[str, object]:
    """A failure that the worker found alike."""
    disk = {"name": "disk_percent", "event": False, "share": 0.9, "now": 81.0, "then": 83.25}
    flaps = {"name": "flapping_trouble", "event": True, "share": 0.1, "now": 4.0, "then": 5.0}
    kept = {"device": device, "site": site, "at": at.isoformat(), "kind": "critical", "metric": "disk_percent"}
    return {**kept, "similarity": similarity, "before_h": 72.0, "alike": [disk, flaps]}


def looked(url: str, device: int, **kept: object) -> None:
    """What the round found of its last days."""
    with psycopg.connect(url) as own:
        own.execute("UPDATE ai_predictions SET progressions = %s WHERE device = %s", (json.dumps(kept), device))


@pytest.mark.usefixtures("round_of")
async def test_past_failures_that_began_alike_are_told_with_what_was_done(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, database_url: str, now: datetime
) -> None:
    at = now - timedelta(days=40)
    looked(
        database_url,
        LOBBY,
        unusual=True,
        past=[past(ARRIVALS_GATEWAY, AIRPORT_SITE, at, 0.97), past(LOBBY, LOBBY_SITE, at, 0.9)],
    )
    minutes = 40 * 24 * 60.0
    scan.incident(
        LOBBY_SITE, (LOBBY,), minutes_ago=minutes, last_at=at, title="Disk full", resolution='Cleared "old" logs'
    )
    theirs = {"minutes_ago": minutes, "last_at": at, "title": "Theirs", "resolution": "Secret of Northline"}
    scan.incident(AIRPORT_SITE, (ARRIVALS_GATEWAY,), **theirs)
    settings = settings_for()
    client = await client_for(settings)
    path = f"/api/ai/predict/{LOBBY_ID}"
    every = (await client.get(path)).json()["similar_progressions"]
    assert (every["answer"], every["detail"]) == ("found", "2 past failures in view began as its last 7 days look.")
    assert [one["device"]["device_id"] for one in every["failures"]] == [ARRIVALS, LOBBY_ID]
    assert every["failures"][0]["done"]["resolution"] == "Secret of Northline"
    key = {"Authorization": f"Bearer {await make_key(settings, str(LOBBY_SITE))}"}
    answer = await client.get(path, headers=key)
    mine = answer.json()["similar_progressions"]
    assert mine["detail"] == "1 past failure in view began as its last 7 days look."
    assert "Northline" not in answer.text
    assert ARRIVALS not in answer.text
    (one,) = mine["failures"]
    assert (one["device"]["device_id"], one["kind"], one["metric"]) == (LOBBY_ID, "critical", "disk_percent")
    assert (one["similarity"], one["hours_before"]) == (0.9, 72.0)
    assert [each["text"] for each in one["alike"]] == [
        "disk at 81 %, then 83.2 %",
        "flapping 4 in a week, then 5",
    ]
    assert one["text"] == (
        f"Critical anomaly of its disk on {at:%Y-%m-%d}, 3 days after days like these (likeness 0.90: disk at 81 %, then"
        " 83.2 % and flapping 4 in a week, then 5). What was done: \"Cleared 'old' logs\"."
    )
    assert (one["done"]["title"], one["done"]["helped"]) == ("Disk full", None)
    looked(database_url, LOBBY, unusual=True, past=[past(ARRIVALS_GATEWAY, AIRPORT_SITE, at, 0.97)])
    assert (await client.get(path, headers=key)).json()["similar_progressions"]["answer"] == "none_like_it"


@pytest.mark.usefixtures("round_of")
async def test_nothing_like_it_before_is_an_answer(
    client_for: ClientFactory, settings_for: SettingsFactory, database_url: str
) -> None:
    client = await client_for(settings_for())
    path = f"/api/ai/predict/{LOBBY_ID}"
    assert (await client.get(path)).json()["similar_progressions"]["answer"] == "not_compared"
    for unusual, answer, word in ((False, "as_usual", "unusual enough"), (True, "none_like_it", "as common")):
        looked(database_url, LOBBY, unusual=unusual, past=[])
        told = (await client.get(path)).json()["similar_progressions"]
        assert (told["answer"], told["failures"]) == (answer, [])
        assert word in told["detail"]


async def test_a_base_rate_singles_out_nobody_but_who_stands_out_of_it(
    client_for: ClientFactory, settings_for: SettingsFactory, now: datetime
) -> None:
    settings = settings_for()
    client = await client_for(settings)
    shared = dict.fromkeys(range(1, 6), (LOBBY_SITE, 0.4))
    await store_round(settings, shared, now - timedelta(minutes=10))
    body = (await client.get("/api/ai/predictions/at-risk")).json()
    assert (body["count"], body["devices"], body["basis"]) == (0, [], "lifetimes")
    assert body["caveat"].startswith("There is not enough history to tell devices apart")
    one = (await client.get(f"/api/ai/predict/{LOBBY_ID}")).json()
    assert (one["risk_score"], one["caveat"]) == (0.4, body["caveat"])
    assert (await client.get("/api/ai/health-forecast")).json()["caveat"] == body["caveat"]
    await store_round(settings, shared | {2: (LOBBY_SITE, 0.9)}, now - timedelta(minutes=9))
    body = (await client.get("/api/ai/predictions/at-risk")).json()
    assert [one["device"]["name"] for one in body["devices"]] == ["Checkout 1"]


async def test_a_question_about_failures_says_that_history_is_too_short(
    client_for: ClientFactory, settings_for: SettingsFactory, now: datetime
) -> None:
    settings = settings_for()
    client = await client_for(settings)
    await store_round(settings, dict.fromkeys(range(1, 6), (LOBBY_SITE, 0.4)), now - timedelta(minutes=10))
    asked = {"question": "Which device will fail next?"}
    answer = (await client.post("/api/ai/query", json=asked)).json()["answer"]
    assert answer.startswith("There is not enough history to tell devices apart")
    assert (
        "no devices of 43 in service stand out; each has about 40.0% to fail within 7 days (90 % interval: 20.0% to 80.0%)"
        in answer
    )
    assert "likely" not in answer.split("\n")[0]
    asked = {"question": "What's the chance that the Lobby Terminal fails this week?"}
    answer = (await client.post("/api/ai/query", json=asked)).json()["answer"].split("\n")[0]
    assert (
        "fails within 7 days with a probability of 40.0% (90 % interval: 20.0% to 80.0%), by how long devices" in answer
    )
    assert "which does not look at how it is now" in answer
