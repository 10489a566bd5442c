"""Real parts for every test: an embedded Postgres, the sample fleet, the embedder, a small language model.

Everything is made once a session. Databases of the gateway's own are copied from a migrated template, so that each
test gets a fresh one in a fraction of a second.
"""

import asyncio
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import structlog
from asgi_lifespan import LifespanManager

from ai_gateway.access.store import KeyStore
from ai_gateway.access.types import DEFAULT_PERMISSIONS, Permission
from ai_gateway.app import create_app
from ai_gateway.kit.clock import system_clock
from ai_gateway.kit.migrations import migrate
from ai_gateway.kit.settings import Settings
from ai_gateway.wiring import create_own_pool
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.ollama.process import OllamaProcess
from dev.postgres import EmbeddedPostgres
from dev.postgres_host import free_port
from dev.waiting import wait_until

ROOT = Path(__file__).parents[1]
EMBEDDING_MODEL = ROOT / ".cache/models/all-mpnet-base-v2"
NOWHERE = "http://127.0.0.1:9"
PROJECT_VARIABLES = (
    "HOMEPOT_",
    "DATABASE_",
    "EMBEDDER_",
    "OLLAMA_",
    "LLM_",
    "GATEWAY_",
    "WORKER_",
    "QUERY_",
    "SITE_",
    "COST_",
    "MEMORY_",
    "KNOWLEDGE_",
    "INCIDENT_",
    "LOG_",
)

SettingsFactory = Callable[..., Settings]


@pytest.fixture(scope="session", autouse=True)
def _scrubbed_environment() -> None:
    """A developer's own settings must not reach the tests."""
    for name in [name for name in os.environ if name.startswith(PROJECT_VARIABLES)]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands that a test runs in this process configure its logging; the next test has it as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    # Not pytest's own temp folder: that one belongs to the user alone, and Postgres may run as another.
    folder = Path(tempfile.mkdtemp(prefix="ai-gateway-tests-"))
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment at which the sample fleet was read, and at which the tests' clock stands still."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def homepot_admin_url(postgres: EmbeddedPostgres, now: datetime) -> str:
    """The sample fleet, as its owner."""
    url = postgres.create_database("homepot")
    create_sample(url, now)
    return url


@pytest.fixture(scope="session")
def homepot_url(homepot_admin_url: str) -> str:
    """The sample fleet, as the reader role."""
    return create_reader(homepot_admin_url, TRIAL_PASSWORD)


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres) -> str:
    """The name of an empty, migrated database of the gateway."""
    migrate(postgres.create_database("gateway_template"), ROOT / "migrations")
    return "gateway_template"


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, template_database: str) -> Iterator[str]:
    """A fresh, migrated database of the gateway's own."""
    with postgres.passing_database(template_database) as url:
        yield url


@pytest.fixture
def settings_for(homepot_url: str, database_url: str) -> SettingsFactory:
    """Make settings over the sample fleet and a fresh database; nothing else is reachable unless it is named."""

    def make(**overrides: object) -> Settings:
        values: dict[str, object] = {
            "homepot_database_url": homepot_url,
            "database_url": database_url,
            "embedder_url": NOWHERE,
            "ollama_host": NOWHERE,
            "llm_enabled": False,
            "migrations_dir": ROOT / "migrations",
            "answer_cache_ttl_s": 0,  # a second question is to reach the parts that are tested
            "embedding_cache_size": 0,  # the embedder among them
        }
        return Settings.model_validate({**values, **overrides})

    return make


@pytest.fixture(scope="session")
def embedder_url() -> Iterator[str]:
    """The real embedder with the real model, in a process of its own."""
    if not EMBEDDING_MODEL.is_dir():
        pytest.fail("the embedding model is missing: run `make models`")
    port = free_port()
    environment = {**os.environ, "EMBEDDER_MODEL_DIR": str(EMBEDDING_MODEL), "EMBEDDER_HOST": "127.0.0.1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "embedder", "serve"],
        env={**environment, "EMBEDDER_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200, 120)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def ollama_url() -> Iterator[str]:
    """The small local model behind Ollama's wire protocol; never assert what it says."""
    with OllamaProcess() as server:
        yield server.url


@pytest.fixture
async def client_for(now: datetime) -> AsyncIterator[Callable[..., "asyncio.Future[httpx.AsyncClient]"]]:
    """Start a gateway with given settings and return a client of it that holds a key."""
    managers: list[LifespanManager] = []
    clients: list[httpx.AsyncClient] = []

    async def start(settings: Settings, *, ready: bool = True, key: str | None = "") -> httpx.AsyncClient:
        app = create_app(settings, lambda: now)
        manager = await LifespanManager(app, startup_timeout=10, shutdown_timeout=10).__aenter__()
        managers.append(manager)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(manager.app), base_url="http://gateway", timeout=60)
        clients.append(client)
        if ready:
            await until_ready(client)
        if key == "":
            key = await make_key(settings)
        if key:
            client.headers["Authorization"] = f"Bearer {key}"
        return client

    yield start  # type: ignore[misc]
    for client in clients:
        await client.aclose()
    for manager in managers:
        await manager.__aexit__(None, None, None)


async def until_ready(client: httpx.AsyncClient, seconds: float = 20) -> None:
    """Wait until the gateway says that it is ready."""
    deadline = time.monotonic() + seconds
    while (answer := await client.get("/readyz")).status_code != 200:
        if time.monotonic() > deadline:
            raise TimeoutError(answer.text)
        await asyncio.sleep(0.05)


async def make_key(settings: Settings, *sites: str, scopes: tuple[Permission, ...] = DEFAULT_PERMISSIONS) -> str:
    """Make an API key as the command line does."""
    pool = create_own_pool(settings)
    await pool.open(wait=True, timeout=10)
    try:
        return await KeyStore(pool, system_clock, 0).create("tests", sites or None, scopes)
    finally:
        await pool.close()
