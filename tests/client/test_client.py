"""The Python client against the real gateway, and against scripted refusals where a fault is needed."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import ai_gateway.answers.types as gateway_answers
import ai_gateway.health.wire as gateway_health
import ai_gateway.incidents.wire as gateway_incidents
import homepot_ai_client as client_package
from ai_gateway.answers.trust.types import TrustEnvelope
from homepot_ai_client import (
    Answer,
    AsyncGateway,
    BadRequestError,
    BusyError,
    Delta,
    ForbiddenError,
    Gateway,
    Gathered,
    NotFoundError,
    Retries,
    ServerError,
    StreamBrokenError,
    Turn,
    UnauthenticatedError,
    UnreachableError,
)
from homepot_ai_client.calls import Call
from tests.api.scan import LOBBY, LOBBY_SITE, Scan
from tests.api.test_query_stream import serving
from tests.conftest import NOWHERE, SettingsFactory

README = Path(__file__).parents[2] / "clients/python/README.md"
OFFLINE = "Which gateways are offline at Airport Terminal 2?"
VERA = "vera@brightwater.example"
ONCE = Retries(attempts=1)
QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.5)
Served = tuple[str, str]


@pytest.fixture
async def served(settings_for: SettingsFactory, now: datetime) -> AsyncIterator[Served]:
    """URL and key of a gateway on a socket, whose clock stands where the sample fleet was read."""
    async with serving(settings_for(), lambda: now) as client:
        yield str(client.base_url), client.headers["Authorization"].removeprefix("Bearer ")


async def test_a_plain_program_asks_and_reads(served: Served, scan_of: Scan) -> None:
    incident = scan_of.incident(LOBBY_SITE, (LOBBY,))
    scan_of.anomaly(LOBBY, LOBBY_SITE)

    def program() -> None:
        url, key = served
        with Gateway(url, key=key) as gateway:
            answer = gateway.query(OFFLINE)
            assert answer.answer.startswith("1 gateway is offline")
            assert [device.name for device in answer.relevant_devices] == ["Arrivals Gateway"]
            assert answer.evidence[0].at.tzinfo is not None
            assert 0 <= answer.trust.trust_score <= 1
            history = [Turn("user", "How is the Arrivals Gateway?"), Turn("assistant", "Offline.")]
            follow_up = gateway.query("Which firmware does it run?", history=history, mode="executive")
            assert follow_up.mode == "executive"
            assert "Arrivals Gateway" in follow_up.answer
            assert gateway.assistant(OFFLINE, role="Client").response.startswith("1 gateway is offline")
            assert gateway.anomalies(severity="critical").anomalies[0].device.name == "Lobby Terminal"
            assert gateway.incidents(status="open").incidents[0].id == str(incident)
            assert gateway.resolve(str(incident), "Restarted it.").status == "resolved"
            assert gateway.get("/api/ai/status")["version"]
            assert gateway.get("/api/v1/ai/anomalies")["count"] > 0

    await asyncio.to_thread(program)


@pytest.fixture
def scan_of(database_url: str, now: Any) -> Scan:
    return Scan(database_url, now)


async def test_each_request_acts_for_its_own_user(served: Served) -> None:
    url, key = served
    async with AsyncGateway(url, key=key) as gateway:
        hers = await gateway.query("List all sites", on_behalf_of=VERA)
        everyones = await gateway.query("List all sites")
        assert "Airport Terminal 2" not in hers.answer
        assert "Airport Terminal 2" in everyones.answer
        with pytest.raises(ForbiddenError) as refused:
            await gateway.query("List all sites", on_behalf_of="nobody@homepot.example")
    assert refused.value.kind == "forbidden"
    assert refused.value.request_id


async def test_a_stream_ends_with_the_answer(served: Served) -> None:
    url, key = served
    async with AsyncGateway(url, key=key) as gateway:
        events = [event async for event in gateway.stream(OFFLINE)]
    assert isinstance(events[0], Gathered)
    assert events[0].evidence
    assert isinstance(events[-1], Answer)
    assert all(isinstance(event, Delta) for event in events[1:-1])
    with Gateway(url, key=key) as plain:
        told = await asyncio.to_thread(lambda: [type(event) for event in plain.stream(OFFLINE)])
    assert told == [type(event) for event in events]


async def test_problems_are_exceptions(served: Served) -> None:
    url, key = served
    async with AsyncGateway(url, key=key) as gateway:
        with pytest.raises(NotFoundError, match="No site 'Harbor Mall'") as missing:
            await gateway.query("How is it?", site_id="Harbor Mall")
        assert missing.value.kind == "unknown-site"
        assert "Harbour Mall" in missing.value.members["nearest"]
        with pytest.raises(NotFoundError):
            [event async for event in gateway.stream("How is it?", site_id="Harbor Mall")]
        with pytest.raises(BadRequestError):
            await gateway.query("")
        with pytest.raises(ServerError) as later:
            await gateway.send(Call(method="PUT", path="/api/v1/ai/alerts/1/resolve", shape=dict))
        assert later.value.status == 501
    async with AsyncGateway(url, key="wrong") as stranger:
        with pytest.raises(UnauthenticatedError):
            await stranger.anomalies()
    with Gateway(NOWHERE, key="x", retries=QUICK) as nowhere, pytest.raises(UnreachableError):
        nowhere.query(OFFLINE)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (client_package.Answer, gateway_answers.QueryResponse),
        (client_package.Evidence, gateway_answers.Evidence),
        (client_package.Trust, TrustEnvelope),
        (client_package.Anomaly, gateway_health.AnomalyView),
        (client_package.AnomalyPage, gateway_health.AnomalyPage),
        (client_package.Incident, gateway_incidents.IncidentView),
        (client_package.IncidentPage, gateway_incidents.IncidentPage),
    ],
)
def test_every_field_of_the_client_is_one_of_the_gateways(
    ours: type[msgspec.Struct], theirs: type[msgspec.Struct]
) -> None:
    assert set(ours.__struct_fields__) <= set(theirs.__struct_fields__)


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


async def test_the_readme_does_what_it_says(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_GATEWAY_URL", served[0])
    monkeypatch.setenv("AI_GATEWAY_KEY", served[1])
    first, second = blocks()
    await asyncio.to_thread(exec, first, {})
    shown = capsys.readouterr().out
    assert "offline" in shown
    assert shown.index("Gathered") < shown.index("\nAnswer\n")
    scope: dict[str, Any] = {}
    exec(second, scope)  # noqa: S102 - the document's own example
    said = {"query": "Which devices are offline?", "history": [{"role": "user", "content": "Hello"}]}
    status, body = await scope["query_ai"](said, VERA)
    assert status == 200
    assert set(body) == {"response", "timestamp", "trust"}
    assert set(body["trust"]) == set(TrustEnvelope.__struct_fields__)
    status, body = await scope["query_ai"](said, "nobody@homepot.example")
    assert (status, set(body)) == (502, {"detail", "status_code"})
    await scope["gateway"].close()


@contextmanager
def scripted(*answers: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[str]]]:
    """A FAKE gateway that fails as told, one answer a request; yields its URL and the paths that were asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            asked.append(self.path)
            answers[min(len(asked), len(answers)) - 1](self)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refuse(status: int, retry_after: str | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = b'{"type": "urn:homepot-ai:problem:overloaded", "detail": "Later.", "request_id": "r"}'
        handler.send_response(status)
        if retry_after:
            handler.send_header("Retry-After", retry_after)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def begin_a_stream(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()
    handler.wfile.write(b': ping\n\nevent: evidence\ndata: {"evidence": [], "relevant_devices": []}\n\n')


def fail_in_a_stream(handler: BaseHTTPRequestHandler) -> None:
    begin_a_stream(handler)
    handler.wfile.write(b'event: error\ndata: {"type": "x:homepot-database-unavailable", "status": 503}\n\n')


def page(handler: BaseHTTPRequestHandler) -> None:
    body = b'{"count": 0, "incidents": [], "limit": 1, "offset": 0, "new_field": 1}'
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_is_tried_again_after_the_time_it_names(status: int) -> None:
    with (
        scripted(refuse(status, "0"), refuse(status), page) as (url, asked),
        Gateway(url, key="k", retries=QUICK) as one,
    ):
        assert one.incidents().count == 0
    assert len(asked) == 3


async def test_a_refusal_is_tried_again_by_the_other_client_too() -> None:
    with scripted(refuse(429, "0"), page) as (url, asked):
        async with AsyncGateway(url, key="k", retries=QUICK) as gateway:
            assert (await gateway.incidents()).count == 0
    assert len(asked) == 2


def test_a_wait_that_is_too_long_is_the_callers_to_decide() -> None:
    with (
        scripted(refuse(503, "3600")) as (url, asked),
        Gateway(url, key="k", retries=QUICK) as gateway,
        pytest.raises(BusyError) as busy,
    ):
        gateway.query(OFFLINE)
    assert busy.value.retry_after_s == 3600
    assert len(asked) == 1


def test_a_question_that_may_be_under_way_is_not_sent_twice_but_a_read_is() -> None:
    with scripted(hang_up, page) as (url, asked), Gateway(url, key="k", retries=QUICK) as gateway:
        with pytest.raises(UnreachableError):
            gateway.query(OFFLINE)
        assert len(asked) == 1
        assert gateway.incidents().count == 0
    with scripted(hang_up, page) as (url, asked), Gateway(url, key="k", retries=QUICK) as gateway:
        assert gateway.incidents().count == 0
        assert len(asked) == 2


async def test_a_stream_is_begun_anew_only_before_its_first_event() -> None:
    with scripted(refuse(429, "0"), begin_a_stream) as (url, asked):
        async with AsyncGateway(url, key="k", retries=QUICK) as gateway:
            with pytest.raises(StreamBrokenError):
                [event async for event in gateway.stream(OFFLINE)]
        assert len(asked) == 2
    with scripted(fail_in_a_stream) as (url, asked), Gateway(url, key="k", retries=QUICK) as plain:
        with pytest.raises(BusyError) as failed:
            list(plain.stream(OFFLINE))
        assert failed.value.kind == "homepot-database-unavailable"
        assert len(asked) == 1


def test_a_proxys_page_is_told_as_it_is() -> None:
    def bad_gateway(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(502)
        handler.send_header("Content-Length", "21")
        handler.end_headers()
        handler.wfile.write(b"<h1>Bad gateway</h1>\n")

    with (
        scripted(bad_gateway) as (url, _),
        Gateway(url, key="k", retries=ONCE) as gateway,
        pytest.raises(ServerError, match="Bad gateway"),
    ):
        gateway.get("/api/ai/status")


def test_no_answer_in_time_is_unreachable() -> None:
    over = threading.Event()
    with scripted(lambda _: over.wait(5)) as (url, _):  # type: ignore[arg-type,return-value]
        with Gateway(url, key="k", retries=ONCE, timeout_s=0.2) as gateway, pytest.raises(UnreachableError):
            gateway.query(OFFLINE)
        over.set()


def test_another_transport_may_carry_the_requests() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer k"
        assert request.headers["x-homepot-user"] == VERA
        return httpx.Response(200, json={"count": 0, "incidents": []})

    with Gateway("http://gateway", key="k", transport=httpx.MockTransport(handle)) as gateway:
        assert gateway.incidents(on_behalf_of=VERA).count == 0
