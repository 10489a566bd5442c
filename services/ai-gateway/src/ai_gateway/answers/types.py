"""The wire shapes of ``POST /api/ai/query``."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from ai_gateway.access.types import Mode
from ai_gateway.answers.trust.types import TrustEnvelope

MAX_QUESTION_CHARS = 2000
MAX_TURN_CHARS = 8000
MAX_ID_CHARS = 100
MAX_TURNS = 40


class Turn(msgspec.Struct, frozen=True):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, msgspec.Meta(max_length=MAX_TURN_CHARS)]


class QueryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about the fleet. Ids may be HOMEPOT's public strings or its integers."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUESTION_CHARS, pattern=r"\S")]
    mode: Mode | None = None
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    device_id: Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)] | int | None = None
    site_id: Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)] | int | None = None
    history: Annotated[list[Turn], msgspec.Meta(max_length=MAX_TURNS)] = []
    conversation_id: UUID | None = None


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fact that the gateway read. ``source``: the table and row, or the computation, it comes from."""

    id: str
    kind: str
    at: datetime
    text: str
    source: str
    device_id: str | None = None


class RelevantDevice(msgspec.Struct, frozen=True):
    """A device that the answer is about. ``id``: HOMEPOT's public string."""

    id: str
    name: str
    status: str


class Gathered(msgspec.Struct, frozen=True):
    """What a streamed answer will rest on: the ``evidence`` event."""

    evidence: list[Evidence]
    relevant_devices: list[RelevantDevice]


class Delta(msgspec.Struct, frozen=True):
    """One sentence of the model that passed the check: a ``delta`` event. The ``answer`` event has the last word."""

    text: str


class Usage(msgspec.Struct, frozen=True):
    """Tokens that the model read and wrote for this answer; zero where none was asked, as for an answer kept from before."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class QueryResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with what it rests on. ``degraded``: code wrote all of it, and ``degraded_reason`` says why."""

    answer: str
    relevant_devices: list[RelevantDevice]
    mode: Mode
    response_time_ms: int
    model_used: str | None
    evidence: list[Evidence]
    degraded: bool
    degraded_reason: str | None = None
    trust: TrustEnvelope
    cached: bool = False
    usage: Usage = Usage()
    conversation_id: UUID | None = None
