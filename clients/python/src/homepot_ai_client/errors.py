"""What can go wrong, by what a caller can do about it."""

from typing import Any, ClassVar

import httpx
import msgspec


class GatewayError(Exception):
    """Base of all."""


class UnreachableError(GatewayError):
    """No connection, or no answer in time."""


class StreamBrokenError(GatewayError):
    """A stream ended without its answer; what came before it is provisional."""


class ProblemError(GatewayError):
    """The gateway refused. ``kind``: the last part of the problem's type, as its API documents them."""

    statuses: ClassVar[tuple[int, ...]] = ()

    def __init__(self, status: int, members: dict[str, Any], retry_after_s: float | None = None) -> None:
        """Args: status: of HTTP, or of the event that ended a stream. members: of the problem document."""
        self.status = status
        self.detail = str(members.get("detail", ""))
        self.kind = str(members.get("type", "")).rpartition(":")[2]
        self.request_id = str(members.get("request_id", ""))
        self.members = members
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.kind}: {self.detail} (request {self.request_id})")


class BadRequestError(ProblemError):
    """Correct the request; ``detail`` says what."""

    statuses = (400, 405, 413, 422)


class UnauthenticatedError(ProblemError):
    """The key is missing, unknown, expired or revoked."""

    statuses = (401,)


class ForbiddenError(ProblemError):
    """The key lacks a permission, or the user it acts for is unknown or disabled."""

    statuses = (403,)


class NotFoundError(ProblemError):
    """No such device, site, incident or conversation is known to this key and user."""

    statuses = (404,)


class BusyError(ProblemError):
    """Too many at once, or a part is down: ask again after ``retry_after_s``."""

    statuses = (429, 503)


class ServerError(ProblemError):
    """A defect, or something that this gateway cannot do (501)."""


KINDS: tuple[type[ProblemError], ...] = (
    BadRequestError,
    UnauthenticatedError,
    ForbiddenError,
    NotFoundError,
    BusyError,
)


def problem_of(status: int, body: bytes, headers: httpx.Headers | None = None) -> ProblemError:
    """The exception for a failure; a proxy's own page, which is no problem document, becomes one too."""
    try:
        members = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        members = {"detail": body[:200].decode("utf-8", "replace")}
    kind = next((one for one in KINDS if status in one.statuses), ServerError)
    return kind(status, members, seconds_of(headers.get("retry-after") if headers else None))


def seconds_of(text: str | None) -> float | None:
    """``Retry-After`` in seconds; ``None`` for none, or a date, which this gateway does not send."""
    return float(text) if text is not None and text.strip().isdigit() else None
