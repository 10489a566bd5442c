"""Composition root: settings → metrics → model host → use case → routes → middleware."""

import http
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ASGIApp

from embedder.document import StrictStructs, openapi
from embedder.errors import PROBLEM_JSON, EmbedderError, Problem, problem_of, retry_headers
from embedder.host import Loader, ModelHost
from embedder.metrics import Metrics
from embedder.middleware import Outermost, current_request_id
from embedder.model import load_model
from embedder.routes import ROUTES
from embedder.service import Embedder
from embedder.settings import Settings

log = structlog.get_logger(__name__)


def build_app(settings: Settings, load: Loader = load_model) -> ASGIApp:
    """The ASGI application; the model starts to load with the lifespan, in the background."""
    metrics = Metrics()
    host = ModelHost(settings, metrics, load)
    embedder = Embedder(settings, host, metrics)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        host.start()
        yield
        host.stop()
        embedder.close()

    parts = {"settings": settings, "metrics": metrics, "host": host, "embedder": embedder}
    litestar = Litestar(
        route_handlers=ROUTES,
        lifespan=[lifespan],
        dependencies={name: _constant(part) for name, part in parts.items()},
        exception_handlers={
            EmbedderError: _named_failure(metrics),
            HTTPException: _http_failure,
            UnicodeDecodeError: _unreadable,
            RecursionError: _unreadable,
            Exception: _unexpected,
        },
        request_max_body_size=settings.max_body_bytes,
        openapi_config=openapi(),
        plugins=[StrictStructs()],
        logging_config=None,
    )
    return Outermost(litestar, metrics, max_concurrency=settings.max_concurrency, timeout_s=settings.request_timeout_s)


def _constant(part: object) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)


def _problem_response(problem: Problem, headers: dict[str, str]) -> Response[bytes]:
    return Response(problem.encode(), status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def _named_failure(metrics: Metrics) -> Any:
    def handle(request: Request[Any, Any, Any], error: EmbedderError) -> Response[bytes]:
        if request.method == "POST":  # not the probes
            metrics.rejected.labels(error.slug).inc()
        problem = problem_of(error, path=request.url.path, request_id=current_request_id())
        return _problem_response(problem, retry_headers(error))

    return handle


def _http_failure(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals; a body that does not fit its shape is 422, one that is no JSON is 400."""
    misfit = isinstance(error, ValidationException)
    status = 422 if misfit else error.status_code
    problem = Problem(
        type="urn:problem:embedder:invalid-input" if misfit else "about:blank",
        title="Invalid input" if misfit else http.HTTPStatus(status).phrase,
        status=status,
        detail=error.detail,
        instance=request.url.path,
        request_id=current_request_id(),
        errors=error.extra if isinstance(error.extra, list) else [],
    )
    return _problem_response(problem, dict(error.headers or {}))


def _unreadable(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A body that is no text, or nested a thousand deep: the decoder fails with these instead of its own error.

    Logged with its trace all the same, as it would be a defect of ours anywhere else.
    """
    log.warning("unreadable_body", exc_info=error)
    refusal = HTTPException("The body cannot be read as JSON in UTF-8.", status_code=http.HTTPStatus.BAD_REQUEST)
    return _http_failure(request, refusal)


def _unexpected(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    raise error  # the outermost layer logs it and answers
