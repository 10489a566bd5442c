"""Waiting for a place at the model: bounded in number and time, given back whatever happens."""

import asyncio

import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.llm import Prompt
from tests.unit.clients.conftest import ModelFactory
from tests.unit.clients.fake_ollama import GOOD, STALL, Answer, FakeOllama, line, token
from tests.unit.kit.asgi import sample

PROMPT = Prompt("rules", "question", {})


async def test_a_full_queue_turns_away_at_once(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(STALL))
    model = model_for(llm_max_concurrency=1, llm_max_queue=1)
    held = [asyncio.create_task(model.write(PROMPT, model=None, deadline_s=30)) for _ in range(2)]
    await asyncio.wait_for(fake.called.wait(), 5)
    assert sample("ai_llm_waiting") == 1
    with pytest.raises(PartDown, match="too many questions"):
        await model.write(PROMPT, model=None, deadline_s=30)
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    assert sample("ai_llm_waiting") == 0


async def test_no_queue_at_all_still_serves_one(fake: FakeOllama, model_for: ModelFactory) -> None:
    assert fake.requests == []
    assert (await model_for(llm_max_queue=0).write(PROMPT, model=None, deadline_s=20)).finished


async def test_waiting_has_an_end(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(STALL))
    model = model_for(llm_queue_timeout_s=0.05)
    first = asyncio.create_task(model.write(PROMPT, model=None, deadline_s=30))
    await asyncio.wait_for(fake.called.wait(), 5)
    with pytest.raises(PartDown, match=r"it was busy for 0\.05 s"):
        await model.write(PROMPT, model=None, deadline_s=30)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert len(fake.requests) == 1


async def test_the_deadline_ends_a_call_and_gives_its_place_back(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(token("a"), STALL), GOOD)
    model = model_for()
    before = sample("ai_llm_failures_total", reason="deadline")
    with pytest.raises(PartDown, match="no answer within"):
        await model.write(PROMPT, model=None, deadline_s=0.1)
    assert sample("ai_llm_failures_total", reason="deadline") == before + 1
    assert (await model.write(PROMPT, model=None, deadline_s=20)).finished


async def test_the_deadline_counts_the_wait_for_a_place(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(STALL))
    model = model_for(llm_queue_timeout_s=30)
    first = asyncio.create_task(model.write(PROMPT, model=None, deadline_s=30))
    await asyncio.wait_for(fake.called.wait(), 5)
    with pytest.raises(PartDown, match="no answer within"):
        await model.write(PROMPT, model=None, deadline_s=0.05)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_a_caller_who_goes_away_stops_the_model(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(token("a"), STALL), GOOD)
    model = model_for()
    task = asyncio.create_task(model.write(PROMPT, model=None, deadline_s=30))
    await asyncio.wait_for(fake.called.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(fake.gone.wait(), 5)
    assert (await model.write(PROMPT, model=None, deadline_s=20)).finished
    assert not model._breaker.is_open


async def test_models_are_listed_by_name(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(line(models=[{"model": "b:1"}, {"model": "a:latest"}, {"model": ""}])))
    names, took_ms = await model_for().models()
    assert names == ["a:latest", "b:1"]
    assert took_ms > 0


@pytest.mark.parametrize("answer", [Answer(b"no json"), Answer(b"{}", status=500)])
async def test_a_list_that_cannot_be_had_is_told(fake: FakeOllama, model_for: ModelFactory, answer: Answer) -> None:
    fake.will(answer)
    with pytest.raises(PartDown, match="does not answer"):
        await model_for().models()


async def test_nobody_to_list(model_for: ModelFactory) -> None:
    with pytest.raises(PartDown, match="does not answer"):
        await model_for(ollama_host="http://127.0.0.1:9").models()
