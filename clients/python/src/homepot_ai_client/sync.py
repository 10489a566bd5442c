"""The client for plain programs."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx

from homepot_ai_client import calls
from homepot_ai_client.calls import TIMEOUT_S, Call, EventReader
from homepot_ai_client.errors import GatewayError, problem_of
from homepot_ai_client.retries import Attempts, Retries
from homepot_ai_client.types import Answer, Event

T = TypeVar("T")
P = ParamSpec("P")


def _sent(make: Callable[P, Call[T]]) -> Callable[Concatenate["Gateway", P], T]:
    """A method with the parameters of ``make`` that sends what it makes."""

    @wraps(make)
    def method(self: "Gateway", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(make(*args, **kwargs))

    return method


def _streamed(make: Callable[P, Call[Answer]]) -> Callable[Concatenate["Gateway", P], Iterator[Event]]:
    """A method with the parameters of ``make``: its answer as it comes about, `Gathered`, then `Delta`s, last the `Answer`.

    Leaving the loop ends the model's work.
    """

    @wraps(make)
    def method(self: "Gateway", /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Event]:
        return self.hear(make(*args, **kwargs))

    method.__doc__ = _streamed.__doc__
    return method


class Gateway:
    """A gateway at a URL. Threads may share one; close it, or use it as a context manager.

    ``on_behalf_of`` of every method: id or email of the HOMEPOT user for whom to ask; the answer keeps to that user's sites.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str,
        timeout_s: float = TIMEOUT_S,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Args: url: base of the gateway. key: an API key. timeout_s: longest silence. transport: to send by another way."""
        self._retries = retries or Retries()
        self._http = httpx.Client(
            base_url=url, headers=calls.key_header(key), timeout=calls.timeout(timeout_s), transport=transport
        )

    query = _sent(calls.query)
    stream = _streamed(calls.query)
    assistant = _sent(calls.assistant)
    anomalies = _sent(calls.anomalies)
    incidents = _sent(calls.incidents)
    resolve = _sent(calls.resolve)
    get = _sent(calls.get)

    def send(self, call: Call[T]) -> T:
        """Send a request, again where that is safe and worth it."""
        attempts = Attempts(self._retries, reads=call.reads)
        while True:
            try:
                return self._once(call)
            except GatewayError as error:
                wait = attempts.wait_after(error)
            time.sleep(wait)

    def hear(self, call: Call[Answer]) -> Iterator[Event]:
        """The events of a question, begun again only before the first of them."""
        attempts = Attempts(self._retries, reads=False)
        while True:
            try:
                with closing(self._events(call)) as events:
                    for event in events:
                        attempts.over = True
                        yield event
            except GatewayError as error:
                wait = attempts.wait_after(error)
            else:
                return
            time.sleep(wait)

    def _once(self, call: Call[T]) -> T:
        try:
            response = self._http.request(call.method, call.path, **call.parts())
        except httpx.HTTPError as error:
            raise calls.failure_of(error) from error
        return calls.answer_of(call, response)

    def _events(self, call: Call[Answer]) -> Generator[Event]:
        reader = EventReader()
        try:
            with self._http.stream(call.method, call.path, **call.parts("text/event-stream")) as response:
                if not response.is_success:
                    raise problem_of(response.status_code, response.read(), response.headers)
                for line in response.iter_lines():
                    if event := reader.line(line):
                        yield event
                    if reader.ended:
                        return
        except httpx.HTTPError as error:
            raise calls.failure_of(error) from error
        raise reader.broken

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        """Connections are made as they are needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self.close()
