"""``/api/ai/knowledge``: which runbooks and manuals are indexed, and which were refused."""

from typing import Any

from litestar import Controller, Request, get
from litestar.datastructures import State

from ai_gateway.access.guard import caller_of
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import Limit, Offset, known_parameters
from ai_gateway.knowledge.library import Library
from ai_gateway.knowledge.types import KnowledgeView

AsRequest = Request[Any, Any, State]


class Knowledge(Controller):
    """The folder of runbooks and manuals."""

    path = "/api/ai/knowledge"
    tags = ("memory",)
    guards = (known_parameters,)

    @get("/", summary="Which runbooks are indexed", responses=problem_responses(400, 401, 403, 503))
    async def files(self, request: AsRequest, limit: Limit = 50, offset: Offset = 0) -> KnowledgeView:
        """Of the tenants whose sites the key sees, and everybody's; refused files first, with the reason."""
        library: Library = request.app.state.library
        return await library.view(caller_of(request), limit, offset)
