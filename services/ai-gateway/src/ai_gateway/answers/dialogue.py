"""What a question takes from earlier ones, and what it leaves for later ones: the user's mode and the conversation."""

import asyncio

import msgspec

from ai_gateway.access.types import DEFAULT_MODE, Caller, Mode
from ai_gateway.answers.types import MAX_TURN_CHARS, QueryRequest, Turn
from ai_gateway.conversations.store import ConversationStore
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.logging import get_logger

PATIENCE_S = 0.5
"""A question does not wait longer than this for what was said before."""

_log = get_logger("answers")


class Dialogue:
    """Continues conversations. While the gateway's own database is down a question stands alone, and says so."""

    def __init__(self, store: ConversationStore) -> None:
        """Args: store: conversations and preferences."""
        self._store = store

    async def take_up(self, request: QueryRequest, caller: Caller) -> tuple[QueryRequest, list[str]]:
        """The question with its mode and what was said before it, and what of this could not be had.

        Raises:
            Problem: 404 for a conversation that is not the caller's.
        """
        request = msgspec.structs.replace(request, mode=request.mode or await self._mode(caller))
        if request.conversation_id is None:
            return request, []
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._store.find(caller.owner, request.conversation_id)
                said = await self._store.messages(caller.owner, request.conversation_id)
        except (TimeoutError, Unavailable):
            return request, ["what was said before in this conversation could not be read"]
        turns = [Turn(one.role, one.content[:MAX_TURN_CHARS]) for one in said]
        return msgspec.structs.replace(request, history=[*turns, *request.history]), []

    async def _mode(self, caller: Caller) -> Mode:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._store.mode(caller.owner)
        except (TimeoutError, Unavailable):
            return DEFAULT_MODE

    async def keep(self, request: QueryRequest, caller: Caller, answer: str) -> list[str]:
        """Add the exchange to its conversation; returns what could not be done."""
        if request.conversation_id is None:
            return []
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._store.add(caller.owner, request.conversation_id, request.question, answer)
        except (TimeoutError, Unavailable) as error:
            _log.warning("conversation_not_kept", reason=str(error))
            return ["this exchange could not be added to the conversation"]
        return []
