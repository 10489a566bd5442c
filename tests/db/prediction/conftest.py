"""A fresh database of the gateway's own for each test."""

from collections.abc import AsyncIterator

import pytest

from ai_gateway.kit.db import Pool
from ai_gateway.wiring import create_own_pool
from tests.conftest import SettingsFactory
from tests.db.prediction.rows import Database


@pytest.fixture
def database(database_url: str) -> Database:
    return Database(database_url)


@pytest.fixture
async def pool(settings_for: SettingsFactory) -> AsyncIterator[Pool]:
    pool = create_own_pool(settings_for())
    await pool.open()
    yield pool
    await pool.close()
