"""Old rows serve until they are made anew; words are counted; crowds are measured."""

import psycopg
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Pool
from ai_gateway.memory import records, store
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.recipe import RECIPE
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.upkeep import MemoryUpkeep
from tests.db.memory.conftest import FaultyEmbedder, Knowing, kept, unit_vector

OLD_ROW = (
    "INSERT INTO ai_incident_patterns (source, source_key, content_hash, description, severity, category, occurred_at,"
    " embedding_model, embedding, lexemes) VALUES ('old', %s, 'h', %s, 'warning', 'network', now(), %s, %s,"
    " to_tsvector('english', %s))"
)
TEXTS = ["Printer jammed. Paper dust.", "Line down. The provider works on it.", "Disk full. Logs grew."]


@pytest.fixture
def old_rows(own: psycopg.Connection) -> None:
    """Rows as the first version of the gateway wrote them."""
    for number, text in enumerate(TEXTS):
        own.execute(OLD_ROW, (str(number), text, DEFAULT_MODEL, str(unit_vector(text)), text))


@pytest.fixture
def upkeep(memory: MemoryStore, embedder: FaultyEmbedder) -> MemoryUpkeep:
    return MemoryUpkeep(memory, embedder, batch_size=2)


@pytest.mark.usefixtures("old_rows")
async def test_old_rows_are_found_by_meaning_before_they_are_renewed(memory: MemoryStore) -> None:
    found = await IncidentMemory(memory, Knowing()).recall(TEXTS[0], None, 3)
    assert found.incidents[0].description == TEXTS[0]


@pytest.mark.usefixtures("old_rows")
async def test_they_are_renewed_page_by_page_without_embedding_them_again(
    upkeep: MemoryUpkeep, embedder: FaultyEmbedder, own: psycopg.Connection, memory: MemoryStore
) -> None:
    assert await upkeep.run() == len(TEXTS) * 2, "each is renewed, and its surroundings are measured"
    assert embedder.texts == []
    assert await upkeep.run() == 0
    rows = own.execute(
        "SELECT recipe, embedding_model, crowd, word_crowd, word_weights"
        " FROM ai_incident_patterns JOIN ai_memory_crowds ON incident = id"
    ).fetchall()
    assert {(row["recipe"], row["embedding_model"]) for row in rows} == {(RECIPE, DEFAULT_MODEL)}
    assert all(row["word_weights"] and row["crowd"] == row["word_crowd"] == pytest.approx(0) for row in rows)
    by_words = await IncidentMemory(memory, Knowing().down()).recall("paper dust in the printer", None, 3)
    assert [one.description for one in by_words.incidents] == [TEXTS[0]]


@pytest.mark.usefixtures("old_rows")
async def test_another_model_embeds_them_again_and_a_failure_costs_one_page(
    upkeep: MemoryUpkeep, embedder: FaultyEmbedder, own: psycopg.Connection
) -> None:
    own.execute("UPDATE ai_incident_patterns SET embedding_model = 'an older model'")
    embedder.fails_on = "Disk full"
    with pytest.raises(PartDown):
        await upkeep.run()
    assert embedder.texts == TEXTS[:2]
    embedder.fails_on = None
    await upkeep.run()
    assert embedder.texts == TEXTS, "what was embedded before the failure is not embedded again"


async def test_what_was_recorded_without_the_embedder_is_embedded_later(
    upkeep: MemoryUpkeep, memory: MemoryStore, pool: object, embedder: FaultyEmbedder
) -> None:
    await RecordStore(pool).add(kept("1", "Printer jammed"), None)
    recall = IncidentMemory(memory, Knowing())
    assert (await recall.recall("Printer jammed", None, 3)).incidents[0].similarity is None
    await upkeep.run()
    assert embedder.texts == ["Printer jammed"]
    assert (await recall.recall("Printer jammed", None, 3)).incidents[0].similarity == pytest.approx(1)


async def test_words_are_counted_anew_when_memory_has_grown(memory: MemoryStore) -> None:
    async def counted() -> tuple[int, int]:
        counts = await memory.word_counts(["printer", "zebra"])
        assert "zebra" not in counts.documents
        return counts.total, counts.documents.get("printer", 0)

    assert await counted() == (0, 0)
    for upto, expected in ((20, (20, 20)), (21, (20, 20)), (22, (22, 22))):
        rows = [kept(str(number), "Printer jammed") for number in range(upto)]
        await memory.save(rows, [[0.0] * 768] * upto, "none", "test", {})
        await memory.count_words()
        assert await counted() == expected


async def test_of_many_texts_some_are_read_to_count_words(
    memory: MemoryStore, own: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WORD_SAMPLE", 20)
    rows = [kept(str(number), "Printer jammed" if number % 2 else "Disk full") for number in range(400)]
    await memory.save(rows, [[0.0] * 768] * len(rows), "none", "test", {})
    await memory.count_words()
    counts = await memory.word_counts(["printer"])
    assert 200 < counts.total < 800
    assert 0.25 < counts.documents["printer"] / counts.total < 0.75
    own.execute("ANALYZE ai_incident_patterns")
    monkeypatch.setattr(store, "FEW", 300)
    assert (await memory.statistics()).incidents == 400, "as the planner knows it"


async def test_an_overview_counts_the_newest_of_many(
    memory: MemoryStore, pool: Pool, own: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST_COUNTED", 30)
    rows = [kept(str(n), f"Text {n}", site=1 + n % 2, category="power" if n < 50 else "storage") for n in range(100)]
    await memory.save(rows, [[0.0] * 768] * len(rows), "none", "test", {})
    own.execute("ANALYZE ai_incident_patterns")
    overview = await RecordStore(pool).overview(None)
    assert (overview.incidents, overview.counted, overview.by_category) == (100, 30, {"storage": 30})
    of_a_site = await RecordStore(pool).overview((1,))
    assert (of_a_site.counted, of_a_site.by_category) == (30, {"storage": 25, "power": 5})
    assert 40 <= of_a_site.incidents <= 60
    nobody = await RecordStore(pool).overview((3,))
    assert (nobody.incidents, nobody.counted, nobody.oldest, nobody.by_source) == (0, 0, None, {})


async def test_a_word_that_is_gone_counts_nothing(memory: MemoryStore, own: psycopg.Connection) -> None:
    await memory.save([kept("1", "Zebra")], [[0.0] * 768], "none", "test", {})
    await memory.count_words()
    own.execute("UPDATE ai_incident_patterns SET lexemes = ''")
    await memory.save([kept(str(n), "Lion") for n in range(2, 9)], [[0.0] * 768] * 7, "none", "test", {})
    await memory.count_words()
    assert (await memory.word_counts(["zebra", "lion"])).documents == {"lion": 7}


async def test_crowds_are_measured_again_once_memory_is_twice_as_large(
    upkeep: MemoryUpkeep, memory: MemoryStore, own: psycopg.Connection
) -> None:
    def crowd_of() -> list[int]:
        return [row["crowd_of"] for row in own.execute("SELECT crowd_of FROM ai_memory_crowds ORDER BY incident")]

    for upto, expected in ((4, [4] * 4), (7, [4] * 4 + [7] * 3), (9, [9] * 4 + [7] * 3 + [9] * 2)):
        rows = [kept(str(number), f"Text {number}") for number in range(len(crowd_of()), upto)]
        await memory.save(rows, [unit_vector(one.description) for one in rows], DEFAULT_MODEL, "test", {})
        await upkeep.run()
        assert crowd_of() == expected
