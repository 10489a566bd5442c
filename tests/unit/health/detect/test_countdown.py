"""Days left of a certificate: they fall as time passes, which is no news until the limit is near."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.detect import DETECTORS, Engine
from tests.unit.health.detect.streams import alarms, stream

HOUR_S = 3600.0
LEFT = metric_named("certificate_days_left")


DAYS = np.arange(60 * 24) / 24
LONG = 90 - np.floor(DAYS)
RENEWED = np.where(DAYS < 30, 70 - np.floor(DAYS), 395 - np.floor(DAYS))
SHORT = 40 - np.floor(DAYS)


@pytest.mark.parametrize(("values", "count"), [(LONG, 0), (RENEWED, 0), (SHORT, 1)])
def test_only_its_limit_is_judged(values: NDArray[np.float64], count: int) -> None:
    """Of 60 days hour by hour."""
    rng = np.random.default_rng(1)
    load = 40 + rng.normal(0, 1.5, len(DAYS))
    found = Engine((metric_named("cpu_percent"), LEFT)).score(stream(np.stack([load, values], axis=1)[:, None], HOUR_S))
    over = np.flatnonzero(np.nan_to_num(found.metric_score[:, 1]) > 1)
    assert alarms(found.score) == alarms(found.metric_score[:, 1]) == count
    if count:
        assert {DETECTORS[place] for place in found.detector[over, 1]} == {"limit"}
        assert values[over[0]] == pytest.approx(7, abs=1)


def test_a_battery_is_judged_by_its_habits_and_by_its_limit() -> None:
    battery = metric_named("battery_percent")
    assert (battery.bad, battery.limit, battery.weights) == ("down", 20, (0.0, 1.0))
    assert LEFT.weights == (0.0, 0.0)
