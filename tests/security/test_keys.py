"""Nothing without a key, and nothing of other sites with a key of one site."""

import json
import re

import httpx
import psycopg
import pytest

from ai_gateway.app import create_litestar
from ai_gateway.wiring import Parts
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

OPEN = {"/livez", "/readyz", "/metrics"}
SAMPLES = {"uuid": "0b5f6a3e-6a5e-4c89-9a55-5d5c0a4d8f10", "int": "1", "str": "x"}
"""A value for a path parameter of each type."""
OPEN_FOLDERS = ("/docs", "/docs-assets")
QUESTIONS = (
    "Give me an overview of the fleet",
    "Which devices are offline?",
    "Which devices are offline at {other}?",
    "How is {other}?",
    "List all sites",
    "How many devices are there by site?",
    "Which site has the most alerts?",
    "Which alerts are open?",
    "Which alerts were resolved in the last 30 days?",
    "Are there any anomalies?",
    "Which devices are at risk?",
    "Which device has the highest CPU in the last 7 days?",
    "What is the average memory of all devices in the last 7 days?",
    "Compare {own} with {other}",
    "Compare {own} with the others",
    "Is {own} worse than the other sites?",
    "Compare the sites",
    "What happened in the last 30 days?",
    "Which jobs failed in the last 30 days?",
    "What configuration changed in the last 30 days?",
    "Which errors were logged in the last 30 days?",
    "Which health checks are failing?",
    "Which firmware versions are in use?",
    "Has high CPU happened before, and what helped?",
    "What is the status of {device}?",
    "What is the status of {device_id}?",
    "Why is {device} slow?",
    "What is the status of Arivals Gatway?",
)


def routes(settings_for: SettingsFactory) -> list[tuple[str, str]]:
    app = create_litestar(Parts(settings_for()))
    return [(method, route.path) for route in app.routes for method in getattr(route, "methods", ["GET"])]


async def test_every_route_but_the_probes_and_the_docs_needs_a_key(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(), key=None)
    guarded = []
    for method, path in routes(settings_for):
        if path in OPEN or path.startswith(OPEN_FOLDERS) or method == "OPTIONS":
            continue
        guarded.append(path)
        address = re.sub(r"\{\w+:(\w+)\}", lambda found: SAMPLES[found[1]], path)
        for headers in ({}, {"Authorization": "Bearer hpai_wrong"}, {"Authorization": "Basic eDp5"}):
            answer = await client.request(
                method, address, headers=headers, json={"question": "Which devices are offline?"}
            )
            assert answer.status_code == 401, (method, path)
            kind = (
                "application/json" if path.startswith("/v1/") else "application/problem+json"
            )  # as OpenAI's clients expect
            assert answer.headers["content-type"] == kind
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert {"/api/ai/query", "/api/ai/status"} <= set(guarded)


async def test_a_bad_body_is_not_looked_at_before_the_key(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(), key=None)
    answer = await client.post("/api/ai/query", content=b"{")
    assert answer.status_code == 401


async def test_a_revoked_key_is_refused(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    settings = settings_for(api_key_cache_s=0)
    client: httpx.AsyncClient = await client_for(settings)
    assert (await client.get("/api/ai/status")).status_code == 200
    with psycopg.connect(settings.database_url.get_secret_value()) as own:
        own.execute("UPDATE ai_api_keys SET revoked_at = now()")
    assert (await client.get("/api/ai/status")).status_code == 401


async def test_only_a_digest_of_a_key_is_stored(settings_for: SettingsFactory) -> None:
    settings = settings_for()
    key = await make_key(settings)
    with psycopg.connect(settings.database_url.get_secret_value()) as own:
        rows = own.execute("SELECT row_to_json(k)::text FROM ai_api_keys AS k").fetchall()
    assert rows
    assert key not in str(rows)
    assert key[10:] not in str(rows)


@pytest.fixture(scope="session")
def sites(homepot_admin_url: str) -> dict[str, dict[str, object]]:
    """Of each site: its names and all that tells its devices, and of the text fields that only its rows hold."""
    with psycopg.connect(homepot_admin_url) as homepot:
        found = homepot.execute(
            "SELECT s.site_id, s.name, s.location, coalesce(array_agg(d.device_id) FILTER (WHERE d.id IS NOT NULL), '{}'),"
            " coalesce(array_agg(d.name) FILTER (WHERE d.id IS NOT NULL), '{}')"
            " FROM sites s LEFT JOIN devices d ON d.site_id = s.id GROUP BY s.id ORDER BY count(d.id) DESC"
        ).fetchall()
    return {
        site: {"name": name, "location": location, "ids": set(ids), "devices": set(names)}
        for site, name, location, ids, names in found
    }


async def test_a_key_of_one_site_sees_nothing_of_the_others(
    client_for: ClientFactory, settings_for: SettingsFactory, sites: dict[str, dict[str, object]]
) -> None:
    settings = settings_for(max_evidence=200)
    own, other = list(sites)[:2]
    client = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, own)}"
    device = min(sites[other]["devices"] - sites[own]["devices"])
    words = {
        "own": sites[own]["name"],
        "other": sites[other]["name"],
        "device": device,
        "device_id": min(sites[other]["ids"]),
    }
    for question in QUESTIONS:
        asked = question.format(**words)
        answer = await client.post("/api/ai/query", json={"question": asked})
        assert answer.status_code == 200, answer.text
        _assert_silent(answer.text, asked, sites, own)


def _assert_silent(text: str, asked: str, sites: dict[str, dict[str, object]], own: str) -> None:
    """What the caller wrote may be said back; nothing else of the other sites may be in the answer."""
    secret: set[str] = set()
    for site, facts in sites.items():
        if site != own:
            secret |= facts["ids"] | {site, str(facts["name"])} | (facts["devices"] - sites[own]["devices"])
    shown = [one for one in secret if json.dumps(one)[1:-1] in text and one.lower() not in asked.lower()]
    assert not shown, (asked, shown, text[:1500])


async def test_counts_are_those_of_the_keys_sites(
    client_for: ClientFactory,
    settings_for: SettingsFactory,
    sites: dict[str, dict[str, object]],
    homepot_admin_url: str,
) -> None:
    settings = settings_for()
    own = next(iter(sites))
    client = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, own)}"
    body = (await client.post("/api/ai/query", json={"question": "How many sites are there?"})).json()
    assert "1 site" in body["answer"]
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute(
            "SELECT count(*) FROM alerts a JOIN devices d USING (device_id) JOIN sites s ON s.id = d.site_id"
            " WHERE lower(a.status) = 'active' AND s.site_id = %s",
            (own,),
        ).fetchone()
    body = (await client.post("/api/ai/query", json={"question": "How many active alerts are there?"})).json()
    assert f"{row[0] or 'no'} active alert" in body["answer"]


async def test_ids_of_other_sites_are_unknown(
    client_for: ClientFactory,
    settings_for: SettingsFactory,
    sites: dict[str, dict[str, object]],
    homepot_admin_url: str,
) -> None:
    settings = settings_for()
    own, other = list(sites)[:2]
    client = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, own)}"
    with psycopg.connect(homepot_admin_url) as homepot:
        device = homepot.execute(
            "SELECT d.id, d.device_id, s.id FROM devices d JOIN sites s ON s.id = d.site_id WHERE s.site_id = %s LIMIT 1",
            (other,),
        ).fetchone()
    for field, value in (
        ("device_id", device[0]),
        ("device_id", device[1]),
        ("site_id", device[2]),
        ("site_id", other),
    ):
        answer = await client.post("/api/ai/query", json={"question": "How is it?", field: value})
        assert answer.status_code == 404, (field, value)
        _assert_silent(answer.text, str(value), sites, own)


async def test_a_key_of_a_site_that_is_not_there_sees_nothing(
    client_for: ClientFactory, settings_for: SettingsFactory, sites: dict[str, dict[str, object]]
) -> None:
    settings = settings_for()
    client = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, 'SITE-GONE-0000')}"
    for question in QUESTIONS[:20]:
        asked = question.format(own="nothing", other="nothing", device="x", device_id="y")
        answer = await client.post("/api/ai/query", json={"question": asked})
        assert answer.status_code == 200, answer.text
        assert answer.json()["relevant_devices"] == []
        everyone = {name for facts in sites.values() for name in facts["ids"]}
        assert not [one for one in everyone if one in answer.text]
