"""``GET /api/ai/status``, and the probes that need no key."""

from typing import Any, Final

from litestar import HttpMethod, MediaType, Request, Response, get, route
from litestar.datastructures import State

from ai_gateway.kit.db import report_pool
from ai_gateway.kit.metrics import METRICS_CONTENT_TYPE, render_metrics
from ai_gateway.kit.problems import problem_responses
from ai_gateway.status.service import StatusService
from ai_gateway.status.types import StatusResponse

PROBED_BY: Final = (HttpMethod.GET, HttpMethod.HEAD)
"""Load balancers look at the status alone, and many ask for no more."""


@get(
    "/api/ai/status",
    tags=["status"],
    summary="The state of every part",
    responses=problem_responses(401, 503),
)
async def status(request: Request[Any, Any, State]) -> StatusResponse:
    """Each dependency's real state, latency and version, and what works when one is down."""
    service: StatusService = request.app.state.status
    return await service.status()


@route("/livez", http_method=PROBED_BY, tags=["probes"], media_type=MediaType.TEXT, summary="The process is alive")
async def livez() -> str:
    """Answers as long as the event loop runs; asks nothing of other parts."""
    return "ok"


@route("/readyz", http_method=PROBED_BY, tags=["probes"], summary="Ready to answer questions")
async def readyz(request: Request[Any, Any, State]) -> Response[dict[str, str]]:
    """200 once the gateway's database is migrated and HOMEPOT's schema is known; 503 says what is still missing."""
    waiting: dict[str, str] = request.app.state.startup.waiting()
    return Response(
        {"status": "starting", **waiting} if waiting else {"status": "ready"}, status_code=503 if waiting else 200
    )


@route("/metrics", http_method=PROBED_BY, tags=["probes"], media_type=MediaType.TEXT, summary="Metrics for Prometheus")
async def metrics(request: Request[Any, Any, State]) -> Response[bytes]:
    """Prometheus' text format."""
    for pool in request.app.state.pools:
        report_pool(pool)
    return Response(render_metrics(), headers={"Content-Type": METRICS_CONTENT_TYPE})
