from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from dev.evals.stack import Stack, stack_over
from dev.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
async def stack(request: pytest.FixtureRequest, postgres: EmbeddedPostgres, embedder_url: str) -> AsyncIterator[Stack]:
    """Everything around a gateway over the dataset that the test names.

    One at a time: the reader role has twenty connections for all databases of a server, and a gateway keeps its own.
    """
    async with stack_over(postgres, embedder_url, request.param) as stack:
        yield stack
