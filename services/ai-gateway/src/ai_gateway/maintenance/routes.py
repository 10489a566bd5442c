"""``GET /api/ai/maintenance-plan``."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from ai_gateway.access.guard import caller_of
from ai_gateway.health.filters import SiteId
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import PAGE, Page, known_parameters
from ai_gateway.maintenance.service import MaintenancePlanner
from ai_gateway.maintenance.wire import MaintenancePlan
from ai_gateway.prediction.routes import LeastRisk

Horizon = Annotated[Literal[48, 72, 168, 336], QueryParameter(description="Hours ahead.")]


@get(
    "/api/ai/maintenance-plan",
    tags=["prediction"],
    summary="What to see to, at which site, in which window",
    guards=[known_parameters],
    dependencies=PAGE,
    responses=problem_responses(400, 401, 404, 503),
)
async def maintenance_plan(
    request: Request[Any, Any, State],
    page: NamedDependency[Page],
    site_id: SiteId = None,
    horizon: Horizon = 168,
    least_risk: LeastRisk = 0.2,
) -> MaintenancePlan:
    """Visits for the devices that may fail, or reach a limit, within `horizon` hours, the one that avoids most first.

    Each lies in one of the site's windows, by its opening hours and maintenance windows, and says what it is expected to avoid.
    Nothing is scheduled by asking.
    """
    planner: MaintenancePlanner = request.app.state.maintenance
    return await planner.plan(caller_of(request), site_id, float(horizon), least_risk, page)
