"""Everything around a gateway under evaluation: fresh databases, the real embedder, a real language model."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec
from pydantic import SecretStr

from ai_gateway.kit.settings import Settings
from dev.evals.gateway import LocalGateway, local_gateway
from dev.homepot.fleet import create_sample
from dev.homepot.load import Anchor, load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.ollama.models import SMOLLM2
from dev.ollama.process import OllamaProcess
from dev.postgres import EmbeddedPostgres
from dev.postgres_host import free_port

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 120
PATIENCE = {
    "query_deadline_s": 300.0,
    "llm_first_token_timeout_s": 240.0,
    "llm_token_timeout_s": 60.0,
    "llm_breaker_failures": 1000,
}
"""A busy machine must not decide what a model is able to write: its time is reported, not judged."""


class StackError(RuntimeError):
    """A part of the evaluation stack did not come up."""


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """Which fleet: the sample, or ``csv``, a folder with a file a table. It is always ``now``, an aware time.

    ``scanned``: the worker has looked for anomalies and incidents. ``foreseen``: it told the risks of `rounds`.
    """

    now: datetime
    csv: Path | None = None
    anchor: Anchor = "telemetry"
    scanned: bool = False
    foreseen: bool = False


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Which language model writes. Without ``ollama_host`` the small local one is started."""

    name: str = SMOLLM2.name
    ollama_host: str | None = None


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """A running stack. ``homepot_url`` is the superuser's; ``plain`` has no model, ``eloquent`` has one or is absent."""

    homepot_url: str
    now: datetime
    plain: LocalGateway
    eloquent: LocalGateway | None


@asynccontextmanager
async def running_stack(dataset: Dataset, model: Model | None) -> AsyncIterator[Stack]:
    """Start everything side by side; without ``model`` no language model.

    Raises:
        StackError: a part did not come up.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="evals-")))
        embedder_url = stack.enter_context(embedder(folder / "embedder.log"))
        model = stack.enter_context(_reachable(model)) if model else None
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres", durable=False))
        yield await stack.enter_async_context(stack_over(postgres, embedder_url, dataset, model))


@asynccontextmanager
async def stack_over(
    postgres: EmbeddedPostgres, embedder_url: str, dataset: Dataset, model: Model | None = None
) -> AsyncIterator[Stack]:
    """Gateways over a started Postgres and embedder; the databases are its own. ``model`` must say where its Ollama is."""
    async with AsyncExitStack() as stack:
        homepot_url = stack.enter_context(postgres.passing_database())
        own_url = stack.enter_context(postgres.passing_database())
        await asyncio.to_thread(_fill, homepot_url, dataset)
        settings = _settings(homepot_url, own_url, embedder_url)
        plain = await stack.enter_async_context(local_gateway(settings, dataset.now))
        await _answers(f"{embedder_url}/readyz", "the embedder")
        await plain.fill_memory()
        if dataset.scanned:
            await plain.scan()
        if dataset.foreseen:
            await plain.foresee(dataset.now)
        eloquent = None
        if model:
            chosen = {"llm_enabled": True, "ollama_host": model.ollama_host, "llm_model": model.name}
            talking = settings.model_copy(update=chosen | PATIENCE)
            eloquent = await stack.enter_async_context(local_gateway(talking, dataset.now))
        yield Stack(homepot_url=homepot_url, now=dataset.now, plain=plain, eloquent=eloquent)


def _fill(homepot_url: str, dataset: Dataset) -> None:
    if dataset.csv:
        load_csv(homepot_url, dataset.csv, dataset.now, anchor=dataset.anchor)
    else:
        create_sample(homepot_url, dataset.now)


def _settings(homepot_url: str, own_url: str, embedder_url: str) -> Settings:
    """The gateway's settings with the defaults of production, apart from where things are."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # a parameter that pydantic-settings adds
        homepot_database_url=SecretStr(create_reader(homepot_url, TRIAL_PASSWORD)),
        database_url=SecretStr(own_url),
        migrations_dir=ROOT / "migrations",
        embedder_url=embedder_url,
        llm_enabled=False,
        answer_cache_ttl_s=0,  # rows are changed in place beneath the gateway, and every case is to be thought through
        trust_keep_s=0.0,  # each case brings rows of its own
    )


@contextmanager
def embedder(log: Path) -> Iterator[str]:
    """The embedder service as a child process; yields its URL at once, while it loads its model."""
    port = free_port()
    environment = {**os.environ, "EMBEDDER_HOST": "127.0.0.1", "EMBEDDER_PORT": str(port), "EMBEDDER_DEVICE": "cpu"}
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedder", "serve"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _reachable(model: Model) -> Iterator[Model]:
    if model.ollama_host:
        yield model
        return
    with OllamaProcess() as process:
        yield Model(name=model.name, ollama_host=process.url)


async def _answers(url: str, what: str) -> None:
    """Wait until a service is ready."""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        for _ in range(START_TIMEOUT_S * 5):
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)
    raise StackError(f"{what} did not get ready within {START_TIMEOUT_S} s; is its model fetched (`make models`)?")
