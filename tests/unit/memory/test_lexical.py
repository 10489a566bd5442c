"""BM25 as a product of two sparse vectors."""

import math
from collections import Counter

import pytest

from ai_gateway.memory.lexical import (
    LENGTH_SHARE,
    MOST_WORDS,
    SATURATION,
    TITLE_WEIGHT,
    USUAL_LENGTH,
    Question,
    place,
    product,
    rarity,
    text_weights,
)
from ai_gateway.memory.types import WordCounts
from ai_gateway.memory.words import words

TEXTS = [
    ("Printer jammed", "The receipt printer of the till jammed twice."),
    ("Network slow", "Latency of every till at the site is high."),
    ("Till frozen", "The till does not react; the printer is fine."),
]


def counts() -> WordCounts:
    documents = Counter(word for title, body in TEXTS for word in set(words(f"{title}\n{body}")))
    return WordCounts(len(TEXTS), dict(documents))


def bm25(question: str, title: str, body: str) -> float:
    """The textbook's sum, over a title's question."""
    said = Counter(words(body))
    for word in words(title):
        said[word] += TITLE_WEIGHT
    total = 0.0
    for word in words(question):
        times = said[word]
        longer = 1 - LENGTH_SHARE + LENGTH_SHARE * said.total() / USUAL_LENGTH
        seen = counts().documents.get(word, 0)
        idf = math.log(1 + (len(TEXTS) - seen + 0.5) / (seen + 0.5))
        total += TITLE_WEIGHT * idf * times * (SATURATION + 1) / (times + SATURATION * longer)
    return total


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("question", ["printer jammed", "slow till", "nothing of it"])
def test_the_product_is_bm25(question: str, text: tuple[str, str]) -> None:
    asked = Question.of(question, "", counts())
    assert product(text_weights(*text), asked.weights) == pytest.approx(bm25(question, *text))


def test_the_same_text_has_the_whole_of_its_own_score() -> None:
    asked = Question.of(*TEXTS[0], counts())
    assert product(text_weights(*TEXTS[0]), asked.weights) == pytest.approx(asked.own)
    assert all(product(text_weights(*other), asked.weights) < asked.own for other in TEXTS[1:])


def test_a_rare_word_counts_more() -> None:
    assert rarity(1, 1000) > rarity(10, 1000) > rarity(999, 1000) > 0
    assert rarity(5, 3) > 0, "a word that was counted before others were deleted"
    assert rarity(0, 0) > 0, "before the first count"


def test_a_word_of_the_title_counts_more_than_one_of_the_body() -> None:
    asked = Question.of("printer", "", counts())
    assert product(text_weights("Printer", "frozen"), asked.weights) > product(
        text_weights("Frozen", "printer"), asked.weights
    )


def test_only_the_rarest_words_of_a_long_question_are_looked_for() -> None:
    asked = Question.of("", " ".join(f"word{number}" for number in range(100)) + " till", counts())
    looked_for = asked.any_word.split(" | ")
    assert len(looked_for) == MOST_WORDS
    assert "'till'" not in looked_for


def test_a_question_without_words_looks_for_nothing() -> None:
    asked = Question.of("?!", "", counts())
    assert (asked.weights, asked.own, asked.any_word) == ({}, 0, "")


def test_places_are_the_same_in_every_process() -> None:
    assert (place("printer"), place("2.5.0")) == (223115757, 307288589)
