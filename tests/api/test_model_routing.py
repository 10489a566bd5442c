"""`fast`, `balanced` and `accurate`: a model that Ollama lacks is told, in the answer and in the status, and not guessed."""

from tests.conftest import SettingsFactory
from tests.faults.asking import ClientFactory, ask
from tests.unit.clients.fake_ollama import Answer as FakeAnswer
from tests.unit.clients.fake_ollama import FakeOllama, error, line


async def test_a_route_whose_model_is_missing_is_told(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    async with FakeOllama() as fake:
        fake.will(error(404, "model 'large' not found"))
        settings = settings_for(llm_enabled=True, ollama_host=fake.url, llm_model="usual", llm_model_accurate="large")
        client = await client_for(settings)
        answer = await ask(client, model="accurate")
        assert answer.status == 200
        assert "Ollama has no model 'large' for `accurate`; run: ollama pull large" in answer.body["degraded_reason"]
        assert answer.body["trust"]["trust_mode"] == "deterministic"
        assert fake.requests[-1]["model"] == "large"
        named = await ask(client, model="nobody-has-this")
        assert named.status == 422
        assert named.body["type"].endswith("unknown-model")


async def test_the_status_names_each_missing_model(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    async with FakeOllama() as fake:
        fake.will(FakeAnswer(line(models=[{"model": "usual:latest"}])))
        settings = settings_for(llm_enabled=True, ollama_host=fake.url, llm_model="usual", llm_model_accurate="large")
        client = await client_for(settings)
        body = (await client.get("/api/ai/status")).json()
    part = next(one for one in body["parts"] if one["name"] == "llm")
    assert part["detail"] == "the model large (accurate) is not there; run: ollama pull large"
