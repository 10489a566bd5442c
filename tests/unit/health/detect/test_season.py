"""What an hour of the week usually is."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.detect import Engine
from tests.unit.health.detect.streams import stream

DAY = 24
STOPS = 14 * DAY + 12
"""The Monday after the second Sunday, at noon."""


class Tills(NamedTuple):
    """Scores ``(hours, tills)``; sales stop at every second one."""

    score: NDArray[np.float32]

    def alarmed(self, start: int, end: int) -> list[bool]:
        return (self.score[start:end] > 1).any(axis=0).tolist()


@pytest.fixture(scope="module")
def tills() -> Tills:
    """Sixteen days, an hour a row, of tills that are closed at night and on Sundays."""
    rng = np.random.default_rng(0)
    hours = np.arange(16 * DAY)
    is_open = (hours % DAY >= 8) & (hours % DAY < 20) & (hours // DAY % 7 != 6)
    rate = np.where(is_open, 60.0, 0.0)[:, None] * np.exp(0.3 * rng.normal(size=(len(hours), 8)) - 0.045)
    sales = rng.poisson(rate).astype(np.float64)
    sales[STOPS : STOPS + 3, ::2] = np.round(sales[STOPS : STOPS + 3, ::2] * 0.05)
    verdicts = Engine([metric_named("transaction_count")]).score(stream(sales[..., None], every=3600.0))
    return Tills(verdicts.score.reshape(len(hours), 8))


def test_the_second_closed_sunday_is_no_news(tills: Tills) -> None:
    assert not any(tills.alarmed(13 * DAY, 14 * DAY))


def test_sales_that_stop_are_found_the_day_after_a_closed_one(tills: Tills) -> None:
    assert tills.alarmed(STOPS, STOPS + 4)[::2] == [True] * 4
    assert sum(tills.alarmed(STOPS, STOPS + 4)[1::2]) <= 1
