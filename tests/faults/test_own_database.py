"""The gateway's own database dies or comes late: known keys go on, answers go on without past incidents."""

import asyncio

from dev.postgres import EmbeddedPostgres
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import OFFLINE, SIMILAR, ClientFactory, ask, ask_while, part_state, report, until
from tests.unit.kit.asgi import sample

DEADLINE_S = 10.0
NOTE = "the gateway's own database is down"


async def test_killed_while_asking(
    client_for: ClientFactory, breakable: SettingsFactory, own_server: EmbeddedPostgres
) -> None:
    settings = breakable()
    client = await client_for(settings)
    other_key = await make_key(settings)
    before = await ask(client)
    assert before.status == 200
    talk = (await client.post("/api/ai/conversations")).json()["id"]

    async def kill() -> None:
        await asyncio.to_thread(own_server.kill)
        await asyncio.sleep(1.5)

    answers = await ask_while(client, kill, OFFLINE, SIMILAR)
    assert answers
    assert {one.status for one in answers} == {200}
    assert max(one.seconds for one in answers) < DEADLINE_S
    assert any(NOTE in (one.body["degraded_reason"] or "") for one in answers)
    assert await part_state(client, "database") == "down"
    alone = await ask(client, OFFLINE, conversation_id=talk)
    assert alone.body["relevant_devices"] == before.body["relevant_devices"]
    assert "could not be read" in alone.body["degraded_reason"]
    assert "could not be added" in alone.body["degraded_reason"]

    stranger = await client.post(
        "/api/ai/query", json={"question": OFFLINE}, headers={"Authorization": f"Bearer {other_key}"}
    )
    assert stranger.status_code == 503
    assert stranger.json()["type"].endswith("database-unavailable")
    assert stranger.headers["retry-after"]

    await asyncio.to_thread(own_server.start)

    async def healed() -> bool:
        answer = await ask(client, SIMILAR)
        return answer.status == 200 and NOTE not in (answer.body["degraded_reason"] or "")

    report(f"own database: past incidents again {await until(healed):.1f} s after its start")
    again = await client.post(
        "/api/ai/query", json={"question": OFFLINE}, headers={"Authorization": f"Bearer {other_key}"}
    )
    assert again.status_code == 200


async def test_started_before_it(
    client_for: ClientFactory, breakable: SettingsFactory, own_server: EmbeddedPostgres
) -> None:
    settings = breakable()
    await client_for(settings)
    key = await make_key(settings)
    await asyncio.to_thread(own_server.stop)
    try:
        client = await client_for(settings, ready=False, key=key)
        await asyncio.sleep(0.5)
        assert "database" in (await client.get("/readyz")).json()
        assert sample("ai_startup_waiting", part="database") == 1
        assert (await ask(client)).is_problem
        assert (await client.get("/livez")).text == "ok"
    finally:
        await asyncio.to_thread(own_server.start)

    async def up() -> bool:
        return (await ask(client)).status == 200

    report(f"own database came late: answers {await until(up):.1f} s after its start")
    assert (await client.get("/readyz")).status_code == 200
    assert sample("ai_startup_waiting", part="database") == 0
