"""The re-ranker's client; the transport is a fake that answers by a script."""

import httpx
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.reranker import PART, Reranker
from tests.unit.clients.conftest import make_settings
from tests.unit.kit.asgi import sample

TEXTS = ["paper jam", "disk full"]


def answering(answer: httpx.Response | Exception, seen: list[httpx.Request] | None = None) -> Reranker:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    return Reranker("http://fake", 1.0, httpx.MockTransport(handle))


def ranks(*pairs: tuple[int, float]) -> httpx.Response:
    return httpx.Response(200, json=[{"index": index, "score": score} for index, score in pairs])


async def test_scores_come_in_the_order_of_the_texts() -> None:
    seen: list[httpx.Request] = []
    reranker = answering(ranks((1, 0.9), (0, 0.2)), seen)
    assert await reranker.scores("the disk", TEXTS) == [0.2, 0.9]
    (request,) = seen
    assert (request.method, request.url.path) == ("POST", "/rerank")
    assert b'"query":"the disk"' in request.content.replace(b": ", b":")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ranks((0, 0.5)), "shape"),
        (ranks((0, 0.5), (0, 0.5)), "shape"),
        (ranks((0, 0.5), (2, 0.5)), "shape"),
        (ranks((0, 0.5), (1, 7.5)), "shape"),
        (ranks((0, 0.5), (1, 0.5), (2, 0.5)), "shape"),
        (httpx.Response(200, content=b"no JSON"), "shape"),
        (httpx.Response(200, json={"scores": []}), "shape"),
        (httpx.Response(503), "503"),
        (httpx.ConnectError("refused"), "connection"),
        (httpx.ReadTimeout("slow"), "timeout"),
    ],
)
async def test_what_is_no_score_of_each_text_is_a_failure(answer: httpx.Response | Exception, reason: str) -> None:
    before = sample("ai_reranker_failures_total", reason=reason) or 0
    with pytest.raises(PartDown) as caught:
        await answering(answer).scores("the disk", TEXTS)
    assert caught.value.part == PART
    assert sample("ai_reranker_failures_total", reason=reason) == before + 1


async def test_one_that_keeps_failing_is_left_alone_for_a_while() -> None:
    seen: list[httpx.Request] = []
    reranker = answering(httpx.Response(500), seen)
    for _ in range(5):
        with pytest.raises(PartDown):
            await reranker.scores("the disk", TEXTS)
    assert len(seen) == 3


def test_there_is_none_unless_one_is_configured() -> None:
    assert Reranker.configured(make_settings()) is None
    assert Reranker.configured(make_settings(reranker_url="http://reranker:8002")) is not None
