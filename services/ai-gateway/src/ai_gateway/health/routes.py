"""``GET /api/ai/health`` and ``GET /api/ai/anomalies``."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from ai_gateway.access.guard import caller_of
from ai_gateway.health.filters import WHERE, SiteId, Where
from ai_gateway.health.service import HealthService
from ai_gateway.health.wire import AnomalyPage, FleetHealth
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import PAGE, Page, known_parameters

OpenOrAll = Annotated[
    Literal["open", "all"], QueryParameter(description="`open`: those that are still on. `all`: ended ones too.")
]
FAILURES = problem_responses(400, 401, 404, 503)


@get(
    "/api/ai/health",
    tags=["health"],
    summary="How the fleet and its sites are",
    guards=[known_parameters],
    dependencies=PAGE,
    responses=FAILURES,
)
async def health(request: Request[Any, Any, State], page: NamedDependency[Page], site_id: SiteId = None) -> FleetHealth:
    """Scores and counts as of the worker's last scan: the fleet in the key's view, its sites, and its worst devices.

    While the last scan is older than `HEALTH_STALE_S`, or there was none, `stale` is true and nothing is called healthy.
    """
    service: HealthService = request.app.state.health
    return await service.health(caller_of(request), site_id, page)


@get(
    "/api/ai/anomalies",
    tags=["health"],
    summary="Anomalies, the worst first",
    guards=[known_parameters],
    dependencies=WHERE | PAGE,
    responses=FAILURES,
)
async def anomalies(
    request: Request[Any, Any, State],
    where: NamedDependency[Where],
    page: NamedDependency[Page],
    status: OpenOrAll = "open",
) -> AnomalyPage:
    """What is out of the ordinary, with the value that was seen, what was expected, and the metrics that explain it.

    `since` keeps those that were on at that time or later. `count` is the number of all that fit, not of this page.
    """
    service: HealthService = request.app.state.health
    return await service.anomalies(caller_of(request), where, page, open_only=status == "open")
