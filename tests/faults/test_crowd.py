"""Many questions at once on a slow model: answered, or told clearly when to ask again; and nobody is starved."""

import asyncio
import time
from collections import Counter

import httpx

from ai_gateway.access.store import KeyStore
from ai_gateway.kit.clock import system_clock
from ai_gateway.kit.settings import Settings
from ai_gateway.wiring import create_own_pool
from bench.slow_model import NAME as SLOW_NAME
from bench.slow_model import SlowModel
from tests.conftest import SettingsFactory
from tests.faults.asking import ClientFactory, report

QUESTIONS = [
    "Which devices are offline?",
    "Which alerts are open?",
    "How many devices are online?",
    "Which jobs failed?",
]


async def keys(settings: Settings, *names: str) -> list[str]:
    """A key for each user: a key that acts for itself is a user of its own."""
    pool = create_own_pool(settings)
    await pool.open(wait=True, timeout=10)
    try:
        return [await KeyStore(pool, system_clock, 0).create(name) for name in names]
    finally:
        await pool.close()


async def put(client: httpx.AsyncClient, key: str, number: int) -> tuple[httpx.Response, float]:
    question = {"question": QUESTIONS[number % len(QUESTIONS)]}
    answer = await client.post("/api/ai/query", json=question, headers={"Authorization": f"Bearer {key}"})
    return answer, time.perf_counter()


async def test_ten_users_at_once_are_all_served(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    with SlowModel(0.1) as slow:
        settings = settings_for(llm_enabled=True, ollama_host=slow.url, llm_model=SLOW_NAME)
        client = await client_for(settings)
        users = await keys(settings, *(f"user {number}" for number in range(10)))
        answers = await asyncio.gather(*(put(client, key, number) for number, key in enumerate(users)))
    assert {answer.status_code for answer, _ in answers} == {200}
    assert not any("too many" in (answer.json()["degraded_reason"] or "") for answer, _ in answers)


async def test_fifty_users_at_once_are_answered_or_told_when_to_come_again(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    with SlowModel(0.2) as slow:
        settings = settings_for(llm_enabled=True, ollama_host=slow.url, llm_model=SLOW_NAME, query_max_at_once=20)
        client = await client_for(settings)
        users = await keys(settings, *(f"user {number}" for number in range(50)))
        answers = [answer for answer, _ in await asyncio.gather(*(put(client, key, n) for n, key in enumerate(users)))]
        calm = await put(client, users[0], 0)
    outcomes = Counter(answer.status_code for answer in answers)
    report(f"fifty at once: {dict(outcomes)}")
    assert set(outcomes) == {200, 429}
    assert outcomes[200] >= 20  # on a busy machine some are through before others come
    for answer in answers:
        if answer.status_code == 429:
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json()["type"].endswith(("too-many-questions", "busy"))
        else:
            assert answer.json()["relevant_devices"] or answer.json()["evidence"]
    assert calm[0].status_code == 200


async def test_a_user_with_many_questions_does_not_starve_another(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    with SlowModel(0.15) as slow:
        settings = settings_for(llm_enabled=True, ollama_host=slow.url, llm_model=SLOW_NAME, llm_max_queue=40)
        client = await client_for(settings)
        many, one = await keys(settings, "many", "one")
        busy = [asyncio.create_task(put(client, many, number)) for number in range(20)]
        await asyncio.sleep(0.3)
        answer, at = await put(client, one, 0)
        others = await asyncio.gather(*busy)
    assert answer.status_code == 200
    assert {other.status_code for other, _ in others} == {200}
    later = sum(moment > at for _, moment in others)
    report(f"one question among twenty of another: {20 - later} of those were answered before it")
    assert later >= 10
