"""`GET /api/ai/anomalies`: what is out of the ordinary, with what was expected."""

from datetime import datetime, timedelta

import pytest

from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/anomalies"
LOBBY_ID, ARRIVALS = "DEVICE-KXZ6-NEWJ-98WK", "DEVICE-753Z-FBQM-X982"
ARRIVALS_GATEWAY = 26


async def test_an_anomaly_says_what_was_seen_and_what_was_expected(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, now: datetime
) -> None:
    scan.site(LOBBY_SITE)
    incident = scan.incident(LOBBY_SITE, (LOBBY,))
    number = scan.anomaly(LOBBY, LOBBY_SITE, incident=incident)
    client = await client_for(settings_for())
    body = (await client.get(PATH)).json()
    assert (body["count"], body["limit"], body["offset"], body["stale"]) == (1, 50, 0, False)
    (one,) = body["anomalies"]
    assert one["id"] == number
    assert one["device"]["device_id"] == LOBBY_ID
    assert one["device"]["site_name"] == "Building A"
    assert (one["metric"], one["unit"], one["severity"], one["score"]) == ("cpu_percent", "%", "critical", 3.5)
    assert (one["value"], one["expected"], one["lower"], one["upper"]) == (97.2, 30.0, 20.0, 45.0)
    assert one["text"] == "CPU 97.2 % (expected 20 to 45 %)"
    assert one["explained_by"][0] == {
        "metric": "cpu_percent",
        "label": "CPU",
        "unit": "%",
        "value": 97.2,
        "expected": 30.0,
        "lower": 20.0,
        "upper": 45.0,
        "score": 3.5,
    }
    assert one["status"] == "open"
    assert datetime.fromisoformat(one["started_at"]) == now - timedelta(minutes=30)
    assert one["incident_id"] == str(incident)


async def test_the_worst_come_first_in_pages(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.anomaly(LOBBY, LOBBY_SITE, severity="warning", score=9.0)
    scan.anomaly(2, LOBBY_SITE, severity="critical", score=1.5)
    scan.anomaly(3, LOBBY_SITE, severity="critical", score=4.0)
    client = await client_for(settings_for())
    body = (await client.get(PATH)).json()
    assert [(one["severity"], one["score"]) for one in body["anomalies"]] == [
        ("critical", 4.0),
        ("critical", 1.5),
        ("warning", 9.0),
    ]
    second = (await client.get(PATH, params={"limit": 1, "offset": 1})).json()
    assert (second["count"], [one["score"] for one in second["anomalies"]]) == (3, [1.5])


async def test_filters(client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, now: datetime) -> None:
    ended = now - timedelta(hours=2)
    scan.anomaly(LOBBY, LOBBY_SITE)
    scan.anomaly(2, LOBBY_SITE, severity="info", minutes_ago=300, last_at=ended, ended_at=ended)
    scan.anomaly(ARRIVALS_GATEWAY, AIRPORT_SITE, severity="warning", kind="silence", metric=None, explained=[])
    client = await client_for(settings_for())

    async def devices(**params: object) -> set[str]:
        answer = await client.get(PATH, params=params)
        assert answer.status_code == 200, answer.text
        assert answer.json()["count"] == len(answer.json()["anomalies"])
        return {one["device"]["name"] for one in answer.json()["anomalies"]}

    assert await devices() == {"Lobby Terminal", "Arrivals Gateway"}
    assert await devices(status="all") == {"Lobby Terminal", "Checkout 1", "Arrivals Gateway"}
    assert await devices(device_id=LOBBY_ID) == {"Lobby Terminal"}
    assert await devices(device_id=str(LOBBY)) == {"Lobby Terminal"}
    assert await devices(site_id="3") == {"Arrivals Gateway"}
    assert await devices(severity=["warning", "info"], status="all") == {"Checkout 1", "Arrivals Gateway"}
    since = (now - timedelta(hours=1)).isoformat()
    assert await devices(status="all", since=since) == {"Lobby Terminal", "Arrivals Gateway"}
    naive = (now - timedelta(hours=3)).replace(tzinfo=None).isoformat()
    assert len(await devices(status="all", since=naive)) == 3


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "200"),
        ({"offset": 10_001}, "10000"),
        ({"severity": "grave"}, "critical"),
        ({"status": "closed"}, "open"),
        ({"since": "yesterday"}, "since"),
        ({"since": "253402300800"}, "out of range"),
        ({"sevrity": "critical"}, "severity"),
        ({"site_id": ["1", "2"]}, "Send site_id once"),
        ({"limit": ["1", "2"]}, "Send limit once"),
    ],
)
async def test_a_wrong_parameter_is_told_with_what_to_change(
    client_for: ClientFactory, settings_for: SettingsFactory, params: dict[str, object], says: str
) -> None:
    client = await client_for(settings_for())
    answer = await client.get(PATH, params=params)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("bad-request")
    assert says in answer.text


async def test_a_key_sees_the_anomalies_of_its_own_sites(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.anomaly(LOBBY, LOBBY_SITE)
    scan.anomaly(ARRIVALS_GATEWAY, AIRPORT_SITE)
    settings = settings_for()
    client = await client_for(settings, key=await make_key(settings, "SITE-ET59-AND6"))
    body = (await client.get(PATH, params={"status": "all"})).json()
    assert (body["count"], [one["device"]["name"] for one in body["anomalies"]]) == (1, ["Lobby Terminal"])
    for params, kind in (({"device_id": ARRIVALS}, "unknown-device"), ({"site_id": "3"}, "unknown-site")):
        answer = await client.get(PATH, params=params)
        assert answer.status_code == 404
        assert answer.json()["type"].endswith(kind)
    nothing = await client_for(settings, key=await make_key(settings, "SITE-NONE-HERE"))
    assert (await nothing.get(PATH)).json()["count"] == 0
    assert (await nothing.get("/api/ai/health")).json()["devices"] == 0


async def test_without_a_key_nothing_is_told(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client = await client_for(settings_for(), key=None)
    for path in (PATH, "/api/ai/health", "/api/ai/incidents", "/api/ai/analyze/1", "/api/ai/events"):
        assert (await client.get(path)).status_code == 401, path
