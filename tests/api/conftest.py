"""A gateway's own database with the traces of a worker in it."""

from datetime import datetime

import pytest

from tests.api.scan import Scan


@pytest.fixture
def scan(database_url: str, now: datetime) -> Scan:
    """Writes what the worker would have found."""
    return Scan(database_url, now)
