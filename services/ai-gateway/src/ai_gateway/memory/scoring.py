"""From what two texts have in common to the probability that a person would call them the same problem."""

import math

import msgspec

MOST_CROWD = 0.7
"""Where one fault came back many times, its incidents stand close together for a good reason: no more is held against."""
USUAL_CROWD = 0.6
"""Of a text whose surroundings were not measured yet: the mean of the bug reports that the weights come from."""


class Weights(msgspec.Struct, frozen=True):
    """Of one logistic regression. ``meaning``: of the cosine. ``wording``: of the share of the question's own BM25.

    ``crowd``: of the mean cosine of the ten texts nearest to the remembered one. A text that is near to everything is
    near to the question by chance (Conneau et al. 2018 call it hubness).
    """

    constant: float
    meaning: float = 0.0
    wording: float = 0.0
    crowd: float = 0.0


BOTH = Weights(constant=-3.662, meaning=9.244, wording=3.725, crowd=-8.411)
BY_MEANING = Weights(constant=-4.425, meaning=14.027, crowd=-10.389)
BY_WORDS = Weights(constant=-4.854, wording=7.728)


def probability(weights: Weights, meaning: float, wording: float, crowd: float | None) -> float:
    """0 to 1. How the weights were found and how far the number can be trusted: docs/memory.md."""
    around = min(USUAL_CROWD if crowd is None else crowd, MOST_CROWD)
    logit = weights.constant + weights.meaning * meaning + weights.wording * wording + weights.crowd * around
    return 1 / (1 + math.exp(-logit))
