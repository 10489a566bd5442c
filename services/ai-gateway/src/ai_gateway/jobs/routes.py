"""``GET /api/ai/jobs/windows/{site_id}`` and ``GET /api/ai/jobs/success-probability/{device_id}``."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter

from ai_gateway.access.guard import caller_of
from ai_gateway.jobs.service import JobPlanner
from ai_gateway.jobs.wire import JobChance, SiteWindows
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import aware, known_parameters

SiteKey = Annotated[str, PathParameter(max_length=100, description="Public id or HOMEPOT's integer.")]
DeviceKey = Annotated[str, PathParameter(max_length=100, description="Public id or HOMEPOT's integer.")]
Days = Annotated[int, QueryParameter(ge=1, le=14, description="How many days ahead.")]
At = Annotated[
    datetime | None, QueryParameter(description="When it begins, RFC 3339; without a zone UTC. Default: now.")
]
Action = Annotated[
    str | None,
    QueryParameter(
        min_length=2,
        max_length=50,
        pattern=r"^[\w .:-]+$",
        description="Only jobs with this word in their action count.",
    ),
]
FAILURES = problem_responses(400, 401, 404, 503)


@get(
    "/api/ai/jobs/windows/{site_id:str}",
    tags=["jobs"],
    summary="When a site is best worked on",
    guards=[known_parameters],
    responses=FAILURES,
)
async def job_windows(request: Request[Any, Any, State], site_id: SiteKey, days: Days = 7) -> SiteWindows:
    """Stretches ahead in which a job disturbs least and reaches most devices, the best first, each with its reason.

    From the site's opening hours by its own clock, when its devices usually report, its busy hours and how its jobs ended.
    """
    planner: JobPlanner = request.app.state.jobs
    return await planner.windows(caller_of(request), site_id, days)


@get(
    "/api/ai/jobs/success-probability/{device_id:str}",
    tags=["jobs"],
    summary="How likely a job succeeds",
    guards=[known_parameters],
    responses=FAILURES,
)
async def job_success(
    request: Request[Any, Any, State], device_id: DeviceKey, at: At = None, action: Action = None
) -> JobChance:
    """A probability with its interval, and the jobs of the last 90 days behind it.

    Few jobs of the device are broadened by those of its site, of its type, and of all sites in the caller's view.
    """
    planner: JobPlanner = request.app.state.jobs
    return await planner.success(caller_of(request), device_id, aware(at), action)
