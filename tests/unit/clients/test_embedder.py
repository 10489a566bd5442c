"""The embedder's client; the transport is a fake that injects faults and gives vectors without meaning."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import stamina

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import DEFAULT_MODEL, DIMENSIONS, Embedder
from tests.unit.clients.conftest import make_settings
from tests.unit.kit.asgi import sample

VECTOR = [1.0] + [0.0] * (DIMENSIONS - 1)
Handler = Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers requests one after the other; the last answer repeats."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)


@pytest.fixture(autouse=True)
def _without_waits() -> AsyncIterator[None]:
    """Retries happen, their pauses do not."""
    with stamina.set_testing(True, attempts=3):  # type: ignore[attr-defined]
        yield


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def embedder(script: Script) -> AsyncIterator[Embedder]:
    client = Embedder(make_settings(embedder_url="http://fake"), httpx.MockTransport(script))
    yield client
    await client.close()


def vectors(count: int, dimensions: int = DIMENSIONS) -> httpx.Response:
    return httpx.Response(200, json=[[1.0] + [0.0] * (dimensions - 1)] * count)


async def test_a_question_becomes_one_vector(script: Script, embedder: Embedder) -> None:
    script.answers = [vectors(1)]
    assert await embedder.embed_question("why?") == VECTOR
    (request,) = script.requests
    assert (request.method, request.url.path) == ("POST", "/embed")
    assert request.content == b'{"inputs":["why?"],"truncate":true}'


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=[]),
        vectors(2),
        vectors(1, 767),
        httpx.Response(200, json={"error": "what?"}),
        httpx.Response(200, json=[["a"] * DIMENSIONS]),
        httpx.Response(200, json=[None]),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b""),
    ],
)
async def test_a_wrong_shape_or_count_is_refused(script: Script, embedder: Embedder, answer: httpx.Response) -> None:
    script.answers = [answer]
    before = sample("ai_embedder_failures_total", reason="shape")
    with pytest.raises(PartDown) as failure:
        await embedder.embed_question("why?")
    assert failure.value.part == "embedder"
    assert sample("ai_embedder_failures_total", reason="shape") == before + 1


@pytest.mark.parametrize(
    ("answer", "reason", "label"),
    [
        (httpx.ReadTimeout("slow"), "no answer within 5 s", "timeout"),
        (httpx.ConnectTimeout("slow"), "no answer within 5 s", "timeout"),
        (httpx.ConnectError("refused"), "it cannot be reached", "connection"),
        (httpx.RemoteProtocolError("cut"), "it cannot be reached", "connection"),
        (httpx.Response(500), "it answered 500", "500"),
        (httpx.Response(503), "it answered 503", "503"),
        (httpx.Response(413), "it answered 413", "413"),
    ],
)
async def test_a_question_is_asked_once(
    script: Script, embedder: Embedder, answer: httpx.Response | Exception, reason: str, label: str
) -> None:
    script.answers = [answer]
    before = sample("ai_embedder_failures_total", reason=label)
    with pytest.raises(PartDown) as failure:
        await embedder.embed_question("why?")
    assert failure.value.reason == reason
    assert len(script.requests) == 1
    assert sample("ai_embedder_failures_total", reason=label) == before + 1


async def test_a_batch_is_tried_again(script: Script, embedder: Embedder) -> None:
    script.answers = [httpx.Response(503), httpx.ConnectError("refused"), vectors(3)]
    assert await embedder.embed_batch(["a", "b", "c"]) == [VECTOR] * 3
    assert len(script.requests) == 3


async def test_a_batch_gives_up_after_three_tries(script: Script, embedder: Embedder) -> None:
    script.answers = [httpx.Response(500)]
    with pytest.raises(PartDown, match="answered 500"):
        await embedder.embed_batch(["a"])
    assert len(script.requests) == 3


async def test_three_failures_open_the_breaker(script: Script, embedder: Embedder) -> None:
    script.answers = [httpx.Response(500)]
    for _ in range(3):
        with pytest.raises(PartDown, match="answered 500"):
            await embedder.embed_question("a")
    with pytest.raises(PartDown, match="failed repeatedly"):
        await embedder.embed_question("a")
    assert len(script.requests) == 3


async def test_info_says_what_the_embedder_is(script: Script, embedder: Embedder) -> None:
    script.answers = [httpx.Response(200, json={"model_id": "m", "version": "1.2", "more": 1})]
    info, took_ms = await embedder.info()
    assert (info.model_id, info.version) == ("m", "1.2")
    assert took_ms >= 0


async def test_info_of_an_embedder_that_says_little(script: Script, embedder: Embedder) -> None:
    script.answers = [httpx.Response(200, json={})]
    assert (await embedder.info())[0].model_id == DEFAULT_MODEL
