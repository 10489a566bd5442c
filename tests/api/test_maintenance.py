"""`GET /api/ai/maintenance-plan`: visits from the worker's round and HOMEPOT's schedules, in the caller's sites."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from ai_gateway.prediction.types import LimitAhead, Moved
from dev.evals.rounds import store_round
from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/maintenance-plan"
RISKS = {LOBBY: (LOBBY_SITE, 0.6), 2: (LOBBY_SITE, 0.3), 3: (LOBBY_SITE, 0.01), 26: (AIRPORT_SITE, 0.5)}
DISK = LimitAhead("disk_percent", 90.0, 80.0, 2.0, 120.0, 96.0, 150.0, 14)
FLAPPING = (Moved("number of flapping in 7 days", 4.0, 0.6),)


async def started(
    client_for: ClientFactory, settings_for: SettingsFactory, now: datetime, **more: Any
) -> httpx.AsyncClient:
    settings = settings_for(**more)
    client = await client_for(settings)
    as_of = now - timedelta(minutes=10)
    await store_round(settings, RISKS, as_of, limits={3: (DISK,)}, drivers={LOBBY: FLAPPING}, basis="model")
    return client


@pytest.fixture
async def client(client_for: ClientFactory, settings_for: SettingsFactory, now: datetime) -> httpx.AsyncClient:
    return await started(client_for, settings_for, now)


def devices(body: dict[str, Any]) -> list[str]:
    return [one["device"]["name"] for visit in body["visits"] for one in visit["devices"]]


async def test_devices_of_a_site_are_seen_to_in_one_visit_outside_of_peak_hours(
    client: httpx.AsyncClient, now: datetime
) -> None:
    body = (await client.get(PATH)).json()
    assert (body["count"], body["devices"], body["stale"], body["left"]) == (2, 4, False, [])
    first, second = body["visits"]
    assert (first["site_name"], second["site_name"]) == ("Building A", "Airport Terminal 2")
    assert len(first["devices"]) == 3
    assert first["kind"] in {"maintenance", "quiet", "closed"}
    start, end = (datetime.fromisoformat(first[name]) for name in ("start", "end"))
    assert now <= datetime.fromisoformat(first["window_start"]) <= start
    assert end - start == timedelta(minutes=90)
    assert end <= datetime.fromisoformat(first["window_end"])
    parts = [one["avoided"]["expected"] for one in first["devices"]]
    assert first["avoided"]["expected"] == pytest.approx(sum(parts), abs=0.001)
    assert first["avoided"]["low"] <= first["avoided"]["expected"] <= first["avoided"]["high"]
    assert body["avoided"]["expected"] == pytest.approx(
        first["avoided"]["expected"] + second["avoided"]["expected"], abs=0.001
    )
    told = {one["device"]["name"]: one for one in first["devices"]}
    lobby = told["Lobby Terminal"]
    assert (lobby["probability"], lobby["action"]) == (
        0.6,
        "Look at what raises its risk: number of flapping in 7 days (4).",
    )
    filling = next(one for one in told.values() if one["probability"] > 0.9)
    assert filling["action"] == "See to its disk (80 of 90 %)."


async def test_the_plan_knows_the_callers_sites_alone_and_its_page(
    client: httpx.AsyncClient, settings_for: SettingsFactory
) -> None:
    page = (await client.get(PATH, params={"limit": 1, "offset": 1})).json()
    assert (page["count"], [one["site_name"] for one in page["visits"]]) == (2, ["Airport Terminal 2"])
    high = (await client.get(PATH, params={"least_risk": 0.55})).json()
    assert len(devices(high)) == 2  # the limit ahead is planned for whatever the risk
    key = await make_key(settings_for(), str(AIRPORT_SITE))
    mine = {"Authorization": f"Bearer {key}"}
    body = (await client.get(PATH, headers=mine)).json()
    assert (body["devices"], [one["site_name"] for one in body["visits"]]) == (1, ["Airport Terminal 2"])
    assert (await client.get(PATH, params={"site_id": str(LOBBY_SITE)}, headers=mine)).status_code == 404
    assert (await client.get(PATH, params={"horizon": 24})).status_code == 400


async def test_visits_follow_the_sites_clock_and_what_is_assumed_is_told(
    client_for: ClientFactory, settings_for: SettingsFactory, now: datetime
) -> None:
    assumed = (await (await started(client_for, settings_for, now)).get(PATH)).json()
    assert "UTC is assumed" in assumed["notes"][0]
    client = await started(client_for, settings_for, now, site_time_zones={"*": "America/New_York"})
    body = (await client.get(PATH)).json()
    assert body["notes"] == []
    for visit in body["visits"]:
        assert visit["time_zone"] == "America/New_York"
        local = datetime.fromisoformat(visit["start"]).astimezone(ZoneInfo("America/New_York"))
        assert f"{local:%A} {local.day} {local:%B}, {local:%H:%M}" in visit["local"]


async def test_without_a_round_of_late_nothing_is_planned(
    client_for: ClientFactory, settings_for: SettingsFactory, now: datetime
) -> None:
    settings = settings_for()
    client = await client_for(settings)
    body = (await client.get(PATH)).json()
    assert (body["stale"], body["visits"], body["avoided"]) == (True, [], None)
    await store_round(settings, RISKS, now - timedelta(days=2))
    body = (await client.get(PATH)).json()
    assert (body["stale"], body["devices"], body["avoided"]) == (True, 0, None)
    assert "see that it runs" in body["detail"]


async def test_a_base_rate_plans_for_limits_alone_and_says_why(
    client_for: ClientFactory, settings_for: SettingsFactory, now: datetime
) -> None:
    settings = settings_for()
    client = await client_for(settings)
    shared = dict.fromkeys((LOBBY, 2, 3), (LOBBY_SITE, 0.4))
    await store_round(settings, shared, now - timedelta(minutes=10), limits={3: (DISK,)}, basis="lifetimes")
    body = (await client.get(PATH)).json()
    assert (body["basis"], body["devices"], body["left"]) == ("lifetimes", 1, [])
    assert devices(body) == ["Checkout 2"]
    assert body["caveat"].startswith("There is not enough history to tell devices apart: 90 failures")
