"""HOMEPOT's database dies, hangs, is locked, or is not there yet: 503 in time, and full answers when it is back."""

import asyncio
import os
import signal

import psutil
import psycopg

from ai_gateway.kit.settings import Settings
from dev.postgres import EmbeddedPostgres
from dev.postgres_host import free_port, postmaster
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import OFFLINE, Answer, ClientFactory, ask, ask_while, part_state, report, until
from tests.unit.kit.asgi import sample

DEADLINE_S = 8.0 + 2.0
"""GATHER_DEADLINE_S, and something for a slow machine."""


def all_answered(answers: list[Answer]) -> None:
    assert answers
    assert all(one.status == 200 or one.is_problem for one in answers), [one for one in answers if one.status != 200][
        :3
    ]
    assert max(one.seconds for one in answers) < DEADLINE_S


async def test_killed_while_asking(
    client_for: ClientFactory, breakable: SettingsFactory, homepot_server: EmbeddedPostgres
) -> None:
    client = await client_for(breakable())
    before = await ask(client)
    assert before.status == 200
    assert before.body["relevant_devices"]

    async def kill() -> None:
        await asyncio.to_thread(homepot_server.kill)
        await asyncio.sleep(1.5)

    answers = await ask_while(client, kill)
    all_answered(answers)
    assert answers[-1].is_problem
    assert answers[-1].body["type"].endswith("homepot-database-unavailable")
    assert (await client.get("/livez")).text == "ok"
    assert await part_state(client, "homepot-database") == "down"

    await asyncio.to_thread(homepot_server.start)

    async def healed() -> bool:
        answer = await ask(client)
        return answer.status == 200 and answer.body["relevant_devices"] == before.body["relevant_devices"]

    seconds = await until(healed)
    report(f"HOMEPOT's database: full answers {seconds:.1f} s after its start")
    assert await part_state(client, "homepot-database") == "ok"


async def test_hung_while_asking(
    client_for: ClientFactory, breakable: SettingsFactory, homepot_server: EmbeddedPostgres
) -> None:
    client = await client_for(breakable())
    assert (await ask(client)).status == 200
    server = postmaster(homepot_server.cluster)
    assert server is not None
    frozen: list[psutil.Process] = []

    async def freeze() -> None:
        frozen.extend([server, *server.children(recursive=True)])
        for process in frozen:
            os.kill(process.pid, signal.SIGSTOP)
        await asyncio.sleep(1.0)

    try:
        answers = await ask_while(client, freeze)
        answers += await asyncio.gather(*(ask(client) for _ in range(4)))
        started = asyncio.get_running_loop().time()
        assert (await client.get("/livez")).text == "ok"
        assert await part_state(client, "homepot-database") == "down"
        assert asyncio.get_running_loop().time() - started < 5
    finally:
        for process in frozen:
            os.kill(process.pid, signal.SIGCONT)
    all_answered(answers)
    assert any(one.is_problem for one in answers)

    async def healed() -> bool:
        return (await ask(client)).status == 200

    report(f"HOMEPOT's database: full answers {await until(healed):.1f} s after it went on")


async def test_a_locked_table_and_a_pool_that_is_used_up(
    client_for: ClientFactory, breakable: SettingsFactory, homepot_server: EmbeddedPostgres
) -> None:
    client = await client_for(breakable(homepot_pool_size=1, query_max_at_once=40, query_max_per_user=40))
    assert (await ask(client)).status == 200
    with psycopg.connect(homepot_server.url("homepot")) as owner:
        owner.execute("LOCK TABLE devices IN ACCESS EXCLUSIVE MODE")
        answers = await asyncio.gather(*(ask(client) for _ in range(40)))
        assert all(one.is_problem for one in answers)
        assert max(one.seconds for one in answers) < DEADLINE_S
        reasons = " ".join(one.body["detail"] for one in answers)
        assert "took longer than 8 s" in reasons  # those who waited for the one connection, in turn
        owner.rollback()

    async def healed() -> bool:
        return (await ask(client)).status == 200

    assert await until(healed) < 5


async def test_started_before_it(
    client_for: ClientFactory, breakable: SettingsFactory, homepot_server: EmbeddedPostgres
) -> None:
    settings = breakable()
    await make_key_in(client_for, settings)
    await asyncio.to_thread(homepot_server.stop)
    try:
        key = await make_key(settings)
        client = await client_for(settings, ready=False, key=key)
        await asyncio.sleep(0.5)
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert "homepot-database" in ready.json()
        assert sample("ai_startup_waiting", part="homepot-database") == 1
        answer = await ask(client)
        assert answer.is_problem
        assert answer.seconds < DEADLINE_S
    finally:
        await asyncio.to_thread(homepot_server.start)

    async def up() -> bool:
        return (await client.get("/readyz")).status_code == 200 and (await ask(client, OFFLINE)).status == 200

    report(f"HOMEPOT's database came late: ready {await until(up):.1f} s after its start")
    assert sample("ai_startup_waiting", part="homepot-database") == 0


async def test_a_database_that_never_existed(client_for: ClientFactory, breakable: SettingsFactory) -> None:
    nowhere = f"postgresql://reader:x@127.0.0.1:{free_port()}/homepot"
    settings = breakable()
    await make_key_in(client_for, settings)
    client = await client_for(breakable(homepot_database_url=nowhere), ready=False, key=await make_key(settings))
    answers = await asyncio.gather(*(ask(client) for _ in range(10)))
    assert all(one.is_problem for one in answers)
    assert max(one.seconds for one in answers) < DEADLINE_S


async def make_key_in(client_for: ClientFactory, settings: Settings) -> None:
    """Let a gateway migrate the database first, so that a key can be made."""
    await client_for(settings)
