"""A cross-encoder that reads two texts together, where one is configured (text-embeddings-inference's ``POST /rerank``)."""

from typing import Self

import httpx
import msgspec
from prometheus_client import Counter, Histogram

from ai_gateway.clients.breaker import Breaker, PartDown
from ai_gateway.kit.settings import Settings

PART = "reranker"

SECONDS = Histogram(
    "ai_reranker_seconds", "Time of one call to the re-ranker.", buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
)
FAILURES = Counter("ai_reranker_failures_total", "Calls to the re-ranker that failed.", ["reason"])


class Ranked(msgspec.Struct, frozen=True):
    """What the re-ranker says of one text: its place in what was sent, and a score of 0 to 1."""

    index: int
    score: float


class Reranker:
    """Client of the re-ranker. It is asked once and never waited for longer than its timeout: it is a refinement."""

    def __init__(self, url: str, timeout_s: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Args: url: its base. transport: replaces the network in tests."""
        self._client = httpx.AsyncClient(base_url=url, timeout=timeout_s, transport=transport, trust_env=False)
        self._breaker = Breaker(PART, failures=3, reset_s=30.0)

    @classmethod
    def configured(cls, settings: Settings) -> Self | None:
        """The one that is configured, if one is."""
        return cls(settings.reranker_url, settings.reranker_timeout_s) if settings.reranker_url else None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def scores(self, asked: str, texts: list[str]) -> list[float]:
        """How well each text fits what is asked, 0 to 1, in the order of ``texts``; raises ``PartDown``."""
        async with self._breaker.guard():
            try:
                with SECONDS.time():
                    body = {"query": asked, "texts": texts, "truncate": True}
                    response = (await self._client.post("/rerank", json=body)).raise_for_status()
                return _in_order(msgspec.json.decode(response.content, type=list[Ranked]), len(texts))
            except httpx.TimeoutException as error:
                raise _failed("timeout", "it took too long") from error
            except httpx.HTTPStatusError as error:
                raise _failed(str(error.response.status_code), "it answered with an error") from error
            except httpx.HTTPError as error:
                raise _failed("connection", "it cannot be reached") from error
            except ValueError as error:
                raise _failed("shape", "it sent something that is not a score of each text") from error


def _in_order(ranked: list[Ranked], count: int) -> list[float]:
    """The scores in the order of the texts; raises ValueError unless each has one of 0 to 1."""
    by_place = {one.index: one.score for one in ranked if 0 <= one.score <= 1}
    if len(ranked) != count or by_place.keys() != set(range(count)):
        raise ValueError("not one score of 0 to 1 for each text")
    return [by_place[place] for place in range(count)]


def _failed(reason: str, what: str) -> PartDown:
    FAILURES.labels(reason).inc()
    return PartDown(PART, what)
