"""The client for asyncio; the same as `sync`, awaited."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from homepot_ai_client import calls
from homepot_ai_client.calls import Call, EventReader
from homepot_ai_client.errors import GatewayError, StreamBrokenError, problem_of
from homepot_ai_client.retries import Retries
from homepot_ai_client.types import AnomalyPage, Answer, AssistantAnswer, Event, Incident, IncidentPage, Turn

T = TypeVar("T")
TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 3.0


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
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
            transport=transport,
        )

    async def query(
        self,
        question: str,
        *,
        on_behalf_of: str | None = None,
        history: Sequence[Turn] = (),
        mode: str | None = None,
        model: str | None = None,
        device_id: str | int | None = None,
        site_id: str | int | None = None,
        conversation_id: str | None = None,
    ) -> Answer:
        """Ask a question."""
        more = {"mode": mode, "model": model, "device_id": device_id, "site_id": site_id}
        return await self.send(calls.query(question, on_behalf_of, history, **more, conversation_id=conversation_id))

    async def stream(
        self, question: str, *, on_behalf_of: str | None = None, history: Sequence[Turn] = (), **fields: Any
    ) -> AsyncIterator[Event]:
        """Ask a question and hear the answer as it comes about: `Gathered`, then `Delta`s, last the `Answer`.

        Leaving the loop ends the model's work. ``fields``: as of `query`.
        """
        call = calls.query(question, on_behalf_of, history, **fields)
        attempt = 0
        while True:
            attempt, begun = attempt + 1, False
            try:
                async with aclosing(self._events(call)) as events:
                    async for event in events:
                        begun = True
                        yield event
            except GatewayError as error:
                wait = None if begun else self._retries.wait_s(error, attempt, reads=False)
                if wait is None:
                    raise
                await asyncio.sleep(wait)
            else:
                return

    async def assistant(
        self,
        query: str,
        *,
        on_behalf_of: str | None = None,
        history: Sequence[dict[str, str]] = (),
        device_id: str | None = None,
        context: str | None = None,
        role: str | None = None,
    ) -> AssistantAnswer:
        """Ask in the shape of HOMEPOT's own assistant."""
        more = {"device_id": device_id, "context": context, "role": role}
        return await self.send(calls.assistant(query, on_behalf_of, history, **more))

    async def anomalies(self, *, on_behalf_of: str | None = None, **params: Any) -> AnomalyPage:
        """What is out of the ordinary. ``params``: the route's own (site_id, device_id, severity, since, limit, ...)."""
        return await self.send(calls.anomalies(on_behalf_of, **params))

    async def incidents(self, *, on_behalf_of: str | None = None, **params: Any) -> IncidentPage:
        """What a person should look at. ``params``: the route's own (status, severity, category, site_id, ...)."""
        return await self.send(calls.incidents(on_behalf_of, **params))

    async def resolve(self, incident_id: str, resolution: str, *, on_behalf_of: str | None = None) -> Incident:
        """Close an incident and say what helped."""
        return await self.send(calls.resolve(incident_id, resolution, on_behalf_of))

    async def get(self, path: str, *, on_behalf_of: str | None = None, **params: Any) -> dict[str, Any]:
        """Any other route that is read, such as ``/api/ai/status`` or ``/api/v1/ai/anomalies``."""
        return await self.send(calls.read(path, on_behalf_of, params))

    async def send(self, call: Call[T]) -> T:
        """Send a request, again where that is safe and worth it."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(call)
            except GatewayError as error:
                wait = self._retries.wait_s(error, attempt, reads=call.reads)
                if wait is None:
                    raise
            await asyncio.sleep(wait)

    async def _once(self, call: Call[T]) -> T:
        try:
            headers = call.headers()
            response = await self._http.request(
                call.method, call.path, params=call.params, json=call.json, headers=headers
            )
        except httpx.HTTPError as error:
            raise calls.failure_of(error) from error
        return calls.answer_of(call, response)

    async def _events(self, call: Call[Answer]) -> AsyncGenerator[Event]:
        reader, headers = EventReader(), call.headers("text/event-stream")
        try:
            async with self._http.stream(call.method, call.path, json=call.json, headers=headers) as response:
                if not response.is_success:
                    raise problem_of(response.status_code, await response.aread(), response.headers)
                async for line in response.aiter_lines():
                    if event := reader.line(line):
                        yield event
                    if isinstance(event, Answer):
                        return
        except httpx.HTTPError as error:
            raise calls.failure_of(error) from error
        raise StreamBrokenError("the stream ended without its answer")

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
