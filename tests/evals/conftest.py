from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev.evals.stack import Dataset, Stack, stack_over
from dev.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
HOMEPOT_ROWS = Path(__file__).parents[1] / "data" / "homepot"


@pytest.fixture(scope="session")
async def sample_stack(postgres: EmbeddedPostgres, embedder_url: str) -> AsyncIterator[Stack]:
    async with stack_over(postgres, embedder_url, Dataset(now=NOW)) as stack:
        yield stack


@pytest.fixture(scope="session")
async def homepot_stack(postgres: EmbeddedPostgres, embedder_url: str) -> AsyncIterator[Stack]:
    async with stack_over(postgres, embedder_url, Dataset(now=NOW, csv=HOMEPOT_ROWS)) as stack:
        yield stack


@pytest.fixture(scope="session")
async def scanned_stack(postgres: EmbeddedPostgres, embedder_url: str) -> AsyncIterator[Stack]:
    async with stack_over(postgres, embedder_url, Dataset(now=NOW, scanned=True)) as stack:
        yield stack


@pytest.fixture(scope="session")
async def foreseen_stack(postgres: EmbeddedPostgres, embedder_url: str) -> AsyncIterator[Stack]:
    async with stack_over(postgres, embedder_url, Dataset(now=NOW, foreseen=True)) as stack:
        yield stack
