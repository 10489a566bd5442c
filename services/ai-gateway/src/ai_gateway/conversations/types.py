"""Conversations as they are kept and shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from ai_gateway.access.types import Mode


class Said(msgspec.Struct, frozen=True):
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str
    at: datetime


class Conversation(msgspec.Struct, frozen=True):
    """A conversation without its messages. ``turns``: how many messages it has."""

    id: UUID
    started_at: datetime
    last_at: datetime
    turns: int


class Transcript(msgspec.Struct, frozen=True):
    """A conversation with its messages, oldest first."""

    id: UUID
    started_at: datetime
    last_at: datetime
    messages: list[Said]


class ConversationList(msgspec.Struct, frozen=True):
    """A user's conversations, the latest first."""

    count: int
    conversations: list[Conversation]


class ModeChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How answers are worded unless a question says otherwise."""

    mode: Mode
