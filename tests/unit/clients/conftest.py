"""Clients with short waits, against the fault-injecting fake."""

from collections.abc import AsyncIterator, Callable

import pytest

from ai_gateway.clients.llm import LanguageModel
from ai_gateway.kit.settings import Settings
from tests.unit.clients.fake_ollama import FakeOllama

ModelFactory = Callable[..., LanguageModel]


def make_settings(**overrides: object) -> Settings:
    """Settings that reach no database."""
    needed = {"homepot_database_url": "postgresql://x/x", "database_url": "postgresql://x/x"}
    return Settings.model_validate({**needed, **overrides})


@pytest.fixture
async def fake() -> AsyncIterator[FakeOllama]:
    async with FakeOllama() as server:
        yield server


@pytest.fixture
async def model_for(fake: FakeOllama) -> AsyncIterator[ModelFactory]:
    """Make a client of the fake; waits are long unless a test shortens the one it is about."""
    made: list[LanguageModel] = []

    def make(**overrides: object) -> LanguageModel:
        values: dict[str, object] = {
            "ollama_host": fake.url,
            "llm_first_token_timeout_s": 20,
            "llm_token_timeout_s": 20,
        }
        model = LanguageModel(make_settings(**{**values, **overrides}))
        made.append(model)
        return model

    yield make
    for model in made:
        await model.close()
