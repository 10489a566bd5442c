"""``/api/ai/conversations`` and ``/api/ai/mode``: of the user that the request acts for, nobody else's."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from ai_gateway.access.guard import caller_of
from ai_gateway.conversations.store import ConversationStore
from ai_gateway.conversations.types import Conversation, ConversationList, ModeChoice, Transcript
from ai_gateway.kit.problems import problem_responses

AsRequest = Request[Any, Any, State]


def _store(request: AsRequest) -> ConversationStore:
    store: ConversationStore = request.app.state.conversations
    return store


class Conversations(Controller):
    """Start, read and forget conversations."""

    path = "/api/ai/conversations"
    tags = ("conversations",)

    @post(summary="Start a conversation", responses=problem_responses(401, 403, 503))
    async def start(self, request: AsRequest) -> Conversation:
        """Send its id as `conversation_id` with each question: “why?” and “the other one” then know what is meant."""
        return await _store(request).start(caller_of(request).owner)

    @get(summary="List your conversations", responses=problem_responses(401, 403, 503))
    async def listed(self, request: AsRequest) -> ConversationList:
        """The latest first, at most a hundred."""
        found = await _store(request).all(caller_of(request).owner)
        return ConversationList(len(found), found)

    @get("/{conversation_id:uuid}", summary="Read a conversation", responses=problem_responses(401, 403, 404, 503))
    async def read(self, request: AsRequest, conversation_id: FromPath[UUID]) -> Transcript:
        """Its last messages, oldest first."""
        owner = caller_of(request).owner
        found = await _store(request).find(owner, conversation_id)
        messages = await _store(request).messages(owner, conversation_id)
        return Transcript(found.id, found.started_at, found.last_at, messages)

    @delete("/{conversation_id:uuid}", summary="Forget a conversation", responses=problem_responses(401, 403, 404, 503))
    async def forget(self, request: AsRequest, conversation_id: FromPath[UUID]) -> None:
        """With all its messages, at once."""
        await _store(request).delete(caller_of(request).owner, conversation_id)


@get("/api/ai/mode", tags=["conversations"], summary="Your mode", responses=problem_responses(401, 403, 503))
async def read_mode(request: AsRequest) -> ModeChoice:
    """How answers are worded where a question names no mode."""
    return ModeChoice(await _store(request).mode(caller_of(request).owner))


@put(
    "/api/ai/mode", tags=["conversations"], summary="Choose your mode", responses=problem_responses(400, 401, 403, 503)
)
async def choose_mode(request: AsRequest, data: JSONBody[ModeChoice]) -> ModeChoice:
    """Kept for the user that the request acts for, over restarts."""
    await _store(request).choose_mode(caller_of(request).owner, data.mode)
    return data
