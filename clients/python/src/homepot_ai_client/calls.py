"""What is sent and how answers are read, without sending anything: both clients are thin shells around this."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from homepot_ai_client.errors import GatewayError, ProblemError, StreamBrokenError, UnreachableError, problem_of
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
TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 3.0
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

    def parts(self, accept: str = "application/json") -> dict[str, Any]:
        """What httpx sends beside method and path."""
        headers = {"Accept": accept, **({USER_HEADER: self.user} if self.user else {})}
        return {"params": self.params, "json": self.json, "headers": headers}


def key_header(key: str) -> dict[str, str]:
    """What every request carries."""
    return {"Authorization": f"Bearer {key}"}


def timeout(silence_s: float) -> httpx.Timeout:
    """How long to wait; for a connection less than for an answer."""
    return httpx.Timeout(silence_s, connect=min(CONNECT_TIMEOUT_S, silence_s))


def query(
    question: str,
    *,
    on_behalf_of: str | None = None,
    history: Sequence[Turn] = (),
    mode: str | None = None,
    model: str | None = None,
    device_id: str | int | None = None,
    site_id: str | int | None = None,
    conversation_id: str | None = None,
) -> Call[Answer]:
    """Ask a question (``POST /api/ai/query``); fields that are ``None`` are left to the gateway."""
    more = {"mode": mode, "model": model, "device_id": device_id, "site_id": site_id}
    body = {"question": question, **_given({**more, "conversation_id": conversation_id})}
    if history:
        body["history"] = msgspec.to_builtins(list(history))
    return Call(method="POST", path="/api/ai/query", shape=Answer, json=body, user=on_behalf_of)


def assistant(
    query: str,
    *,
    on_behalf_of: str | None = None,
    history: Sequence[dict[str, str]] = (),
    device_id: str | None = None,
    context: str | None = None,
    role: str | None = None,
) -> Call[AssistantAnswer]:
    """Ask in the shape of HOMEPOT's own assistant (``POST /api/v1/ai/query``)."""
    more = _given({"device_id": device_id, "context": context, "role": role})
    body = {"query": query, "history": list(history), **more}
    return Call(method="POST", path="/api/v1/ai/query", shape=AssistantAnswer, json=body, user=on_behalf_of)


def anomalies(*, on_behalf_of: str | None = None, **params: Any) -> Call[AnomalyPage]:
    """What is out of the ordinary. ``params``: the route's own (site_id, device_id, severity, since, limit, ...)."""
    return Call(method="GET", path="/api/ai/anomalies", shape=AnomalyPage, params=_given(params), user=on_behalf_of)


def incidents(*, on_behalf_of: str | None = None, **params: Any) -> Call[IncidentPage]:
    """What a person should look at. ``params``: the route's own (status, severity, category, site_id, ...)."""
    return Call(method="GET", path="/api/ai/incidents", shape=IncidentPage, params=_given(params), user=on_behalf_of)


def resolve(incident_id: str, resolution: str, *, on_behalf_of: str | None = None) -> Call[Incident]:
    """Close an incident and say what helped."""
    path = f"/api/ai/incidents/{incident_id}/resolve"
    return Call(method="POST", path=path, shape=Incident, json={"resolution": resolution}, user=on_behalf_of)


def get(path: str, *, on_behalf_of: str | None = None, **params: Any) -> Call[dict[str, Any]]:
    """Any other route that is read, such as ``/api/ai/status`` or ``/api/v1/ai/anomalies``."""
    return Call(method="GET", path=path, shape=dict, params=_given(params), user=on_behalf_of)


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
        """Nothing was read yet. ``ended``: the answer is there, and nothing comes after it."""
        self._name = ""
        self.ended = False

    @property
    def broken(self) -> StreamBrokenError:
        """What a stream is that ends before that."""
        return StreamBrokenError("the stream ended without its answer")

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
        self.ended = shape is Answer
        return msgspec.json.decode(data, type=shape) if shape else None


def _told(data: bytes) -> ProblemError:
    status = msgspec.json.decode(data, type=dict[str, Any]).get("status", 500)
    return problem_of(int(status), data)
