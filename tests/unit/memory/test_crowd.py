"""How crowded it is around a text."""

from collections import Counter

import numpy as np
import pytest

from ai_gateway.memory.crowd import NEIGHBOURS, Crowd, Placed, Sample
from ai_gateway.memory.lexical import Question, product, text_weights
from ai_gateway.memory.types import WordCounts
from ai_gateway.memory.words import words

TITLES = [
    f"{thing} {trouble}" for thing in ("printer", "till", "kiosk", "router") for trouble in ("jammed", "slow", "off")
]
RANDOM = np.random.default_rng(3)


def placed(number: int, title: str) -> Placed:
    vector = RANDOM.normal(size=16).astype(np.float32)
    weights = text_weights(title, "it is so")
    return Placed(id=number, vector=vector / np.linalg.norm(vector), word_weights=weights, title=title, body="it is so")


TEXTS = [placed(number, title) for number, title in enumerate(TITLES, start=100)]
COUNTS = WordCounts(len(TITLES), dict(Counter(word for title in TITLES for word in set(words(title)))))


def asked(text: Placed) -> Question:
    return Question.of(text.title, text.body, COUNTS)


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_the_mean_of_the_nearest_others(text: Placed) -> None:
    others = [one for one in TEXTS if one is not text]
    question = asked(text)
    by_meaning = sorted(float(one.vector @ text.vector) for one in others)[-NEIGHBOURS:]
    by_words = sorted(product(one.word_weights, question.weights) / question.own for one in others)[-NEIGHBOURS:]
    crowd = Sample(TEXTS).around(text, question)
    assert crowd.meaning == pytest.approx(sum(by_meaning) / NEIGHBOURS, abs=1e-5)
    assert crowd.words == pytest.approx(sum(by_words) / NEIGHBOURS)


def test_of_fewer_others_all_count() -> None:
    one, other = TEXTS[:2]
    crowd = Sample([one, other]).around(one, asked(one))
    assert crowd.meaning == pytest.approx(float(one.vector @ other.vector), abs=1e-5)
    assert crowd.words == pytest.approx(product(other.word_weights, asked(one).weights) / asked(one).own)


def test_a_text_alone_has_no_crowd() -> None:
    assert Sample(TEXTS[:1]).around(TEXTS[0], asked(TEXTS[0])) == Crowd(0.0, 0.0)


def test_a_text_that_the_sample_lacks_is_compared_with_all_of_it() -> None:
    new = placed(7, TITLES[0])
    assert Sample(TEXTS[:1]).around(new, asked(new)).words == pytest.approx(1.0)


def test_a_text_without_words_has_neighbours_by_meaning() -> None:
    silent = Placed(id=7, vector=TEXTS[0].vector, word_weights={}, title="?!", body="")
    crowd = Sample([silent, *TEXTS]).around(silent, asked(silent))
    assert (crowd.words, crowd.meaning > 0) == (0.0, True)
