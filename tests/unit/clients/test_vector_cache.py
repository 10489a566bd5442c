"""Vectors kept by the embedder's client: which texts it still sends, in which order vectors come, and what is forgotten."""

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import DIMENSIONS, Embedder
from ai_gateway.clients.vector_cache import key_of
from tests.unit.clients.conftest import make_settings
from tests.unit.kit.asgi import sample


class Counting:
    """An embedder whose vectors tell how many letters a text has; it may be down, or become another model."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.down = False
        self.model = "one"

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        if request.url.path == "/info":
            return httpx.Response(200, json={"model_id": self.model})
        texts = json.loads(request.content)["inputs"]
        self.asked.append(texts)
        return httpx.Response(200, json=[vector(text) for text in texts])


EmbedderFactory = Callable[[int], Embedder]


def vector(text: str) -> list[float]:
    return [float(len(text.strip()))] + [0.5] * (DIMENSIONS - 1)


@pytest.fixture
def service() -> Counting:
    return Counting()


@pytest.fixture
async def embedder_for(service: Counting) -> AsyncIterator[EmbedderFactory]:
    """Make a client that keeps so many vectors."""
    made: list[Embedder] = []

    def make(size: int) -> Embedder:
        settings = make_settings(embedder_url="http://fake", embedding_cache_size=size)
        made.append(Embedder(settings, httpx.MockTransport(service)))
        return made[-1]

    yield make
    for embedder in made:
        await embedder.close()


async def test_a_text_is_sent_once_whatever_its_case_and_margins(
    service: Counting, embedder_for: EmbedderFactory
) -> None:
    embedder = embedder_for(10)
    hits, misses = (sample("ai_embedding_cache_total", outcome=outcome) for outcome in ("hit", "miss"))
    first = await embedder.embed_question("Disk full")
    assert await embedder.embed_question("  disk FULL\n") == first == vector("Disk full")
    assert service.asked == [["Disk full"]]
    assert sample("ai_embedding_cache_total", outcome="hit") == hits + 1
    assert sample("ai_embedding_cache_total", outcome="miss") == misses + 1


async def test_a_batch_sends_what_is_missing_once_and_keeps_its_order(
    service: Counting, embedder_for: EmbedderFactory
) -> None:
    embedder = embedder_for(10)
    await embedder.embed_question("bb")
    texts = ["ccc", "bb", "a", "ccc", "dddd"]
    assert await embedder.embed_batch(texts) == [vector(text) for text in texts]
    assert service.asked == [["bb"], ["ccc", "a", "dddd"]]
    assert await embedder.embed_batch(texts[::-1]) == [vector(text) for text in texts[::-1]]
    assert len(service.asked) == 2


async def test_a_known_text_has_its_vector_while_the_embedder_is_down(
    service: Counting, embedder_for: EmbedderFactory
) -> None:
    embedder = embedder_for(10)
    await embedder.embed_question("known")
    service.down = True
    for _ in range(4):  # the breaker opens meanwhile
        with pytest.raises(PartDown):
            await embedder.embed_question("unknown")
    assert await embedder.embed_question("known") == vector("known")


async def test_the_text_used_longest_ago_is_forgotten(service: Counting, embedder_for: EmbedderFactory) -> None:
    embedder = embedder_for(2)
    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        assert await embedder.embed_question(text) == vector(text)
    assert service.asked == [["a"], ["bb"], ["ccc"], ["bb"]]


async def test_a_batch_may_be_larger_than_what_is_kept(embedder_for: EmbedderFactory) -> None:
    texts = ["a", "bb", "ccc"]
    assert await embedder_for(1).embed_batch(texts) == [vector(text) for text in texts]


async def test_another_model_does_not_get_the_vectors_of_the_first(
    service: Counting, embedder_for: EmbedderFactory
) -> None:
    embedder = embedder_for(10)
    for model in ("one", "two", "one"):
        service.model = model
        await embedder.info()
        await embedder.embed_question("a")
    assert service.asked == [["a"], ["a"]]


async def test_with_size_zero_every_text_is_sent(service: Counting, embedder_for: EmbedderFactory) -> None:
    embedder = embedder_for(0)
    await embedder.embed_question("a")
    await embedder.embed_batch(["a", "a"])
    assert service.asked == [["a"], ["a", "a"]]


async def test_a_changed_vector_leaves_what_is_kept_alone(embedder_for: EmbedderFactory) -> None:
    embedder = embedder_for(10)
    (await embedder.embed_question("a")).clear()
    assert await embedder.embed_question("a") == vector("a")


def test_texts_that_the_tokenizer_tells_apart_have_keys_of_their_own() -> None:
    assert key_of("m", "ΟΔΟΣ") == key_of("m", "οδοσ")
    assert key_of("m", "ΟΔΟΣ") != key_of("m", "οδος")
    assert key_of("m", "disk  full") != key_of("m", "disk full")
