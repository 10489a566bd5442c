"""Every failure inside the web application leaves it as ``application/problem+json``, with members that callers know."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from msgspec.inspect import is_struct_type

from ai_gateway.kit.errors import PROBLEM_JSON, Problem, ProblemDetails, problem_body
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.queries import parameters

Body = Callable[..., bytes]
AnyRequest = Request[Any, Any, Any]

BEYOND_CALENDAR = "year 10000 is out of range"
"""What Python says of 253402300800, as seconds since 1970."""

_log = get_logger("http")
_KINDS = {400: "bad-request", 401: "unauthenticated", 403: "forbidden", 404: "not-found", 405: "method-not-allowed"}


class Failures:
    """Turns exceptions into answers, each with a body of one shape."""

    def __init__(
        self, body: Body = problem_body, media_type: str = PROBLEM_JSON, below: "Mapping[str, Failures] | None" = None
    ) -> None:
        """Args: body: makes the body; takes what `problem_body` takes. media_type: of that body.

        below: prefix of a path → how it fails, for paths there that no route has.
        """
        self.body = body
        self.media_type = media_type
        self._below = below or {}

    def handlers(self) -> dict[type[Exception] | int, Callable[..., Response[bytes]]]:
        """For ``exception_handlers`` of the application, or of the routes whose callers expect another shape."""
        return {
            Problem: self._on_problem,
            HTTPException: self._on_http_exception,
            UnicodeDecodeError: self._on_unreadable,
            RecursionError: self._on_unreadable,
            ValueError: self._on_value,
            Exception: self._on_unexpected,
        }

    def _on_problem(self, request: AnyRequest, error: Problem) -> Response[bytes]:
        """A failure that the code foresaw."""
        return self._respond(request, error.status, error.detail, error.kind, error.headers, **error.extra)

    def _on_http_exception(self, request: AnyRequest, error: HTTPException) -> Response[bytes]:
        """A failure that Litestar found: a wrong path, method or body."""
        extra = {"errors": _with_choices(request, error.extra)} if error.extra else {}
        kind = _KINDS.get(error.status_code, "http")
        return self._respond(request, error.status_code, error.detail, kind, error.headers, **extra)

    def _on_unreadable(self, request: AnyRequest, error: Exception) -> Response[bytes]:
        """A body that is no text, or nested a thousand deep: the decoder fails with these instead of its own error.

        Logged with its trace all the same, as it would be a defect of ours anywhere else.
        """
        _log.warning("unreadable_body", exc_info=error)
        detail = "The body cannot be read as JSON in UTF-8."
        return self._respond(request, HTTPStatus.BAD_REQUEST, detail, "bad-request")

    def _on_value(self, request: AnyRequest, error: ValueError) -> Response[bytes]:
        """A time of the second after the calendar's last: the decoder finds the later ones wrong, and fails with this one."""
        if str(error) != BEYOND_CALENDAR:
            return self._on_unexpected(request, error)
        _log.warning("unreadable_time", exc_info=error)
        return self._respond(
            request, HTTPStatus.BAD_REQUEST, "A time is out of range: send one before 10000.", "bad-request"
        )

    def _on_unexpected(self, request: AnyRequest, error: Exception) -> Response[bytes]:
        """A defect of ours: logged with its trace, told without it."""
        _log.error("unhandled", exc_info=error)
        detail = "The request failed; quote the request id when you report it."
        return self._respond(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, "internal")

    def _respond(
        self,
        request: AnyRequest,
        status: int,
        detail: str,
        kind: str,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> Response[bytes]:
        path = f"{request.scope['path']}/"
        shape = next((one for prefix, one in self._below.items() if path.startswith(f"{prefix}/")), self)
        request_id = str(request.scope.get("state", {}).get("request_id", ""))
        body = shape.body(status, detail, kind=kind, request_id=request_id, **extra)
        return Response(body, status_code=status, media_type=shape.media_type, headers=headers)


def _with_choices(request: AnyRequest, errors: Any) -> Any:
    """What Litestar says of parameters, and which words a parameter takes where a wrong one was sent."""
    return [_with_choice(request, error) for error in errors] if isinstance(errors, list) else errors


def _with_choice(request: AnyRequest, error: Any) -> Any:
    message = str(error.get("message", "")) if isinstance(error, dict) else ""
    if message.startswith("Expected `str` matching regex"):
        return {**error, "message": "Expected text that is not blank"}
    if not message.startswith("Invalid enum value"):
        return error
    words = [word for word in _words(_asked(request, error)) if isinstance(word, str)]
    return {**error, "message": f"{message}; use {', '.join(words)}"} if words else error


def _asked(request: AnyRequest, error: Mapping[str, Any]) -> Any:
    """The type of the parameter, or of the member of the body, that an error is about."""
    known = parameters(request.route_handler)
    if error.get("source") == "query":
        return known[error["key"]].annotation if error["key"] in known else None
    body = known["data"].annotation if "data" in known else None
    return get_type_hints(body, include_extras=True).get(error["key"]) if is_struct_type(body) else None


def _words(annotation: Any) -> list[Any]:
    """The words of every ``Literal`` in a type."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [word for part in get_args(annotation) for word in _words(part)]


def problem_responses(
    *statuses: int, shape: type[msgspec.Struct] = ProblemDetails, media_type: str = PROBLEM_JSON
) -> dict[int, ResponseSpec]:
    """What a route says of its failures in the OpenAPI document.

    One that asks for a key may also refuse it (403), or find so many asking that it cannot be looked up now (429).
    """
    asks = HTTPStatus.UNAUTHORIZED in statuses
    refused = {HTTPStatus.FORBIDDEN.value, HTTPStatus.TOO_MANY_REQUESTS.value} if asks else set()
    return {
        status: ResponseSpec(
            shape,
            description=HTTPStatus(status).phrase,
            media_type=media_type,
            generate_examples=False,
        )
        for status in sorted({*statuses, *refused})
    }
