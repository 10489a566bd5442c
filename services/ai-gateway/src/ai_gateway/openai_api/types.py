"""OpenAI's wire shapes, as far as chat clients need them; what a request has beyond them is left aside."""

from typing import Annotated, Literal

import msgspec

from ai_gateway.answers.types import QueryResponse

MAX_MESSAGES = 1000
MAX_MODEL_CHARS = 200
OWNER = "homepot"


class Part(msgspec.Struct, frozen=True):
    """A part of a message. Only ``text`` is understood."""

    type: Annotated[str, msgspec.Meta(max_length=50)]
    text: str = ""


class ChatMessage(msgspec.Struct, frozen=True):
    """One message. ``system`` and ``developer`` change nothing here: code decides what is said."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None


class StreamOptions(msgspec.Struct, frozen=True):
    """``include_usage``: a last chunk tells the tokens."""

    include_usage: bool | None = None


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /v1/chat/completions``: the last user message is the question, what stands before it the history."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_MODEL_CHARS)]
    messages: Annotated[list[ChatMessage], msgspec.Meta(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=1)] | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The assistant's message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The one answer."""

    index: int = 0
    message: Answered
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class TokenCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the model read and wrote for this answer, by its own count; zeros where code alone wrote."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(msgspec.Struct, frozen=True, kw_only=True):
    """``homepot``: the whole answer of this gateway, with its evidence and how far it can be trusted."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: TokenCounts
    homepot: QueryResponse


class Fragment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a chunk adds to the message."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the one answer."""

    index: int = 0
    delta: Fragment
    logprobs: None = None
    finish_reason: Literal["stop"] | None = None


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stream. ``homepot`` comes with the last choice, ``usage`` in an event of its own, if asked for."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: TokenCounts | msgspec.UnsetType = msgspec.UNSET
    homepot: QueryResponse | msgspec.UnsetType = msgspec.UNSET


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A name that `model` may have."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = OWNER


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /v1/models``."""

    object: Literal["list"] = "list"
    data: list[Model]


class ErrorMember(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong. ``code``: the kind of problem, in OpenAI's spelling."""

    message: str
    type: str
    param: str | None
    code: str
    request_id: str


class ErrorBody(msgspec.Struct, frozen=True):
    """OpenAI's shape of a failure."""

    error: ErrorMember
