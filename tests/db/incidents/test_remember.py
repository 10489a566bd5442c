"""Incidents are remembered, and a new one is told of those before it."""

import hashlib
from collections.abc import Callable

import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.homepot.directory import Directory
from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.remember import SOURCE, IncidentRemembering
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.kit.db import Pool
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.store import MemoryStore
from tests.db.incidents.conftest import Clock, World, at


class WordEmbedder:
    """A FAKE embedder: texts that share words have near vectors. It fails when a test wants it to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.down = False

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        if self.down:
            raise PartDown("embedder", "it was told to fail")
        self.texts += texts
        return [self._vector(text) for text in texts]

    async def embed_question(self, text: str) -> list[float]:
        if self.down:
            raise PartDown("embedder", "it was told to fail")
        return self._vector(text)

    @staticmethod
    def _vector(text: str) -> list[float]:
        places = {int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % 768 for word in text.lower().split()}
        return [len(places) ** -0.5 if place in places else 0.0 for place in range(768)]


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def make(pool: Pool, embedder: WordEmbedder, directory: Directory) -> Callable[..., IncidentRemembering]:
    def build(batch_size: int = 64) -> IncidentRemembering:
        memory = MemoryStore(pool)
        recall = IncidentMemory(memory, embedder)
        return IncidentRemembering(pool, memory, recall, embedder, directory, batch_size=batch_size)

    return build


@pytest.fixture
def remembering(make: Callable[..., IncidentRemembering]) -> IncidentRemembering:
    return make()


def remembered(world: World) -> list[dict]:
    return world.rows(
        "SELECT * FROM ai_incident_patterns WHERE source = %(source)s ORDER BY occurred_at", source=SOURCE
    )


async def overheated(job: IncidentJob, world: World, clock: Clock, device: int, start: float, notes: str) -> None:
    """Trouble that an operator ended."""
    world.anomaly(device, start, start + 20, metric="temperature_celsius", value=61.0, expected=24.0)
    alert = world.alert(device, start + 5, "High Temperature: 61°C")
    clock.at(start + 10)
    await job.run()
    world.set_alert(alert, "resolved", start + 20, notes)
    clock.at(start + 40)
    await job.run()


async def test_it_is_remembered_at_once_and_its_end_teaches_what_helped(
    job: IncidentJob, world: World, clock: Clock, remembering: IncidentRemembering
) -> None:
    world.anomaly(11, 0, metric="temperature_celsius", value=61.0, expected=24.0)
    alert = world.alert(11, 5, "High Temperature: 61°C")
    clock.at(6)
    await job.run()
    assert await remembering.run() == 1
    (row,) = remembered(world)
    assert row["description"] == (
        "Temperature above its usual range. temperature 61 °C, 24 °C expected. High Temperature: 61°C."
        " Category: temperature."
    )
    assert (row["device_id"], row["device_name"], row["site"], row["site_name"]) == (
        "DEVICE-11",
        "Till 1-1",
        1,
        "Store 1",
    )
    assert (row["resolved_at"], row["resolution"]) == (None, None)
    assert await remembering.run() == 0
    world.anomaly(11, 0, 20, metric="temperature_celsius", value=61.0, expected=24.0)
    world.set_alert(alert, "resolved", 25, "Cleaned the fan.")
    clock.at(40)
    await job.run()
    assert await remembering.run() == 1
    (row,) = remembered(world)
    assert (row["resolved_at"], row["resolution"]) == (at(25), "Cleaned the fan.")


async def test_a_new_incident_is_told_of_those_before_it(
    job: IncidentJob, world: World, clock: Clock, remembering: IncidentRemembering, store: IncidentStore
) -> None:
    await overheated(job, world, clock, 11, 0, "Cleaned the fan.")
    await overheated(job, world, clock, 21, 0, "Moved it out of the sun.")
    await overheated(job, world, clock, 41, 0, "Of another tenant.")
    await remembering.run()
    world.anomaly(12, 300, metric="temperature_celsius", value=61.0, expected=24.0)
    world.alert(12, 301, "High Temperature: 61°C")
    clock.at(302)
    await job.run()
    await remembering.run()
    (new, *_) = await store.incidents(None)
    assert {one.resolution for one in new.similar} == {"Cleaned the fan.", "Moved it out of the sun."}
    assert all(0.3 < one.similarity <= 1 for one in new.similar)
    (seen, *_) = await store.incidents((1,))
    assert [one.resolution for one in seen.similar] == ["Cleaned the fan."]
    world.own("UPDATE ai_incident_patterns SET resolution = 'Replaced the fan.' WHERE device_id = 'DEVICE-11'")
    (seen, *_) = await store.incidents((1,))
    assert [one.resolution for one in seen.similar] == ["Replaced the fan."]
    assert await remembering.run() == 0


async def test_while_the_embedder_is_down_incidents_wait_for_memory(
    job: IncidentJob,
    world: World,
    clock: Clock,
    remembering: IncidentRemembering,
    store: IncidentStore,
    embedder: WordEmbedder,
) -> None:
    await overheated(job, world, clock, 11, 0, "Cleaned the fan.")
    await remembering.run()
    embedder.down = True
    world.anomaly(12, 300, metric="temperature_celsius", value=61.0, expected=24.0)
    clock.at(302)
    assert await job.run() == 1
    with pytest.raises(PartDown):
        await remembering.run()
    (new, *_) = await store.incidents(None)
    assert new.similar == ()
    embedder.down = False
    assert await remembering.run() == 1
    (new, *_) = await store.incidents(None)
    assert [one.resolution for one in new.similar] == ["Cleaned the fan."]


async def test_what_became_part_of_another_incident_is_forgotten(
    job: IncidentJob, world: World, clock: Clock, remembering: IncidentRemembering
) -> None:
    for number in range(2):
        world.anomaly(11 + number, number, metric="network_latency_ms")
    clock.at(3)
    await job.run()
    await remembering.run()
    assert len(remembered(world)) == 2
    world.anomaly(13, 2, metric="network_latency_ms")
    await job.run()
    assert len(remembered(world)) == 1
    await remembering.run()
    (row,) = remembered(world)
    (incident,) = world.incidents()
    assert (row["source_key"], row["device_id"]) == (str(incident["id"]), None)
    assert row["description"].startswith("Network latency above its usual range on several devices.")


async def test_the_faintest_are_remembered_only_if_something_was_done(
    job: IncidentJob, world: World, clock: Clock, remembering: IncidentRemembering, store: IncidentStore
) -> None:
    world.anomaly(11, 0, severity="info")
    world.anomaly(21, 0, severity="info")
    clock.at(1)
    await job.run()
    assert await remembering.run() == 0
    (first, _) = await store.incidents(None)
    await store.resolve(first.id, None, at(2), "Rebooted it.")
    assert await remembering.run() == 1
    (row,) = remembered(world)
    assert (row["source_key"], row["resolution"]) == (str(first.id), "Rebooted it.")


async def test_many_at_once_come_page_by_page_and_the_same_text_is_embedded_once(
    job: IncidentJob, world: World, clock: Clock, make: Callable[..., IncidentRemembering], embedder: WordEmbedder
) -> None:
    for number, device in enumerate((11, 12, 21, 22, 31, 32, 41, 42, 51)):
        world.anomaly(device, 60 * number)
    clock.at(600)
    await job.run()
    remembering = make(batch_size=2)
    counts = [await remembering.run() for _ in range(5)]
    assert sum(counts) == 9
    assert counts[-1] == 0
    assert len(remembered(world)) == 9
    assert len(embedder.texts) == 1
