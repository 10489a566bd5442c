"""A small fleet by names alone, and the question's way through it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ai_gateway.answers.types import QueryRequest
from ai_gateway.answers.understand.name_index import NameIndex
from ai_gateway.answers.understand.question import Question, understand
from ai_gateway.homepot.directory import Names
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.view import View

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday
SITES = [
    SiteName(1, "SITE-AAAA-AAAA", "Building A", "London, UK", 1, True),  # noqa: FBT003 - a row
    SiteName(2, "SITE-BBBB-BBBB", "Harbour Mall", "Bristol, UK", 1, True),  # noqa: FBT003 - a row
    SiteName(3, "SITE-CCCC-CCCC", "Airport Terminal 2", "Manchester, UK", 2, True),  # noqa: FBT003 - a row
]
DEVICES = [
    DeviceName(10, "DEVICE-AAAA-AAAA-AAA1", "Lobby Terminal", "pos_terminal", 1),
    DeviceName(11, "DEVICE-AAAA-AAAA-AAA2", "Checkout 3", "pos_terminal", 1),
    DeviceName(12, "DEVICE-AAAA-AAAA-AAA3", "Main Gateway", "gateway", 1),
    DeviceName(13, "DEVICE-AAAA-AAAA-AAA4", "Server Room Sensor", "iot_sensor", 1),
    DeviceName(20, "DEVICE-BBBB-BBBB-BBB1", "Main Gateway", "gateway", 2),
    DeviceName(21, "DEVICE-BBBB-BBBB-BBB2", "Food Court POS 1", "pos_terminal", 2),
    DeviceName(22, "DEVICE-BBBB-BBBB-BBB3", "Food Court POS 2", "pos_terminal", 2),
    DeviceName(23, "DEVICE-BBBB-BBBB-BBB4", "Lobby Terminal 2", "pos_terminal", 2),
    DeviceName(30, "DEVICE-CCCC-CCCC-CCC1", "Arrivals Gateway", "gateway", 3),
    DeviceName(31, "DEVICE-CCCC-CCCC-CCC2", "Dispatch Tablet", "tablet", 3),
]
NAMES = Names.of(SITES, DEVICES)
EVERYWHERE = View()

Asker = Callable[..., Question]


@pytest.fixture
def index() -> NameIndex:
    """Everything is in view."""
    return NameIndex(NAMES, None)


@pytest.fixture
def ask(index: NameIndex) -> Asker:
    """Understand a question at `NOW`."""

    def make(text: str, *, focus: View = EVERYWHERE, among: NameIndex = index, **fields: object) -> Question:
        return understand(QueryRequest(question=text, **fields), among, NOW, focus)

    return make
