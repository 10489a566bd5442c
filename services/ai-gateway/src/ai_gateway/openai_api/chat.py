"""A chat becomes a question with its history; the answer becomes a completion, whole or in chunks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from ai_gateway.access.types import Caller, Mode
from ai_gateway.answers.service import Answering
from ai_gateway.answers.types import MAX_QUESTION_CHARS, MAX_TURN_CHARS, MAX_TURNS, QueryRequest, QueryResponse, Turn
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.llm import LanguageModel
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.settings import ROUTES
from ai_gateway.kit.sse import PING
from ai_gateway.openai_api.errors import error_member
from ai_gateway.openai_api.types import (
    Answered,
    ChatCompletion,
    ChatMessage,
    ChatRequest,
    Choice,
    Chunk,
    ChunkChoice,
    Fragment,
    Model,
    ModelList,
    TokenCounts,
)

MODES: Final[dict[str, Mode | None]] = {
    "homepot": None,
    "homepot-maintenance": "maintenance",
    "homepot-predictive": "predictive",
    "homepot-executive": "executive",
}
"""Names that stand for a way of wording; `homepot` is the caller's own. Any other name chooses the model."""
PING_S = 10.0

_log = get_logger("openai")


class Chat:
    """OpenAI's shapes around `Answering`. Raises what that raises; an unknown model is 404 here, as with OpenAI."""

    def __init__(self, answering: Answering, model: LanguageModel, clock: Clock) -> None:
        """Args: answering: questions. model: knows which models there are. clock: now."""
        self._answering = answering
        self._model = model
        self._clock = clock

    async def models(self) -> ModelList:
        """The names that `model` may have; those of Ollama's models are absent while it does not answer."""
        try:
            known = (await self._model.models())[0] if self._model.enabled else []
        except PartDown:
            known = []
        return ModelList(data=[Model(id=name) for name in (*MODES, *ROUTES, *known)])

    async def complete(self, asked: ChatRequest, caller: Caller, request_id: str) -> ChatCompletion:
        """The answer as one completion."""
        answer = await self._answer(as_request(asked), caller, asyncio.Event())
        choice = Choice(message=Answered(content=answer.answer))
        return ChatCompletion(
            id=f"chatcmpl-{request_id}",
            created=int(self._clock().timestamp()),
            model=asked.model,
            choices=[choice],
            usage=_counts(answer),
            homepot=answer,
        )

    async def stream(self, asked: ChatRequest, caller: Caller, request_id: str) -> AsyncIterator[str]:
        """Begin to answer; returns the events once the evidence is there. Closing them ends the model's work.

        A chunk cannot be taken back, so none is sent before the answer is checked; comments keep the line open meanwhile.
        """
        gathered = asyncio.Event()
        answer = asyncio.create_task(self._answer(as_request(asked), caller, gathered))
        begun = asyncio.create_task(gathered.wait())
        try:
            await asyncio.wait({answer, begun}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        finally:
            begun.cancel()
        if answer.done():
            answer.result()  # raises what went wrong
        created = int(self._clock().timestamp())
        head = Chunk(id=f"chatcmpl-{request_id}", created=created, model=asked.model, choices=[])
        counted = bool(asked.stream_options and asked.stream_options.include_usage)
        return _events(answer, head, counted=counted)

    async def _answer(self, request: QueryRequest, caller: Caller, gathered: asyncio.Event) -> QueryResponse:
        try:
            return await self._answering.answer(request, caller, lambda _: gathered.set())
        except Problem as error:
            if error.kind != "unknown-model":
                raise
            raise Problem(404, f"No model {request.model!r}: see GET /v1/models.", kind=error.kind) from error


def as_request(asked: ChatRequest) -> QueryRequest:
    """The last user message as a question, and what was said before it."""
    last = next((place for place in reversed(range(len(asked.messages))) if asked.messages[place].role == "user"), None)
    question = "" if last is None else _text(asked.messages[last]).strip()
    if not question or len(question) > MAX_QUESTION_CHARS:
        detail = f"The last user message must hold a question of 1 to {MAX_QUESTION_CHARS} characters."
        raise Problem(400, detail, kind="bad-request", param="messages")
    said = [_turn(message) for message in asked.messages[:last] if message.role in {"user", "assistant"}]
    named = asked.model in MODES
    return QueryRequest(
        question=question,
        mode=MODES.get(asked.model),
        model=None if named else asked.model,
        history=[turn for turn in said if turn.content][-MAX_TURNS:],
    )


def _turn(message: ChatMessage) -> Turn:
    return Turn("user" if message.role == "user" else "assistant", _text(message)[:MAX_TURN_CHARS])


def _text(message: ChatMessage) -> str:
    """What a message says; raises a 400 problem for a picture or a sound."""
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    if any(part.type != "text" for part in message.content):
        raise Problem(400, "Only text can be asked: leave out other parts.", kind="bad-request", param="messages")
    return "\n".join(part.text for part in message.content)


async def _events(answer: "asyncio.Task[QueryResponse]", head: Chunk, *, counted: bool) -> AsyncIterator[str]:
    try:
        yield _chunk(head, Fragment(role="assistant", content=""))
        while not (await asyncio.wait({answer}, timeout=PING_S))[0]:
            yield PING
        for event in _last(answer, head, counted=counted):
            yield event
    finally:
        answer.cancel()


def _last(answer: "asyncio.Task[QueryResponse]", head: Chunk, *, counted: bool) -> list[str]:
    """The events of a finished task: its lines, the whole of it, its tokens, and the end; or what went wrong."""
    error = answer.exception()
    if error is not None:
        if not isinstance(error, Problem):
            _log.error("unhandled", exc_info=error)
            error = Problem(500, "The request failed; quote the request id when you report it.", kind="internal")
        number = head.id.removeprefix("chatcmpl-")
        return [_data(error_member(error.status, error.detail, kind=error.kind, request_id=number))]
    found = answer.result()
    lines = [_chunk(head, Fragment(content=line)) for line in found.answer.splitlines(keepends=True)]
    end = ChunkChoice(delta=Fragment(), finish_reason="stop")
    tokens = [_data(msgspec.structs.replace(head, usage=_counts(found)))] if counted else []
    return [*lines, _data(msgspec.structs.replace(head, choices=[end], homepot=found)), *tokens, "data: [DONE]\n\n"]


def _counts(answer: QueryResponse) -> TokenCounts:
    read, wrote = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return TokenCounts(prompt_tokens=read, completion_tokens=wrote, total_tokens=read + wrote)


def _chunk(head: Chunk, delta: Fragment) -> str:
    return _data(msgspec.structs.replace(head, choices=[ChunkChoice(delta=delta)]))


def _data(body: msgspec.Struct) -> str:
    return f"data: {msgspec.json.encode(body).decode()}\n\n"
