"""`GET /api/ai/events`: changes as they happen, to each client what its key may see."""

import httpx
import psycopg
import pytest
from prometheus_client import REGISTRY

import ai_gateway.incidents.stream
from ai_gateway.access.scope import Scope
from ai_gateway.homepot.directory import Names
from ai_gateway.incidents.stream import MOST_WAITING, Channel, Client
from tests.api.listening import Listener
from tests.api.scan import AIRPORT_SITE, LOBBY, LOBBY_SITE, Scan
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

PATH = "/api/ai/events"
OFTEN = 0.05


def clients() -> float:
    return REGISTRY.get_sample_value("ai_event_clients") or 0.0


async def test_an_incident_is_told_as_it_opens_changes_and_ends(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.incident(LOBBY_SITE, (LOBBY,), title="Before")
    client = await client_for(settings_for(events_poll_s=OFTEN))
    async with Listener(client, PATH) as stream:
        number = scan.incident(LOBBY_SITE, (LOBBY,), title="New")
        opened = await stream.event()
        assert (opened.name, opened.data["title"], opened.data["status"]) == ("incident", "New", "open")
        assert opened.data["devices"][0]["name"] == "Lobby Terminal"
        await client.post(f"/api/ai/incidents/{number}/acknowledge")
        assert (await stream.event()).data["status"] == "acknowledged"
        await client.post(f"/api/ai/incidents/{number}/resolve", json={"resolution": "Restarted it."})
        closed = await stream.event()
        assert (closed.data["status"], closed.data["resolution"]) == ("resolved", "Restarted it.")
        assert int(closed.id) > int(opened.id)


async def test_a_client_that_comes_back_gets_what_it_missed(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    client = await client_for(settings_for(events_poll_s=OFTEN))
    async with Listener(client, PATH) as stream:
        scan.incident(LOBBY_SITE, (LOBBY,), title="Seen")
        seen = await stream.event()
    changed = scan.incident(LOBBY_SITE, (2,), title="Missed")
    scan.change(changed, severity="warning")
    scan.incident(LOBBY_SITE, (3,), title="Missed too")
    async with Listener(client, PATH, **{"Last-Event-ID": seen.id}) as stream:
        missed = [await stream.event() for _ in range(2)]
        assert [(one.data["title"], one.data["severity"]) for one in missed] == [
            ("Missed", "warning"),
            ("Missed too", "critical"),
        ]
        scan.incident(LOBBY_SITE, (4,), title="Live")
        assert (await stream.event()).data["title"] == "Live"


async def test_a_client_that_missed_too_much_is_told_to_read_anew(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ai_gateway.incidents.stream, "PAGE", 2)
    monkeypatch.setattr(ai_gateway.incidents.stream, "MOST_PAGES", 1)
    for device in (1, 2, 3):
        scan.incident(LOBBY_SITE, (device,))
    client = await client_for(settings_for(events_poll_s=OFTEN))
    async with Listener(client, PATH, **{"Last-Event-ID": "0"}) as stream:
        names = [(await stream.event()).name for _ in range(3)]
        assert names == ["incident", "incident", "reload"]
        scan.incident(LOBBY_SITE, (4,), title="Live")
        assert (await stream.event()).data["title"] == "Live"


async def test_each_client_is_told_what_its_key_may_see(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    settings = settings_for(events_poll_s=OFTEN)
    everything = await client_for(settings)
    building = await client_for(settings, key=await make_key(settings, "SITE-ET59-AND6"))
    # Both keys at one gateway: a second one would have channels of its own.
    narrow = httpx.AsyncClient(transport=everything._transport, base_url="http://gateway", headers=building.headers)
    scan.site(LOBBY_SITE)
    scan.site(AIRPORT_SITE)
    async with Listener(everything, PATH) as every, Listener(narrow, PATH) as own:
        theirs = scan.incident(AIRPORT_SITE, {26: AIRPORT_SITE}, title="Airport")
        shared = scan.incident(AIRPORT_SITE, {26: AIRPORT_SITE, LOBBY: LOBBY_SITE}, title="Both")
        mine = scan.incident(LOBBY_SITE, (LOBBY,), title="Lobby")
        assert {(await every.event()).data["id"] for _ in range(3)} == {str(theirs), str(shared), str(mine)}
        both, lobby = await own.event(), await own.event()
        assert (both.data["title"], both.data["site_id"]) == ("Both", None)
        assert [one["name"] for one in both.data["devices"]] == ["Lobby Terminal"]
        assert lobby.data["title"] == "Lobby"


async def test_a_change_of_a_sites_health_is_told(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    scan.site(LOBBY_SITE, age_s=60)
    scan.site(AIRPORT_SITE, age_s=60)
    client = await client_for(settings_for(events_poll_s=OFTEN))
    async with Listener(client, PATH) as stream:
        scan.site(AIRPORT_SITE, age_s=30)  # scanned again, and nothing changed
        scan.site(LOBBY_SITE, age_s=20, score=0.3, healthy=9, critical=1)
        told = await stream.event()
        assert (told.name, told.id, told.data["name"]) == ("health", "", "Building A")
        assert (told.data["status"], told.data["critical"]) == ("critical", 1)


async def test_streams_are_bounded_and_end_with_their_client(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for(events_max_clients=1, events_poll_s=OFTEN))
    before = clients()
    async with Listener(client, PATH):
        assert clients() == before + 1
        refused = await client.get(PATH)
        assert refused.status_code == 503
        assert refused.json()["type"].endswith("too-many-streams")
        assert refused.headers["retry-after"]
    assert clients() == before
    async with Listener(client, PATH):
        assert clients() == before + 1


async def test_a_quiet_stream_is_kept_alive_until_its_key_ends(
    client_for: ClientFactory,
    settings_for: SettingsFactory,
    scan: Scan,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ai_gateway.incidents.stream, "PING_S", OFTEN)
    client = await client_for(settings_for(events_poll_s=OFTEN, api_key_cache_s=0))
    async with Listener(client, PATH) as stream:
        scan.incident(LOBBY_SITE, (LOBBY,), title="First")
        await stream.event()
        with psycopg.connect(database_url) as own:
            own.execute("UPDATE ai_api_keys SET revoked_at = now()")
        await stream.end()
    assert stream._arrived.qsize() >= 1


def test_a_client_that_does_not_keep_up_is_sent_away() -> None:
    channel = Channel(Scope(None, Names.of([], [])), 0)
    slow, quick = Client(0), Client(0)
    channel.clients |= {slow, quick}
    for turn in range(MOST_WAITING + 1):
        channel.tell("incident", str(turn), turn + 1)
        assert quick.queue.get_nowait() == (turn + 1, str(turn))
    assert channel.clients == {quick}
    assert slow.queue.get_nowait() is None  # it ends at once, and resumes after the last event that it saw


async def test_a_last_event_id_that_is_none_is_refused(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    answer = await client.get(PATH, headers={"Last-Event-ID": "yesterday"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
