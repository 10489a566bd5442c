"""``/api/v1/ai``: the thirteen routes of HOMEPOT's own AI router."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from ai_gateway.access.guard import caller_of, require_key_or_cookie
from ai_gateway.homepot_api.anomalies import AnomalyList
from ai_gateway.homepot_api.assistant import Assistant
from ai_gateway.homepot_api.errors import failures, homepot_body
from ai_gateway.homepot_api.insights import Insights
from ai_gateway.homepot_api.job_types import (
    OptimalWindows,
    ProbabilityRequest,
    ScheduledJob,
    ScheduleRequest,
    SuccessProbability,
)
from ai_gateway.homepot_api.predictions import WINDOW_H, FailurePredictions
from ai_gateway.homepot_api.recommendations import Recommendations
from ai_gateway.homepot_api.system import System
from ai_gateway.homepot_api.types import (
    AnomalyEntries,
    AssistantAnswer,
    AssistantQuery,
    AtRiskDevices,
    DeviceInsights,
    FailurePrediction,
    HomepotForecast,
    PushInsights,
    RiskLevel,
    SiteInsights,
    SystemStatus,
)
from ai_gateway.incidents.service import IncidentService
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.problems import Failures

AsRequest = Request[Any, Any, State]
TAGS = ["HOMEPOT"]
LARGEST_ID = 2**31 - 1
Id = Annotated[str, msgspec.Meta(max_length=100)]
Days = Annotated[int, QueryParameter(ge=1, le=90, description="Length of the period in days.")]
Hours = Annotated[int, QueryParameter(ge=1, le=168, description="How far ahead, in hours.")]
LeastLevel = Annotated[RiskLevel, QueryParameter(description="Devices at this risk or above.")]
SiteFilter = Annotated[str | None, QueryParameter(max_length=100, description="One site.")]
DeviceFilter = Annotated[str | None, QueryParameter(max_length=100, description="One device.")]
Weekday = Annotated[int | None, QueryParameter(ge=0, le=6, description="0 is Monday.")]
UserId = Annotated[str | None, QueryParameter(max_length=200, description="Who resolved it.")]
Notes = Annotated[str | None, QueryParameter(max_length=2000, description="What was done.")]


class HomepotApi(msgspec.Struct, frozen=True):
    """What the routes ask."""

    anomalies: AnomalyList
    assistant: Assistant
    insights: Insights
    predictions: FailurePredictions
    recommendations: Recommendations
    system: System


def _api(request: AsRequest) -> HomepotApi:
    api: HomepotApi = request.app.state.homepot_api
    return api


@get("/anomalies", tags=TAGS, summary="Alerts and anomalies, the worst first", responses=failures(401, 403, 503))
async def anomalies(request: AsRequest) -> AnomalyEntries:
    """HOMEPOT's active alerts (with an `id`), and what the gateway's worker found, one entry a device (without one).

    Reading changes nothing: no device is switched to online or offline, as HOMEPOT's own route does.
    """
    return await _api(request).anomalies.listed(caller_of(request))


@post(
    "/query",
    status_code=200,
    tags=TAGS,
    summary="Answer a question about the fleet",
    responses=failures(400, 401, 404, 413, 429, 503),
)
async def query(request: AsRequest, data: JSONBody[AssistantQuery]) -> AssistantAnswer:
    """`POST /api/ai/query` in HOMEPOT's shape: the same answer, within the caller's sites, with its trust envelope."""
    return await _api(request).assistant.answer(data, caller_of(request))


@put(
    "/alerts/{alert_id:str}/resolve",
    tags=TAGS,
    summary="Refused: HOMEPOT's alerts are HOMEPOT's to resolve",
    responses=failures(400, 401, 403, 404, 501, 503),
)
async def resolve_alert(
    request: AsRequest, alert_id: FromPath[int], user_id: UserId = None, notes: Notes = None
) -> None:
    """The gateway only reads HOMEPOT's database, so it cannot resolve an alert in it, and does not pretend to.

    Let HOMEPOT's own route answer; the incident that the alert belongs to follows it within a minute. `incident_id`, where
    it is not null, is that incident: `POST /api/ai/incidents/{incident_id}/resolve` closes it here and keeps the notes.
    """
    del user_id, notes
    service: IncidentService = request.app.state.incidents
    incident = await service.of_alert(caller_of(request), alert_id) if 0 < alert_id <= LARGEST_ID else None
    detail = "The gateway reads HOMEPOT's alerts and cannot change them: send this to HOMEPOT's own back end."
    raise Problem(501, detail, kind="homepot-is-read-only", incident_id=incident)


@get(
    "/insights/push-notifications",
    tags=TAGS,
    summary="How push messages fared",
    responses=failures(400, 401, 403, 404, 503),
)
async def push_insights(request: AsRequest, device_id: DeviceFilter = None, days: Days = 7) -> PushInsights:
    """Counts and latency of the messages that HOMEPOT sent to the caller's devices; `device_id` is heeded."""
    return await _api(request).insights.pushes(caller_of(request), device_id, days)


@get("/insights/device/{device_id:str}", tags=TAGS, summary="One device", responses=failures(400, 401, 403, 404, 503))
async def device_insights(request: AsRequest, device_id: FromPath[str], days: Days = 30) -> DeviceInsights:
    """Means over the whole period, a trend that matters, and the health score that the worker gave, from 0 to 100."""
    return await _api(request).insights.device(caller_of(request), device_id, days)


@get("/insights/site/{site_id:str}", tags=TAGS, summary="One site", responses=failures(400, 401, 403, 404, 503))
async def site_insights(request: AsRequest, site_id: FromPath[str], days: Days = 30) -> SiteInsights:
    """How the jobs of this site fared, and which of its incidents a recorded change probably caused."""
    return await _api(request).insights.site(caller_of(request), site_id, days)


@get(
    "/predictions/failure/{device_id:str}",
    tags=TAGS,
    summary="A device's risk of failing",
    responses=failures(400, 401, 403, 404, 503),
)
async def predict_failure(
    request: AsRequest, device_id: FromPath[str], window_hours: Hours = WINDOW_H
) -> FailurePrediction:
    """The probability of a failure within the window as of the worker's last round, and what raises it.

    Without a round, or with one that is too old: `risk_level` `unknown`, with the reason as `error`.
    """
    return await _api(request).predictions.device(caller_of(request), device_id, window_hours)


@get(
    "/predictions/at-risk-devices",
    tags=TAGS,
    summary="Devices at risk",
    responses=failures(400, 401, 403, 404, 503),
)
async def at_risk(
    request: AsRequest, site_id: SiteFilter = None, min_risk_level: LeastLevel = "medium"
) -> AtRiskDevices:
    """The caller's devices at this risk within 24 hours, the riskiest first; 503 while no round of late tells of them."""
    return await _api(request).predictions.at_risk(caller_of(request), site_id, min_risk_level)


@post(
    "/recommendations/schedule-job",
    status_code=200,
    tags=TAGS,
    summary="When to run a job",
    responses=failures(400, 401, 403, 404, 413, 503),
)
async def schedule_job(request: AsRequest, data: JSONBody[ScheduleRequest]) -> ScheduledJob:
    """The best window that the priority leaves time for, and others; a critical job runs at once. Nothing is scheduled."""
    return await _api(request).recommendations.schedule(caller_of(request), data)


@post(
    "/recommendations/success-probability",
    status_code=200,
    tags=TAGS,
    summary="How likely a job succeeds",
    responses=failures(400, 401, 403, 404, 413, 503),
)
async def success_probability(request: AsRequest, data: JSONBody[ProbabilityRequest]) -> SuccessProbability:
    """From how jobs of the device, its site, its type and all in view ended, the hour of the day and the device's health."""
    return await _api(request).recommendations.success(caller_of(request), data)


@get(
    "/recommendations/optimal-windows/{site_id:str}",
    tags=TAGS,
    summary="When a site is best worked on",
    responses=failures(400, 401, 403, 404, 503),
)
async def optimal_windows(request: AsRequest, site_id: FromPath[str], day_of_week: Weekday = None) -> OptimalWindows:
    """The site's week by its own clock, each day with its windows, the best first."""
    return await _api(request).recommendations.optimal_windows(caller_of(request), site_id, day_of_week)


@get("/health-forecast", tags=TAGS, summary="Health ahead", responses=failures(400, 401, 403, 404, 503))
async def health_forecast(
    request: AsRequest, site_id: SiteFilter = None, forecast_hours: Hours = WINDOW_H
) -> HomepotForecast:
    """How many of the caller's devices are expected to fail, and at which risk they are; 503 while no round of late tells."""
    return await _api(request).predictions.forecast(caller_of(request), site_id, forecast_hours)


@get("/status", tags=TAGS, summary="What works", responses=failures(401, 403, 503))
async def system_status(request: AsRequest) -> SystemStatus:
    """Asked of every part at that moment; `capabilities` are true only for what really answers."""
    return await _api(request).system.status()


PATH = "/api/v1/ai"
FAILURES = Failures(homepot_body)
"""How requests below that path fail."""


def homepot_router() -> Router:
    """All of them, behind a key or HOMEPOT's session as header or cookie, with failures as HOMEPOT's callers know them."""
    return Router(
        path=PATH,
        route_handlers=[
            anomalies,
            query,
            resolve_alert,
            push_insights,
            device_insights,
            site_insights,
            predict_failure,
            at_risk,
            schedule_job,
            success_probability,
            optimal_windows,
            health_forecast,
            system_status,
        ],
        guards=[require_key_or_cookie],
        exception_handlers=FAILURES.handlers(),
        security=[{"apiKey": []}, {"homepotSession": []}],
    )
