"""The embedder dies or comes late: past incidents are found by words meanwhile, and by meaning again after."""

import asyncio
from collections.abc import Iterator

import pytest

from bench.processes import EmbedderProcess
from tests.conftest import SettingsFactory
from tests.faults.asking import SIMILAR, ClientFactory, ask, ask_while, part_state, report, until

pytestmark = pytest.mark.model
BY_WORDS = "found by words, not by meaning"


@pytest.fixture
def embedder() -> Iterator[EmbedderProcess]:
    process = EmbedderProcess()
    yield process
    process.kill()


async def test_late_and_then_killed_while_asking(
    client_for: ClientFactory, settings_for: SettingsFactory, embedder: EmbedderProcess
) -> None:
    client = await client_for(settings_for(embedder_url=embedder.url))
    late = await asyncio.gather(*(ask(client, SIMILAR) for _ in range(4)))
    assert {one.status for one in late} == {200}
    assert all(BY_WORDS in one.body["degraded_reason"] for one in late)

    async def by_meaning() -> bool:
        answer = await ask(client, SIMILAR)
        return answer.status == 200 and BY_WORDS not in answer.body["degraded_reason"]

    embedder.start()
    await asyncio.to_thread(embedder.wait_ready)
    assert await part_state(client, "embedder") == "ok"
    report(f"embedder came late: by meaning {await until(by_meaning):.1f} s after it was ready")

    async def kill() -> None:
        await asyncio.to_thread(embedder.kill)
        await asyncio.sleep(1.0)

    answers = await ask_while(client, kill, SIMILAR)
    assert {one.status for one in answers} == {200}
    assert max(one.seconds for one in answers) < 8
    assert BY_WORDS in answers[-1].body["degraded_reason"]
    assert await part_state(client, "embedder") == "down"
