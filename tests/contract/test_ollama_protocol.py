"""Ollama's wire protocol, by the official client, against the stand-in with a real (small) model.

The same cases run against a real Ollama: OLLAMA_HOST=http://... OLLAMA_CONTRACT_MODEL=name. Nothing here asserts what
a model says, only what the protocol promises.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import datetime

import httpx
import pytest
from ollama import AsyncClient, ChatResponse, ResponseError

from dev.ollama.models import SMOLLM2
from dev.ollama.process import OllamaProcess

REAL = os.environ.get("OLLAMA_HOST", "")
MODEL = os.environ.get("OLLAMA_CONTRACT_MODEL", SMOLLM2.name)
SHORT = {"num_predict": 8, "temperature": 0.0, "seed": 1, "num_ctx": 2048}
HELLO = [{"role": "user", "content": "Say hello."}]
STORY = [{"role": "user", "content": "Tell a very long story about the sea, with many chapters."}]
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}, "level": {"type": "string", "enum": ["low", "high"]}},
    "required": ["ok", "level"],
}

pytestmark = pytest.mark.model
stand_in_only = pytest.mark.skipif(bool(REAL), reason="needs a knob that only the stand-in has")


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaProcess | None]:
    if REAL:
        yield None
        return
    if not SMOLLM2.present:
        pytest.skip("the language model is not there: run `make models`")
    with OllamaProcess(max_queue=2) as process:
        yield process


@pytest.fixture(scope="module")
def url(server: OllamaProcess | None) -> str:
    if server is not None:
        return server.url
    names = {entry["name"] for entry in httpx.get(f"{REAL}/api/tags").json()["models"]}
    if MODEL not in names:
        pytest.skip(f"the Ollama at OLLAMA_HOST has no {MODEL}: name one of its models in OLLAMA_CONTRACT_MODEL")
    return REAL


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncClient]:
    client = AsyncClient(host=url, timeout=120)
    yield client
    await client._client.aclose()


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        yield http


async def collect(client: AsyncClient, **arguments: object) -> list[ChatResponse]:
    stream = await client.chat(model=MODEL, messages=HELLO, options=SHORT, stream=True, **arguments)  # type: ignore[call-overload]
    return [chunk async for chunk in stream]


async def generating(client: AsyncClient) -> bool:
    """Whether a short call has to wait for its turn."""
    try:
        await asyncio.wait_for(client.chat(model=MODEL, messages=HELLO, options=SHORT | {"num_predict": 1}), 10)
    except TimeoutError:
        return True
    return False


async def test_the_root_says_what_health_checks_look_for(http: httpx.AsyncClient) -> None:
    response = await http.get("/")
    assert (response.status_code, response.text) == (200, "Ollama is running")
    assert (await http.head("/")).status_code == 200


@stand_in_only
async def test_it_admits_to_be_a_stand_in(http: httpx.AsyncClient) -> None:
    response = await http.get("/api/version")
    assert "stand-in" in response.json()["version"]
    assert response.headers.get_list("server") == ["homepot-dev-ollama"]


async def test_chat_answers_with_counts_and_nanoseconds(client: AsyncClient) -> None:
    response = await client.chat(model=MODEL, messages=HELLO, options=SHORT)
    assert response.model == MODEL
    assert response.message.role == "assistant"
    assert response.message.content
    assert response.done
    assert response.done_reason in {"stop", "length"}
    assert datetime.fromisoformat(str(response.created_at)).tzinfo is not None
    assert 1 <= (response.eval_count or 0) <= 8
    assert (response.prompt_eval_count or 0) > 4
    assert (response.total_duration or 0) > (response.eval_duration or 0) > 1_000_000
    assert (response.total_duration or 0) > (response.load_duration or 0) >= 0


async def test_a_stream_ends_with_one_closing_chunk(client: AsyncClient) -> None:
    chunks = await collect(client)
    assert [chunk.done for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert "".join(chunk.message.content or "" for chunk in chunks)
    assert chunks[-1].done_reason in {"stop", "length"}
    assert chunks[-1].eval_count
    assert chunks[0].eval_count is None


async def test_a_stream_is_lines_of_json(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/chat", json={"model": MODEL, "messages": HELLO, "options": SHORT})
    assert response.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert len(lines) > 2
    assert lines[-1]["done"] is True


async def test_num_predict_ends_an_answer_with_length(client: AsyncClient) -> None:
    response = await client.chat(model=MODEL, messages=STORY, options=SHORT | {"num_predict": 3})
    assert (response.eval_count, response.done_reason) == (3, "length")


async def test_a_stop_word_is_not_in_the_answer(client: AsyncClient) -> None:
    options = SHORT | {"num_predict": 40, "stop": ["e"]}
    response = await client.chat(model=MODEL, messages=STORY, options=options)
    assert "e" not in (response.message.content or "")
    assert response.done_reason == "stop"


async def test_generate_continues_a_prompt(client: AsyncClient) -> None:
    response = await client.generate(model=MODEL, prompt="Once upon a time", raw=True, options=SHORT)
    assert response.response
    chunks = [chunk async for chunk in await client.generate(model=MODEL, prompt="Hi", options=SHORT, stream=True)]
    assert chunks[-1].done
    assert chunks[-1].prompt_eval_count


@pytest.mark.parametrize("stream", [False, True])
async def test_a_schema_is_enforced(client: AsyncClient, *, stream: bool) -> None:
    arguments = {"model": MODEL, "messages": HELLO, "format": SCHEMA, "options": SHORT | {"num_predict": 120}}
    if stream:
        text = "".join([chunk.message.content or "" async for chunk in await client.chat(**arguments, stream=True)])  # type: ignore[call-overload]
    else:
        text = (await client.chat(**arguments)).message.content  # type: ignore[call-overload]
    answer = json.loads(text)
    assert set(answer) == {"ok", "level"}
    assert isinstance(answer["ok"], bool)
    assert answer["level"] in {"low", "high"}


async def test_a_bad_schema_is_refused(client: AsyncClient) -> None:
    with pytest.raises(ResponseError) as refusal:
        await client.chat(model=MODEL, messages=HELLO, format={"type": "nonsense"})
    assert refusal.value.status_code == 400


async def test_list_show_and_ps_describe_the_model(client: AsyncClient) -> None:
    listed = next(model for model in (await client.list()).models if model.model == MODEL)
    assert listed.size
    assert listed.details
    assert listed.details.format == "gguf"
    shown = await client.show(MODEL)
    assert shown.modelinfo
    assert "completion" in (shown.capabilities or [])
    await client.chat(model=MODEL, messages=HELLO, options=SHORT, keep_alive="10m")
    running = next(model for model in (await client.ps()).models if model.model == MODEL)
    assert running.context_length == SHORT["num_ctx"]
    assert running.expires_at
    assert 500 < running.expires_at.timestamp() - time.time() <= 600


async def test_keep_alive_zero_unloads(client: AsyncClient) -> None:
    loaded = await client.chat(model=MODEL, messages=[])
    assert loaded.done_reason == "load"
    unloaded = await client.chat(model=MODEL, messages=[], keep_alive=0)
    assert unloaded.done_reason == "unload"
    await asyncio.sleep(0.5)
    assert MODEL not in {model.model for model in (await client.ps()).models}


async def test_a_prompt_that_repeats_is_counted_whole_but_not_computed_again(client: AsyncClient) -> None:
    messages = [{"role": "system", "content": "Facts: " + "the shop is open. " * 60}, *HELLO]
    first = await client.chat(model=MODEL, messages=messages, options=SHORT)
    again = await client.chat(model=MODEL, messages=messages, options=SHORT)
    assert again.prompt_eval_count == first.prompt_eval_count
    assert (again.prompt_eval_duration or 0) < (first.prompt_eval_duration or 0)


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        ("chat", 404, "model 'nope' not found"),
        ("generate", 404, "model 'nope' not found"),
        ("show", 404, "not found"),
        ("embed", 404, 'model "nope" not found, try pulling it first'),
    ],
)
async def test_an_unknown_model_is_a_404(client: AsyncClient, call: str, status: int, words: str) -> None:
    with pytest.raises(ResponseError) as refusal:
        await getattr(client, call)(model="nope")
    assert refusal.value.status_code == status
    assert words in refusal.value.error


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/api/chat", b"", 400, "missing request body"),
        ("/api/chat", b"{", 400, None),
        ("/api/chat", {}, 400, "model is required"),
        ("/api/show", {}, 400, "model is required"),
        ("/api/generate", {}, 404, "model '' not found"),
        ("/api/chat", {"options": {"num_ctx": "many"}}, 500, 'option "num_ctx" must be of type integer'),
        ("/api/chat", {"keep_alive": "soon"}, 400, 'time: invalid duration "soon"'),
        ("/api/chat", {"format": "yaml"}, 500, None),
    ],
)
async def test_bad_requests(
    http: httpx.AsyncClient, path: str, body: bytes | dict[str, object], status: int, words: str | None
) -> None:
    if isinstance(body, dict):
        named = {"model": MODEL, "messages": HELLO} if body else {}
        body = json.dumps(named | body).encode()
    response = await http.post(path, content=body)
    assert response.status_code == status
    assert words is None or response.json()["error"] == words


async def test_unknown_options_and_roles_pass(client: AsyncClient) -> None:
    messages = [{"role": "narrator", "content": "Now."}, *HELLO]
    response = await client.chat(model=MODEL, messages=messages, options={**SHORT, "no_such_option": 1})
    assert response.done


async def test_embedding_with_a_chat_model_is_not_implemented(client: AsyncClient) -> None:
    with pytest.raises(ResponseError) as refusal:
        await client.embed(model=MODEL, input="x")
    assert refusal.value.status_code == 501


@stand_in_only
async def test_a_prompt_that_is_too_long_is_cut_silently(client: AsyncClient) -> None:
    options = SHORT | {"num_ctx": 256}
    response = await client.chat(model=MODEL, messages=[{"role": "user", "content": "word " * 1000}], options=options)
    assert response.prompt_eval_count == 256


@stand_in_only
async def test_the_oldest_messages_go_first(client: AsyncClient) -> None:
    system = {"role": "system", "content": "Be brief."}
    old = [{"role": "user", "content": "word " * 150}] * 3
    response = await client.chat(model=MODEL, messages=[system, *old, *HELLO], options=SHORT | {"num_ctx": 256})
    alone = await client.chat(model=MODEL, messages=[system, old[0], *HELLO], options=SHORT | {"num_ctx": 256})
    assert response.prompt_eval_count == alone.prompt_eval_count


async def test_truncate_false_refuses_a_prompt_that_is_too_long(http: httpx.AsyncClient) -> None:
    messages = [{"role": "user", "content": "word " * 3000}]
    body = {"model": MODEL, "messages": messages, "options": {"num_ctx": 2048}, "truncate": False}
    response = await http.post("/api/chat", json=body)
    assert response.status_code == 400
    assert "exceed" in response.json()["error"]


async def test_a_client_that_leaves_a_stream_stops_the_generation(client: AsyncClient) -> None:
    options = {"num_ctx": 2048, "num_predict": 1800}
    stream = await client.chat(model=MODEL, messages=STORY, options=options, stream=True)
    async with aclosing(stream):
        await anext(stream)
    assert not await generating(client)


async def test_a_client_that_leaves_before_the_first_token_stops_the_generation(client: AsyncClient) -> None:
    options = {"num_ctx": 2048, "num_predict": 1800}
    call = asyncio.create_task(client.chat(model=MODEL, messages=STORY, options=options))
    await asyncio.sleep(0.3)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert not await generating(client)


async def test_calls_wait_for_their_turn(client: AsyncClient) -> None:
    calls = [client.chat(model=MODEL, messages=HELLO, options=SHORT) for _ in range(3)]
    assert all(response.done for response in await asyncio.gather(*calls))


@stand_in_only
async def test_more_calls_than_the_queue_holds_are_refused(client: AsyncClient) -> None:
    calls = [client.chat(model=MODEL, messages=HELLO, options=SHORT | {"num_predict": 30}) for _ in range(6)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [result for result in results if isinstance(result, ResponseError)]
    assert len(refusals) == 3  # one runs, two wait
    assert {refusal.status_code for refusal in refusals} == {503}
    assert "maximum pending requests exceeded" in refusals[0].error


@stand_in_only
async def test_a_runner_that_dies_is_an_error_line_and_the_next_call_recovers(
    client: AsyncClient, server: OllamaProcess
) -> None:
    stream = await client.chat(model=MODEL, messages=STORY, options={"num_ctx": 2048, "num_predict": 1800}, stream=True)
    await anext(stream)
    assert server.kill_runner() == 1
    with pytest.raises(ResponseError, match="unexpected EOF"):
        async for _ in stream:
            pass
    response = await client.chat(model=MODEL, messages=HELLO, options=SHORT)
    assert response.done


async def test_a_foreign_origin_is_refused(http: httpx.AsyncClient) -> None:
    response = await http.get("/api/tags", headers={"Origin": "http://evil.example"})
    assert (response.status_code, response.content) == (403, b"")


@stand_in_only  # a real one may listen beyond loopback, and then takes any host
async def test_a_foreign_host_is_refused(http: httpx.AsyncClient) -> None:
    response = await http.get("/api/tags", headers={"Host": "evil.example"})
    assert (response.status_code, response.content) == (403, b"")
