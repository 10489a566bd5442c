"""Incidents, the analysis of a device, and the stream of events."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from ai_gateway.access.guard import OPENS, caller_of, require, require_key
from ai_gateway.access.types import Caller, Mode
from ai_gateway.health.filters import WHERE, Where
from ai_gateway.incidents.analyze import Analyzer
from ai_gateway.incidents.report import Analysis
from ai_gateway.incidents.service import IncidentService
from ai_gateway.incidents.stream import Events
from ai_gateway.incidents.types import Status
from ai_gateway.incidents.wire import IncidentDetail, IncidentPage, ResolveRequest
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import PAGE, Page, known_parameters
from ai_gateway.kit.sse import EVENTS, EventStream

Category = Literal[
    "temperature",
    "connectivity",
    "power",
    "performance",
    "storage",
    "application",
    "security",
    "configuration",
]
FAILURES = problem_responses(400, 401, 404, 503)
ACTION_FAILURES = problem_responses(400, 401, 403, 404, 413, 503)
LAST_EVENT_ID = r"^\d{0,18}$"


@get(
    "/api/ai/analyze/{device_id:str}",
    tags=["health"],
    summary="Analyse one device",
    guards=[known_parameters],
    opt={OPENS: ("read", "reports")},
    responses=FAILURES,
)
async def analyze(
    request: Request[Any, Any, State],
    device_id: FromPath[str],
    period: Annotated[Literal["1h", "24h", "7d", "30d"], QueryParameter(description="The stretch up to now.")] = "24h",
    mode: Annotated[Mode, QueryParameter(description="For whom: focus and length of `summary`.")] = "maintenance",
) -> Analysis:
    """What is wrong with a device, since when and why, what helped in such cases, its figures and its charts.

    Code writes all of it, so it needs no language model. `mode` changes the focus and the length of `summary`, nothing else.
    """
    analyzer: Analyzer = request.app.state.analyzer
    return await analyzer.analyze(caller_of(request), device_id, period, mode)


@get(
    "/api/ai/incidents",
    tags=["incidents"],
    summary="Incidents: what a person should look at",
    guards=[known_parameters],
    dependencies=WHERE | PAGE,
    responses=FAILURES,
)
async def incidents(
    request: Request[Any, Any, State],
    where: NamedDependency[Where],
    page: NamedDependency[Page],
    status: Annotated[list[Status] | None, QueryParameter(description="Only these; repeat it for several.")] = None,
    category: Annotated[list[Category] | None, QueryParameter(description="Only these; repeat it.")] = None,
) -> IncidentPage:
    """The unresolved first, then the most severe, then the newest. `since` keeps those that were on then or later."""
    service: IncidentService = request.app.state.incidents
    return await service.page(caller_of(request), where, page, statuses=status, categories=category)


@get(
    "/api/ai/incidents/{incident_id:uuid}",
    tags=["incidents"],
    summary="One incident with all that belongs to it",
    guards=[known_parameters],
    responses=FAILURES,
)
async def incident(request: Request[Any, Any, State], incident_id: FromPath[UUID]) -> IncidentDetail:
    """Its anomalies and HOMEPOT's alerts, the probable cause with its evidence, and past incidents like it."""
    service: IncidentService = request.app.state.incidents
    return await service.incident(caller_of(request), incident_id)


@post(
    "/api/ai/incidents/{incident_id:uuid}/acknowledge",
    status_code=200,
    tags=["incidents"],
    summary="Say that somebody looks at it",
    guards=[known_parameters, require("operate")],
    responses=ACTION_FAILURES,
)
async def acknowledge(request: Request[Any, Any, State], incident_id: FromPath[UUID]) -> IncidentDetail:
    """An open incident becomes acknowledged; any other stays as it is. Nothing is written to HOMEPOT.

    Needs the permission `operate`.
    """
    service: IncidentService = request.app.state.incidents
    return await service.acknowledge(caller_of(request), incident_id)


@post(
    "/api/ai/incidents/{incident_id:uuid}/resolve",
    status_code=200,
    tags=["incidents"],
    summary="Close it and say what helped",
    guards=[known_parameters, require("operate")],
    responses=ACTION_FAILURES,
)
async def resolve(
    request: Request[Any, Any, State], incident_id: FromPath[UUID], data: JSONBody[ResolveRequest]
) -> IncidentDetail:
    """The incident is resolved whatever its anomalies say; new trouble of the kind reopens it. Memory learns the resolution.

    Needs the permission `operate`.
    """
    service: IncidentService = request.app.state.incidents
    return await service.resolve(caller_of(request), incident_id, data.resolution)


@get(
    "/api/ai/events",
    tags=["incidents"],
    summary="Changes as they happen (server-sent events)",
    guards=[known_parameters],
    media_type=EVENTS,
    responses={
        200: ResponseSpec(None, description="A stream of events", media_type=EVENTS),
        **problem_responses(400, 401, 503),
    },
)
async def events(
    request: Request[Any, Any, State],
    last_event_id: Annotated[
        str, HeaderParameter(name="Last-Event-ID", pattern=LAST_EVENT_ID, description="Go on after this event.")
    ] = "",
) -> EventStream:
    """`incident` events with an incident as in the list, and `health` events with a site as in `GET /api/ai/health`.

    A client that comes back with the last id it saw gets what changed meanwhile. An incident that changed twice may come
    once. Comments keep the stream alive. It ends when the key does.
    """
    stream: Events = request.app.state.events

    async def recheck() -> Caller:
        await require_key(request, request.route_handler)
        return caller_of(request)

    after = int(last_event_id) if last_event_id else None
    return EventStream(await stream.open(caller_of(request), after, recheck))
