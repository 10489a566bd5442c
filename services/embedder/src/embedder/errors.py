"""Failures that have a name, and their RFC 9457 form (`application/problem+json`)."""

from typing import Any

import msgspec

PROBLEM_JSON = "application/problem+json"


class EmbedderError(Exception):
    """Base of the failures that a caller can act on; the class says status and title, the message the detail."""

    status = 500
    slug = "internal"
    title = "Internal error"
    retry_after_s: int | None = None

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if retry_after_s is not None:
            self.retry_after_s = retry_after_s


class InvalidInputError(EmbedderError):
    """The request is well-formed JSON but asks for something that has no answer here."""

    status, slug, title = 422, "invalid-input", "Invalid input"


class InputTooLongError(EmbedderError):
    """A text has more tokens than the model reads, and the request forbids cutting it."""

    status, slug, title = 413, "input-too-long", "Input too long"


class TooManyInputsError(EmbedderError):
    """One request holds more texts than `EMBEDDER_MAX_INPUTS`."""

    status, slug, title = 413, "too-many-inputs", "Too many inputs"


class QueueFullError(EmbedderError):
    """The texts that wait already fill the queue."""

    status, slug, title = 429, "queue-full", "Queue full"


class TooManyRequestsError(EmbedderError):
    """`EMBEDDER_MAX_CONCURRENCY` requests are in progress."""

    status, slug, title = 429, "too-many-requests", "Too many requests in progress"
    retry_after_s = 1


class ClientGoneError(EmbedderError):
    """The client closed the connection before its answer was ready."""

    status, slug, title = 499, "client-gone", "Client closed the connection"


class ModelFailedError(EmbedderError):
    """The model raised while it computed this request's vectors."""

    status, slug, title = 500, "model-failed", "The model failed"


class NotReadyError(EmbedderError):
    """The model is still loading, failed to load, or its batcher is dead."""

    status, slug, title = 503, "not-ready", "Not ready"
    retry_after_s = 5


class DeadlineError(EmbedderError):
    """The request took longer than `EMBEDDER_REQUEST_TIMEOUT_S`."""

    status, slug, title = 503, "deadline", "Deadline exceeded"
    retry_after_s = 5


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An RFC 9457 problem, with `request_id` and the field `errors` as extensions."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[dict[str, Any]] = []

    def encode(self) -> bytes:
        """The body of the answer."""
        return msgspec.json.encode(self)


def problem_of(error: EmbedderError, *, path: str, request_id: str) -> Problem:
    """The problem document of a named failure."""
    return Problem(
        type=f"urn:problem:embedder:{error.slug}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        instance=path,
        request_id=request_id,
    )


def retry_headers(error: EmbedderError) -> dict[str, str]:
    """`Retry-After` in whole seconds, where the failure names a time."""
    return {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}
