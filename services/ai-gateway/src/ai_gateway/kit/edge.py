"""The outermost layer of the web server: request ids, access log, metrics, and limits on size and number.

It wraps the whole application, so that an answer made anywhere inside (a 401, a 404, a crash) is counted and logged
with the status that the caller really got.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from ai_gateway.kit.errors import PROBLEM_JSON, Problem, problem_body
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.metrics import IN_FLIGHT, REJECTED, REQUEST_SECONDS, REQUESTS

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
LIMITED_PREFIXES = ("/api/", "/v1/")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that get time series of their own; a made-up one must not."""

_log = get_logger("http")


class BodyTooLargeError(Problem):
    """The request's body is larger than ``MAX_REQUEST_BYTES``; a problem, so that the application inside can tell it."""

    def __init__(self, limit: int) -> None:
        """Args: limit: most bytes."""
        super().__init__(413, f"Send at most {limit} bytes.", kind="body-too-large")


class Edge:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, max_concurrent: int) -> None:
        """Args: app: what to wrap. max_body_bytes: larger bodies get 413. max_concurrent: more API requests get 503."""
        self._app = app
        self._max_body = max_body_bytes
        self._max_concurrent = max_concurrent
        self._running = 0
        self._stopping = False

    def stop(self) -> None:
        """From now on a request that is cut off was not left by its caller: the server ended its grace."""
        self._stopping = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI event stream."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._max_body)
        limited = scope["path"].startswith(LIMITED_PREFIXES)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        try:
            await self._serve(exchange, limited=limited)
        finally:
            exchange.record(quiet=not limited)

    async def _serve(self, exchange: "_Exchange", *, limited: bool) -> None:
        if exchange.declared_length > self._max_body:
            await exchange.refuse_body()
            return
        if "\0" in exchange.scope["path"]:  # the docs' files are looked up by path, and no file system takes it
            await exchange.reject(400, "bad-request", "A path cannot hold a null byte.")
            return
        if not limited:
            await self._run(exchange)
            return
        if self._running >= self._max_concurrent:
            await exchange.reject(503, "overloaded", "Too many requests at once; try again.", retry_after=2)
            return
        self._running += 1
        IN_FLIGHT.set(self._running)
        try:
            await self._run(exchange)
        finally:
            self._running -= 1
            IN_FLIGHT.set(self._running)

    async def _run(self, exchange: "_Exchange") -> None:
        try:
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except BodyTooLargeError as error:
            await exchange.answer(error.status, error.kind, error.detail)
        except asyncio.CancelledError:
            if self._stopping:
                await exchange.reject(503, "stopping", "The gateway stops; ask again in a moment.", retry_after=5)
            raise
        except Exception:  # noqa: BLE001 - the last stop before the server
            _log.exception("unhandled")
            await exchange.reject(500, "internal", "The request failed; quote the request id when you report it.")


class _Exchange:
    """One request and its answer, watched on their way through."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, max_body: int) -> None:
        headers = {key.lower(): value.decode("latin-1") for key, value in scope["headers"]}
        wished = headers.get(b"x-request-id", "")
        self.request_id = wished if REQUEST_ID.match(wished) else uuid.uuid4().hex
        # A state of its own, whatever the server does: what one request leaves there must not meet the next.
        self.scope = {**scope, "state": {**scope.get("state", {}), "request_id": self.request_id}}
        length = headers.get(b"content-length", "0")
        digits = length.isascii() and length.isdigit()
        self.declared_length = int(length[:18]) if digits else 0  # a longer figure would still be far too large
        self._receive = receive
        self._send = send
        self._max_body = max_body
        self._received = 0
        self._started = time.perf_counter()
        self._status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._max_body:
            error = BodyTooLargeError(self._max_body)
            REJECTED.labels(error.kind).inc()
            raise error
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
            own = (b"x-request-id", self.request_id.encode())
            message["headers"] = [*message.get("headers", []), own]
        await self._send(message)

    async def refuse_body(self) -> None:
        error = BodyTooLargeError(self._max_body)
        await self.reject(error.status, error.kind, error.detail)

    async def reject(self, status: int, kind: str, detail: str, *, retry_after: int | None = None) -> None:
        """Count it, and answer."""
        REJECTED.labels(kind).inc()
        await self.answer(status, kind, detail, retry_after=retry_after)

    async def answer(self, status: int, kind: str, detail: str, *, retry_after: int | None = None) -> None:
        """Answer with problem details, unless an answer is already on its way."""
        if self._status:
            return
        body = problem_body(status, detail, kind=kind, request_id=self.request_id)
        headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
        if retry_after is not None:
            headers.append((b"retry-after", str(retry_after).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def record(self, *, quiet: bool) -> None:
        elapsed = time.perf_counter() - self._started
        route = self.scope.get("path_template") or "unmatched"
        method = self.scope["method"] if self.scope["method"] in METHODS else "other"
        status = self._status or 499  # the caller went away before an answer
        REQUESTS.labels(method, route, str(status)).inc()
        REQUEST_SECONDS.labels(method, route).observe(elapsed)
        log = _log.debug if quiet else _log.info
        log("request", method=method, route=route, status=status, duration_ms=round(elapsed * 1000, 1))
