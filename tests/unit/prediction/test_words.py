"""A stored risk told for a time between the ones it is stored for."""

import numpy as np
import pytest

from ai_gateway.prediction.types import HOURS
from ai_gateway.prediction.words import between

RISK = (0.01, 0.02, 0.05, 0.2, 0.21, 0.6, 0.9, 0.95, 0.97)[: len(HOURS)]


@pytest.mark.parametrize(
    "at", [0.0, HOURS[0] / 2, HOURS[0], 23.9, HOURS[1], 100.0, HOURS[-1] - 0.1, HOURS[-1], 10_000.0]
)
def test_it_is_straight_between_the_points_of_the_curve(at: float) -> None:
    hours = HOURS[: len(RISK)]
    assert between(hours, RISK, at) == pytest.approx(np.interp(at, (0.0, *hours), (0.0, *RISK)), abs=1e-15)
