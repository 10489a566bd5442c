"""Texts to vectors, by the embedder service (text-embeddings-inference's ``POST /embed``)."""

import time
from typing import Any, TypeVar

import httpx
import msgspec
import stamina
from prometheus_client import Counter, Histogram

from ai_gateway.clients.breaker import Breaker, PartDown
from ai_gateway.clients.vector_cache import Vector, VectorCache
from ai_gateway.kit.settings import Settings

DIMENSIONS = 768
PART = "embedder"
DEFAULT_MODEL = "sentence-transformers/all-mpnet-base-v2"

SECONDS = Histogram(
    "ai_embedder_seconds",
    "Time of one call to the embedder.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
)
FAILURES = Counter("ai_embedder_failures_total", "Calls to the embedder that failed.", ["reason"])

T = TypeVar("T")


class EmbedderInfo(msgspec.Struct, frozen=True):
    """What the embedder says of itself at ``GET /info``."""

    model_id: str = DEFAULT_MODEL
    version: str = "unknown"


class Embedder:
    """Client of the embedder service. Vectors have length 1, so an inner product is a cosine.

    Texts that were embedded lately are not sent again, so they have their vectors while the embedder is down, too.
    """

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Args: settings: URL and timeouts. transport: replaces the network in fault tests."""
        self._client = httpx.AsyncClient(
            base_url=settings.embedder_url, transport=transport, limits=httpx.Limits(max_connections=8), trust_env=False
        )
        self._question_timeout = settings.embedder_timeout_s
        self._batch_timeout = settings.embedder_batch_timeout_s
        self._breaker = Breaker(PART, failures=3, reset_s=5.0)
        self._cache = VectorCache(settings.embedding_cache_size)
        self._model_id = DEFAULT_MODEL  # until the embedder says what it runs

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def embed_question(self, text: str) -> Vector:
        """One vector (768 floats), once, within the question's timeout; raises ``PartDown``."""
        return (await self._cache.serve(self._model_id, [text], self._embed_once))[0]

    async def embed_batch(self, texts: list[str]) -> list[Vector]:
        """A vector for each text, in order; tries again where that is safe; raises ``PartDown``."""
        return await self._cache.serve(self._model_id, texts, self._embed_patiently)

    async def _embed_once(self, texts: list[str]) -> list[Vector]:
        return await self._embed(texts, self._question_timeout)

    async def _embed_patiently(self, texts: list[str]) -> list[Vector]:
        vectors: list[Vector] = []
        async for attempt in stamina.retry_context(on=PartDown, attempts=3, timeout=self._batch_timeout):
            with attempt:
                vectors = await self._embed(texts, self._batch_timeout)
        return vectors

    async def info(self) -> tuple[EmbedderInfo, float]:
        """What the embedder is, and how many milliseconds it took to say so; raises ``PartDown``."""
        started = time.perf_counter()
        body = await self._call("GET", "/info", None, 2.0)
        info = _decode(body, EmbedderInfo)
        self._model_id = info.model_id
        return info, (time.perf_counter() - started) * 1000

    async def _embed(self, texts: list[str], timeout_s: float) -> list[Vector]:
        async with self._breaker.guard():
            with SECONDS.time():
                body = await self._call("POST", "/embed", {"inputs": texts, "truncate": True}, timeout_s)
            vectors = _decode(body, list[Vector])
            if len(vectors) != len(texts) or any(len(vector) != DIMENSIONS for vector in vectors):
                FAILURES.labels("shape").inc()
                raise PartDown(PART, f"it did not return {len(texts)} vectors of {DIMENSIONS} numbers")
            return vectors

    async def _call(self, method: str, path: str, body: dict[str, Any] | None, timeout_s: float) -> bytes:
        try:
            response = await self._client.request(method, path, json=body, timeout=timeout_s)
        except httpx.TimeoutException as error:
            FAILURES.labels("timeout").inc()
            raise PartDown(PART, f"no answer within {timeout_s:g} s") from error
        except httpx.HTTPError as error:
            FAILURES.labels("connection").inc()
            raise PartDown(PART, "it cannot be reached") from error
        if response.is_error:
            FAILURES.labels(str(response.status_code)).inc()
            raise PartDown(PART, f"it answered {response.status_code}")
        return response.content


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        FAILURES.labels("shape").inc()
        raise PartDown(PART, "it sent something that is not the answer's shape") from error
