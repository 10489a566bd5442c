"""``GET /api/ai/insights/{site_id}``."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import PathParameter

from ai_gateway.access.guard import caller_of
from ai_gateway.insights.service import SiteReview
from ai_gateway.insights.wire import SiteInsights
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import known_parameters

SiteKey = Annotated[str, PathParameter(max_length=100, description="Public id or HOMEPOT's integer.")]


@get(
    "/api/ai/insights/{site_id:str}",
    tags=["insights"],
    summary="What a site's last 30 days say",
    guards=[known_parameters],
    responses=problem_responses(400, 401, 404, 503),
)
async def site_insights(request: Request[Any, Any, State], site_id: SiteKey) -> SiteInsights:
    """Trends found by test, error patterns, what changes of configuration did, jobs by hour, like sites, and what is ahead.

    Costs follow from the operator's own rates and are left out without any. Code writes all of it; no language model is asked.
    """
    review: SiteReview = request.app.state.review
    return await review.review(caller_of(request), site_id)
