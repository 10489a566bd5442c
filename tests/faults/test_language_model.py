"""The language model dies in the middle of an answer, is overrun, or is slow: plain answers in time, others unharmed."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.figures import percentile
from bench.processes import GatewayProcess
from bench.slow_model import NAME as SLOW_NAME
from bench.slow_model import SlowModel
from dev.ollama.models import SMOLLM2
from dev.ollama.process import OllamaProcess
from dev.postgres_host import free_port
from tests.conftest import SettingsFactory
from tests.faults.asking import Answer, ClientFactory, ask, report, until

WAITING = 20
CALLS = {"/livez": 50, "/api/ai/status": 10}
LOADS_WITHIN_S = 60.0
"""The first answer after a start waits for the model's file too."""


@pytest.fixture
def model() -> Iterator[OllamaProcess]:
    with OllamaProcess() as server:
        yield server


def absent(answer: Answer) -> bool:
    """Whether the model did not write, as opposed to wrote something that was not good enough."""
    reason = answer.body["degraded_reason"] or ""
    return "did not help" in reason


async def answers_again(client: httpx.AsyncClient) -> float:
    async def wrote() -> bool:
        answer = await ask(client)
        return answer.status == 200 and not absent(answer)

    return await until(wrote, LOADS_WITHIN_S)


@pytest.mark.model
async def test_killed_in_the_middle_of_answers(
    client_for: ClientFactory, settings_for: SettingsFactory, model: OllamaProcess
) -> None:
    settings = settings_for(llm_enabled=True, ollama_host=model.url, llm_model=SMOLLM2.name, llm_breaker_reset_s=1.0)
    client = await client_for(settings)
    await answers_again(client)
    for kill in (model.kill_runner, model.stop):
        asking = [asyncio.create_task(ask(client)) for _ in range(3)]
        await asyncio.sleep(0.4)  # one is being written, the others wait
        await asyncio.to_thread(kill)
        answers = await asyncio.gather(*asking)
        assert {one.status for one in answers} == {200}
        assert any(absent(one) for one in answers)
        assert all(one.body["relevant_devices"] for one in answers)
        assert all(one.body["degraded"] == (one.body["model_used"] is None) for one in answers)
        assert max(one.seconds for one in answers) < settings.query_deadline_s
        if kill == model.stop:
            await asyncio.to_thread(model.start)
        report(f"model: writes again {await answers_again(client):.1f} s after {kill.__name__}")


@pytest.mark.model
async def test_started_before_it(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    port = free_port()
    settings = settings_for(
        llm_enabled=True, ollama_host=f"http://127.0.0.1:{port}", llm_model=SMOLLM2.name, llm_breaker_reset_s=1.0
    )
    client = await client_for(settings)
    answers = await asyncio.gather(*(ask(client) for _ in range(5)))
    assert {one.status for one in answers} == {200}
    assert all(one.body["degraded"] and one.body["relevant_devices"] for one in answers)
    assert max(one.seconds for one in answers) < 10
    with OllamaProcess(port=port):
        report(f"model came late: writes {await answers_again(client):.1f} s after its start")


async def test_more_questions_than_may_wait_are_answered_plainly(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    with SlowModel(1.0) as slow:
        settings = settings_for(llm_enabled=True, ollama_host=slow.url, llm_model=SLOW_NAME, llm_max_queue=2)
        client = await client_for(settings)
        answers = await asyncio.gather(*(ask(client) for _ in range(10)))
    assert {one.status for one in answers} == {200}
    full = [one for one in answers if "too many questions are waiting" in (one.body["degraded_reason"] or "")]
    assert len(full) == 7  # one is written, two wait
    assert all(one.body["relevant_devices"] for one in answers)
    assert max(one.seconds for one in full) < 1


async def test_a_model_that_does_not_begin_is_given_up(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    with SlowModel(30.0) as slow:
        settings = settings_for(
            llm_enabled=True, ollama_host=slow.url, llm_model=SLOW_NAME, llm_first_token_timeout_s=0.5
        )
        client = await client_for(settings)
        answer = await ask(client)
    assert answer.status == 200
    assert "did not begin" in answer.body["degraded_reason"]
    assert answer.seconds < 5


async def test_the_whole_answer_has_a_deadline(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    with SlowModel(30.0) as slow:
        settings = settings_for(llm_enabled=True, ollama_host=slow.url, llm_model=SLOW_NAME, query_deadline_s=2.0)
        client = await client_for(settings)
        answers = await asyncio.gather(*(ask(client) for _ in range(3)))
    assert {one.status for one in answers} == {200}
    assert max(one.seconds for one in answers) < 4


async def test_a_slow_model_delays_nobody_else(settings_for: SettingsFactory, tmp_path: Path) -> None:
    settings = settings_for()
    environment = {
        "HOMEPOT_DATABASE_URL": settings.homepot_database_url.get_secret_value(),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "LLM_MODEL": SLOW_NAME,
        "LLM_MAX_QUEUE": WAITING,
        "LLM_QUEUE_TIMEOUT_S": 4,
        "EMBEDDER_URL": settings.embedder_url,
    }
    with SlowModel(2.0) as slow, GatewayProcess({**environment, "OLLAMA_HOST": slow.url}, tmp_path / "log") as gateway:
        gateway.wait_ready()
        headers = {"Authorization": f"Bearer {gateway.create_key()}"}
        limits = httpx.Limits(max_connections=WAITING + 2)
        async with httpx.AsyncClient(base_url=gateway.url, headers=headers, limits=limits, timeout=60) as client:
            asking = [asyncio.create_task(ask(client)) for _ in range(WAITING)]
            await asyncio.sleep(0.8)
            times = {path: [await timed(client, path) for _ in range(calls)] for path, calls in CALLS.items()}
            assert sum(not task.done() for task in asking) >= WAITING / 2
            answers = await asyncio.gather(*asking)
    assert {one.status for one in answers} == {200}
    for path, seconds in times.items():
        report(f"{path} while {WAITING} questions wait: p99 {percentile(seconds, 99) * 1000:.1f} ms")
    assert percentile(times["/livez"], 99) < 0.5
    assert percentile(times["/api/ai/status"], 50) < 1


async def timed(client: httpx.AsyncClient, path: str) -> float:
    started = time.perf_counter()
    (await client.get(path)).raise_for_status()
    return time.perf_counter() - started
