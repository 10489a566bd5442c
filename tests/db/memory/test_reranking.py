"""A re-ranker has a say in the order, and in nothing else."""

import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.memory import recall
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.store import MemoryStore
from tests.db.memory.conftest import Knowing, kept

ASKED = "the printer jammed after an update"
TEXTS = ["Printer jammed after an update", "Printer jammed by dust", "Printer jammed with labels inside"]


class Opinion:
    """A FAKE re-ranker: likes texts with one word, or answers nothing."""

    def __init__(self, word: str | None) -> None:
        self.word = word
        self.asked: list[tuple[str, list[str]]] = []

    async def scores(self, asked: str, texts: list[str]) -> list[float]:
        self.asked.append((asked, texts))
        if self.word is None:
            raise PartDown("reranker", "it took too long")
        return [0.999 if self.word in text else 0.001 for text in texts]


@pytest.fixture
async def remembered(memory: MemoryStore) -> MemoryStore:
    rows = [kept(str(number), text) for number, text in enumerate(TEXTS)]
    await memory.save(rows, await Knowing().embed_batch(TEXTS), "none", "test", {})
    return memory


async def found(memory: MemoryStore, reranker: Opinion | None, k: int = 10) -> list[tuple[str, float]]:
    told = await IncidentMemory(memory, Knowing().down(), reranker).recall(ASKED, None, k)
    return [(one.description, one.similarity_score) for one in told.incidents]


async def test_it_has_a_say_in_the_order_alone(remembered: MemoryStore) -> None:
    alone = await found(remembered, None)
    assert alone[0][0] == TEXTS[0]
    opinion = Opinion("labels")
    both = await found(remembered, opinion)
    assert both[0][0] == TEXTS[2]
    assert sorted(both) == sorted(alone), "the same incidents with the same scores"
    assert opinion.asked == [(ASKED, [text for text, _ in alone])]
    assert (await found(remembered, Opinion("labels"), 1))[0][0] == TEXTS[2], "it reads more than are shown"


async def test_while_it_is_down_the_order_is_as_without_it(remembered: MemoryStore) -> None:
    assert await found(remembered, Opinion(None)) == await found(remembered, None)


async def test_it_reads_the_first_ones_only(remembered: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "REREAD", 2)
    alone, opinion = await found(remembered, None), Opinion("labels")
    both = await found(remembered, opinion)
    assert len(opinion.asked[0][1]) == 2
    assert both[2] == alone[2]
    monkeypatch.setattr(recall, "REREAD", 1)
    assert await found(remembered, Opinion("labels")) == alone
