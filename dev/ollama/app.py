"""Ollama's routes as a Litestar application."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar, Request, Response, delete, get, head, post
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from dev.ollama import bodies, models
from dev.ollama.engine import Engine
from dev.ollama.errors import OllamaError
from dev.ollama.generation import Generation
from dev.ollama.runners import DEFAULT_MAX_QUEUE, FOREVER, Runners

VERSION = f"0.0.0-homepot-dev-stand-in+xllamacpp.{version('xllamacpp')}"
LOCAL_SUFFIXES = (".localhost", ".local", ".internal")

Json = dict[str, Any]
AnyRequest = Request[Any, Any, State]


@get("/", media_type="text/plain")
async def root() -> str:
    """What people and health checks look for."""
    return "Ollama is running"


@head("/")
async def root_head() -> None:
    """The same without a body."""


@get("/api/version")
async def show_version() -> Json:
    """A version that no real Ollama has: this is a stand-in."""
    return {"version": VERSION}


@get("/api/tags")
async def tags() -> Json:
    """The models whose files are here."""
    return {"models": [listed(model) for model in models.present()]}


@post("/api/show", status_code=200)
async def show(request: AnyRequest) -> Json:
    """Facts about one model."""
    name = bodies.parse(bodies.ModelBody, await request.body()).wanted
    if not name:
        raise OllamaError(400, "model is required")
    model = models.by_name(name)
    if model is None:
        raise OllamaError(404, f"model '{name if ':' in name else name + ':latest'}' not found")
    return {
        "license": model.licence,
        "modelfile": f"# stand-in: the file is {model.file}\nFROM {model.name}\n",
        "parameters": "",
        "template": "{{- /* the chat template inside the GGUF is what applies */ -}}",
        "details": model.details,
        "model_info": {
            "general.architecture": model.family,
            "general.parameter_count": model.parameters,
            f"{model.family}.context_length": model.context_length,
        },
        "capabilities": ["completion"],
        "modified_at": model.modified_at,
    }


@get("/api/ps")
async def ps(state: State) -> Json:
    """The model in memory, if any."""
    runners: Runners = state.runners
    if runners.loaded is None:
        return {"models": []}
    model, num_ctx = runners.loaded
    expires_at = runners.expires_at or datetime.now(UTC) + FOREVER
    entry = listed(model) | {"expires_at": expires_at.isoformat(), "size_vram": 0, "context_length": num_ctx}
    del entry["modified_at"]
    return {"models": [entry]}


@post("/api/chat", status_code=200)
async def chat(request: AnyRequest, state: State) -> ASGIApp:
    """Answer a conversation."""
    return Generation(bodies.chat_call(bodies.parse(bodies.ChatBody, await request.body())), state.runners)


@post("/api/generate", status_code=200)
async def generate(request: AnyRequest, state: State) -> ASGIApp:
    """Continue a prompt."""
    return Generation(bodies.generate_call(bodies.parse(bodies.GenerateBody, await request.body())), state.runners)


@post(["/api/embed", "/api/embeddings"])
async def embed(request: AnyRequest) -> None:
    """Refused: these are chat models, and the embedder is a service of its own."""
    name = bodies.parse(bodies.ModelBody, await request.body()).wanted
    if models.by_name(name) is None:
        raise OllamaError(404, f'model "{name}" not found, try pulling it first')
    raise OllamaError(501, "this model does not support embeddings")


@post("/api/pull", status_code=200)
async def pull(request: AnyRequest) -> Response[bytes]:
    """Succeeds for a model whose file is here; nothing is ever downloaded by this route."""
    name = bodies.parse(bodies.ModelBody, await request.body()).wanted
    if models.by_name(name) is None:
        raise OllamaError(500, f"this stand-in downloads nothing: '{name}' is not among its models")
    return Response(b'{"status":"success"}\n', media_type="application/x-ndjson")


@delete("/api/delete", status_code=200)
async def remove() -> None:
    """Refused: the models belong to the repository's cache."""
    raise OllamaError(501, "this stand-in deletes nothing")


def listed(model: models.Model) -> Json:
    """One entry of `/api/tags`."""
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": model.modified_at,
        "size": model.size,
        "digest": model.sha256,
        "details": model.details,
    }


def refuse(_: AnyRequest, error: OllamaError) -> Response[Json]:
    """Ollama's shape of an error."""
    return Response({"error": error.message}, status_code=error.status)


def refuse_route(_: AnyRequest, error: HTTPException) -> Response[str]:
    """Unknown paths and methods, in the words of Ollama's router."""
    words = {404: "404 page not found", 405: "405 method not allowed"}
    return Response(words.get(error.status_code, error.detail), status_code=error.status_code, media_type="text/plain")


class LocalOnly:
    """Middleware: 403 with an empty body for a foreign Origin, or a foreign Host (as against DNS rebinding).

    The Host matters only where the server listens on loopback (`check_host`), as in Ollama.
    """

    def __init__(self, app: ASGIApp, *, check_host: bool) -> None:
        self.app = app
        self.check_host = check_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", [])}
        host = urlsplit("//" + headers.get(b"host", "")).hostname or ""
        origin = headers.get(b"origin")
        foreign = origin is not None and not is_local(urlsplit(origin).hostname or "")
        foreign = foreign or (self.check_host and not is_local(host))
        if foreign and scope["type"] == ScopeType.HTTP:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await self.app(scope, receive, send)


def is_local(host: str) -> bool:
    """Whether a host name can only mean this machine or its network."""
    if not host or host in {"localhost", socket.gethostname().lower()} or host.endswith(LOCAL_SUFFIXES):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def create_app(engine: Engine, *, max_queue: int = DEFAULT_MAX_QUEUE, local_only: bool = True) -> Litestar:
    """The application over `engine`; at most `max_queue` calls wait; `local_only` refuses foreign Hosts."""
    runners = Runners(engine, max_queue)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await runners.close()

    return Litestar(
        [root, root_head, show_version, tags, show, ps, chat, generate, embed, pull, remove],
        state=State({"runners": runners}),
        lifespan=[lifespan],
        middleware=[DefineMiddleware(LocalOnly, check_host=local_only)],
        exception_handlers={OllamaError: refuse, HTTPException: refuse_route},
        openapi_config=None,
        logging_config=None,
    )
