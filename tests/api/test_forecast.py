"""`GET /api/ai/health-forecast`: what the worker's round expects, by site and by day, in the caller's sites."""

from datetime import datetime, timedelta

import httpx
import pytest

from dev.evals.rounds import store_round
from tests.api.scan import AIRPORT_SITE, LOBBY_SITE, Scan
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/health-forecast"
RISKS = {1: (LOBBY_SITE, 0.6), 2: (LOBBY_SITE, 0.2), 3: (LOBBY_SITE, 0.1), 26: (AIRPORT_SITE, 0.3)}


@pytest.fixture
async def client(client_for: ClientFactory, settings_for: SettingsFactory, now: datetime) -> httpx.AsyncClient:
    settings = settings_for()
    client = await client_for(settings)
    await store_round(settings, RISKS, now - timedelta(minutes=10))
    return client


async def test_failures_are_expected_in_all_by_site_and_by_day(client: httpx.AsyncClient, now: datetime) -> None:
    body = (await client.get(PATH)).json()
    assert (body["stale"], body["detail"], body["basis"], body["horizon_hours"]) == (False, None, "lifetimes", 168.0)
    whole = body["expected"]
    assert (whole["devices"], whole["failing"]) == (4, pytest.approx(1.2))
    assert whole["share"] == pytest.approx(0.3)
    assert whole["low"] <= whole["failing"] <= whole["high"] <= whole["devices"]
    assert [one["expected"]["failing"] for one in body["sites"]] == [pytest.approx(0.9), pytest.approx(0.3)]
    assert [one["name"] for one in body["sites"]] == ["Building A", "Airport Terminal 2"]
    days = body["days"]
    assert len(days) == 7
    assert sum(day["failing"] for day in days) == pytest.approx(1.2, abs=0.01)
    assert days[-1]["so_far"] == whole["failing"]
    assert datetime.fromisoformat(days[0]["until"]) == now - timedelta(minutes=10) + timedelta(days=1)
    assert (body["trend"]["direction"], body["trend"]["days"]) == ("unknown", 0)
    month = (await client.get(PATH, params={"horizon": 720})).json()
    assert (len(month["days"]), month["expected"]["failing"]) == (
        30,
        pytest.approx(1 + 0.2 / 7 * 30 + 0.1 / 7 * 30 + 1, abs=0.01),
    )


async def test_a_page_and_one_site_are_cut_from_the_callers_sites_alone(
    client: httpx.AsyncClient, settings_for: SettingsFactory
) -> None:
    page = (await client.get(PATH, params={"limit": 1, "offset": 1})).json()
    assert (page["count"], [one["name"] for one in page["sites"]]) == (2, ["Airport Terminal 2"])
    one = (await client.get(PATH, params={"site_id": str(LOBBY_SITE)})).json()
    assert (one["count"], one["expected"]["devices"]) == (1, 3)
    key = await make_key(settings_for(), str(AIRPORT_SITE))
    mine = {"Authorization": f"Bearer {key}"}
    body = (await client.get(PATH, headers=mine)).json()
    assert (body["count"], body["expected"]["devices"], body["sites"][0]["name"]) == (1, 1, "Airport Terminal 2")
    assert (await client.get(PATH, params={"site_id": str(LOBBY_SITE)}, headers=mine)).status_code == 404
    assert (await client.get(PATH, params={"horizon": 5})).status_code == 400


async def test_health_that_falls_day_by_day_is_worsening_and_sites_of_others_do_not_count(
    client_for: ClientFactory, settings_for: SettingsFactory, database_url: str, now: datetime
) -> None:
    settings, scan = settings_for(), Scan(database_url, now)
    client = await client_for(settings)
    scan.site(AIRPORT_SITE, score=0.9)
    for back in range(10, -1, -1):
        scan.site(LOBBY_SITE, score=0.7 + 0.02 * back)
        await store_round(settings, RISKS, now - timedelta(days=back))
    lobby = (await client.get(PATH, params={"site_id": str(LOBBY_SITE)})).json()["trend"]
    assert (lobby["direction"], lobby["days"], lobby["score"]) == ("worsening", 11, pytest.approx(0.7))
    assert lobby["per_week"] == pytest.approx(-0.14, abs=0.001)
    assert lobby["low"] <= lobby["per_week"] <= lobby["high"] < 0
    airport = (await client.get(PATH, params={"site_id": str(AIRPORT_SITE)})).json()["trend"]
    assert (airport["direction"], airport["per_week"]) == ("steady", 0)


async def test_before_a_round_or_long_after_it_nothing_is_expected(
    client_for: ClientFactory, settings_for: SettingsFactory, now: datetime
) -> None:
    settings = settings_for()
    client = await client_for(settings)
    body = (await client.get(PATH)).json()
    assert (body["stale"], body["expected"], body["days"], body["sites"]) == (True, None, [], [])
    assert "told no risk yet" in body["detail"]
    await store_round(settings, RISKS, now - timedelta(days=2))
    body = (await client.get(PATH)).json()
    assert (body["stale"], body["expected"], body["count"]) == (True, None, 0)
    assert "see that it runs" in body["detail"]
