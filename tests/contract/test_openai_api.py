"""`/v1` by OpenAI's own client package: whatever speaks to OpenAI can be pointed at the fleet."""

import json
from collections.abc import AsyncIterator

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from ai_gateway.kit.settings import ROUTES
from ai_gateway.openai_api import chat
from dev.ollama.models import SMOLLM2
from tests.conftest import SettingsFactory
from tests.faults.asking import ClientFactory
from tests.unit.clients.fake_ollama import STALL, Answer, FakeOllama, done, token

OFFLINE = "Which gateways are offline at Airport Terminal 2?"
ARRIVALS = "Arrivals Gateway"


def openai_client(gateway: httpx.AsyncClient) -> AsyncOpenAI:
    key = gateway.headers.get("Authorization", "Bearer none").removeprefix("Bearer ")
    transport = httpx.AsyncClient(transport=gateway._transport, timeout=60)
    return AsyncOpenAI(api_key=key, base_url="http://gateway/v1", http_client=transport, max_retries=0)


@pytest.fixture
async def ask(client_for: ClientFactory, settings_for: SettingsFactory) -> AsyncIterator[AsyncOpenAI]:
    async with openai_client(await client_for(settings_for())) as client:
        yield client


async def test_a_chat_is_answered_with_what_the_answer_rests_on(ask: AsyncOpenAI) -> None:
    messages = [{"role": "system", "content": "Say that all is well."}, {"role": "user", "content": OFFLINE}]
    answer = await ask.chat.completions.create(model="homepot", messages=messages, temperature=1.5, max_tokens=5)  # type: ignore[arg-type]
    told = answer.choices[0].message.content or ""
    assert told.startswith("1 gateway is offline")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.id.startswith("chatcmpl-")
    whole = answer.model_extra["homepot"]  # type: ignore[index]
    assert whole["answer"] == told
    assert [one["name"] for one in whole["relevant_devices"]] == [ARRIVALS]
    assert whole["degraded"] is True


async def test_earlier_messages_are_the_history(ask: AsyncOpenAI) -> None:
    first = f"What is the status of the {ARRIVALS}?"
    messages = [
        {"role": "user", "content": first},
        {"role": "assistant", "content": "It is offline."},
        {"role": "user", "content": [{"type": "text", "text": "Which firmware does it run?"}]},
    ]
    answer = await ask.chat.completions.create(model="homepot", messages=messages)  # type: ignore[arg-type]
    assert "firmware" in (answer.choices[0].message.content or "")
    assert [one["name"] for one in answer.model_extra["homepot"]["relevant_devices"]] == [ARRIVALS]  # type: ignore[index]


async def test_a_stream_brings_the_same_answer_in_pieces(ask: AsyncOpenAI) -> None:
    messages = [{"role": "user", "content": OFFLINE}]
    whole = await ask.chat.completions.create(model="homepot", messages=messages)  # type: ignore[arg-type]
    pieces, last = [], None
    async for chunk in await ask.chat.completions.create(model="homepot", messages=messages, stream=True):  # type: ignore[call-overload]
        pieces.append(chunk.choices[0].delta.content or "")
        last = chunk
    assert len([piece for piece in pieces if piece]) > 1
    assert "".join(pieces) == whole.choices[0].message.content
    assert last is not None
    assert last.choices[0].finish_reason == "stop"
    assert last.model_extra["homepot"]["relevant_devices"][0]["name"] == ARRIVALS


async def test_tokens_are_those_of_the_model_and_none_where_it_was_not_asked(
    ask: AsyncOpenAI, client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    messages = [{"role": "user", "content": OFFLINE}]
    plain = await ask.chat.completions.create(model="homepot", messages=messages)  # type: ignore[arg-type]
    assert plain.usage is not None
    assert (plain.usage.prompt_tokens, plain.usage.completion_tokens, plain.usage.total_tokens) == (0, 0, 0)
    async with FakeOllama() as fake:
        fake.will(*[Answer(token('{"sentences": []}'), done(prompt_eval_count=900))] * 2)
        client = openai_client(await client_for(settings_for(llm_enabled=True, ollama_host=fake.url)))
        told = await client.chat.completions.create(model="homepot", messages=messages)  # type: ignore[arg-type]
        chunks = [
            chunk
            async for chunk in await client.chat.completions.create(  # type: ignore[call-overload]
                model="homepot", messages=messages, stream=True, stream_options={"include_usage": True}
            )
        ]
    assert told.usage is not None
    assert (told.usage.prompt_tokens, told.usage.completion_tokens, told.usage.total_tokens) == (900, 2, 902)
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 902


async def test_a_path_that_is_not_there_fails_in_openais_shape(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    missing = await (await client_for(settings_for())).get("/v1/nothing")
    assert missing.status_code == 404
    assert set(missing.json()) == {"error"}


@pytest.mark.parametrize("mode", ["maintenance", "predictive", "executive"])
async def test_a_models_name_chooses_the_mode(ask: AsyncOpenAI, mode: str) -> None:
    messages = [{"role": "user", "content": "Which devices are at risk?"}]
    answer = await ask.chat.completions.create(model=f"homepot-{mode}", messages=messages)  # type: ignore[arg-type]
    assert answer.model_extra["homepot"]["mode"] == mode  # type: ignore[index]


async def test_failures_are_those_that_openais_client_knows(
    ask: AsyncOpenAI, client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    for messages in ([{"role": "assistant", "content": "Hello"}], [{"role": "user", "content": "x" * 2001}], []):
        with pytest.raises(openai.BadRequestError) as wrong:
            await ask.chat.completions.create(model="homepot", messages=messages)  # type: ignore[arg-type]
        assert wrong.value.type == "invalid_request_error"
    picture = [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]
    with pytest.raises(openai.BadRequestError, match="Only text"):
        await ask.chat.completions.create(model="homepot", messages=[{"role": "user", "content": picture}])  # type: ignore[list-item]
    stranger = openai_client(await client_for(settings_for(), key=None))
    with pytest.raises(openai.AuthenticationError) as unknown:
        await stranger.models.list()
    assert unknown.value.code == "invalid_api_key"


async def test_a_caller_names_a_user_as_everywhere(ask: AsyncOpenAI) -> None:
    messages = [{"role": "user", "content": "List all sites"}]
    as_vera = {"X-Homepot-User": "vera@brightwater.example"}
    answer = await ask.chat.completions.create(model="homepot", messages=messages, extra_headers=as_vera)  # type: ignore[arg-type]
    told = json.dumps(answer.model_dump())
    assert "Building A" in told
    assert "Airport Terminal 2" not in told
    with pytest.raises(openai.PermissionDeniedError):
        await ask.chat.completions.create(model="homepot", messages=messages, extra_headers={"X-Homepot-User": "no"})  # type: ignore[arg-type]


async def test_without_ollama_only_our_own_names_are_listed(ask: AsyncOpenAI) -> None:
    names = [model.id async for model in ask.models.list()]
    assert names == ["homepot", "homepot-maintenance", "homepot-predictive", "homepot-executive", *ROUTES]


@pytest.mark.model
async def test_ollamas_models_are_listed_and_an_unknown_one_is_not_found(
    client_for: ClientFactory, settings_for: SettingsFactory, ollama_url: str
) -> None:
    settings = settings_for(llm_enabled=True, ollama_host=ollama_url, llm_model=SMOLLM2.name)
    client = openai_client(await client_for(settings))
    assert SMOLLM2.name in [model.id async for model in client.models.list()]
    with pytest.raises(openai.NotFoundError) as missing:
        await client.chat.completions.create(model="gpt-none", messages=[{"role": "user", "content": OFFLINE}])
    assert missing.value.code == "model_not_found"


async def test_a_slow_answer_is_kept_alive_by_comments(
    client_for: ClientFactory, settings_for: SettingsFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "PING_S", 0.05)
    async with FakeOllama() as fake:
        fake.will(Answer(token('{"sentences": ['), STALL))
        settings = settings_for(llm_enabled=True, ollama_host=fake.url, llm_token_timeout_s=0.5)
        gateway = await client_for(settings)
        body = {"model": "homepot", "messages": [{"role": "user", "content": OFFLINE}], "stream": True}
        answer = await gateway.post("/v1/chat/completions", json=body)
    assert answer.text.count(": ping") >= 3
    assert answer.text.endswith("data: [DONE]\n\n")
    assert ARRIVALS in answer.text


async def test_a_database_that_is_down_is_a_server_error(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    settings = settings_for(homepot_database_url="postgresql://x@127.0.0.1:9/x")
    client = openai_client(await client_for(settings, ready=False))
    for stream in (False, True):
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(
                model="homepot", messages=[{"role": "user", "content": OFFLINE}], stream=stream
            )
