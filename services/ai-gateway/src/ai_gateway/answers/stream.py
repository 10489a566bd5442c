"""An answer as it comes about: ``evidence``, then ``delta`` by ``delta``, then ``answer`` or ``error``."""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from ai_gateway.access.types import Caller
from ai_gateway.answers.service import Answering
from ai_gateway.answers.types import Delta, Gathered, QueryRequest
from ai_gateway.kit.errors import Problem, problem_body
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.sse import encode_event, with_pings

PING_S = 10.0

_log = get_logger("answers")


async def stream_answer(
    answering: Answering, request: QueryRequest, caller: Caller, request_id: str
) -> AsyncIterator[str]:
    """Begin to answer; returns the events once the evidence is there.

    Closing the iterator, as the server does when the caller goes away, cancels the model's work.

    Raises:
        Problem: what `Answering.answer` raises before the evidence is there.
    """
    events: asyncio.Queue[str | None] = asyncio.Queue()

    def tell(told: Gathered | Delta) -> None:
        events.put_nowait(encode_event("evidence" if isinstance(told, Gathered) else "delta", told))

    answer = asyncio.create_task(answering.answer(request, caller, tell))
    begun = asyncio.create_task(events.get())
    try:
        await asyncio.wait({answer, begun}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not begun.done():
            answer.cancel()
            begun.cancel()
    if not begun.done():
        await answer  # raises what went wrong
    return _events(str(begun.result()), events, answer, request_id)


async def _events(
    first: str, events: asyncio.Queue[str | None], answer: "asyncio.Task[object]", request_id: str
) -> AsyncIterator[str]:
    answer.add_done_callback(lambda _: events.put_nowait(None))
    try:
        yield first
        async for event in with_pings(events, PING_S):
            yield event
        yield _last(answer, request_id)
    finally:
        answer.cancel()


def _last(answer: "asyncio.Task[object]", request_id: str) -> str:
    """The terminal event of a finished task."""
    error = answer.exception()
    if error is None:
        return encode_event("answer", answer.result())
    if not isinstance(error, Problem):
        _log.error("unhandled", exc_info=error)
        error = Problem(500, "The request failed; quote the request id when you report it.", kind="internal")
    body = problem_body(error.status, error.detail, kind=error.kind, request_id=request_id, **error.extra)
    return encode_event("error", msgspec.Raw(body))
