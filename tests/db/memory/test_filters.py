"""Recall is narrowed by what an incident is, shows alike ones as one, and says why it chose."""

from datetime import timedelta

import pytest

from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import ANY, Filters
from tests.db.memory.conftest import NOW, Knowing, kept

JAMS = [
    kept("1", "Printer jammed", category="application", severity="critical", device_type="pos_terminal", days=1),
    kept("2", "Printer jammed badly", category="performance", severity="warning", device_type="kiosk", days=10),
    kept("3", "Printer jammed after the update", category="performance", severity="warning", days=100),
]


@pytest.fixture
async def recall(memory: MemoryStore) -> IncidentMemory:
    knowing = Knowing()
    await memory.save(JAMS, await knowing.embed_batch([one.description for one in JAMS]), "none", "test", {})
    return IncidentMemory(memory, knowing.down())


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (ANY, {"1", "2", "3"}),
        (Filters(categories=("performance",)), {"2", "3"}),
        (Filters(categories=()), set()),
        (Filters(severities=("critical", "info")), {"1"}),
        (Filters(device_types=("kiosk",)), {"2"}),
        (Filters(since=NOW - timedelta(days=20)), {"1", "2"}),
        (Filters(until=NOW - timedelta(days=5)), {"2", "3"}),
        (Filters(since=NOW - timedelta(days=20), until=NOW - timedelta(days=5)), {"2"}),
        (Filters(categories=("performance",), severities=("critical",)), set()),
    ],
)
async def test_filters(recall: IncidentMemory, filters: Filters, keys: set[str]) -> None:
    found = await recall.recall("the printer jammed", None, 10, filters=filters)
    assert {one.source_key for one in found.incidents} == keys


async def test_the_older_way_to_name_categories_works_too(recall: IncidentMemory) -> None:
    found = await recall.recall("the printer jammed", None, 10, ["application"])
    assert [one.source_key for one in found.incidents] == ["1"]


async def test_no_more_than_asked_for(recall: IncidentMemory) -> None:
    assert len((await recall.recall("the printer jammed", None, 2)).incidents) == 2


async def test_it_says_which_words_both_share(recall: IncidentMemory) -> None:
    (first, *_) = (await recall.recall("jams of the printers after updates", None, 10)).incidents
    assert first.source_key == "3"
    assert set(first.shared_words) == {"jammed", "printer", "update"}


async def test_what_comes_back_is_shown_once_with_a_count(memory: MemoryStore) -> None:
    often = [kept(str(number), f"High latency: {500 + number}ms. The uplink is slow.") for number in range(5)]
    await memory.save(often, [[0.0] * 768] * 5, "none", "test", {})
    found = await IncidentMemory(memory, Knowing().down()).recall("High latency: the uplink is slow", None, 10)
    assert [one.count for one in found.incidents] == [5]


async def test_nothing_like_it_before_is_an_answer(recall: IncidentMemory) -> None:
    found = await recall.recall("the roof leaks", None, 10)
    assert (found.incidents, found.by_words) == ([], True)
