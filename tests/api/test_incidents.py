"""`/api/ai/incidents`: what a person should look at, and what they do about it."""

from datetime import datetime
from uuid import uuid4

import pytest

from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/incidents"
BUILDING_A = "SITE-ET59-AND6"
CAUSE = {
    "kind": "firmware",
    "text": "firmware went from 2.4.1 to 2.5.0 14 min before it",
    "at": "2026-11-21T08:00:00Z",
    "confidence": 0.8,
    "evidence": [
        {"kind": "config_change", "text": "firmware_version", "at": None, "source": "configuration_history:5"}
    ],
}


async def test_one_incident_with_all_that_belongs_to_it(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    past = scan.precedent(LOBBY_SITE)
    number = scan.incident(LOBBY_SITE, (LOBBY,), cause=CAUSE, similar_incidents=[{"id": past, "similarity": 0.8312}])
    scan.anomaly(LOBBY, LOBBY_SITE, incident=number)
    client = await client_for(settings_for())
    body = (await client.get(f"{PATH}/{number}")).json()
    assert (body["id"], body["status"], body["severity"]) == (str(number), "open", "critical")
    assert (body["category"], body["scope"], body["site_name"]) == ("performance", "device", "Building A")
    assert [one["name"] for one in body["devices"]] == ["Lobby Terminal"]
    assert (body["anomalies"], body["alerts"], body["reopened"], body["merged"]) == (1, 0, 0, [])
    assert body["cause"] == CAUSE
    (member,) = body["members"]
    assert (member["source"], member["text"]) == ("anomaly", "CPU 97.2 % (expected 20 to 45 %)")
    (similar,) = body["similar_past_incidents"]
    assert (similar["similarity_score"], similar["resolution"]) == (0.831, "Rolled the update back.")


async def test_lists_are_ordered_filtered_and_paged(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, now: datetime
) -> None:
    scan.incident(LOBBY_SITE, (2,), title="Resolved", status="resolved", resolved_at=now)
    scan.incident(LOBBY_SITE, (3,), title="Warning", severity="warning", category="storage")
    scan.incident(LOBBY_SITE, (LOBBY,), title="Critical")
    scan.incident(AIRPORT_SITE, (26,), title="Seen", status="acknowledged", severity="info", category="connectivity")
    client = await client_for(settings_for())

    async def titles(**params: object) -> list[str]:
        answer = await client.get(PATH, params=params)
        assert answer.status_code == 200, answer.text
        return [one["title"] for one in answer.json()["incidents"]]

    assert await titles() == ["Critical", "Warning", "Seen", "Resolved"]
    assert await titles(status=["open", "acknowledged"]) == ["Critical", "Warning", "Seen"]
    assert await titles(severity="critical", status="open") == ["Critical"]
    assert await titles(category="storage") == ["Warning"]
    assert await titles(site_id="3") == ["Seen"]
    assert await titles(device_id="DEVICE-KXZ6-NEWJ-98WK") == ["Critical"]
    assert await titles(limit=2, offset=1) == ["Warning", "Seen"]
    page = (await client.get(PATH, params={"limit": 1})).json()
    assert (page["count"], page["limit"], page["offset"]) == (4, 1, 0)
    assert (await client.get(PATH, params={"category": "weather"})).status_code == 400


async def test_acknowledge_and_resolve(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, now: datetime
) -> None:
    number = scan.incident(LOBBY_SITE, (LOBBY,))
    client = await client_for(settings_for())
    seen = await client.post(f"{PATH}/{number}/acknowledge")
    assert seen.status_code == 200
    assert seen.json()["status"] == "acknowledged"
    assert datetime.fromisoformat(seen.json()["acknowledged_at"]) == now
    done = await client.post(f"{PATH}/{number}/resolve", json={"resolution": "Rolled firmware 2.5.0 back."})
    assert done.status_code == 200
    assert (done.json()["status"], done.json()["resolution"]) == ("resolved", "Rolled firmware 2.5.0 back.")
    told = (await client.get(f"{PATH}/{number}")).json()
    assert told == done.json()
    assert (await client.get(PATH, params={"status": ["open", "acknowledged"]})).json()["count"] == 0


@pytest.mark.parametrize("body", [{}, {"resolution": " "}, {"resolution": "x" * 2001}, {"resolution": "x", "by": "me"}])
async def test_a_resolution_says_what_helped(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, body: dict[str, str]
) -> None:
    number = scan.incident(LOBBY_SITE, (LOBBY,))
    client = await client_for(settings_for())
    answer = await client.post(f"{PATH}/{number}/resolve", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert (await client.get(f"{PATH}/{number}")).json()["status"] == "open"


async def test_a_key_that_only_reads_closes_nothing(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    number = scan.incident(LOBBY_SITE, (LOBBY,))
    settings = settings_for()
    client = await client_for(settings, key=await make_key(settings, scopes=("read",)))
    for answer in (
        await client.post(f"{PATH}/{number}/acknowledge"),
        await client.post(f"{PATH}/{number}/resolve", json={"resolution": "Restarted it."}),
    ):
        assert answer.status_code == 403
        assert "--scope operate" in answer.json()["detail"]
    assert (await client.get(f"{PATH}/{number}")).json()["status"] == "open"


async def test_what_a_key_does_not_see_is_not_there(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    theirs = scan.incident(AIRPORT_SITE, (26,), title="At the airport")
    scan.incident(LOBBY_SITE, (LOBBY,), title="In the lobby")
    settings = settings_for()
    client = await client_for(settings, key=await make_key(settings, BUILDING_A))
    body = (await client.get(PATH)).json()
    assert (body["count"], [one["title"] for one in body["incidents"]]) == (1, ["In the lobby"])
    for number in (theirs, uuid4()):
        for answer in (
            await client.get(f"{PATH}/{number}"),
            await client.post(f"{PATH}/{number}/acknowledge"),
            await client.post(f"{PATH}/{number}/resolve", json={"resolution": "None of my business."}),
        ):
            assert answer.status_code == 404
            assert answer.json()["type"].endswith("unknown-incident")
            assert str(number) in answer.json()["detail"]


async def test_of_a_shared_incident_a_key_sees_its_own_part_and_cannot_close_it(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    number = scan.incident(AIRPORT_SITE, {26: AIRPORT_SITE, LOBBY: LOBBY_SITE}, scope="change")
    scan.anomaly(26, AIRPORT_SITE, incident=number)
    scan.anomaly(LOBBY, LOBBY_SITE, incident=number)
    settings = settings_for()
    client = await client_for(settings, key=await make_key(settings, BUILDING_A))
    body = (await client.get(f"{PATH}/{number}")).json()
    assert [one["name"] for one in body["devices"]] == ["Lobby Terminal"]
    assert (body["anomalies"], len(body["members"]), body["site_id"], body["site_name"]) == (1, 1, None, None)
    assert "26" not in [one["device"]["device_id"] for one in body["members"]]
    answer = await client.post(f"{PATH}/{number}/resolve", json={"resolution": "Rolled back."})
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("incident-beyond-key")
