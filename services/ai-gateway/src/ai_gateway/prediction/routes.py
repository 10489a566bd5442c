"""``GET /api/ai/predict/{device_id}``, ``/predictions/at-risk`` and ``/health-forecast``."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from ai_gateway.access.guard import caller_of
from ai_gateway.health.filters import SiteId
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import PAGE, Page, known_parameters
from ai_gateway.prediction.forecast import ForecastService
from ai_gateway.prediction.forecast_wire import HealthForecast
from ai_gateway.prediction.service import PredictionService
from ai_gateway.prediction.wire import DevicePrediction, RiskPage

Horizon = Annotated[Literal[1, 6, 24, 48, 72, 168, 336, 720], QueryParameter(description="Hours ahead.")]
WholeDays = Annotated[Literal[24, 48, 72, 168, 336, 720], QueryParameter(description="Hours ahead.")]
LeastRisk = Annotated[float, QueryParameter(ge=0, le=1, description="Least probability, ratio 0-1.")]
DeviceKey = Annotated[str, PathParameter(max_length=100, description="Public id or HOMEPOT's integer.")]
FAILURES = problem_responses(400, 401, 404, 503)


@get(
    "/api/ai/predict/{device_id:str}",
    tags=["prediction"],
    summary="What is ahead of one device",
    guards=[known_parameters],
    responses=FAILURES,
)
async def predict(request: Request[Any, Any, State], device_id: DeviceKey) -> DevicePrediction:
    """The probability of a failure within a day to a month, each with an interval, what it rests on and what to do.

    With the survival curve, the time until half of devices like it have failed, what moved the risk, and the limits that its
    metrics are on their way to. As of the worker's last round.
    """
    service: PredictionService = request.app.state.prediction
    return await service.device(caller_of(request), device_id)


@get(
    "/api/ai/predictions/at-risk",
    tags=["prediction"],
    summary="Devices at risk, the riskiest first",
    guards=[known_parameters],
    dependencies=PAGE,
    responses=FAILURES,
)
async def at_risk(
    request: Request[Any, Any, State],
    page: NamedDependency[Page],
    site_id: SiteId = None,
    horizon: Horizon = 168,
    least_risk: LeastRisk = 0.2,
) -> RiskPage:
    """Devices in the key's view whose probability of a failure within `horizon` hours is at least `least_risk`."""
    service: PredictionService = request.app.state.prediction
    return await service.at_risk(caller_of(request), site_id, float(horizon), least_risk, page)


@get(
    "/api/ai/health-forecast",
    tags=["prediction"],
    summary="How many devices are expected to fail, where and when",
    guards=[known_parameters],
    dependencies=PAGE,
    responses=FAILURES,
)
async def health_forecast(
    request: Request[Any, Any, State],
    page: NamedDependency[Page],
    site_id: SiteId = None,
    horizon: WholeDays = 168,
) -> HealthForecast:
    """Failures expected within `horizon` hours, with an interval: in all, by the day and by the site, the most first.

    With the trend of the health score over the last 30 days. Before the worker's first round, or if its last one is too long
    ago, `stale` is true and nothing is expected.
    """
    service: ForecastService = request.app.state.forecast
    return await service.forecast(caller_of(request), site_id, float(horizon), page)
