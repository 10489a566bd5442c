"""Probabilities, and what weighs in beside them."""

from datetime import timedelta

import pytest

from ai_gateway.memory.lexical import Question
from ai_gateway.memory.recall import ALIKE, WORTH_SHOWING, preferred, worth_showing
from ai_gateway.memory.scoring import BOTH, BY_MEANING, BY_WORDS, MOST_CROWD, MOST_WORD_CROWD, USUAL_CROWD, Weights
from ai_gateway.memory.scoring import probability as of_all
from ai_gateway.memory.types import WordCounts
from tests.unit.memory.making import Make

NO_WORDS = Question.of("", "", WordCounts(0, {}))

WAYS = pytest.mark.parametrize("weights", [BOTH, BY_MEANING, BY_WORDS])


def probability(weights: Weights, meaning: float, wording: float, crowd: float | None) -> float:
    """With the usual crowd of words."""
    return of_all(weights, meaning, wording, crowd, None)


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


def test_words_that_everything_says_count_less() -> None:
    for weights in (BOTH, BY_WORDS):
        common, rare = (of_all(weights, 0.6, 0.5, None, crowd) for crowd in (0.35, 0.1))
        assert common < rare
        assert of_all(weights, 0.6, 0.5, None, 0.9) == of_all(weights, 0.6, 0.5, None, MOST_WORD_CROWD)


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


def test_where_not_even_the_best_is_likely_there_was_nothing_like_it(recalled: Make) -> None:
    scores = [ALIKE, WORTH_SHOWING, WORTH_SHOWING / 2]
    ranked = [recalled(similarity_score=score) for score in scores]
    assert worth_showing(ranked, NO_WORDS) == ranked[:2]
    assert worth_showing(ranked[1:], NO_WORDS) == worth_showing([], NO_WORDS) == []


def test_few_words_of_which_one_is_rare_are_looked_for_as_words(recalled: Make) -> None:
    ranked = [recalled(description="The belt of the printer is worn.", similarity_score=0.001)]
    counts = WordCounts(1000, {"belt": 3, "printer": 400})

    def found(text: str) -> bool:
        return worth_showing(ranked, Question.of(text, "", counts)) == ranked

    assert found("printer belt")
    assert not found("printer"), "too common"
    assert not found("belt gear"), "not all are there"
    assert not found("the worn printer belt is worn again today"), "a text, not a few words"
