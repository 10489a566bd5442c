"""Listens to a stream of events: httpx waits for the end of an answer before it shows any of it."""

import asyncio
import json
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx

WITHIN_S = 10


class Event(NamedTuple):
    """One event. `id` is empty where it has none."""

    name: str
    id: str
    data: dict[str, Any]


class Listener:
    """An open stream; leaving the context is the client going away."""

    def __init__(self, client: httpx.AsyncClient, path: str, **headers: str) -> None:
        transport = client._transport
        assert isinstance(transport, httpx.ASGITransport)
        self._app = transport.app
        sent = {"authorization": client.headers["Authorization"], **headers}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("gateway", 80),
        }
        self._gone = asyncio.Event()
        self._asked = False
        self._arrived: asyncio.Queue[str | None] = asyncio.Queue()
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.comments = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._app(self._scope, self._receive, self._send))  # type: ignore[arg-type]
        async with asyncio.timeout(WITHIN_S):
            assert await self.status == 200
            assert await self._arrived.get() == "retry: 5000"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        async with asyncio.timeout(WITHIN_S):
            await self._task

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status.set_result(message["status"])
            return
        for block in message["body"].decode().split("\n\n"):
            if block:
                await self._arrived.put(block)
        if not message.get("more_body"):
            self.ended.set()
            await self._arrived.put(None)

    async def event(self) -> Event:
        """The next event; comments are counted."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                block = await self._arrived.get()
                assert block is not None, "the stream ended"
                if not block.startswith(":"):
                    break
                self.comments += 1
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        return Event(fields["event"], fields.get("id", ""), json.loads(fields["data"]))

    async def end(self) -> None:
        """Wait for the server to end the stream."""
        async with asyncio.timeout(WITHIN_S):
            await self.ended.wait()
