"""An answer serves again while its data is unchanged: never to another scope, and never an older one than its data."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.conftest import NOWHERE, SettingsFactory, make_key
from tests.faults.asking import ClientFactory
from tests.unit.clients.fake_ollama import Answer, FakeOllama, done, token
from tests.unit.kit.asgi import sample

ALERTS = "Which alerts are open at Harbour Mall?"
OFFLINE = "Which devices are offline?"


@pytest.fixture
async def client(client_for: ClientFactory, settings_for: SettingsFactory) -> httpx.AsyncClient:
    return await client_for(settings_for(answer_cache_ttl_s=300))


async def ask(client: httpx.AsyncClient, question: str, **fields: object) -> dict[str, Any]:
    answer = await client.post("/api/ai/query", json={"question": question, **fields})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@contextmanager
def changed(url: str, there: str, back: str, **params: object) -> Iterator[None]:
    """HOMEPOT's rows with a change, which is taken back."""
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as owner:
        owner.execute(there.encode(), params)
        try:
            yield
        finally:
            owner.execute(back.encode(), params)


async def test_the_same_question_in_other_words_is_answered_again(client: httpx.AsyncClient) -> None:
    hits = sample("ai_answer_cache_total", outcome="hit")
    first = await ask(client, OFFLINE)
    again = await ask(client, "which devices are offline right now, please")
    assert (first["cached"], again["cached"]) == (False, True)
    for field in ("answer", "evidence", "relevant_devices", "trust", "degraded_reason"):
        assert again[field] == first[field]
    assert sample("ai_answer_cache_total", outcome="hit") == hits + 1
    assert (await ask(client, OFFLINE, mode="executive"))["cached"] is False


@pytest.mark.parametrize(
    ("question", "there", "back"),
    [
        (
            ALERTS,
            "INSERT INTO alerts (id, timestamp, device_id, site_id, title, severity, category, status) SELECT 990001,"
            " %(now)s, d.device_id, d.site_id, 'Made for a test', 'critical', 'hardware', 'active' FROM devices d"
            " JOIN sites s ON s.id = d.site_id WHERE s.name = 'Harbour Mall' ORDER BY d.id LIMIT 1",
            "DELETE FROM alerts WHERE id = 990001",
        ),
        (
            OFFLINE,
            "UPDATE devices SET last_heartbeat_at = last_heartbeat_at - interval '1 hour' WHERE name = 'Checkout 1'",
            "UPDATE devices SET last_heartbeat_at = last_heartbeat_at + interval '1 hour' WHERE name = 'Checkout 1'",
        ),
        (
            OFFLINE,
            "UPDATE sites SET name = name || ' East' WHERE name = 'Harbour Mall'",
            "UPDATE sites SET name = 'Harbour Mall' WHERE name = 'Harbour Mall East'",
        ),
        (
            "Which firmware versions are in use?",
            "UPDATE devices SET firmware_version = firmware_version || '.99' WHERE name = 'Checkout 1'",
            "UPDATE devices SET firmware_version = left(firmware_version, -3) WHERE name = 'Checkout 1'",
        ),
        (
            "Are there any anomalies?",
            "INSERT INTO health_checks (id, timestamp, device_id, is_healthy) SELECT 99000001, %(now)s, id, false"
            " FROM devices WHERE name = 'Checkout 1'",
            "DELETE FROM health_checks WHERE id = 99000001",
        ),
        (
            "Which devices are at risk?",
            "UPDATE alerts SET severity = 'info' WHERE id = (SELECT max(id) FROM alerts WHERE severity = 'critical')",
            "UPDATE alerts SET severity = 'critical' WHERE id = (SELECT max(id) FROM alerts WHERE severity = 'info')",
        ),
        (
            "What is the CPU of Checkout 1?",
            "INSERT INTO device_metrics (id, timestamp, device_id, cpu_percent) SELECT 99000001, %(now)s, id, 77.7"
            " FROM devices WHERE name = 'Checkout 1'",
            "DELETE FROM device_metrics WHERE id = 99000001",
        ),
        (
            "Which jobs are pending?",
            "UPDATE jobs SET status = 'cancelled' WHERE id = (SELECT max(id) FROM jobs)",
            "UPDATE jobs SET status = 'pending' WHERE id = (SELECT max(id) FROM jobs)",
        ),
        (
            "Which alerts are open?",
            "UPDATE alerts SET title = title || ' again' WHERE id = (SELECT max(id) FROM alerts WHERE lower(status) = 'active')",
            "UPDATE alerts SET title = left(title, -6) WHERE id = (SELECT max(id) FROM alerts WHERE lower(status) = 'active')",
        ),
        (
            "Which alerts were resolved in the last 7 days?",
            "UPDATE alerts SET resolution_notes = resolution_notes || ' again' WHERE id = (SELECT max(id) FROM alerts WHERE resolution_notes IS NOT NULL)",
            "UPDATE alerts SET resolution_notes = left(resolution_notes, -6) WHERE id = (SELECT max(id) FROM alerts WHERE resolution_notes IS NOT NULL)",
        ),
        (
            "Which errors were logged?",
            "UPDATE error_logs SET error_message = error_message || ' again' WHERE id = (SELECT max(id) FROM error_logs)",
            "UPDATE error_logs SET error_message = left(error_message, -6) WHERE id = (SELECT max(id) FROM error_logs)",
        ),
        (
            "What changed in the last week?",
            "UPDATE configuration_history SET change_reason = change_reason || ' again' WHERE id = (SELECT max(id) FROM configuration_history WHERE change_reason IS NOT NULL)",
            "UPDATE configuration_history SET change_reason = left(change_reason, -6) WHERE id = (SELECT max(id) FROM configuration_history WHERE change_reason IS NOT NULL)",
        ),
        (
            "Which jobs failed?",
            "UPDATE jobs SET error_message = error_message || ' again' WHERE id = (SELECT max(id) FROM jobs WHERE error_message IS NOT NULL)",
            "UPDATE jobs SET error_message = left(error_message, -6) WHERE id = (SELECT max(id) FROM jobs WHERE error_message IS NOT NULL)",
        ),
    ],
)
async def test_changed_data_is_answered_anew(
    client: httpx.AsyncClient, homepot_admin_url: str, now: datetime, question: str, there: str, back: str
) -> None:
    assert (await ask(client, question))["cached"] is False
    assert (await ask(client, question))["cached"] is True
    with changed(homepot_admin_url, there, back, now=now - timedelta(seconds=1)):
        after = await ask(client, question)
        assert after["cached"] is False
        assert (await ask(client, question))["answer"] == after["answer"]


async def test_another_scope_is_never_served(
    client: httpx.AsyncClient, settings_for: SettingsFactory, homepot_admin_url: str
) -> None:
    with psycopg.connect(homepot_admin_url) as owner:
        site = owner.execute("SELECT site_id FROM sites WHERE name = 'Harbour Mall'").fetchone()
    assert site
    everywhere = await ask(client, OFFLINE)
    client.headers["Authorization"] = f"Bearer {await make_key(settings_for(), site[0])}"
    narrow = await ask(client, OFFLINE)
    assert narrow["cached"] is False
    assert narrow["answer"] != everywhere["answer"]


async def test_what_was_said_before_stays_with_its_speaker(client: httpx.AsyncClient) -> None:
    history = [{"role": "user", "content": "How is Checkout 3?"}]
    assert (await ask(client, "Is it online?", history=history))["cached"] is False
    assert (await ask(client, "Is it online?", history=history))["cached"] is True
    client.headers["X-Homepot-User"] = "1"
    assert (await ask(client, "Is it online?", history=history))["cached"] is False
    client.headers.pop("X-Homepot-User")
    talk = (await client.post("/api/ai/conversations")).json()["id"]
    first = await ask(client, OFFLINE, conversation_id=talk)
    assert first["conversation_id"] == talk
    said = (await client.get(f"/api/ai/conversations/{talk}")).json()
    assert OFFLINE in str(said)


async def test_a_stream_of_a_kept_answer_has_evidence_and_answer(client: httpx.AsyncClient) -> None:
    await ask(client, OFFLINE)
    streamed = await client.post("/api/ai/query", json={"question": OFFLINE}, headers={"Accept": "text/event-stream"})
    events = [line.removeprefix("event: ") for line in streamed.text.splitlines() if line.startswith("event: ")]
    assert events == ["evidence", "answer"]
    assert '"cached":true' in streamed.text


async def test_an_answer_without_the_model_that_is_down_is_not_kept(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for(answer_cache_ttl_s=300, llm_enabled=True, ollama_host=NOWHERE))
    assert [(await ask(client, OFFLINE))["cached"] for _ in range(2)] == [False, False]


async def test_the_same_question_at_once_is_asked_of_the_model_once(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    async with FakeOllama() as fake:
        fake.will(Answer(token('{"sentences": []}'), done()))
        client = await client_for(settings_for(answer_cache_ttl_s=300, llm_enabled=True, ollama_host=fake.url))
        answers = await asyncio.gather(*(ask(client, OFFLINE) for _ in range(8)))
        assert len(fake.requests) == 1
    assert len({one["answer"] for one in answers}) == 1
    assert {one["trust"]["trust_mode"] for one in answers} == {"deterministic"}
