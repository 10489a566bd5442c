"""Probabilities, and what weighs in beside them."""

from datetime import timedelta

import pytest

from ai_gateway.memory.recall import preferred
from ai_gateway.memory.scoring import BOTH, BY_MEANING, BY_WORDS, MOST_CROWD, USUAL_CROWD, Weights, probability
from tests.unit.memory.making import Make

WAYS = pytest.mark.parametrize("weights", [BOTH, BY_MEANING, BY_WORDS])


@WAYS
def test_the_same_text_is_very_likely_the_same_problem(weights: Weights) -> None:
    assert probability(weights, 1.0, 1.0, USUAL_CROWD) > 0.9


@WAYS
def test_texts_with_nothing_in_common_are_not(weights: Weights) -> None:
    assert probability(weights, 0.1, 0.0, USUAL_CROWD) < 0.02


@pytest.mark.parametrize("crowd", [0.2, 0.5, MOST_CROWD])
def test_more_in_common_is_more_likely(crowd: float) -> None:
    shares = [0.0, 0.2, 0.5, 0.9]
    assert sorted(by_meaning := [probability(BOTH, share, 0.3, crowd) for share in shares]) == by_meaning
    assert sorted(by_words := [probability(BOTH, 0.5, share, crowd) for share in shares]) == by_words


def test_what_is_near_to_everything_counts_less() -> None:
    assert probability(BOTH, 0.6, 0.3, 0.65) < probability(BOTH, 0.6, 0.3, 0.4)


def test_a_fault_that_came_back_often_is_not_held_against_its_incidents() -> None:
    assert probability(BOTH, 0.95, 0.8, 0.95) == probability(BOTH, 0.95, 0.8, MOST_CROWD) > 0.7


def test_before_it_is_measured_the_usual_crowd_is_assumed() -> None:
    assert probability(BOTH, 0.6, 0.3, None) == probability(BOTH, 0.6, 0.3, USUAL_CROWD)


def test_between_equals_what_helped_goes_first(recalled: Make) -> None:
    tried = [recalled(helped=helped, similarity_score=0.6) for helped in (False, None, True)]
    assert [one.helped for one in preferred(tried)] == [True, None, False]


def test_between_equals_the_newer_goes_first(recalled: Make) -> None:
    new = recalled(similarity_score=0.6)
    old = recalled(similarity_score=0.6, occurred_at=new.occurred_at - timedelta(days=300))
    assert preferred([old, new]) == [new, old]


def test_neither_outweighs_a_clear_difference(recalled: Make) -> None:
    right = recalled(similarity_score=0.8, helped=False)
    right_but_old = recalled(similarity_score=0.7, occurred_at=right.occurred_at - timedelta(days=3000))
    other = recalled(similarity_score=0.3, helped=True)
    assert preferred([other, right, right_but_old])[-1] == other


def test_a_certain_hit_has_a_place_too(recalled: Make) -> None:
    assert preferred([recalled(similarity_score=0.9), recalled(similarity_score=1.0)])[0].similarity_score == 1.0
    assert preferred([]) == []
