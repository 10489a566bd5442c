"""Server-sent events: the wire format, and comments that keep quiet streams alive through proxies."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar.response import Stream
from litestar.response.base import ASGIResponse

EVENTS = "text/event-stream"
PING = ": ping\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def encode_event(event: str, data: Any, event_id: str | None = None) -> str:
    """One event; ``data`` becomes JSON, which holds no line break."""
    mark = f"id: {event_id}\n" if event_id is not None else ""
    return f"{mark}event: {event}\ndata: {msgspec.json.encode(data).decode()}\n\n"


class EventStream(Stream):
    """A response that sends encoded events as they come."""

    def __init__(self, events: AsyncIterator[str]) -> None:
        """Args: events: each made by `encode_event`, or `PING`."""
        super().__init__(events, headers=HEADERS)

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> ASGIResponse:
        """With the media type of events, on a route that answers JSON as well: `Stream` would take the route's."""
        return super().to_asgi_response(*args, **{**kwargs, "media_type": EVENTS})


async def with_pings(queue: asyncio.Queue[str | None], every_s: float) -> AsyncIterator[str]:
    """What the queue brings until ``None``, and a comment whenever it brings nothing for ``every_s`` seconds."""
    while True:
        try:
            async with asyncio.timeout(every_s):
                event = await queue.get()
        except TimeoutError:
            yield PING
            continue
        if event is None:
            return
        yield event
