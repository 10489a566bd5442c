"""The gateway's web application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router

from ai_gateway import __version__
from ai_gateway.access.guard import SESSION_COOKIE, require_key
from ai_gateway.answers.routes import query
from ai_gateway.conversations.routes import Conversations, choose_mode, read_mode
from ai_gateway.health.routes import anomalies, health
from ai_gateway.homepot_api import routes as homepot_api
from ai_gateway.incidents.routes import acknowledge, analyze, events, incident, incidents, resolve
from ai_gateway.insights.routes import site_insights
from ai_gateway.jobs.routes import job_success, job_windows
from ai_gateway.kit.clock import Clock, system_clock
from ai_gateway.kit.edge import Edge
from ai_gateway.kit.openapi import StrictStructs
from ai_gateway.kit.problems import Failures
from ai_gateway.kit.settings import Settings
from ai_gateway.knowledge.routes import Knowledge
from ai_gateway.maintenance.routes import maintenance_plan
from ai_gateway.memory.routes import Memory
from ai_gateway.openai_api import routes as openai_api
from ai_gateway.prediction.routes import at_risk, health_forecast, predict
from ai_gateway.status.routes import livez, metrics, readyz, status
from ai_gateway.wiring import Parts

DOCS = "/docs"
ASSETS = "/docs-assets"
ROUTES = (
    query,
    Conversations,
    read_mode,
    choose_mode,
    status,
    health,
    anomalies,
    analyze,
    predict,
    at_risk,
    health_forecast,
    maintenance_plan,
    job_windows,
    job_success,
    site_insights,
    incidents,
    incident,
    acknowledge,
    resolve,
    events,
    Memory,
    Knowledge,
)
"""All that asks for a key."""
SHAPES = {homepot_api.PATH: homepot_api.FAILURES, openai_api.PATH: openai_api.FAILURES}
"""How paths fail whose callers know another shape of failures."""


def create_app(settings: Settings, clock: Clock = system_clock) -> Edge:
    """The whole gateway as one ASGI application, with limits and access log around it."""
    return with_edge(Parts(settings, clock))


def with_edge(parts: Parts) -> Edge:
    """The same of parts that somebody else holds too."""
    most, at_once = parts.settings.max_request_bytes, parts.settings.max_concurrent_requests
    return Edge(create_litestar(parts), max_body_bytes=most, max_concurrent=at_once)


def create_litestar(parts: Parts) -> Litestar:
    """The routes. Everything below ``/api`` asks for a key."""
    return Litestar(
        route_handlers=[
            Router(path="/", route_handlers=[*ROUTES], guards=[require_key], security=[{"apiKey": []}]),
            homepot_api.homepot_router(),
            openai_api.openai_router(),
            livez,
            readyz,
            metrics,
            create_static_files_router(ASSETS, [swagger_folder()], include_in_schema=False),
        ],
        exception_handlers=Failures(below=SHAPES).handlers(),
        lifespan=[_lifespan(parts)],
        logging_config=None,  # kit/logging.py has configured it; Litestar would replace the handlers
        openapi_config=_openapi(),
        plugins=[StrictStructs()],
        state=State(
            {
                "analyzer": parts.analyzer,
                "answering": parts.answering,
                "chat": parts.chat,
                "conversations": parts.conversations,
                "door": parts.door,
                "events": parts.events,
                "homepot_api": parts.homepot_api,
                "forecast": parts.forecast,
                "health": parts.fleet_health,
                "incidents": parts.incident_desk,
                "jobs": parts.jobs,
                "library": parts.library,
                "maintenance": parts.maintenance,
                "memory": parts.memory_desk,
                "prediction": parts.prediction,
                "review": parts.review,
                "pools": (parts.homepot.pool, parts.pool),
                "startup": parts.startup,
                "status": parts.status,
            }
        ),
        request_max_body_size=parts.settings.max_request_bytes,
    )


def _lifespan(parts: Parts) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with parts.running():
            yield

    return lifespan


def _openapi() -> OpenAPIConfig:
    page = SwaggerRenderPlugin(
        path="/",
        js_url=f"{ASSETS}/swagger-ui-bundle.js",
        css_url=f"{ASSETS}/swagger-ui.css",
        standalone_preset_js_url=f"{ASSETS}/swagger-ui-standalone-preset.js",
        favicon=f"<link rel='icon' type='image/png' href='{ASSETS}/favicon-32x32.png'>",
    )
    return OpenAPIConfig(
        title="HOMEPOT AI gateway",
        version=__version__,
        description="Grounded answers about a fleet of devices: code decides, the model narrates.",
        path=DOCS,
        render_plugins=[page, JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={
                "apiKey": SecurityScheme(type="http", scheme="bearer"),
                "homepotSession": SecurityScheme(type="apiKey", name=SESSION_COOKIE, security_scheme_in="cookie"),
            }
        ),
    )


def swagger_folder() -> Path:
    """Where the bundled Swagger UI lies, so that the docs page needs no network; the package is not imported."""
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package flask-swagger-ui is not installed.")
    return Path(spec.origin).parent / "dist"
