"""Parts that can be broken: each database has a server of its own, on a port that it keeps."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ai_gateway.kit.settings import Settings
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.postgres import EmbeddedPostgres
from tests.conftest import NOWHERE, ROOT, SettingsFactory


def _server(name: str) -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{name}-"))
    with EmbeddedPostgres(folder / "postgres") as server:  # durable: it is killed, and must know what it promised
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def homepot_server() -> Iterator[EmbeddedPostgres]:
    yield from _server("homepot")


@pytest.fixture(scope="session")
def own_server() -> Iterator[EmbeddedPostgres]:
    yield from _server("own")


@pytest.fixture(scope="session")
def breakable_homepot_url(homepot_server: EmbeddedPostgres, now: datetime) -> str:
    url = homepot_server.create_database("homepot")
    create_sample(url, now)
    return create_reader(url, TRIAL_PASSWORD)


@pytest.fixture
def breakable(breakable_homepot_url: str, own_server: EmbeddedPostgres) -> SettingsFactory:
    """Settings over the two breakable servers; the gateway's database is migrated by the gateway itself."""
    own_url = own_server.create_database("ai_gateway")

    def make(**overrides: object) -> Settings:
        values: dict[str, object] = {
            "homepot_database_url": breakable_homepot_url,
            "database_url": own_url,
            "embedder_url": NOWHERE,
            "ollama_host": NOWHERE,
            "llm_enabled": False,
            "migrations_dir": ROOT / "migrations",
            "llm_breaker_reset_s": 1.0,
            "answer_cache_ttl_s": 0,
            "embedding_cache_size": 0,  # the same question is to reach the embedder again
        }
        return Settings.model_validate({**values, **overrides})

    return make
