"""Failures that a caller can act on, and their RFC 9457 form."""

from http import HTTPStatus
from typing import Any

import msgspec

PROBLEM_JSON = "application/problem+json"
CROWDED_S = 2
"""Seconds after which a part that was too busy is worth another try."""


class Problem(Exception):  # noqa: N818 - the standard's word
    """A failure that goes to the caller as problem details."""

    def __init__(
        self, status: int, detail: str, *, kind: str, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        """Args: status: HTTP status. detail: what to change. kind: last part of the problem type. extra: members."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.headers = headers or {}
        self.extra = extra


class Unavailable(Problem):
    """A part that this request cannot do without is down; ask again later."""

    def __init__(self, part: str, detail: str, *, retry_after_s: int = 5) -> None:
        """Args: part: which dependency. detail: what still works or when to ask again."""
        super().__init__(
            HTTPStatus.SERVICE_UNAVAILABLE,
            detail,
            kind=f"{part}-unavailable",
            headers={"Retry-After": str(retry_after_s)},
        )


class Crowded(Unavailable):
    """A part answers, but so many ask it at once that this request found no place: ask again soon."""

    def __init__(self, part: str) -> None:
        """Args: part: which dependency."""
        super().__init__(
            part, f"Too many requests at once for the {part.replace('-', ' ')}; ask again in {CROWDED_S} s."
        )
        self.status = HTTPStatus.TOO_MANY_REQUESTS
        self.kind = "busy"
        self.headers = {"Retry-After": str(CROWDED_S)}


class ProblemDetails(msgspec.Struct, frozen=True):
    """The members that every problem document has (RFC 9457), for the OpenAPI document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str


def problem_body(status: int, detail: str, *, kind: str, request_id: str, **extra: Any) -> bytes:
    """Encode problem details as JSON, with the request's id, so that a log line can be found from an answer."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    body = {"type": f"urn:homepot-ai:problem:{kind}", "title": phrase, "status": status, "detail": detail}
    return msgspec.json.encode({**body, "request_id": request_id, **extra})
