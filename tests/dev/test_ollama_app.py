"""The stand-in's routes and queue over an engine that only injects faults; real models: tests/contract."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from dev.ollama.app import create_app
from dev.ollama.bodies import ChatBody, chat_call, parse
from dev.ollama.errors import OllamaError
from dev.ollama.generation import Generation
from dev.ollama.models import SMOLLM2
from tests.dev.fake_engine import FakeEngine

CHAT = {"model": SMOLLM2.name, "messages": [{"role": "user", "content": "hello there"}]}


@pytest.fixture(autouse=True)
def model_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hole of the model's size: enough for every route that does not load it."""
    monkeypatch.setenv("DEV_OLLAMA_MODELS", str(tmp_path))
    path = tmp_path / SMOLLM2.file
    with path.open("wb") as file:
        file.truncate(SMOLLM2.size)
    return path


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def app(engine: FakeEngine) -> Litestar:
    return create_app(engine, max_queue=1)


@pytest.fixture
async def http(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.text.splitlines()]


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the fakes have no events to wait on
            await asyncio.sleep(0.01)


async def test_a_stream_is_chunks_and_a_closing_line(http: httpx.AsyncClient) -> None:
    *chunks, last = lines(await http.post("/api/chat", json=CHAT))
    assert [chunk["message"]["content"] for chunk in chunks] == ["one ", "two ", "three"]
    assert last["done_reason"] == "stop"
    assert (last["prompt_eval_count"], last["prompt_eval_duration"]) == (5, 1_500_000)
    assert (last["eval_count"], last["eval_duration"]) == (3, 2_500_000)


async def test_no_stream_is_one_document(http: httpx.AsyncClient) -> None:
    answer = (await http.post("/api/chat", json=CHAT | {"stream": False})).json()
    assert answer["message"] == {"role": "assistant", "content": "one two three"}
    assert answer["done"] is True


async def test_generate_uses_the_template_unless_raw(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    body = {"model": SMOLLM2.name, "prompt": "go on", "system": "be kind", "stream": False}
    assert (await http.post("/api/generate", json=body)).json()["response"] == "one two three"
    await http.post("/api/generate", json=body | {"raw": True})
    assert engine.prompts == ["system be kind\nuser go on", "go on"]


async def test_the_engine_gets_llama_cpps_names(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    await http.post("/api/chat", json=CHAT | {"options": {"num_predict": 7, "num_ctx": 64, "stop": ["x"], "seed": 3}})
    sampling = engine.samplings[0]
    assert (sampling["n_predict"], sampling["stop"], sampling["seed"]) == (7, ["x"], 3)
    assert "num_ctx" not in sampling
    assert engine.loads == [(SMOLLM2.name, 64)]


async def test_a_context_beyond_training_is_capped(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    await http.post("/api/chat", json=CHAT | {"options": {"num_ctx": 1_000_000}})
    assert engine.loads == [(SMOLLM2.name, SMOLLM2.context_length)]


async def test_a_runner_that_dies_before_the_first_token_is_a_500(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.dies_after = 0
    response = await http.post("/api/chat", json=CHAT)
    assert response.status_code == 500
    assert response.json() == {"error": "an error was encountered while running the model: unexpected EOF"}


async def test_a_runner_that_dies_later_is_an_error_line(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.dies_after = 2
    response = await http.post("/api/chat", json=CHAT)
    assert response.status_code == 200
    assert lines(response)[-1] == {"error": "an error was encountered while running the model: unexpected EOF"}


async def test_a_model_that_does_not_load_is_a_500_and_the_turn_is_free_again(
    http: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.load_error = OllamaError(500, "llama runner process has terminated: exit status 1")
    assert (await http.post("/api/chat", json=CHAT)).status_code == 500
    engine.load_error = None
    assert (await http.post("/api/chat", json=CHAT)).status_code == 200


async def test_one_call_runs_one_waits_and_the_next_is_refused(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.gate.clear()
    calls = [asyncio.create_task(http.post("/api/chat", json=CHAT)) for _ in range(3)]
    await until(lambda: any(call.done() for call in calls))
    assert engine.generating == 1
    engine.gate.set()
    statuses = sorted(response.status_code for response in await asyncio.gather(*calls))
    assert statuses == [200, 200, 503]


async def test_a_client_that_leaves_frees_the_turn(app: Litestar, engine: FakeEngine) -> None:
    engine.gate.clear()
    left = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    generation = Generation(chat_call(parse(ChatBody, json.dumps(CHAT).encode())), app.state.runners)
    task = asyncio.create_task(generation({}, receive, send))  # type: ignore[arg-type]
    await until(lambda: engine.generating == 1)
    left.set()
    await asyncio.wait_for(task, 5)
    assert (engine.generating, sent) == (0, [])
    assert not app.state.runners._turn.locked()


async def test_an_empty_call_loads_or_unloads(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    body = {"model": SMOLLM2.name, "stream": False}
    assert (await http.post("/api/chat", json=body)).json()["done_reason"] == "load"
    assert [model["name"] for model in (await http.get("/api/ps")).json()["models"]] == [SMOLLM2.name]
    assert (await http.post("/api/generate", json=body | {"keep_alive": 0})).json()["done_reason"] == "unload"
    assert (await http.get("/api/ps")).json() == {"models": []}
    assert (engine.prompts, engine.unloads) == ([], 1)


async def test_a_model_leaves_memory_when_its_time_is_up(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    await http.post("/api/chat", json=CHAT | {"keep_alive": "50ms"})
    await until(lambda: engine.unloads == 1)
    assert (await http.get("/api/ps")).json() == {"models": []}


async def test_a_negative_keep_alive_is_for_ever(http: httpx.AsyncClient) -> None:
    await http.post("/api/chat", json=CHAT | {"keep_alive": -1})
    expires = (await http.get("/api/ps")).json()["models"][0]["expires_at"]
    assert int(expires[:4]) > 2100


async def test_messages_go_oldest_first_and_the_system_stays(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    turns = [{"role": "system", "content": "rules"}, *({"role": "user", "content": f"turn {n}"} for n in range(5))]
    await http.post("/api/chat", json=CHAT | {"messages": turns, "options": {"num_ctx": 8}})
    assert engine.prompts == ["system rules\nuser turn 3\nuser turn 4"]


async def test_a_single_long_message_loses_its_middle(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    message = {"role": "user", "content": "word " * 99}
    await http.post("/api/chat", json=CHAT | {"messages": [message], "options": {"num_ctx": 10}})
    assert engine.prompts == [[0, 1, 2, 3, 94, 95, 96, 97, 98, 99]]


async def test_truncate_false_refuses_instead(http: httpx.AsyncClient) -> None:
    message = {"role": "user", "content": "word " * 99}
    body = CHAT | {"messages": [message], "options": {"num_ctx": 10}, "truncate": False}
    response = await http.post("/api/chat", json=body)
    assert response.status_code == 400
    assert "exceed_context_size_error" in response.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/api/chat", {}, 400, "model is required"),
        ("/api/chat", {"model": "nope"}, 404, "model 'nope' not found"),
        ("/api/generate", {}, 404, "model '' not found"),
        ("/api/show", {}, 400, "model is required"),
        ("/api/show", {"model": "nope"}, 404, "model 'nope:latest' not found"),
        ("/api/show", {"name": "nope:1b"}, 404, "model 'nope:1b' not found"),
        ("/api/embed", {"model": "nope"}, 404, 'model "nope" not found, try pulling it first'),
        ("/api/embed", {"model": SMOLLM2.name}, 501, "this model does not support embeddings"),
        ("/api/chat", CHAT | {"options": {"temperature": "hot"}}, 500, 'option "temperature" must be of type float32'),
        ("/api/chat", CHAT | {"options": {"stop": "x"}}, 500, 'option "stop" must be of type array'),
        ("/api/chat", CHAT | {"options": {"stop": [1]}}, 500, 'option "stop" must be of an array of strings'),
        ("/api/chat", CHAT | {"options": {"seed": True}}, 500, 'option "seed" must be of type integer'),
        ("/api/chat", CHAT | {"keep_alive": "5"}, 400, 'time: missing unit in duration "5"'),
        ("/api/chat", CHAT | {"keep_alive": "soon"}, 400, 'time: invalid duration "soon"'),
        ("/api/chat", CHAT | {"keep_alive": []}, 400, "invalid keep_alive: []"),
        ("/api/chat", CHAT | {"tools": [{}]}, 400, f"{SMOLLM2.name} does not support tools"),
        ("/api/chat", CHAT | {"think": True}, 400, f'"{SMOLLM2.name}" does not support thinking'),
        ("/api/generate", {"model": SMOLLM2.name, "suffix": "x"}, 400, f"{SMOLLM2.name} does not support insert"),
        ("/api/pull", {"model": "x"}, 500, "this stand-in downloads nothing: 'x' is not among its models"),
    ],
)
async def test_refusals(http: httpx.AsyncClient, path: str, body: dict[str, Any], status: int, error: str) -> None:
    response = await http.post(path, json=body)
    assert (response.status_code, response.json()) == (status, {"error": error})


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b"[]", b'{"messages": 3}', b"\xff"])
async def test_bodies_that_are_no_request(http: httpx.AsyncClient, body: bytes) -> None:
    response = await http.post("/api/chat", content=body)
    assert response.status_code == 400
    assert response.json()["error"]


async def test_unknown_fields_options_and_roles_pass(http: httpx.AsyncClient) -> None:
    body = CHAT | {"later": 1, "options": {"mirostat": 2, "num_ctx": None}, "messages": [{"role": "bard"}]}
    assert (await http.post("/api/chat", json=body)).status_code == 200


async def test_unknown_routes_are_plain_text(http: httpx.AsyncClient) -> None:
    response = await http.get("/nowhere")
    assert (response.status_code, response.text) == (404, "404 page not found")
    assert (await http.get("/api/chat")).status_code == 405


async def test_models_that_are_not_there_are_not_listed(http: httpx.AsyncClient, model_file: Path) -> None:
    assert [model["name"] for model in (await http.get("/api/tags")).json()["models"]] == [SMOLLM2.name]
    model_file.unlink()  # noqa: ASYNC240 - one quick call
    assert (await http.get("/api/tags")).json() == {"models": []}
    assert (await http.post("/api/chat", json=CHAT)).status_code == 404


async def test_pull_succeeds_for_a_model_that_is_there(http: httpx.AsyncClient) -> None:
    assert lines(await http.post("/api/pull", json={"model": SMOLLM2.name})) == [{"status": "success"}]


async def test_nothing_is_deleted(http: httpx.AsyncClient) -> None:
    assert (await http.request("DELETE", "/api/delete", json={"model": SMOLLM2.name})).status_code == 501


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "10.0.0.1:11434"}, 200),
        ({"Host": "[::1]:11434"}, 200),
        ({"Host": "ollama.internal"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
    ],
)
async def test_only_local_hosts_and_origins(http: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    assert (await http.get("/api/version", headers=headers)).status_code == status


async def test_a_server_for_a_container_network_takes_any_host(engine: FakeEngine) -> None:
    transport = httpx.ASGITransport(app=create_app(engine, local_only=False))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://ollama:11434") as http:
        assert (await http.get("/")).text == "Ollama is running"
        assert (await http.get("/", headers={"Origin": "https://evil.example"})).status_code == 403
