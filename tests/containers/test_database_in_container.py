"""The migrations and a recall on the very image that compose.yaml runs, with its own Postgres and pgvector."""

import math
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config

from ai_gateway.kit.db import create_pool
from ai_gateway.kit.migrations import migrate
from ai_gateway.memory.lexical import Question
from ai_gateway.memory.store import MemoryStore, configure_connection
from ai_gateway.memory.types import ANY, Incident, WordCounts
from tests.containers.tools import DATABASE_IMAGE, ROOT, lacking

pytestmark = pytest.mark.containers
DIMENSIONS = 768


@pytest.fixture(scope="module")
def container_url() -> Iterator[str]:
    """A superuser's URL of an empty database in a container of its own."""
    if reason := lacking(DATABASE_IMAGE):
        pytest.skip(reason)
    testcontainers_config.ryuk_disabled = True  # one more image to have; the context manager below cleans up
    # testcontainers publishes on every interface of this host
    password = secrets.token_hex(16)
    with PostgresContainer(DATABASE_IMAGE, username="ai_gateway", password=password, driver=None) as container:
        yield container.get_connection_url()


@pytest.fixture(scope="module")
def applied(container_url: str) -> list[str]:
    return migrate(container_url, ROOT / "migrations")


def vector(degrees: float) -> list[float]:
    """Of length 1; two of them are as alike as the cosine of the angle between them."""
    angle = math.radians(degrees)
    return [math.cos(angle), math.sin(angle), *([0.0] * (DIMENSIONS - 2))]


def incident(key: str, site: int) -> Incident:
    return Incident(
        source="alerts",
        source_key=key,
        content_hash=key,
        description=f"incident {key}",
        severity="critical",
        category="hardware",
        site=site,
        site_name=f"Site {site}",
        device_id=None,
        device_name=None,
        device_type=None,
        occurred_at=datetime(2026, 11, 1, tzinfo=UTC),
        resolved_at=None,
        resolution="restarted it",
    )


def test_every_migration_is_applied_once(container_url: str, applied: list[str]) -> None:
    assert applied == sorted(path.stem for path in (ROOT / "migrations").glob("*.sql"))
    assert migrate(container_url, ROOT / "migrations") == []


def test_the_image_has_the_pgvector_that_is_needed(container_url: str, applied: list[str]) -> None:
    assert applied
    with psycopg.connect(container_url) as connection:
        (version,) = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone() or (
            "",
        )
    assert tuple(map(int, version.split("."))) >= (0, 8, 4)


async def test_memory_recalls_the_nearest_of_the_callers_sites(container_url: str, applied: list[str]) -> None:
    assert applied
    pool = create_pool(
        container_url, name="test", max_size=2, statement_timeout_ms=5000, configure=configure_connection
    )
    await pool.open(wait=True, timeout=10)
    try:
        store = MemoryStore(pool)
        angles = {"far": 80.0, "near": 5.0, "elsewhere": 0.0}
        rows = [incident(key, site=2 if key == "elsewhere" else 1) for key in angles]
        await store.save(rows, [vector(angle) for angle in angles.values()], "a-model", "a-job", {"id": 3})
        nothing = Question.of("", "", WordCounts(0, {}))
        found = await store.candidates(vector(0.0), "a-model", nothing, (1,), ANY, 2)
        near = {one.incident.description: one.incident.similarity for one in found}
        assert sorted(near) == ["incident far", "incident near"]
        # Vectors lie there in half precision, of 11 binary digits.
        assert near["incident near"] == pytest.approx(math.cos(math.radians(5)), abs=2**-11)
        assert (await store.statistics()).incidents == 3
    finally:
        await pool.close()
