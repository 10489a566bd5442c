"""``GET /api/ai/health`` and ``GET /api/ai/anomalies``."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from ai_gateway.access.guard import caller_of
from ai_gateway.health.service import AnomalyFilter, HealthService, Page
from ai_gateway.health.wire import AnomalyPage, FleetHealth
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import Limit, Offset, Since, aware, known_parameters

Severity = Literal["info", "warning", "critical"]
SiteId = Annotated[
    str | None, QueryParameter(max_length=100, description="One site: its public id or HOMEPOT's integer.")
]
DeviceId = Annotated[
    str | None, QueryParameter(max_length=100, description="One device: its public id or HOMEPOT's integer.")
]
Severities = Annotated[list[Severity] | None, QueryParameter(description="Only these; repeat it for several.")]
OpenOrAll = Annotated[
    Literal["open", "all"], QueryParameter(description="`open`: those that are still on. `all`: ended ones too.")
]
FAILURES = problem_responses(400, 401, 404, 503)


@get(
    "/api/ai/health",
    tags=["health"],
    summary="How the fleet and its sites are",
    guards=[known_parameters],
    responses=FAILURES,
)
async def health(
    request: Request[Any, Any, State], site_id: SiteId = None, limit: Limit = 50, offset: Offset = 0
) -> FleetHealth:
    """Scores and counts as of the worker's last scan: the fleet in the key's view, its sites, and its worst devices.

    While the last scan is older than `HEALTH_STALE_S`, or there was none, `stale` is true and nothing is called healthy.
    """
    service: HealthService = request.app.state.health
    return await service.health(caller_of(request), site_id, Page(limit, offset))


@get(
    "/api/ai/anomalies",
    tags=["health"],
    summary="Anomalies, the worst first",
    guards=[known_parameters],
    responses=FAILURES,
)
async def anomalies(
    request: Request[Any, Any, State],
    site_id: SiteId = None,
    device_id: DeviceId = None,
    severity: Severities = None,
    since: Since = None,
    status: OpenOrAll = "open",
    limit: Limit = 50,
    offset: Offset = 0,
) -> AnomalyPage:
    """What is out of the ordinary, with the value that was seen, what was expected, and the metrics that explain it.

    `since` keeps those that were on at that time or later. `count` is the number of all that fit, not of this page.
    """
    service: HealthService = request.app.state.health
    chosen = AnomalyFilter(
        site_id=site_id, device_id=device_id, severities=severity, since=aware(since), open_only=status == "open"
    )
    return await service.anomalies(caller_of(request), chosen, Page(limit, offset))
