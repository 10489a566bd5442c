"""Counting tokens without a tokenizer: an upper estimate, brought closer by what each model says it read."""

import pytest

from ai_gateway.clients.llm import Prompt
from ai_gateway.clients.tokens import TokenCounter, count_tokens
from tests.unit.clients.conftest import ModelFactory
from tests.unit.clients.fake_ollama import Answer, FakeOllama, done, token
from tests.unit.kit.asgi import sample

TEXT = "Lobby Terminal (DEVICE-753Z-FBQM-X982) is offline: last heartbeat 3 h ago (2026-11-21T06:05:53Z), CPU 91.37 %."
READ_BY_SMOLLM2 = (
    ("You put facts about a fleet of devices into plain English sentences.", 13),
    (TEXT, 62),
    ("DEVICE-753Z-FBQM-X982 " * 5, 90),
    ("2026-11-21T06:05:53Z 91.37 % " * 5, 140),
    ("xq7 zzkq wvvx jjqz " * 5, 71),
    ("温度传感器异常", 16),
    ('{"evidence": ["E1", "E2"], "text": "a"}', 17),
)
"""Tokens that SmolLM2 said it read (`prompt_eval_count` through dev/ollama), without its template."""


@pytest.mark.parametrize(("text", "tokens"), READ_BY_SMOLLM2)
def test_the_estimate_is_no_less_than_a_real_tokenizer_says(text: str, tokens: int) -> None:
    assert tokens <= count_tokens(text) <= 1.75 * tokens


@pytest.mark.parametrize("text", ["温度传感器异常", "½²", "é" * 10])
def test_other_writing_counts_by_its_bytes(text: str) -> None:
    assert count_tokens(text) >= len(text.encode())


def test_a_count_rises_to_what_the_model_read_and_never_falls() -> None:
    counter = TokenCounter()
    assert counter.count(TEXT) == count_tokens(TEXT)
    counter.learn(1000, 1300)
    most = counter.count(TEXT)
    assert most >= count_tokens(TEXT) * 1.3
    counter.learn(1000, 700)
    assert counter.count(TEXT) == most


async def test_a_prompt_that_was_counted_too_low_is_told_and_counted_better(
    fake: FakeOllama, model_for: ModelFactory
) -> None:
    fake.will(Answer(token("{}"), done(prompt_eval_count=300)), Answer(token("{}"), done(prompt_eval_count=300)))
    model = model_for()
    prompt = Prompt(TEXT, TEXT, {})
    before = sample("ai_llm_prompt_undercounted_total")
    await model.write(prompt, model=None, deadline_s=20)
    assert sample("ai_llm_prompt_undercounted_total") == before + 1
    await model.write(prompt, model=None, deadline_s=20)
    assert sample("ai_llm_prompt_undercounted_total") == before + 1
    assert model.counter(None).count(TEXT) * 2 >= 300
    assert model.counter("another").count(TEXT) < 150


async def test_words_stand_for_models(fake: FakeOllama, model_for: ModelFactory) -> None:
    model = model_for(llm_model="usual", llm_model_fast="small", llm_model_accurate="large")
    for asked in (None, "balanced", "fast", "accurate", "another"):
        await model.write(Prompt("s", "u", {}), model=asked, deadline_s=20)
    assert [one["model"] for one in fake.requests] == ["usual", "usual", "small", "large", "another"]
    only = model_for(llm_model="usual")
    await only.write(Prompt("s", "u", {}), model="accurate", deadline_s=20)
    assert fake.requests[-1]["model"] == "usual"
