"""Failures in OpenAI's shape, which its client packages turn into their own exceptions."""

from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import MediaType
from litestar.openapi.datastructures import ResponseSpec

from ai_gateway.kit.problems import problem_responses
from ai_gateway.openai_api.types import ErrorBody, ErrorMember

TYPES: Final = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}
CODES: Final = {"unknown-model": "model_not_found", "unauthenticated": "invalid_api_key"}


def error_member(status: int, detail: str, *, kind: str, request_id: str, param: str | None = None) -> ErrorBody:
    """A problem as OpenAI would tell it."""
    server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    name = "server_error" if server else TYPES.get(HTTPStatus(status), "invalid_request_error")
    code = CODES.get(kind, kind.replace("-", "_"))
    return ErrorBody(ErrorMember(message=detail, type=name, param=param, code=code, request_id=request_id))


def openai_body(status: int, detail: str, *, kind: str, request_id: str, **extra: Any) -> bytes:
    """The body of a failure; what a field of the request has wrong is told in the message."""
    errors = [one for one in extra.get("errors", ()) if isinstance(one, dict)]
    told = "; ".join(f"{one.get('key', 'body')}: {one.get('message', '')}" for one in errors)
    param = str(errors[0].get("key")) if errors and errors[0].get("key") else extra.get("param")
    detail = f"{detail} ({told})" if told else detail
    return msgspec.json.encode(error_member(status, detail, kind=kind, request_id=request_id, param=param))


def failures(*statuses: int) -> dict[int, ResponseSpec]:
    """What a route says of its failures in the OpenAPI document."""
    return problem_responses(*statuses, shape=ErrorBody, media_type=MediaType.JSON)
