"""`POST /api/ai/query` as a stream: over a real socket, against the sample fleet and a scripted FAKE of the model."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import uvicorn

from ai_gateway.app import create_app
from ai_gateway.kit import sse
from ai_gateway.kit.clock import Clock, system_clock
from ai_gateway.kit.settings import Settings
from dev.waiting import wait_until
from tests.conftest import SettingsFactory, make_key, until_ready
from tests.unit.clients.fake_ollama import STALL, Answer, FakeOllama, done, error, token

EVENTS = {"Accept": "text/event-stream"}
OFFLINE = {"question": "Which gateways are offline at Airport Terminal 2?"}
TRUE = "Arrivals Gateway is offline with its last heartbeat 3 h ago"


@asynccontextmanager
async def serving(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway on a socket of its own, and a client with a key."""
    async with (
        listening(create_app(settings, clock)) as url,
        httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client,
    ):
        await until_ready(client)
        client.headers["Authorization"] = f"Bearer {await make_key(settings)}"
        yield client


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    """An ASGI application on a socket of its own; its URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve())
    try:
        await asyncio.to_thread(wait_until, lambda: server.started, 20)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def read(response: httpx.Response) -> list[tuple[str, Any]]:
    """The events of a stream, pings left out."""
    text = (await response.aread()).decode()
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    return [(block.split("\n")[0].removeprefix("event: "), json.loads(block.split("data: ", 1)[1])) for block in blocks]


def sentence(text: str, evidence: str) -> str:
    return json.dumps({"evidence": [evidence], "text": text})


async def test_evidence_then_checked_sentences_then_the_answer(settings_for: SettingsFactory, now: datetime) -> None:
    async with FakeOllama() as fake:
        told = ['{"sentences": [', sentence(TRUE, "E2"), ", ", sentence("All 7 gateways are fine.", "E1"), "]}"]
        fake.will(Answer(*(token(piece) for piece in told), done()))
        settings = settings_for(llm_enabled=True, ollama_host=fake.url)
        async with serving(settings, lambda: now) as client:
            async with client.stream("POST", "/api/ai/query", json=OFFLINE, headers=EVENTS) as response:
                events = await read(response)
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
    names = [name for name, _ in events]
    assert names == ["evidence", "delta", "answer"]
    evidence, delta, answer = (data for _, data in events)
    assert [device["name"] for device in evidence["relevant_devices"]] == ["Arrivals Gateway"]
    assert evidence["evidence"] == answer["evidence"]
    assert delta["text"].startswith(TRUE)
    assert delta["text"] in answer["answer"]
    assert "fine" not in answer["answer"]
    assert answer["degraded"] is False


async def test_without_a_model_the_answer_follows_the_evidence(settings_for: SettingsFactory) -> None:
    async with (
        serving(settings_for()) as client,
        client.stream("POST", "/api/ai/query", json=OFFLINE, headers=EVENTS) as response,
    ):
        events = await read(response)
    assert [name for name, _ in events] == ["evidence", "answer"]
    assert events[-1][1]["degraded"] is True


async def test_what_fails_before_the_evidence_is_a_problem_and_after_it_an_error_event(
    settings_for: SettingsFactory,
) -> None:
    async with FakeOllama() as fake:
        fake.will(error(404, "model not found"))
        async with serving(settings_for(llm_enabled=True, ollama_host=fake.url)) as client:
            before = await client.post("/api/ai/query", json={**OFFLINE, "device_id": "DEVICE-NONE"}, headers=EVENTS)
            assert before.status_code == 404
            assert before.headers["content-type"] == "application/problem+json"
            asked = {**OFFLINE, "model": "nobody:1b"}
            async with client.stream("POST", "/api/ai/query", json=asked, headers=EVENTS) as response:
                events = await read(response)
    assert [name for name, _ in events] == ["evidence", "error"]
    problem = events[-1][1]
    assert problem["status"] == 422
    assert problem["type"].endswith("unknown-model")
    assert problem["request_id"] == response.headers["x-request-id"]


async def test_a_caller_that_goes_away_ends_the_models_work(settings_for: SettingsFactory) -> None:
    async with FakeOllama() as fake:
        fake.will(Answer(token('{"sentences": ['), STALL))
        settings = settings_for(llm_enabled=True, ollama_host=fake.url, llm_token_timeout_s=20)
        async with serving(settings) as client:
            async with client.stream("POST", "/api/ai/query", json=OFFLINE, headers=EVENTS) as response:
                assert "evidence" in await anext(response.aiter_lines())
                await asyncio.wait_for(fake.called.wait(), 10)
                assert not fake.gone.is_set()
            await asyncio.wait_for(fake.gone.wait(), 10)


async def test_a_caller_that_takes_anything_gets_plain_json(settings_for: SettingsFactory) -> None:
    async with serving(settings_for()) as client:
        answer = await client.post("/api/ai/query", json=OFFLINE, headers={"Accept": "*/*"})
    assert answer.headers["content-type"] == "application/json"


async def test_a_quiet_stream_is_kept_alive_by_comments() -> None:
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    events = sse.with_pings(queue, 0.01)
    assert await anext(events) == sse.PING
    queue.put_nowait(sse.encode_event("delta", {"text": "two\nlines"}, "7"))
    queue.put_nowait(None)
    rest = [event async for event in events if event != sse.PING]
    assert rest == ['id: 7\nevent: delta\ndata: {"text":"two\\nlines"}\n\n']
