"""From what two texts have in common to the probability that a person would call them the same problem."""

import math

import msgspec

MOST_CROWD = 0.7
"""Where one fault came back many times, its incidents stand close together for a good reason: no more is held against."""
MOST_WORD_CROWD = 0.4
"""The same for the likeness by words."""
USUAL_CROWD = 0.6
USUAL_WORD_CROWD = 0.3
"""Of a text whose surroundings were not measured yet: the mean of the bug reports that the weights come from."""


class Weights(msgspec.Struct, frozen=True):
    """Of one logistic regression. ``meaning``: of the cosine. ``wording``: of the share of the question's own BM25.

    ``both``: of their product, as the same words say less where the meaning is alike anyway. ``crowd``, ``word_crowd``: of
    what `ai_gateway.memory.crowd` measured around the remembered text.
    """

    constant: float
    meaning: float = 0.0
    wording: float = 0.0
    both: float = 0.0
    crowd: float = 0.0
    word_crowd: float = 0.0


BOTH = Weights(constant=-5.175, meaning=12.391, wording=9.82, both=-8.062, crowd=-8.121, word_crowd=-2.731)
BY_MEANING = Weights(constant=-4.425, meaning=14.027, crowd=-10.389)
BY_WORDS = Weights(constant=-4.142, wording=8.805, word_crowd=-3.584)


def probability(
    weights: Weights, meaning: float, wording: float, crowd: float | None, word_crowd: float | None
) -> float:
    """0 to 1. How the weights were found and how far the number can be trusted: docs/memory.md."""
    around = usual(crowd)
    said_around = min(USUAL_WORD_CROWD if word_crowd is None else word_crowd, MOST_WORD_CROWD)
    logit = weights.constant + weights.meaning * meaning + weights.wording * wording
    logit += weights.both * meaning * wording
    logit += weights.crowd * around + weights.word_crowd * said_around
    return 1 / (1 + math.exp(-logit))


def usual(crowd: float | None) -> float:
    """A crowd by meaning as it counts: the usual one while it is not measured, and no more than is held against a text."""
    return min(USUAL_CROWD if crowd is None else crowd, MOST_CROWD)
