from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from dev.homepot.fleet import create_sample
from dev.homepot.reader import create_reader
from dev.homepot.sample.world import World
from dev.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "homepot"


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """Outside pytest's own folder: to that, a second pytest run by root bars the way of Postgres's account."""
    with (
        TemporaryDirectory(prefix="homepot-sample-") as folder,
        EmbeddedPostgres(Path(folder), durable=False) as server,
    ):
        yield server


@pytest.fixture
def empty_url(server: EmbeddedPostgres, request: pytest.FixtureRequest) -> str:
    """A fresh database of the test's own."""
    return server.create_database(f"t_{abs(hash(request.node.nodeid))}")


@pytest.fixture(scope="session")
def sample_url(server: EmbeddedPostgres) -> str:
    return server.create_database("sample")


@pytest.fixture(scope="session")
def world(sample_url: str) -> World:
    return create_sample(sample_url, NOW)


@pytest.fixture
def sample(sample_url: str, world: World) -> Iterator[psycopg.Connection]:
    """The sample as it was created; what a test changes is taken back."""
    assert world.now == NOW
    with psycopg.connect(sample_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def reader_url(sample_url: str, world: World) -> str:
    assert world.devices
    return create_reader(sample_url, "a p@ss/word's")
