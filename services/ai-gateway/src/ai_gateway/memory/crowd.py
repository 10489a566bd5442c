"""How crowded it is around a remembered text: what is near to everything is near to a question by chance.

Conneau et al., Word Translation Without Parallel Data (2018), call such texts hubs and scale similarities by it.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.memory.lexical import Question, Sparse

NEIGHBOURS = 10
"""Nearest texts whose likeness tells how crowded it is around one. 3 to 20 rank alike (docs/memory.md)."""

Floats = NDArray[np.float32]


class Placed(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A remembered text: ``vector`` ``(768,)`` of length 1, ``word_weights`` of its words, and what it says."""

    id: int
    vector: Floats
    word_weights: Sparse
    title: str
    body: str


class Crowd(msgspec.Struct, frozen=True):
    """Mean likeness of the nearest others: ``meaning`` by cosine, ``words`` by the share of the text's own BM25."""

    meaning: float
    words: float


class Sample:
    """Texts among which the nearest are looked for."""

    def __init__(self, texts: Sequence[Placed]) -> None:
        """Args: texts: at least one."""
        self._ids = np.array([one.id for one in texts])
        self._vectors = np.stack([one.vector for one in texts])
        lengths = [len(one.word_weights) for one in texts]
        places = np.array([place for one in texts for place in one.word_weights], dtype=np.int64)
        order = np.argsort(places, kind="stable")
        self._places = places[order]
        self._rows = np.repeat(np.arange(len(texts)), lengths)[order]
        self._weights = np.array([weight for one in texts for weight in one.word_weights.values()])[order]

    def around(self, text: Placed, question: Question) -> Crowd:
        """The crowd around a text. ``question``: the text's own words, asked of all others."""
        itself = np.flatnonzero(self._ids == text.id)
        return Crowd(
            meaning=_nearest(np.delete(self._vectors @ text.vector, itself)),
            words=_nearest(np.delete(self._by_words(question), itself)) / question.own if question.own else 0.0,
        )

    def _by_words(self, question: Question) -> NDArray[np.float64]:
        """BM25 of every text for the question, ``(n,)``."""
        scores = np.zeros(len(self._ids))
        for place, weight in question.weights.items():
            low, high = np.searchsorted(self._places, (place, place + 1))
            scores[self._rows[low:high]] += weight * self._weights[low:high]
        return scores


def _nearest(likeness: NDArray[np.floating]) -> float:
    """Mean of the ``NEIGHBOURS`` largest, or of as many as there are; 0 of none."""
    count = min(NEIGHBOURS, len(likeness))
    return float(np.partition(likeness, -count)[-count:].mean()) if count else 0.0
