"""Remembered incidents as recall gives them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ai_gateway.memory.types import Recalled
from tests.unit.memory.making import Make

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def recalled() -> Make:
    """Make an incident; its id counts up."""
    made = iter(range(1, 1000))

    def make(description: str = "Printer jammed.", **changes: Any) -> Recalled:
        fields: dict[str, Any] = dict.fromkeys(
            (
                "title",
                "site",
                "site_name",
                "device_id",
                "device_name",
                "device_type",
                "resolved_at",
                "cause",
                "resolution",
                "helped",
            )
        )
        fields |= {
            "id": next(made),
            "source": "test",
            "source_key": "1",
            "severity": "warning",
            "category": "application",
        }
        return Recalled(**{**fields, "description": description, "occurred_at": NOW, **changes})

    return make
