"""Two tenants behind one gateway: whatever one asks, on any route, nothing of the other's comes back.

What each tenant's people wrote (names, titles, notes, reasons, errors, messages) bears the tenant's mark. What the gateway
counts and computes bears none: so everything is asked a second time after the other tenant's rows are gone, and the answers
must be the same.
"""

import io
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from asgi_lifespan import LifespanManager

from ai_gateway.app import create_litestar
from ai_gateway.kit.edge import Edge
from ai_gateway.kit.logging import configure_logging
from ai_gateway.kit.settings import Settings
from ai_gateway.memory.finding_store import FindingStore
from ai_gateway.memory.findings import Finding, FindingMemory
from ai_gateway.wiring import Parts
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres
from tests.api.listening import Listener
from tests.conftest import NOWHERE, ROOT
from tests.security.requests import (
    ABOUT_THE_GATEWAY,
    NOBODY,
    NOT_YET,
    OPEN,
    OPEN_FOLDERS,
    REQUESTS,
    STREAMS,
    Ask,
    Tenant,
)

MARKS = {
    "brightwater": ("Kestrelmark", "vera@brightwater.example"),
    "northline": ("Ospreymark", "noah@northline.example"),
}
MARKING = Path(__file__).with_name("marking.sql")
REMOVING = Path(__file__).with_name("removing.sql")
STILL = re.compile(
    r'"cached": ?(?:true|false)|"(?:response_time_ms|duration_ms|request_id|conversation_id|started_at|last_at)": ?(?:"[^"]*"|[\d.]+|null)'
)
"""What differs between two answers to the same question."""


class House:
    """The gateway over two marked tenants, and everything it said and logged."""

    def __init__(self, client: httpx.AsyncClient, parts: Parts, own_url: str, homepot_url: str) -> None:
        self.client = client
        self.parts = parts
        self.own_url = own_url
        self.homepot_url = homepot_url
        self.tenants: dict[str, Tenant] = {}
        self.logged = io.StringIO()

    async def send(self, method: str, ask: Ask, user: str) -> httpx.Response:
        """As that user."""
        headers = {"X-Homepot-User": user, **(ask.headers or {})}
        return await self.client.request(method, ask.path, json=ask.json, params=ask.params, headers=headers)

    def foreign(self, tenant: Tenant) -> list[str]:
        """All that must not reach this tenant: the other's mark and ids."""
        other = next(one for one in self.tenants.values() if one.mark != tenant.mark)
        with psycopg.connect(self.homepot_url) as homepot:
            rows = homepot.execute(
                "SELECT d.device_id, s.site_id FROM devices d JOIN sites s ON s.id = d.site_id JOIN tenants t"
                " ON t.id = s.tenant_id WHERE t.slug = %s",
                (slug_of(other),),
            ).fetchall()
        return [other.mark, other.user, *{one for row in rows for one in row}]


def slug_of(tenant: Tenant) -> str:
    return next(slug for slug, (mark, _) in MARKS.items() if mark == tenant.mark)


@pytest.fixture(scope="module")
def chatty() -> Iterator[io.StringIO]:
    """Everything that is logged while these tests run, at the chattiest level."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging("debug", "json")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield stream
    root.handlers[:], root.level = before


@pytest.fixture(scope="module")
async def house(
    postgres: EmbeddedPostgres, embedder_url: str, now: datetime, chatty: io.StringIO
) -> AsyncIterator[House]:
    homepot_url = postgres.create_database("homepot_two_tenants")
    create_sample(homepot_url, now)
    with psycopg.connect(homepot_url, autocommit=True) as homepot:
        homepot.execute(MARKING.read_bytes())
    own_url = postgres.create_database("gateway_two_tenants")
    settings = Settings.model_validate(
        {
            "homepot_database_url": create_reader(homepot_url, TRIAL_PASSWORD),
            "database_url": own_url,
            "migrations_dir": ROOT / "migrations",
            "embedder_url": embedder_url,
            "ollama_host": NOWHERE,
            "llm_enabled": False,
            "max_evidence": 200,
            "events_poll_s": 0.05,
        }
    )
    parts = Parts(settings, lambda: now)
    limits = {"max_body_bytes": settings.max_request_bytes, "max_concurrent": settings.max_concurrent_requests}
    async with LifespanManager(Edge(create_litestar(parts), **limits), startup_timeout=60) as running:
        await parts.startup.done.wait()
        for job in (parts.ingest, parts.scan, parts.incident_job, parts.incident_memory, parts.prediction_job):
            await job.run()
        await parts.findings.run()
        await remember_findings(parts, homepot_url, now)
        remember_progressions(own_url, now)
        transport = httpx.ASGITransport(running.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=60) as client:
            key = await parts.door.keys.create("backend", None, ("admin",), for_users=True)
            client.headers["Authorization"] = f"Bearer {key}"
            made = House(client, parts, own_url, homepot_url)
            made.logged = chatty
            for slug in MARKS:
                made.tenants[slug] = await settle(made, slug)
            yield made


async def remember_findings(parts: Parts, homepot_url: str, now: datetime) -> None:
    """As if every device of either tenant had the same finding, over and with an answer, with what its people wrote."""
    with psycopg.connect(homepot_url) as homepot:
        devices = homepot.execute(
            "SELECT s.id, s.name, d.device_id, d.name FROM devices d JOIN sites s ON s.id = d.site_id ORDER BY d.id"
        ).fetchall()
    for site, name in sorted({row[:2] for row in devices}):
        mark = next(mark for mark, _ in MARKS.values() if mark in name)
        found = [
            Finding(
                subject=f"trend/{device_id}",
                title=f"High CPU after {mark} was changed",
                details=(f"Reason for the change: {mark}",),
                category="performance",
                severity="warning",
                began_at=now - timedelta(days=3),
                ended_at=now - timedelta(days=1),
                cause=f"{mark} was changed.",
                resolution=f"Changed {mark} back.",
                device_id=device_id,
                device_name=device,
                device_type=None,
            )
            for of, _, device_id, device in devices
            if of == site
        ]
        memory = FindingMemory(FindingStore(parts.pool), parts.memory, parts.embedder, parts.clock)
        await memory.remember("test", site, name, found, job="test", position={})


def remember_progressions(own_url: str, now: datetime) -> None:
    """As if every device's last days looked like those of every device of either tenant before it failed."""
    failure = (
        "json_build_object('device', o.device, 'site', o.site, 'at', %s::text, 'kind', 'critical', 'metric', NULL,"
        " 'similarity', 0.9, 'before_h', 24, 'alike', '[]'::json)"
    )
    with psycopg.connect(own_url) as own:
        past = f"SELECT json_agg({failure} ORDER BY o.device) FROM ai_predictions AS o"  # noqa: S608 - the words above
        kept = f"UPDATE ai_predictions SET progressions = jsonb_build_object('unusual', true, 'past', ({past}))"  # noqa: S608
        own.execute(kept.encode(), (now.isoformat(),))


async def settle(house: House, slug: str) -> Tenant:
    """A tenant's ids, with a conversation of its user's."""
    mark, user = MARKS[slug]
    with psycopg.connect(house.homepot_url) as homepot:
        device = homepot.execute(
            "SELECT d.device_id, d.id, d.name, s.site_id, s.id, s.name FROM devices d JOIN sites s ON s.id = d.site_id"
            " JOIN tenants t ON t.id = s.tenant_id WHERE t.slug = %s AND d.is_active ORDER BY d.id LIMIT 1",
            (slug,),
        ).fetchone()
        assert device is not None
        alert = homepot.execute(
            "SELECT a.id FROM alerts a JOIN devices d USING (device_id) JOIN sites s ON s.id = d.site_id JOIN tenants t"
            " ON t.id = s.tenant_id WHERE t.slug = %s AND lower(a.status) = 'active' ORDER BY a.id LIMIT 1",
            (slug,),
        ).fetchone()
        sites = homepot.execute(
            "SELECT array_agg(s.id) FROM sites s JOIN tenants t ON t.id = s.tenant_id WHERE t.slug = %s", (slug,)
        ).fetchone()
    with psycopg.connect(house.own_url) as own:
        incident = own.execute("SELECT id FROM ai_incidents WHERE site = ANY(%s) ORDER BY id LIMIT 1", sites).fetchone()
        memory = own.execute(
            "SELECT id FROM ai_incident_patterns WHERE site = ANY(%s) AND resolution IS NOT NULL ORDER BY id LIMIT 1",
            sites,
        ).fetchone()
    assert incident, "the worker found no incident of this tenant's"
    assert memory, "nothing of this tenant's is remembered"
    begun = await house.send("POST", Ask("/api/ai/conversations"), user)
    conversation = begun.json()["id"]
    asked = {"question": f"How is {device[2]}?", "conversation_id": conversation}
    await house.send("POST", Ask("/api/ai/query", asked), user)
    assert alert, "no alert of this tenant's is open"
    return Tenant(mark, user, *device, str(incident[0]), memory[0], conversation, alert[0])


def routes(house: House) -> set[str]:
    """Every method and path that the application serves, but the documents and OPTIONS."""
    app = create_litestar(house.parts)
    found = {f"{method} {route.path}" for route in app.routes for method in getattr(route, "methods", ())}
    return {one for one in found if not one.startswith("OPTIONS") and not one.split()[1].startswith(OPEN_FOLDERS)}


def test_every_route_has_its_requests(house: House) -> None:
    known = set(REQUESTS) | STREAMS | OPEN
    assert routes(house) == known, (
        "tests/security/requests.py: add what is asked of a new route, leave out what is gone"
    )


async def test_what_both_tenants_have_is_marked(house: House) -> None:
    """Or the tests below would prove nothing: each tenant sees its own mark nearly everywhere."""
    for tenant in house.tenants.values():
        seen = [
            route
            for route in ("GET /api/ai/health", "GET /api/ai/incidents", "GET /api/ai/analyze/{device_id:str}")
            if tenant.mark
            in "".join([(await house.send("GET", ask, tenant.user)).text for ask in REQUESTS[route](tenant)])
        ]
        assert len(seen) == 3
        asks = REQUESTS["POST /api/ai/query"](tenant)
        answers = [(await house.send("POST", ask, tenant.user)).text for ask in asks]
        assert sum(tenant.mark in answer for answer in answers) > len(asks) * 0.6


@pytest.mark.parametrize("slug", MARKS)
async def test_each_tenant_finds_its_own_findings_alone(house: House, slug: str) -> None:
    tenant = house.tenants[slug]
    foreign = house.foreign(tenant)
    ask = Ask("/api/ai/memory/search", {"text": "High CPU after a setting was changed", "limit": 50})
    answer = await house.send("POST", ask, tenant.user)
    found = [one for one in answer.json()["incidents"] if one["source"] == "finding"]
    assert found
    assert all(tenant.mark in one["title"] for one in found)
    silent(answer, ask, foreign)
    asked = Ask("/api/ai/query", {"question": "Has high CPU after a changed setting happened before, and what helped?"})
    silent(await house.send("POST", asked, tenant.user), asked, foreign)


@pytest.mark.parametrize("route", sorted(REQUESTS))
@pytest.mark.parametrize("slug", MARKS)
async def test_nothing_of_the_other_tenant_comes_back(house: House, route: str, slug: str) -> None:
    """About one's own things, about the other's, and about none: no mark, no id, and no difference between the last two."""
    method = route.split(maxsplit=1)[0]
    tenant = house.tenants[slug]
    other = next(one for one in house.tenants.values() if one is not tenant)
    foreign = house.foreign(tenant)
    asked, unknown = REQUESTS[route](other), REQUESTS[route](NOBODY)
    for about, nothing in zip(asked, unknown, strict=True):
        answer, void = await house.send(method, about, tenant.user), await house.send(method, nothing, tenant.user)
        silent(answer, about, foreign)
        assert answer.status_code == void.status_code, (about, answer.text, void.text)
        if answer.is_error:
            assert answer.status_code in {404, NOT_YET}, answer.text
            assert alike(answer, other) == alike(void, NOBODY)
    if method == "DELETE":
        return
    for ask in REQUESTS[route](tenant):
        answer = await house.send(method, ask, tenant.user)
        assert answer.is_success or answer.status_code == NOT_YET, (ask, answer.text)
        silent(answer, ask, foreign)


def silent(answer: httpx.Response, ask: Ask, foreign: list[str]) -> None:
    """No word of the other tenant's, but what the caller wrote."""
    wrote = f"{ask.path} {json.dumps(ask.json)} {json.dumps(ask.params)}".lower()
    told = f"{answer.text} {dict(answer.headers)}"
    shown = [one for one in foreign if one.lower() in told.lower() and one.lower() not in wrote]
    assert not shown, (ask, shown, answer.text[:2000])


def alike(answer: httpx.Response, of: Tenant) -> str:
    """A refusal without what the caller wrote and what is new in each."""
    body = {name: value for name, value in answer.json().items() if name not in {"request_id", "nearest"}}
    written = sorted({str(value) for value in of if value}, key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, written))})(?!\w)", "…", json.dumps(body))


async def test_what_the_other_tenant_tried_changed_nothing(house: House) -> None:
    """After all of the above: conversations, memory and incidents are as they were."""
    for tenant in house.tenants.values():
        for route in (
            "GET /api/ai/conversations/{conversation_id:uuid}",
            "GET /api/ai/memory/incidents/{number:int}",
            "GET /api/ai/incidents/{incident_id:uuid}",
        ):
            (ask,) = REQUESTS[route](tenant)
            assert (await house.send("GET", ask, tenant.user)).status_code == 200


async def test_the_stream_tells_each_tenant_its_own(house: House) -> None:
    for tenant in house.tenants.values():
        foreign = house.foreign(tenant)
        path = "/api/ai/events"
        async with Listener(house.client, path, **{"Last-Event-ID": "0", "X-Homepot-User": tenant.user}) as stream:
            told = [await stream.event() for _ in range(2)]
        text = json.dumps([one.data for one in told]).lower()
        assert tenant.mark.lower() in text
        assert not [one for one in foreign if one.lower() in text]


async def test_metrics_and_logs_tell_nothing_of_anybody(house: House) -> None:
    metrics = (await house.client.get("/metrics")).text
    logs = house.logged.getvalue()
    assert "answered" in logs
    for tenant in house.tenants.values():
        for text in (metrics, logs):
            for word in (tenant.mark, tenant.device_id, tenant.site_id):
                assert word.lower() not in text.lower(), word
        assert tenant.user not in metrics


async def test_a_key_for_reports_opens_reports_alone(house: House) -> None:
    key = await house.parts.door.keys.create("mailer", None, ("reports",))
    tenant = house.tenants["northline"]
    opened = set()
    for route, requests in REQUESTS.items():
        ask = requests(tenant)[0]
        answer = await house.client.request(
            route.split()[0], ask.path, json=ask.json, params=ask.params, headers={"Authorization": f"Bearer {key}"}
        )
        if answer.status_code != 403:
            opened.add(route)
    assert opened == {"GET /api/ai/analyze/{device_id:str}"}


async def test_answers_are_the_same_when_the_other_tenant_is_gone(house: House) -> None:
    """No count, mean, rank, limit or neighbour was drawn from the other's rows. Last, as it removes them."""
    tenant = house.tenants["northline"]
    reads = [
        route
        for route in REQUESTS
        if route.startswith(("GET", "POST /api/ai/query")) and route not in ABOUT_THE_GATEWAY
    ]
    reads.append("POST /api/ai/memory/search")
    asks = [(route.split()[0], ask) for route in reads for ask in REQUESTS[route](tenant)]
    asks = [(method, ask) for method, ask in asks if "conversation" not in f"{ask.path}{ask.json}"]
    before = [await house.send(method, ask, tenant.user) for method, ask in asks]
    with psycopg.connect(house.homepot_url) as homepot:
        gone = [
            row[0]
            for row in homepot.execute(
                "SELECT s.id FROM sites s JOIN tenants t ON t.id = s.tenant_id WHERE t.slug = 'brightwater'"
            ).fetchall()
        ]
        homepot.execute(REMOVING.read_bytes().replace(b"{gone}", str(gone).encode()[1:-1]))
    with psycopg.connect(house.own_url) as own:
        for table in (
            "ai_incidents",
            "ai_anomaly_logs",
            "ai_device_health",
            "ai_site_health",
            "ai_reading_hours",
            "ai_incident_patterns",
            "ai_predictions",
            "ai_site_outlooks",
        ):
            own.execute(f"DELETE FROM {table} WHERE site = ANY(%s)".encode(), (gone,))  # noqa: S608 - words of this test
    await house.parts.directory.fresh()
    after = [await house.send(method, ask, tenant.user) for method, ask in asks]
    for (_, ask), one, other in zip(asks, before, after, strict=True):
        assert STILL.sub("", one.text) == STILL.sub("", other.text), ask
