"""`GET /api/ai/health`: how the fleet is, and never healthier than is known."""

import psycopg

from dev.postgres import EmbeddedPostgres
from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/health"
BUILDING_A, AIRPORT = "SITE-ET59-AND6", "Airport Terminal 2"


async def test_before_the_first_scan_everything_is_unknown(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    body = (await client.get(PATH)).json()
    assert (body["status"], body["score"], body["stale"], body["as_of"]) == ("unknown", None, True, None)
    assert body["unknown"] == body["devices"] > 40
    assert body["healthy"] == 0
    assert "not looked" in body["detail"]


async def test_the_fleet_its_sites_and_its_worst_devices(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.site(LOBBY_SITE, score=0.5, devices=12, healthy=8, warning=1, critical=1, unknown=2, open_anomalies=3)
    scan.site(AIRPORT_SITE, score=1.0, devices=12, healthy=10, unknown=2)
    scan.device(LOBBY, LOBBY_SITE, score=0.2, status="critical")
    scan.device(2, LOBBY_SITE, score=0.6, status="warning")
    scan.device(3, LOBBY_SITE)
    client = await client_for(settings_for())
    body = (await client.get(PATH)).json()
    assert body["stale"] is False
    assert body["detail"] is None
    assert body["score"] == 0.75  # ten known devices at each of the two sites
    assert body["status"] == "warning"
    counts = {name: body[name] for name in ("devices", "healthy", "warning", "critical", "unknown", "open_anomalies")}
    assert counts == {"devices": 24, "healthy": 18, "warning": 1, "critical": 1, "unknown": 4, "open_anomalies": 3}
    assert [(site["name"], site["status"]) for site in body["sites"]] == [
        ("Building A", "warning"),
        (AIRPORT, "healthy"),
    ]
    assert [one["device"]["name"] for one in body["worst"]] == ["Lobby Terminal", "Checkout 1"]
    worst = body["worst"][0]
    assert worst["device"] == {
        "device_id": "DEVICE-KXZ6-NEWJ-98WK",
        "name": "Lobby Terminal",
        "site_id": BUILDING_A,
        "site_name": "Building A",
    }
    assert worst["parts"][0]["text"] == "CPU 97 % (expected 20 to 45 %)"


async def test_an_old_scan_calls_nothing_healthy(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.site(LOBBY_SITE, age_s=301, devices=10, healthy=9, critical=1)
    scan.device(LOBBY, LOBBY_SITE, score=0.2, status="critical")
    client = await client_for(settings_for())
    body = (await client.get(PATH)).json()
    assert (body["stale"], body["status"], body["score"]) == (True, "unknown", None)
    assert (body["healthy"], body["unknown"], body["critical"]) == (0, 9, 1)
    assert (body["sites"][0]["status"], body["sites"][0]["healthy"]) == ("unknown", 0)
    assert body["worst"][0]["score"] is None
    assert "5 min ago" in body["detail"]
    patient = await client_for(settings_for(health_stale_s=600))
    assert (await patient.get(PATH)).json()["healthy"] == 9


async def test_sites_come_in_pages(client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan) -> None:
    for site, score in ((1, 0.3), (2, 0.5), (3, 0.9)):
        scan.site(site, score=score)
    client = await client_for(settings_for())
    body = (await client.get(PATH, params={"limit": 1, "offset": 1})).json()
    assert body["site_count"] == 3
    assert [site["name"] for site in body["sites"]] == ["Harbour Mall"]
    assert body["devices"] == 30  # the counts are of all


async def test_a_key_sees_its_own_sites(client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan) -> None:
    scan.site(LOBBY_SITE, score=0.5)
    scan.site(AIRPORT_SITE, score=1.0)
    scan.device(LOBBY, LOBBY_SITE, score=0.2, status="critical")
    settings = settings_for()
    client = await client_for(settings)
    airport = next(one["site_id"] for one in (await client.get(PATH)).json()["sites"] if one["name"] == AIRPORT)
    client = await client_for(settings, key=await make_key(settings, airport))
    body = (await client.get(PATH)).json()
    assert [site["name"] for site in body["sites"]] == [AIRPORT]
    assert (body["devices"], body["worst"]) == (10, [])
    answer = await client.get(PATH, params={"site_id": BUILDING_A})
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("unknown-site")


async def test_one_site(client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan) -> None:
    scan.site(LOBBY_SITE, score=0.5)
    scan.site(AIRPORT_SITE, score=1.0)
    client = await client_for(settings_for())
    for name in (BUILDING_A, BUILDING_A.lower(), "1"):
        body = (await client.get(PATH, params={"site_id": name})).json()
        assert [site["name"] for site in body["sites"]] == ["Building A"]


async def test_without_its_own_database_the_gateway_says_so_and_answers_go_on(
    client_for: ClientFactory, settings_for: SettingsFactory, postgres: EmbeddedPostgres, database_url: str
) -> None:
    client = await client_for(settings_for())
    assert (await client.get(PATH)).status_code == 200  # the key is known from now on
    name = database_url.rpartition("/")[2]
    with psycopg.connect(postgres.url(), autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    for path in (PATH, "/api/ai/anomalies", "/api/ai/incidents", "/api/ai/analyze/1", "/api/ai/events"):
        answer = await client.get(path)
        assert answer.status_code == 503, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].endswith(":database-unavailable")
    answered = await client.post("/api/ai/query", json={"question": "Which devices are unwell?"})
    assert answered.status_code == 200
