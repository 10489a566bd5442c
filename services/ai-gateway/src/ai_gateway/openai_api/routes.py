"""``POST /v1/chat/completions`` and ``GET /v1/models``."""

from typing import Any

from litestar import MediaType, Request, Router, get, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from ai_gateway.access.guard import caller_of, require_key
from ai_gateway.kit.problems import Failures
from ai_gateway.kit.sse import EventStream
from ai_gateway.openai_api.chat import Chat
from ai_gateway.openai_api.errors import failures, openai_body
from ai_gateway.openai_api.types import ChatCompletion, ChatRequest, ModelList

AsRequest = Request[Any, Any, State]
TAGS = ["OpenAI"]


@post(
    "/chat/completions",
    status_code=200,
    tags=TAGS,
    summary="Answer a chat about the fleet",
    responses={
        200: ResponseSpec(ChatCompletion, description="The answer", generate_examples=False),
        **failures(400, 401, 404, 413, 429, 503),
    },
)
async def chat_completions(request: AsRequest, data: JSONBody[ChatRequest]) -> ChatCompletion | EventStream:
    """OpenAI's shape over `POST /api/ai/query`: the last user message is the question, earlier ones are the history.

    With `stream` true the answer comes as server-sent events that end with `[DONE]`. Sampling parameters, tools and system
    messages change nothing: code decides what is said.
    """
    chat: Chat = request.app.state.chat
    request_id = str(request.scope["state"]["request_id"])
    if data.stream:
        return EventStream(await chat.stream(data, caller_of(request), request_id))
    return await chat.complete(data, caller_of(request), request_id)


@get("/models", tags=TAGS, summary="Names that `model` may have", responses=failures(401, 503))
async def models(request: AsRequest) -> ModelList:
    """`homepot` and its three modes, and the models that Ollama has."""
    chat: Chat = request.app.state.chat
    return await chat.models()


PATH = "/v1"
FAILURES = Failures(openai_body, MediaType.JSON)
"""How requests below that path fail."""


def openai_router() -> Router:
    """Both, behind a key, with failures as OpenAI's clients know them."""
    return Router(
        path=PATH,
        route_handlers=[chat_completions, models],
        guards=[require_key],
        exception_handlers=FAILURES.handlers(),
        security=[{"apiKey": []}],
    )
