"""Comparing or an index: the cheaper one, and a bounded number of texts read by words."""

import math

import pytest

from ai_gateway.memory.lexical import rarity
from ai_gateway.memory.nearest import (
    INDEX_FROM,
    MOST_READ,
    Ways,
    choose,
    exactly,
    index_is_cheaper,
    worth_reading,
)

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("in_scope", "total", "cheaper"),
    [
        (MILLION, MILLION, True),
        (1000, MILLION, False),
        (0, MILLION, False),
        (MILLION // 2, MILLION, True),
        (INDEX_FROM, INDEX_FROM, True),
        (100, 100, False),
    ],
)
def test_few_in_scope_are_compared_and_many_are_looked_up(in_scope: int, total: int, *, cheaper: bool) -> None:
    assert index_is_cheaper(in_scope, total, 100, 150) is cheaper


def test_the_more_others_store_the_longer_a_tenant_is_compared_exactly() -> None:
    bound = [
        max(n for n in range(0, total, 100) if not index_is_cheaper(n, total, 100, 150)) for total in (50_000, 400_000)
    ]
    assert bound[0] < bound[1]


def test_without_an_index_everything_is_compared_by_meaning_yet_not_by_words() -> None:
    ways = choose({"till": 6.0}, MILLION, MILLION, 100, indexed=False)
    assert not ways.meaning
    assert ways.words == ("'till'",)
    assert choose({"till": 6.0}, MOST_READ, MILLION, 100, indexed=True).words is None


def test_a_question_without_words_is_compared_with_the_words_of_none() -> None:
    assert choose({}, MILLION, MILLION, 100, indexed=True) == Ways(meaning=True, words=())
    assert exactly({}) == choose({}, 100, MILLION, 100, indexed=True) == Ways(words=())


def held_by(share: float) -> float:
    """The rarity of a word that stands in this share of a million texts."""
    return rarity(int(share * MILLION), MILLION)


def test_the_rarest_words_are_read_as_far_as_they_fit_then_what_holds_the_next_together() -> None:
    words = {"e1042": held_by(0.001), "paper": held_by(0.004), "till": held_by(0.1), "slow": held_by(0.2), "it": 0.1}
    read = ("'e1042' | 'paper'", "'till' & 'slow' & 'it'", "'till' & 'slow'")
    assert worth_reading(words, 0.01, alone=True) == read
    assert worth_reading(words, 0.01, alone=False) == read[:2], "beside what is near by meaning"


def test_where_not_even_the_rarest_fits_what_holds_several_comes_first_and_the_rarest_last() -> None:
    words = {"till": held_by(0.1), "slow": held_by(0.2)}
    assert worth_reading(words, 0.01, alone=True) == ("'till' & 'slow'", "'till'")
    assert worth_reading(words, 0.01, alone=False) == ("'till' & 'slow'",)
    assert worth_reading({"till": held_by(0.1)}, 0.01, alone=False) == ()


def test_texts_that_hold_words_together_are_looked_for_once_beside_meaning_and_thrice_without() -> None:
    words = {name: held_by(0.1) for name in ("till", "slow", "paper", "jam", "router")}
    alone = choose(words, MILLION, MILLION, 100, indexed=True, words_alone=True).words
    assert alone == ("'jam' & 'paper' & 'router' & 'slow'", "'jam' & 'paper' & 'router'", "'jam' & 'paper'", "'jam'")
    assert choose(words, MILLION, MILLION, 100, indexed=True).words == alone[:1]


def test_all_words_that_fit_are_one_query() -> None:
    assert worth_reading({"a1": held_by(0.001), "b2": held_by(0.002)}, 0.01, alone=True) == ("'a1' | 'b2'",)
    assert worth_reading({}, 0.01, alone=True) == ()


def test_a_word_that_no_text_is_known_to_hold_costs_nothing_and_is_looked_for() -> None:
    assert math.exp(-rarity(0, MILLION)) < 1e-6
    assert worth_reading({"new": rarity(0, MILLION), "old": held_by(0.5)}, 0.01, alone=True) == ("'new'",)
