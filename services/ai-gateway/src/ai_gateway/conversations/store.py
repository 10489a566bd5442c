"""Conversations and preferences in the gateway's own Postgres. Every query is of one owner."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from ai_gateway.access.types import DEFAULT_MODE, Mode
from ai_gateway.conversations.types import Conversation, Said
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.db import Pool, connection, fetch_all
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.sql import load_sql

PACKAGE = "ai_gateway.conversations"
PART = "database"
DOWN = "The gateway's own database does not answer; conversations cannot be read."
MOST_LISTED = 100
MOST_TURNS = 40


class ConversationStore:
    """The only place with SQL about conversations."""

    def __init__(self, pool: Pool, clock: Clock, keep: timedelta) -> None:
        """Args: pool: own database. clock: now. keep: how long a conversation lasts after its last message."""
        self._pool = pool
        self._clock = clock
        self._keep = keep

    async def start(self, owner: str) -> Conversation:
        """A new, empty conversation."""
        return msgspec.convert((await self._run("start", owner=owner))[0], Conversation)

    async def all(self, owner: str) -> list[Conversation]:
        """The owner's latest conversations, at most `MOST_LISTED`."""
        return msgspec.convert(await self._run("list", owner=owner, limit=MOST_LISTED), list[Conversation])

    async def find(self, owner: str, conversation: UUID) -> Conversation:
        """One of the owner's; raises a 404 problem for any other."""
        found = await self._run("find", owner=owner, id=conversation)
        if not found:
            raise _unknown(conversation)
        return msgspec.convert(found[0], Conversation)

    async def messages(self, owner: str, conversation: UUID, most: int = MOST_TURNS) -> list[Said]:
        """Its last messages, oldest first; none of somebody else's."""
        return msgspec.convert(await self._run("turns", owner=owner, id=conversation, limit=most), list[Said])

    async def add(self, owner: str, conversation: UUID, question: str, answer: str) -> None:
        """Keep one exchange; nothing happens where the conversation was deleted meanwhile."""
        await self._run("add", owner=owner, id=conversation, question=question, answer=answer)

    async def delete(self, owner: str, conversation: UUID) -> None:
        """Forget it with its messages; raises a 404 problem for one that is not the owner's."""
        if not await self._run("delete", owner=owner, id=conversation):
            raise _unknown(conversation)

    async def expire(self) -> int:
        """A job of the worker: forget conversations that have lasted long enough; returns how many."""
        return len(await self._run("expire", before=self._clock() - self._keep))

    async def mode(self, owner: str) -> Mode:
        """How the owner wants answers worded."""
        found = await self._run("read_mode", owner=owner)
        mode: Mode = found[0]["mode"] if found else DEFAULT_MODE
        return mode

    async def choose_mode(self, owner: str, mode: Mode) -> None:
        """Keep the owner's choice."""
        await self._run("write_mode", owner=owner, mode=mode)

    async def _run(self, query: str, **params: Any) -> list[dict[str, Any]]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), {"now": self._clock(), **params})


def _unknown(conversation: UUID) -> Problem:
    detail = f"There is no conversation {conversation} of yours. Start one with POST /api/ai/conversations."
    return Problem(404, detail, kind="unknown-conversation", field="conversation_id")
