"""Conversations and modes: continued, kept apart by user, read, forgotten."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ai_gateway.conversations.store import ConversationStore
from ai_gateway.wiring import create_own_pool
from tests.conftest import SettingsFactory
from tests.faults.asking import ClientFactory

VERA, NOAH = {"X-Homepot-User": "vera@brightwater.example"}, {"X-Homepot-User": "noah@northline.example"}


@pytest.fixture
async def client(client_for: ClientFactory, settings_for: SettingsFactory) -> httpx.AsyncClient:
    return await client_for(settings_for())


async def start(client: httpx.AsyncClient, headers: dict[str, str]) -> str:
    answer = await client.post("/api/ai/conversations", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ask(client: httpx.AsyncClient, question: str, conversation: str, headers: dict[str, str]) -> httpx.Response:
    return await client.post(
        "/api/ai/query", json={"question": question, "conversation_id": conversation}, headers=headers
    )


async def test_a_follow_up_knows_what_was_said_before(client: httpx.AsyncClient) -> None:
    talk = await start(client, NOAH)
    first = (await ask(client, "Which gateways are offline at Airport Terminal 2?", talk, NOAH)).json()
    assert first["conversation_id"] == talk
    second = (await ask(client, "And at Old Town Depot?", talk, NOAH)).json()
    assert "Old Town Depot" in second["answer"]
    assert "gateway" in second["answer"]
    third = (await ask(client, "Since when is Arrivals Gateway silent?", talk, NOAH)).json()
    again = (await ask(client, "Why?", talk, NOAH)).json()
    assert [device["name"] for device in third["relevant_devices"]] == ["Arrivals Gateway"]
    assert [device["name"] for device in again["relevant_devices"]] == ["Arrivals Gateway"]
    read = (await client.get(f"/api/ai/conversations/{talk}", headers=NOAH)).json()
    assert [one["role"] for one in read["messages"]] == ["user", "assistant"] * 4
    assert read["messages"][0]["content"] == "Which gateways are offline at Airport Terminal 2?"
    assert read["messages"][1]["content"] == first["answer"]
    listed = (await client.get("/api/ai/conversations", headers=NOAH)).json()
    assert (listed["count"], listed["conversations"][0]["turns"]) == (1, 8)


async def test_nobody_else_reads_continues_or_deletes_it(client: httpx.AsyncClient) -> None:
    talk = await start(client, NOAH)
    await ask(client, "Which devices are offline?", talk, NOAH)
    for headers in (VERA, {}):
        assert (await client.get(f"/api/ai/conversations/{talk}", headers=headers)).status_code == 404
        assert (await client.delete(f"/api/ai/conversations/{talk}", headers=headers)).status_code == 404
        answer = await ask(client, "Why?", talk, headers)
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("unknown-conversation")
        assert (await client.get("/api/ai/conversations", headers=headers)).json()["count"] == 0
    assert len((await client.get(f"/api/ai/conversations/{talk}", headers=NOAH)).json()["messages"]) == 2


async def test_a_deleted_conversation_is_gone(client: httpx.AsyncClient) -> None:
    talk = await start(client, NOAH)
    await ask(client, "Which devices are offline?", talk, NOAH)
    assert (await client.delete(f"/api/ai/conversations/{talk}", headers=NOAH)).status_code == 204
    assert (await client.get(f"/api/ai/conversations/{talk}", headers=NOAH)).status_code == 404
    assert (await ask(client, "Why?", talk, NOAH)).status_code == 404


async def test_an_old_conversation_is_forgotten(settings_for: SettingsFactory) -> None:
    pool = create_own_pool(settings_for())
    await pool.open(wait=True, timeout=10)
    now = [datetime(2026, 11, 1, tzinfo=UTC)]
    store = ConversationStore(pool, lambda: now[0], timedelta(days=30))
    try:
        old = await store.start("user:a")
        now[0] += timedelta(days=20)
        await store.start("user:a")
        await store.add("user:a", old.id, "question", "answer")
        now[0] += timedelta(days=29)
        assert await store.expire() == 0
        now[0] += timedelta(days=2)
        assert await store.expire() == 2
        assert await store.all("user:a") == []
        await store.add("user:a", old.id, "late", "late")
        assert await store.messages("user:a", old.id) == []
    finally:
        await pool.close()


async def test_the_mode_is_kept_for_each_user(client: httpx.AsyncClient) -> None:
    question = {"question": "How is Old Town Depot?"}
    assert (await client.get("/api/ai/mode", headers=NOAH)).json() == {"mode": "maintenance"}
    chosen = await client.put("/api/ai/mode", json={"mode": "executive"}, headers=NOAH)
    assert chosen.json() == {"mode": "executive"}
    assert (await client.post("/api/ai/query", json=question, headers=NOAH)).json()["mode"] == "executive"
    named = {**question, "mode": "predictive"}
    assert (await client.post("/api/ai/query", json=named, headers=NOAH)).json()["mode"] == "predictive"
    assert (await client.post("/api/ai/query", json=question, headers=VERA)).json()["mode"] == "maintenance"
    assert (await client.get("/api/ai/mode")).json() == {"mode": "maintenance"}
    assert (await client.put("/api/ai/mode", json={"mode": "loud"}, headers=NOAH)).status_code == 400
