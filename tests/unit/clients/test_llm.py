"""The language model's client against a fake that fails in every way we know."""

import asyncio
import json

import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.llm import LanguageModel, ModelUnknown, Prompt
from ai_gateway.clients.tokens import count_tokens
from tests.unit.clients.conftest import ModelFactory
from tests.unit.clients.fake_ollama import CUT, GOOD, STALL, Answer, FakeOllama, done, error, line, token
from tests.unit.kit.asgi import sample

PROMPT = Prompt("rules", "evidence and question", {"type": "object"})
SHORT = 0.05


async def write(model: LanguageModel, deadline_s: float = 20) -> str:
    return (await model.write(PROMPT, model=None, deadline_s=deadline_s)).text


async def failure(model: LanguageModel, deadline_s: float = 20) -> str:
    with pytest.raises(PartDown) as raised:
        await write(model, deadline_s)
    return raised.value.reason


async def test_the_text_comes_whole_with_what_it_cost(fake: FakeOllama, model_for: ModelFactory) -> None:
    got = await model_for().write(PROMPT, model=None, deadline_s=20)
    assert json.loads(got.text) == {"sentences": []}
    assert (got.model, got.prompt_tokens, got.tokens, got.finished) == ("llama3.1:8b", 900, 2, True)
    assert 0 < got.first_token_ms <= got.total_ms
    assert len(fake.requests) == 1


async def test_the_request_says_everything_that_ollama_would_else_guess(
    fake: FakeOllama, model_for: ModelFactory
) -> None:
    model = model_for(llm_num_ctx=2048, llm_max_tokens=99, llm_temperature=0.5, llm_keep_alive="5m")
    await model.write(PROMPT, model="other:1b", deadline_s=20)
    (sent,) = fake.requests
    assert sent["model"] == "other:1b"
    assert sent["stream"] is True
    assert sent["format"] == PROMPT.schema
    assert sent["keep_alive"] == "5m"
    assert sent["options"] == {"num_ctx": 2048, "num_predict": 99, "temperature": 0.5}
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]


async def test_a_text_cut_by_its_length_is_not_finished(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(token("{"), done(reason="length")))
    assert (await model_for().write(PROMPT, model=None, deadline_s=20)).finished is False


async def test_a_slow_first_token_is_given_up(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(STALL))
    assert await failure(model_for(llm_first_token_timeout_s=SHORT)) == "it did not begin for 0.05 s"
    await asyncio.wait_for(fake.gone.wait(), 5)
    assert len(fake.requests) == 1


async def test_a_pause_between_tokens_is_given_up_and_not_tried_again(
    fake: FakeOllama, model_for: ModelFactory
) -> None:
    fake.will(Answer(token("a"), token("b"), STALL))
    assert await failure(model_for(llm_token_timeout_s=SHORT)) == "it paused for 0.05 s"
    await asyncio.wait_for(fake.gone.wait(), 5)
    assert len(fake.requests) == 1


async def test_an_error_in_the_middle_of_the_stream(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(token("a"), b'{"error": "CUDA out of memory at /root/secret"}\n'))
    assert await failure(model_for()) == "Ollama reported an error"
    assert len(fake.requests) == 1


@pytest.mark.parametrize("steps", [(token("a"),), (), (token("a"), line(done=False, message={"role": "assistant"}))])
async def test_a_stream_without_its_last_line_is_no_answer(
    fake: FakeOllama, model_for: ModelFactory, steps: tuple[bytes, ...]
) -> None:
    fake.will(Answer(*steps))
    assert await failure(model_for()) == "the model stopped in the middle"


async def test_a_connection_lost_before_the_first_token_is_tried_once_more(
    fake: FakeOllama, model_for: ModelFactory
) -> None:
    fake.will(Answer(CUT), GOOD)
    assert await write(model_for()) == '{"sentences": []}'
    assert len(fake.requests) == 2


async def test_a_connection_lost_after_the_first_token_is_not(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(Answer(token("a"), CUT), GOOD)
    assert await failure(model_for()) == "the connection to Ollama failed"
    assert len(fake.requests) == 1


async def test_a_missing_model_is_told_apart(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(error(404, "model 'no-such' not found"))
    model = model_for()
    for _ in range(5):
        with pytest.raises(ModelUnknown, match="no model 'no-such'"):
            await model.write(PROMPT, model="no-such", deadline_s=20)
    assert not model._breaker.is_open, "a caller's typing error must not switch the model off for others"


async def test_busy_once_is_tried_again(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(error(503, "server busy"), GOOD)
    assert await write(model_for()) == '{"sentences": []}'
    assert len(fake.requests) == 2


async def test_busy_twice_is_told(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(error(503, "server busy"))
    assert await failure(model_for()) == "Ollama is busy"
    assert len(fake.requests) == 2


async def test_another_error_is_not_tried_again(fake: FakeOllama, model_for: ModelFactory) -> None:
    fake.will(error(500, "llama runner process has terminated"))
    assert await failure(model_for()) == "Ollama reported an error"
    assert len(fake.requests) == 1


async def test_nobody_listens(model_for: ModelFactory) -> None:
    assert await failure(model_for(ollama_host="http://127.0.0.1:9")) == "the connection to Ollama failed"


@pytest.mark.parametrize(
    "junk", [b"<html>hello</html>\n", b"[1, 2]\n", b'"text"\n', b'{"a": 1}\n', b"\xff\xfe\n", b"7\n"]
)
async def test_garbage_is_a_failure_of_the_part_not_a_crash(
    fake: FakeOllama, model_for: ModelFactory, junk: bytes
) -> None:
    fake.will(Answer(junk))
    before = sample("ai_llm_failures_total", reason="garbage")
    assert await failure(model_for()) == "Ollama sent something that is not a chat answer"
    assert sample("ai_llm_failures_total", reason="garbage") == before + 1


async def test_repeated_failures_open_the_breaker_so_that_nobody_waits(
    fake: FakeOllama, model_for: ModelFactory
) -> None:
    fake.will(error(500, "broken"))
    model = model_for(llm_breaker_failures=2, llm_breaker_reset_s=60)
    for _ in range(2):
        await failure(model)
    assert "failed repeatedly" in await failure(model)
    assert len(fake.requests) == 2


async def test_switched_off_asks_nothing(fake: FakeOllama, model_for: ModelFactory) -> None:
    assert "LLM_ENABLED=false" in await failure(model_for(llm_enabled=False))
    assert fake.requests == []


async def test_a_prompt_that_ollama_cut_is_counted(fake: FakeOllama, model_for: ModelFactory) -> None:
    before = sample("ai_llm_prompt_cut_total")
    fake.will(Answer(token("{}"), done(prompt_eval_count=100)))
    await model_for().write(Prompt("s" * 3000, "u" * 3000, {}), model=None, deadline_s=20)
    assert sample("ai_llm_prompt_cut_total") == before + 1


@pytest.mark.parametrize("text", ["", "a", "word " * 100, "ü" * 50, "1234567890" * 10])
def test_the_estimate_grows_with_the_text_and_is_never_nothing(text: str) -> None:
    assert count_tokens(text) >= max(1, len(text.encode()) / 5)
