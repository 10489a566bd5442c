"""``POST /api/ai/query``."""

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody

from ai_gateway.access.guard import caller_of
from ai_gateway.answers.service import Answering
from ai_gateway.answers.types import QueryRequest, QueryResponse
from ai_gateway.kit.problems import problem_responses


@post(
    "/api/ai/query",
    status_code=200,
    tags=["answers"],
    summary="Answer a question about the fleet",
    responses=problem_responses(400, 401, 404, 413, 422, 503),
)
async def query(request: Request[Any, Any, State], data: JSONBody[QueryRequest]) -> QueryResponse:
    """Answer in plain language, with the evidence that the answer rests on.

    The facts come from HOMEPOT's own rows; a language model may put them into words, and code checks those words. When
    the model is absent, late or wrong, `degraded` is true and the same facts are given in plainer words.
    """
    answering: Answering = request.app.state.answering
    return await answering.answer(data, caller_of(request))
