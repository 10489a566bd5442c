"""``POST /api/ai/query``: an answer at once, or as a stream of events."""

from typing import Any

from litestar import MediaType, Request, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from ai_gateway.access.guard import caller_of
from ai_gateway.answers.service import Answering
from ai_gateway.answers.stream import stream_answer
from ai_gateway.answers.types import QueryRequest, QueryResponse
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.sse import EVENTS, EventStream


@post(
    "/api/ai/query",
    status_code=200,
    tags=["answers"],
    summary="Answer a question about the fleet",
    responses={
        200: ResponseSpec(QueryResponse, description="The answer", generate_examples=False),
        **problem_responses(400, 401, 404, 413, 422, 429, 503),
    },
)
async def query(request: Request[Any, Any, State], data: JSONBody[QueryRequest]) -> QueryResponse | EventStream:
    """Answer in plain language, with the evidence that the answer rests on.

    The facts come from HOMEPOT's own rows; a language model may put them into words, and code checks those words. When
    the model is absent, late or wrong, `degraded` is true and the same facts are given in plainer words.

    With `Accept: text/event-stream` the answer comes as events: `evidence` as soon as it is gathered, a `delta` for each
    sentence of the model that passed the check, and last the whole `answer`, or an `error` that is a problem document.
    What goes wrong before the evidence is there is answered as without the header. Going away ends the model's work.
    """
    answering: Answering = request.app.state.answering
    if request.accept.best_match([MediaType.JSON, EVENTS]) != EVENTS:
        return await answering.answer(data, caller_of(request))
    request_id = str(request.scope["state"]["request_id"])
    return EventStream(await stream_answer(answering, data, caller_of(request), request_id))
