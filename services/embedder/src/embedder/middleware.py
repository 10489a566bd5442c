"""Outermost ASGI layer: request ids, metrics, the log line, the deadline, and an answer whatever goes wrong.

It wraps the whole application, so that what Litestar's own layers answer (404, 405, 413) is counted as it was sent.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Callable

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from embedder.errors import (
    PROBLEM_JSON,
    DeadlineError,
    EmbedderError,
    TooManyRequestsError,
    problem_of,
    retry_headers,
)
from embedder.metrics import Metrics

log = structlog.get_logger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def current_request_id() -> str:
    """The id of the request in progress."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class Outermost:
    """Wraps an ASGI application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, max_concurrency: int, timeout_s: float) -> None:
        self._app = app
        self._metrics = metrics
        self._max_concurrency = max_concurrency
        self._timeout_s = timeout_s
        self._posts = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request, or the lifespan."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        # Litestar keeps each request's body and status in here; not every server copies the lifespan's dict for it
        scope["state"] = dict(scope.get("state") or {})
        request_id = _request_id(scope)
        exchange = Exchange(send, request_id)
        with structlog.contextvars.bound_contextvars(request_id=request_id), self._metrics.in_flight.track_inprogress():
            try:
                await self._answer(scope, receive, exchange)
            finally:
                self._record(scope, exchange)

    async def _answer(self, scope: HTTPScope, receive: Receive, exchange: "Exchange") -> None:
        try:
            await self._bounded(scope, receive, exchange.send)
        except EmbedderError as error:
            self._metrics.rejected.labels(error.slug).inc()
            await exchange.refuse(scope, error)
        except Exception:
            log.exception("unhandled")
            await exchange.refuse(scope, EmbedderError("An unexpected error; the log has it under this request id."))

    async def _bounded(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """POSTs are bounded in number and time; health and metrics always pass."""
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if self._posts >= self._max_concurrency:
            raise TooManyRequestsError(f"{self._posts} requests are in progress, the most that may be.")
        self._posts += 1
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._app(scope, receive, send)
        except TimeoutError as error:
            raise DeadlineError(f"No answer within {self._timeout_s:g} s.") from error
        finally:
            self._posts -= 1

    def _record(self, scope: HTTPScope, exchange: "Exchange") -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = scope.get("path_template") or "unmatched"
        seconds = time.monotonic() - exchange.started
        self._metrics.requests.labels(method, route, str(exchange.status)).inc()
        self._metrics.request_seconds.labels(method, route).observe(seconds)
        line: Callable[..., None] = log.info if method == "POST" else log.debug
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            line("request", method=method, route=route, status=exchange.status, ms=round(seconds * 1000, 1))


class Exchange:
    """One answer: adds the request id to it, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.started = time.monotonic()
        self.status = 500
        self._begun = False

    async def send(self, message: Message) -> None:
        """ASGI's send."""
        if message["type"] == "http.response.start":
            self._begun = True
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id.encode())]
        await self._send(message)

    async def refuse(self, scope: HTTPScope, error: EmbedderError) -> None:
        """Answer with a problem, unless an answer has begun: then the connection can only be closed."""
        if self._begun:
            raise error
        body = problem_of(error, path=scope["path"], request_id=self.request_id).encode()
        fields = {"content-type": PROBLEM_JSON, "content-length": str(len(body)), **retry_headers(error)}
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        await self.send({"type": "http.response.start", "status": error.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})


def _request_id(scope: HTTPScope) -> str:
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
