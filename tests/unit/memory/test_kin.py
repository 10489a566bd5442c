"""What is like a likely precedent is likely one too."""

from collections.abc import Callable

import numpy as np
import pytest

from ai_gateway.memory.kin import LEADERS, LOOKED_AT, TRUST, Floats, lifted
from ai_gateway.memory.types import Candidate, Recalled
from tests.unit.memory.making import Make

OWN = 100.0
Place = Callable[..., Candidate]


@pytest.fixture
def candidate(recalled: Make) -> Place:
    """Make a candidate with this score, of a usual crowd; by default its text is not the question's."""

    def make(score: float, *, similarity: float | None = 0.5, wording: float = 20.0) -> Candidate:
        incident = recalled(similarity=similarity, similarity_score=score)
        return Candidate(incident=incident, wording=wording, crowd=None, word_crowd=None)

    return make


def vectors(*likenesses: tuple[Candidate, float]) -> dict[int, Floats]:
    """Vectors with these cosines to the first axis; what else there is of each is its own."""
    made = {}
    for place, (one, cosine) in enumerate(likenesses, start=1):
        vector = np.zeros(768, dtype=np.float32)
        vector[0], vector[place] = cosine, np.sqrt(1 - cosine**2)
        made[one.incident.id] = vector
    return made


def scores(incidents: list[Recalled]) -> dict[int, float]:
    return {one.id: one.similarity_score for one in incidents}


def test_what_is_like_the_best_goes_before_what_is_not(candidate: Place) -> None:
    best, other, kin = candidate(0.8), candidate(0.3), candidate(0.1)
    found = lifted([best, other, kin], vectors((best, 1.0), (other, 0.2), (kin, 0.9)), OWN)
    assert [one.id for one in found] == [best.incident.id, kin.incident.id, other.incident.id]
    assert 0.1 + 0.5 * TRUST < scores(found)[kin.incident.id] < 0.8
    assert scores(found)[other.incident.id] == pytest.approx(0.3, abs=0.01)
    assert scores(found)[best.incident.id] == 0.8


def test_none_goes_before_the_one_that_lifts_it(candidate: Place) -> None:
    best, next_one, third = candidate(0.5), candidate(0.4), candidate(0.39)
    found = lifted([best, next_one, third], vectors((best, 1.0), (next_one, 1.0), (third, 1.0)), OWN)
    assert [one.id for one in found] == [best.incident.id, next_one.incident.id, third.incident.id]
    assert set(scores(found).values()) == {0.5}


def test_an_unlikely_one_lifts_nothing_to_speak_of(candidate: Place) -> None:
    first, second = candidate(0.02), candidate(0.01)
    assert max(scores(lifted([first, second], vectors((first, 1.0), (second, 0.95)), OWN)).values()) == 0.02


@pytest.mark.parametrize("same", [{"similarity": 1.0}, {"similarity": None, "wording": OWN}])
def test_the_same_text_as_the_questions_is_no_news(candidate: Place, same: dict[str, float | None]) -> None:
    itself, kin = candidate(0.95, **same), candidate(0.2)
    assert scores(lifted([itself, kin], vectors((itself, 1.0), (kin, 0.8)), OWN))[kin.incident.id] == 0.2


def test_by_words_alone_it_works_as_well(candidate: Place) -> None:
    best, kin = candidate(0.8, similarity=None), candidate(0.1, similarity=None)
    assert scores(lifted([best, kin], vectors((best, 1.0), (kin, 0.9)), OWN))[kin.incident.id] > 0.4


def test_a_fault_that_came_back_a_hundred_times_is_lifted_and_stays_in_order(candidate: Place) -> None:
    ranked = [candidate(0.9 - 0.005 * number) for number in range(100)]
    found = lifted(ranked, vectors(*((one, 0.97) for one in ranked)), OWN)
    assert [one.id for one in found] == [one.incident.id for one in ranked]
    assert all(
        one.similarity_score >= before.incident.similarity_score for one, before in zip(found, ranked, strict=True)
    )
    assert min(one.similarity_score for one in found[LEADERS:LOOKED_AT]) > ranked[LEADERS].incident.similarity_score


def test_without_its_vector_an_incident_neither_lifts_nor_is_lifted(candidate: Place) -> None:
    best, kin, bare = candidate(0.8), candidate(0.1), candidate(0.05)
    known = vectors((best, 1.0), (kin, 0.9))
    before = {one.incident.id: one.incident.similarity_score for one in (best, kin, bare)}
    assert scores(lifted([best, kin, bare], known, OWN))[bare.incident.id] == 0.05
    del known[best.incident.id]
    assert scores(lifted([best, kin, bare], known, OWN)) == before
    assert scores(lifted([best, kin, bare], {}, OWN)) == before
    assert lifted([], {}, OWN) == []
