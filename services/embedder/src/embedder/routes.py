"""The HTTP routes: two wire shapes for one use case, and what operators ask."""

import asyncio
import base64
import contextlib
from collections.abc import Coroutine
from typing import Any, Final

import msgspec
import numpy as np
from litestar import HttpMethod, MediaType, Request, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.types import Receive

from embedder import __version__
from embedder.document import answers
from embedder.errors import ClientGoneError, InvalidInputError, NotReadyError
from embedder.host import ModelHost
from embedder.metrics import Metrics
from embedder.service import Embedder
from embedder.settings import Settings
from embedder.types import (
    DIMENSION,
    MODEL_ID,
    MODEL_NAMES,
    Embedded,
    FloatArray,
    OpenAIEmbedding,
    OpenAIRequest,
    OpenAIResponse,
    OpenAIUsage,
    TeiRequest,
)

AnyRequest = Request[Any, Any, Any]
PROBED_BY: Final = (HttpMethod.GET, HttpMethod.HEAD)
"""Load balancers look at the status alone, and many ask for no more."""


@post("/v1/embeddings", status_code=200, responses=answers(OpenAIResponse, 400, 413, 422, 429, 500, 503))
async def openai_embeddings(
    request: AnyRequest,
    data: JSONBody[OpenAIRequest],
    embedder: NamedDependency[Embedder],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """OpenAI's shape. An input that is too long is cut or refused, as `EMBEDDER_OPENAI_TRUNCATE` says."""
    if data.model is not None and data.model not in MODEL_NAMES:
        raise InvalidInputError(f"This service has one model, {MODEL_ID}.")
    _check_dimensions(data.dimensions)
    work = embedder.embed(texts_of(data.input, "input"), truncate=settings.openai_truncate)
    embedded = await unless_gone(work, request.receive)
    return await _json(embedder, embedded, lambda: openai_body(embedded, data.encoding_format))


@post("/embed", status_code=200, responses=answers(list[list[float]], 400, 413, 422, 429, 500, 503))
async def tei_embed(
    request: AnyRequest, data: JSONBody[TeiRequest], embedder: NamedDependency[Embedder]
) -> Response[bytes]:
    """The shape of text-embeddings-inference: a list of vectors; without `truncate`, a long input is refused."""
    if data.truncation_direction.lower() != "right":
        raise InvalidInputError("Only truncation_direction Right is supported.")
    if data.prompt_name is not None:
        raise InvalidInputError("This model has no prompts; leave prompt_name out.")
    _check_dimensions(data.dimensions)
    work = embedder.embed(texts_of(data.inputs, "inputs"), truncate=data.truncate, normalize=data.normalize)
    embedded = await unless_gone(work, request.receive)
    return await _json(embedder, embedded, lambda: msgspec.json.encode(embedded.vectors.tolist()))


@get("/info", responses=answers(dict[str, Any], 503))
async def info(embedder: NamedDependency[Embedder], settings: NamedDependency[Settings]) -> dict[str, Any]:
    """The keys of text-embeddings-inference's `/info`, and `dim`, `dtype`, `device` in plain words."""
    model = embedder.info
    return {
        "model_id": MODEL_ID,
        "model_dtype": model.dtype,
        "model_type": {"embedding": {"pooling": "mean"}},
        "dim": DIMENSION,
        "dtype": model.dtype,
        "device": model.device,
        "threads": model.threads,
        "packed": model.packed,
        "cosine_to_float32": model.cosine,
        "refused": model.refused,
        "max_input_length": model.max_input_length,
        "max_batch_tokens": model.max_batch_tokens,
        "max_client_batch_size": settings.max_inputs,
        "max_concurrent_requests": settings.max_concurrency,
        "auto_truncate": False,
        "version": __version__,
    }


@route("/livez", http_method=PROBED_BY, responses=answers(dict[str, str], 503))
async def livez(host: NamedDependency[ModelHost]) -> dict[str, str]:
    """Fails when only a restart can help: the model did not load, or the batcher is dead."""
    if host.failure is not None:
        raise NotReadyError(host.failure)
    return {"status": "alive"}


@route("/readyz", http_method=PROBED_BY, responses=answers(dict[str, str], 503))
async def readyz(host: NamedDependency[ModelHost]) -> dict[str, str]:
    """Succeeds when the model answers; says `loading` before, and the reason after a failure."""
    host.use()
    return {"status": host.state}


@route("/metrics", http_method=PROBED_BY, media_type=MediaType.TEXT)
async def metrics_page(metrics: NamedDependency[Metrics], host: NamedDependency[ModelHost]) -> Response[bytes]:
    """Prometheus' text format."""
    metrics.ready.set(host.state == "ready")
    metrics.batcher_alive.set(host.state == "ready")
    return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def texts_of(given: str | list[Any], field: str) -> list[str]:
    """The texts of a request; raises InvalidInputError for token arrays, which this service does not read."""
    texts = [given] if isinstance(given, str) else given
    if any(not isinstance(text, str) for text in texts):
        raise InvalidInputError(f"`{field}` holds token ids; token arrays are not supported, send text.")
    return texts


def openai_body(embedded: Embedded, encoding_format: str) -> bytes:
    """OpenAI's answer as JSON."""
    usage = OpenAIUsage(embedded.tokens, embedded.tokens, embedded.truncated)
    data = [
        OpenAIEmbedding(index=index, embedding=_encoded(vector) if encoding_format == "base64" else vector.tolist())
        for index, vector in enumerate(embedded.vectors)
    ]
    return msgspec.json.encode(OpenAIResponse(data=data, usage=usage))


async def unless_gone(work: Coroutine[Any, Any, Embedded], receive: Receive) -> Embedded:
    """The result of `work`, or ClientGoneError as soon as the client closes the connection."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGoneError("The client left before its answer was ready.")
        return task.result()
    finally:
        for future in (task, gone):
            future.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _check_dimensions(dimensions: int | None) -> None:
    if dimensions not in {None, DIMENSION}:
        raise InvalidInputError(f"The model's vectors have {DIMENSION} dimensions and cannot be shortened.")


def _encoded(vector: FloatArray) -> str:
    return base64.b64encode(np.ascontiguousarray(vector, dtype="<f4").tobytes()).decode("ascii")


async def _json(embedder: Embedder, embedded: Embedded, encode: Any) -> Response[bytes]:
    body = await embedder.off_loop(encode)
    headers = {"x-truncated-inputs": str(len(embedded.truncated))} if embedded.truncated else {}
    return Response(body, media_type=MediaType.JSON, headers=headers)


ROUTES = [openai_embeddings, tei_embed, info, livez, readyz, metrics_page]
