"""`GET /api/ai/insights/{site_id}`: a site's last 30 days from the worker's rows and HOMEPOT's, in the caller's view."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest

from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.api.test_predictions import LOBBY_ID, told
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/insights"
NOAH = {"X-Homepot-User": "noah@northline.example"}
METRICS = ("cpu_percent", "memory_percent")
SEED = {"overall_health", "counts", "key_findings", "predicted_issues", "cost_analysis"}


@pytest.fixture
async def client(client_for: ClientFactory, settings_for: SettingsFactory) -> httpx.AsyncClient:
    return await client_for(settings_for())


@pytest.fixture
def devices(homepot_admin_url: str) -> list[int]:
    """Building A's in service."""
    query = "SELECT id FROM devices WHERE site_id = %s AND is_active AND lifecycle_state IN ('active', 'pending') ORDER BY id"
    with psycopg.connect(homepot_admin_url) as homepot:
        return [row[0] for row in homepot.execute(query, (LOBBY_SITE,))]


async def got(client: httpx.AsyncClient, site: int = LOBBY_SITE) -> Any:
    answer = await client.get(f"{PATH}/{site}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def keep_days(url: str, now: datetime, values: dict[int, np.ndarray]) -> None:
    """Daily means of both metrics, ``(days, 2)`` by device, up to yesterday."""
    midnight = now.replace(hour=0, minute=0, second=0)
    with psycopg.connect(url) as own:
        for device, days in values.items():
            for back, means in enumerate(days[::-1], start=1):
                own.execute(
                    "INSERT INTO ai_reading_days (day, device, samples, total) VALUES (%s, %s, %s, %s)",
                    (midnight - timedelta(days=back), device, [4, 4], [4 * float(mean) for mean in means]),
                )


def keep_hours(url: str, device: int, since: datetime, means: Sequence[float]) -> None:
    """Hourly means of the first metric from an hour on."""
    with psycopg.connect(url) as own:
        for number, mean in enumerate(means):
            own.execute(
                "INSERT INTO ai_reading_hours (hour, device, site, samples, total, low, high, latest, latest_at)"
                " VALUES (%s, %s, %s, '{4}', %s, '{0}', '{99}', '{1}', now())",
                (since + timedelta(hours=number), device, LOBBY_SITE, [4 * float(mean)]),
            )


async def test_a_site_before_the_first_scan_has_what_homepot_knows(
    client: httpx.AsyncClient, homepot_admin_url: str
) -> None:
    body = await got(client)
    assert set(body) >= SEED
    assert (body["site_name"], body["period_days"]) == ("Building A", 30)
    assert body["overall_health"] == {"score": None, "status": "unknown", "as_of": None, "stale": True}
    assert (body["trends"], body["series_tested"], body["predicted_issues"]) == ([], 0, [])
    assert body["predictions_stale"] is True
    assert body["cost_analysis"] is None
    assert "has not looked at this site" in body["like_sites"]["detail"]
    query = """
        SELECT count(*) FROM error_logs AS e
        JOIN devices AS d ON d.device_id IN (e.context ->> 'original_device_id', e.context ->> 'device_id')
        WHERE d.site_id = %s AND lower(e.severity) IN ('critical', 'error', 'warning') AND e.timestamp > now() - interval '30 days'
    """
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute(query, (LOBBY_SITE,)).fetchone()
    assert row is not None
    assert body["counts"]["errors"] == sum(one["count"] for one in body["error_patterns"]) == row[0] > 0
    assert (
        body["counts"]["jobs"]
        == body["job_success"]["jobs"]
        == sum(one["jobs"] for one in body["job_success"]["hours"])
    )


async def test_a_trend_is_found_by_test_and_noise_is_not(
    client: httpx.AsyncClient, database_url: str, devices: list[int], now: datetime
) -> None:
    rng, scan = np.random.default_rng(3), Scan(database_url, now)
    scan.site(LOBBY_SITE)
    scan.metrics(*METRICS)
    values = {device: rng.normal(50, 3, (30, 2)) for device in devices}
    values[LOBBY][:, 1] += np.arange(30)
    keep_days(database_url, now, values)
    body = await got(client)
    assert body["series_tested"] == 2 * len(devices)
    (trend,) = body["trends"]
    assert (trend["device"]["device_id"], trend["metric"], trend["direction"], trend["bad"]) == (
        LOBBY_ID,
        "memory_percent",
        "rising",
        True,
    )
    assert trend["low"] < 1 < trend["high"]
    assert any(one["kind"] == "trends" and one["device_id"] == LOBBY_ID for one in body["key_findings"])


async def test_what_a_change_did_is_measured_against_devices_without_it(
    client: httpx.AsyncClient, database_url: str, devices: list[int], homepot_admin_url: str, now: datetime
) -> None:
    query = """
        SELECT d.id, d.device_id, k.timestamp AT TIME ZONE 'UTC' FROM configuration_history AS k
        JOIN devices AS d ON k.entity_type = 'device' AND d.device_id = k.entity_id
        WHERE d.site_id = %s AND k.timestamp < now() - interval '26 hours' ORDER BY k.timestamp DESC LIMIT 1
    """
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute(query, (LOBBY_SITE,)).fetchone()
    assert row is not None
    device, public, at = row
    Scan(database_url, now).metrics(*METRICS)
    rng, begin = np.random.default_rng(5), at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    for one in devices:
        rise = [20.0 if one == device and hour > 23 else 0.0 for hour in range(47)]
        busy = [15.0 if hour > 23 else 0.0 for hour in range(47)]  # the whole site's second day was busier
        keep_hours(database_url, one, begin, 30 + rng.normal(0, 1, 47) + np.array(rise) + np.array(busy))
    changes = [one for one in (await got(client))["changes"] if one["device"] and one["device"]["device_id"] == public]
    (change,) = [one for one in changes if datetime.fromisoformat(one["at"]) == at]
    assert change["compared_with"] > 0
    (effect,) = change["effects"]
    assert (effect["metric"], effect["bad"]) == ("cpu_percent", True)
    assert effect["change"] == pytest.approx(20, abs=1.5)
    assert 16 < effect["low"] < effect["high"] < 24
    assert effect["after"] - effect["before"] == pytest.approx(35, abs=2)  # what its own readings say


async def test_what_is_ahead_and_what_it_cost(
    client_for: ClientFactory, settings_for: SettingsFactory, database_url: str, now: datetime
) -> None:
    client = await client_for(settings_for(cost_rates={"silent_hour": 10.0, "incident": 5.0}, cost_currency="EUR"))
    scan = Scan(database_url, now)
    scan.site(LOBBY_SITE, warning=1, open_anomalies=1)
    told(database_url, LOBBY, LOBBY_SITE, 0.6, now - timedelta(minutes=5))
    for minutes in (600, 540):  # two spells that overlap: from 10 to 7 hours ago
        started = now - timedelta(minutes=minutes)
        ended = started + timedelta(minutes=120)
        scan.anomaly(
            LOBBY,
            LOBBY_SITE,
            kind="silence",
            metric=None,
            started_at=started,
            last_at=ended,
            ended_at=ended,
            explained=[],
        )
    scan.incident(LOBBY_SITE, (LOBBY,))
    body = await got(client)
    assert body["counts"]["anomalies"] == 2
    assert (body["counts"]["incidents"], body["counts"]["open_incidents"]) == (1, 1)
    assert [one["device"]["device_id"] for one in body["predicted_issues"]] == [LOBBY_ID]
    items = {one["item"]: one["cost"] for one in body["cost_analysis"]["items"]}
    assert items == {"silent_hour": 30.0, "incident": 5.0}
    assert (body["cost_analysis"]["total"], body["cost_analysis"]["currency"]) == (35.0, "EUR")
    assert {"health", "predicted_issues"} <= {one["kind"] for one in body["key_findings"]}


async def test_like_sites_are_those_of_the_caller(
    client_for: ClientFactory, settings_for: SettingsFactory, database_url: str, homepot_admin_url: str, now: datetime
) -> None:
    scan = Scan(database_url, now)
    for site in (*range(1, 6), 98_765):
        scan.site(site, score=0.5 if site == LOBBY_SITE else 0.9)
    settings = settings_for()
    everywhere = await got(await client_for(settings))
    measure = next(one for one in everywhere["like_sites"]["measures"] if one["measure"] == "health_score")
    assert (measure["value"], measure["median"], measure["worse_than"], measure["sites"]) == (0.5, 0.9, 5, 5)
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute("SELECT site_id FROM sites WHERE id = %s", (LOBBY_SITE,)).fetchone()
    assert row is not None
    client = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, row[0])}"
    assert (await got(client))["like_sites"]["sites"] == 0


async def test_what_a_caller_may_not_see_is_not_there(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{PATH}/{LOBBY_SITE}", headers=NOAH)).status_code == 404
    assert (await client.get(f"{PATH}/{AIRPORT_SITE}", headers=NOAH)).status_code == 200
    assert (await client.get(f"{PATH}/NOPE")).json()["type"].endswith("unknown-site")
    assert (await client.get(f"{PATH}/{LOBBY_SITE}?days=7")).status_code == 400
