"""What is sent, without sending it: both clients share this."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from homepot_ai_client.errors import GatewayError, ProblemError, UnreachableError, problem_of
from homepot_ai_client.retries import NotConnectedError
from homepot_ai_client.types import (
    AnomalyPage,
    Answer,
    AssistantAnswer,
    Delta,
    Event,
    Gathered,
    Incident,
    IncidentPage,
    Turn,
)

T = TypeVar("T")
USER_HEADER = "X-Homepot-User"
EVENTS: dict[str, type[Gathered | Delta | Answer]] = {"evidence": Gathered, "delta": Delta, "answer": Answer}


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One request and the type of its answer."""

    method: str
    path: str
    shape: type[T]
    params: dict[str, Any] | None = None
    json: dict[str, Any] | None = None
    user: str | None = None

    @property
    def reads(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.method == "GET"

    def headers(self, accept: str = "application/json") -> dict[str, str]:
        """The headers of this one request."""
        return {"Accept": accept, **({USER_HEADER: self.user} if self.user else {})}


def query(question: str, user: str | None, history: Sequence[Turn], **fields: Any) -> Call[Answer]:
    """``POST /api/ai/query``; fields that are ``None`` are left to the gateway."""
    given = {name: value for name, value in fields.items() if value is not None}
    body = {"question": question, **given, **({"history": msgspec.to_builtins(list(history))} if history else {})}
    return Call(method="POST", path="/api/ai/query", shape=Answer, json=body, user=user)


def assistant(
    question: str, user: str | None, history: Sequence[dict[str, str]], **fields: Any
) -> Call[AssistantAnswer]:
    """``POST /api/v1/ai/query``, HOMEPOT's own shape."""
    given = {name: value for name, value in fields.items() if value is not None}
    body = {"query": question, "history": list(history), **given}
    return Call(method="POST", path="/api/v1/ai/query", shape=AssistantAnswer, json=body, user=user)


def anomalies(user: str | None, **params: Any) -> Call[AnomalyPage]:
    """``GET /api/ai/anomalies``."""
    return Call(method="GET", path="/api/ai/anomalies", shape=AnomalyPage, params=_given(params), user=user)


def incidents(user: str | None, **params: Any) -> Call[IncidentPage]:
    """``GET /api/ai/incidents``."""
    return Call(method="GET", path="/api/ai/incidents", shape=IncidentPage, params=_given(params), user=user)


def resolve(incident_id: str, resolution: str, user: str | None) -> Call[Incident]:
    """``POST /api/ai/incidents/{id}/resolve``."""
    path = f"/api/ai/incidents/{incident_id}/resolve"
    return Call(method="POST", path=path, shape=Incident, json={"resolution": resolution}, user=user)


def read(path: str, user: str | None, params: dict[str, Any]) -> Call[dict[str, Any]]:
    """Any other route that is read."""
    return Call(method="GET", path=path, shape=dict, params=_given(params), user=user)


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def answer_of(call: Call[T], response: httpx.Response) -> T:
    """The typed answer; raises the `ProblemError` that the response tells."""
    if not response.is_success:
        raise problem_of(response.status_code, response.content, response.headers)
    return msgspec.json.decode(response.content, type=call.shape)


def failure_of(error: httpx.HTTPError) -> GatewayError:
    """A failure of the transport in this package's words."""
    never_seen = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    kind = NotConnectedError if never_seen else UnreachableError
    return kind(f"{type(error).__name__}: {error}")


class EventReader:
    """Turns the lines of a stream into events."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._name = ""

    def line(self, line: str) -> Event | None:
        """The event that this line completes, if any; raises the `ProblemError` of an ``error`` event."""
        if line.startswith("event: "):
            self._name = line.removeprefix("event: ")
        if not line.startswith("data: "):
            return None
        data = line.removeprefix("data: ").encode()
        if self._name == "error":
            raise _told(data)
        shape = EVENTS.get(self._name)
        return msgspec.json.decode(data, type=shape) if shape else None


def _told(data: bytes) -> ProblemError:
    status = msgspec.json.decode(data, type=dict[str, Any]).get("status", 500)
    return problem_of(int(status), data)
