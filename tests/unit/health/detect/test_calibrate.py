import numpy as np
import pytest

from ai_gateway.health.detect.calibrate import ENOUGH, Memory, Ring
from ai_gateway.health.detect.records import ACCEPTED, TAIL, margin

SPAN = np.array([240.0])
RING = Ring(name="ring", size=6, days=0.1, spreads=2.0, highest=1.0, least=0.5)


def memory(ring: Ring = RING) -> Memory:
    return {name: blank[None].copy() for name, blank in ring.blank().items()}, np.array([0])


def block(ring: Ring, held: Memory, highest: float) -> tuple[float, float]:
    """A block of 24 rows, one of which is ``highest``; what was said of that one."""
    said = [ring.step(held, np.array([highest if row == 5 else 0.0]), SPAN) for row in range(24)]
    return float(said[5][0][0]), float(said[5][1][0])


def test_nothing_is_said_before_enough_blocks() -> None:
    held = memory()
    said = [block(RING, held, 1.0) for _ in range(ENOUGH + 1)]
    assert [np.isnan(above) for above, _ in said] == [True] * ENOUGH + [False]


def test_usual_and_reach_are_those_of_the_maxima() -> None:
    held = memory()
    maxima = [1.0, 2.0, 3.0, 10.0]
    for highest in maxima:
        block(RING, held, highest)
    above, reach = block(RING, held, 11.0)
    assert above == pytest.approx(11 - np.mean(maxima))
    assert reach == pytest.approx(max(2 * np.std(maxima), 10 - np.mean(maxima)))


def test_the_oldest_block_makes_way() -> None:
    held = memory()
    for highest in (50.0, *[1.0] * RING.size):
        block(RING, held, highest)
    assert block(RING, held, 1.0) == (pytest.approx(0.0), pytest.approx(RING.least))


def test_one_great_event_is_cut() -> None:
    held, cut = memory(), Ring(name="ring", size=6, days=0.1, least=0.5, cut=1.5)
    for highest in (1.0, 1.0, 1.0, 1.0, 1000.0):
        block(cut, held, highest)
    assert np.nanmax(held[0]["ring_maxima"][0]) == pytest.approx(1 + 1.5 * 0.5)


def test_what_is_not_known_is_not_learnt() -> None:
    held = memory()
    for _ in range(200):
        RING.step(held, np.array([np.nan]), SPAN)
    assert held[0]["ring_blocks"][0] == 0


def test_a_tenth_of_the_alarms_asks_for_a_wider_margin() -> None:
    assert margin(0.5, ACCEPTED) == pytest.approx(0.5)
    assert margin(0.5, ACCEPTED / 10) == pytest.approx(0.5 + TAIL * np.log(10))
    assert margin(0.1, 1000.0) == 0.0


def test_each_metric_has_its_own_maxima() -> None:
    each = Ring(name="ring", size=6, days=0.1, spreads=2.0, highest=1.0, least=0.5, metrics=2)
    together, alone = memory(each), memory()
    for highest in (1.0, 2.0, 3.0, 10.0, 4.0):
        rows = [highest if row == 5 else 0.0 for row in range(24)]
        said = [each.step(together, np.array([[one, np.nan]]), SPAN) for one in rows]
        expected = block(RING, alone, highest)
    assert (float(said[5][0][0, 0]), float(said[5][1][0, 0])) == pytest.approx(expected)
    assert np.isnan(said[5][0][0, 1])
