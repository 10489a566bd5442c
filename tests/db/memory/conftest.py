"""Memory over a fresh database, with rows of HOMEPOT in the test's hand."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ai_gateway.clients.breaker import PartDown
from ai_gateway.homepot.resolved import ResolvedAlert
from ai_gateway.kit.db import Pool
from ai_gateway.memory.ingest import AlertIngest
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from ai_gateway.wiring import create_own_pool
from tests.conftest import SettingsFactory

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def alert(number: int, minutes_ago: float, **changes: object) -> ResolvedAlert:
    """A resolved alert; `minutes_ago`: when it was resolved, before `NOW`."""
    at = NOW - timedelta(minutes=minutes_ago)
    values: dict[str, object] = {
        "id": number,
        "at": at - timedelta(minutes=30),
        "title": f"Alert {number}",
        "description": None,
        "severity": "warning",
        "category": "network",
        "resolved_at": at,
        "resolution_notes": "Restarted it.",
        "device_id": "DEVICE-A",
        "device_name": "Till",
        "device_type": "pos_terminal",
        "site": 1,
        "site_name": "Store",
    }
    return ResolvedAlert(**{**values, **changes})


class Homepot:
    """A stand-in for HOMEPOT's resolved alerts: pages through the alerts that a test gives it."""

    def __init__(self) -> None:
        self.alerts: list[ResolvedAlert] = []
        self.readings = 0

    async def page(self, *, after: datetime, after_id: int, limit: int) -> list[ResolvedAlert]:
        self.readings += 1
        key = lambda one: (one.resolved_at, one.id)  # noqa: E731 - the order and the bound share it
        return sorted((one for one in self.alerts if key(one) > (after, after_id)), key=key)[:limit]


class FaultyEmbedder:
    """A FAKE embedder: vectors without meaning, and failures where a test wants them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.fails_on: str | None = None

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        if self.fails_on and any(self.fails_on in text for text in texts):
            raise PartDown("embedder", "it was told to fail")
        self.texts += texts
        return [unit_vector(text) for text in texts]

    async def embed_question(self, _: str) -> list[float]:
        raise PartDown("embedder", "it was told to fail")


class Knowing(FaultyEmbedder):
    """A FAKE embedder that embeds questions too: the same text is the same vector, any other has nothing in common."""

    async def embed_question(self, text: str) -> list[float]:
        return unit_vector(text)

    def down(self) -> FaultyEmbedder:
        """One that answers no question."""
        return FaultyEmbedder()


def kept(key: str, description: str, *, days: float = 0, **changes: object) -> Incident:
    """An incident to remember, which occurred ``days`` before `NOW`."""
    fields: dict[str, Any] = {
        "source": "test",
        "source_key": key,
        "content_hash": f"hash of {key}",
        "severity": "warning",
        "category": "application",
        "occurred_at": NOW - timedelta(days=days),
        **dict.fromkeys(("site", "site_name", "device_id", "device_name", "device_type", "resolved_at", "resolution")),
    }
    return Incident(**{**fields, "description": description, **changes})


def unit_vector(text: str) -> list[float]:
    """A vector of length 1 that only the same text has."""
    place = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 768
    return [float(index == place) for index in range(768)]


@pytest.fixture
def homepot() -> Homepot:
    return Homepot()


@pytest.fixture
def embedder() -> FaultyEmbedder:
    return FaultyEmbedder()


@pytest.fixture
async def pool(settings_for: SettingsFactory) -> AsyncIterator[Pool]:
    pool = create_own_pool(settings_for())
    await pool.open(wait=True, timeout=10)
    yield pool
    await pool.close()


@pytest.fixture
def memory(pool: Pool) -> MemoryStore:
    return MemoryStore(pool)


@pytest.fixture
def ingest(
    homepot: Homepot, memory: MemoryStore, embedder: FaultyEmbedder, monkeypatch: pytest.MonkeyPatch
) -> AlertIngest:
    """Reads five rows at a time and stores two."""
    monkeypatch.setattr("ai_gateway.memory.ingest.READ_AT_ONCE", 5)
    return AlertIngest(homepot, memory, embedder, lambda: NOW, overlap_s=3600, batch_size=2)


@pytest.fixture
def own(database_url: str) -> Iterator[psycopg.Connection]:
    """Plain SQL on the gateway's own database."""
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection
