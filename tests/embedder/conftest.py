import logging
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from asgi_lifespan import LifespanManager

from embedder.app import build_app
from embedder.logging import configure
from embedder.settings import Settings
from tests.embedder.fakes import FakeModel

MODEL_DIR = Path(os.environ.get("EMBEDDER_MODEL_DIR", ".cache/models/all-mpnet-base-v2")).absolute()

StartApi = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(autouse=True)
def _logs_as_in_production() -> Iterator[None]:
    """Structlog's own default prints local variables of tracebacks, slowly."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure(level="info", log_format="json")
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EMBEDDER_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def model_dir() -> Path:
    if not MODEL_DIR.is_dir():
        pytest.fail(f"{MODEL_DIR} is absent; fetch the model first: embedder fetch-model --into {MODEL_DIR}")
    return MODEL_DIR


@pytest.fixture
def fake() -> Iterator[FakeModel]:
    model = FakeModel()
    yield model
    model.gate.set()


@pytest.fixture
async def start_api() -> AsyncIterator[StartApi]:
    """Starts the whole application around a model, and waits until it is ready."""
    async with AsyncExitStack() as stack:

        async def start(
            model: object, *, wait: bool = True, may_load: threading.Event | None = None, **settings: Any
        ) -> httpx.AsyncClient:
            def load(_: Settings) -> Any:
                assert may_load is None or may_load.wait(20)
                if isinstance(model, Exception):
                    raise model
                return model

            app = build_app(Settings(**settings), load)
            manager = await stack.enter_async_context(LifespanManager(app))  # type: ignore[arg-type]
            transport = httpx.ASGITransport(manager.app)
            client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://embedder"))
            while wait and (await client.get("/readyz")).json()["status"] != "ready":
                pass
            return client

        yield start
