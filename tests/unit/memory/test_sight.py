"""How many rows the index keeps in sight: by what was measured, and never fewer than are asked for."""

from ai_gateway.memory.index import CANDIDATES
from ai_gateway.memory.nearest import choose
from ai_gateway.memory.sight import ENOUGH, PROBES_ENOUGH, PROBES_KEPT, SIGHTS, Sights, kept_in_sight

MILLION = 1_000_000


def measured(enough_from: int, times: int, sights: Sights | None = None) -> Sights:
    sights = sights or Sights()
    for _ in range(times):
        sights.add({one: 1.0 if one >= enough_from else ENOUGH - 0.01 for one in SIGHTS})
    return sights


def test_more_are_kept_in_sight_than_are_asked_for_within_what_pgvector_can() -> None:
    assert [kept_in_sight(limit) for limit in (1, 100, 200, 1000)] == [150, 150, 300, 1000]
    assert [kept_in_sight(limit, 60) for limit in (10, 100)] == [60, 150]
    assert choose({}, MILLION, MILLION, 100, indexed=True, measured=300).in_sight == 300


def test_the_fewest_with_which_enough_is_found_are_chosen() -> None:
    assert measured(80, PROBES_ENOUGH).least() == 80
    assert measured(SIGHTS[0], PROBES_ENOUGH).least() == SIGHTS[0]
    assert measured(SIGHTS[-1] + 1, PROBES_ENOUGH).least() == SIGHTS[-1], "as many as there may be"


def test_nothing_is_chosen_by_a_few_probes() -> None:
    assert measured(80, PROBES_ENOUGH - 1).least() is None


def test_what_was_measured_while_memory_was_smaller_is_forgotten() -> None:
    sights = measured(40, PROBES_KEPT)
    assert measured(200, PROBES_KEPT, sights).least() == 200


def test_what_is_kept_in_sight_for_recall_is_measured() -> None:
    """Else nobody could say what share recall finds."""
    assert {kept_in_sight(CANDIDATES, one) for one in SIGHTS} <= set(SIGHTS)
