"""The client for asyncio; the same as `sync`, awaited."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from homepot_ai_client import calls
from homepot_ai_client.calls import TIMEOUT_S, Call, EventReader
from homepot_ai_client.errors import GatewayError, problem_of
from homepot_ai_client.retries import Attempts, Retries
from homepot_ai_client.types import Answer, Event

T = TypeVar("T")
P = ParamSpec("P")


def _sent(make: Callable[P, Call[T]]) -> Callable[Concatenate["AsyncGateway", P], Coroutine[Any, Any, T]]:
    """A method with the parameters of ``make`` that sends what it makes."""

    @wraps(make)
    async def method(self: "AsyncGateway", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(make(*args, **kwargs))

    return method


def _streamed(make: Callable[P, Call[Answer]]) -> Callable[Concatenate["AsyncGateway", P], AsyncIterator[Event]]:
    """A method with the parameters of ``make``: its answer as it comes about, `Gathered`, then `Delta`s, last the `Answer`.

    Leaving the loop ends the model's work.
    """

    @wraps(make)
    def method(self: "AsyncGateway", /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Event]:
        return self.hear(make(*args, **kwargs))

    method.__doc__ = _streamed.__doc__
    return method


class AsyncGateway:
    """A gateway at a URL. Tasks may share one; close it, or use it as a context manager.

    ``on_behalf_of`` of every method: id or email of the HOMEPOT user for whom to ask; the answer keeps to that user's sites.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str,
        timeout_s: float = TIMEOUT_S,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Args: url: base of the gateway. key: an API key. timeout_s: longest silence. transport: to send by another way."""
        self._retries = retries or Retries()
        self._http = httpx.AsyncClient(
            base_url=url, headers=calls.key_header(key), timeout=calls.timeout(timeout_s), transport=transport
        )

    query = _sent(calls.query)
    stream = _streamed(calls.query)
    assistant = _sent(calls.assistant)
    anomalies = _sent(calls.anomalies)
    incidents = _sent(calls.incidents)
    resolve = _sent(calls.resolve)
    get = _sent(calls.get)

    async def send(self, call: Call[T]) -> T:
        """Send a request, again where that is safe and worth it."""
        attempts = Attempts(self._retries, reads=call.reads)
        while True:
            try:
                return await self._once(call)
            except GatewayError as error:
                wait = attempts.wait_after(error)
            await asyncio.sleep(wait)

    async def hear(self, call: Call[Answer]) -> AsyncIterator[Event]:
        """The events of a question, begun again only before the first of them."""
        attempts = Attempts(self._retries, reads=False)
        while True:
            try:
                async with aclosing(self._events(call)) as events:
                    async for event in events:
                        attempts.over = True
                        yield event
            except GatewayError as error:
                wait = attempts.wait_after(error)
            else:
                return
            await asyncio.sleep(wait)

    async def _once(self, call: Call[T]) -> T:
        try:
            response = await self._http.request(call.method, call.path, **call.parts())
        except httpx.HTTPError as error:
            raise calls.failure_of(error) from error
        return calls.answer_of(call, response)

    async def _events(self, call: Call[Answer]) -> AsyncGenerator[Event]:
        reader = EventReader()
        try:
            async with self._http.stream(call.method, call.path, **call.parts("text/event-stream")) as response:
                if not response.is_success:
                    raise problem_of(response.status_code, await response.aread(), response.headers)
                async for line in response.aiter_lines():
                    if event := reader.line(line):
                        yield event
                    if reader.ended:
                        return
        except httpx.HTTPError as error:
            raise calls.failure_of(error) from error
        raise reader.broken

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Connections are made as they are needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self.close()
