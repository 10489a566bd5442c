"""Quantiles of the Beta distribution, without scipy: the gateway does without its 40 MB."""

import math
from functools import lru_cache
from typing import Final

STEPS: Final = 30
MOST_TERMS: Final = 10_000
ENOUGH: Final = 1e-10
SMALLEST: Final = 1e-300


def cumulative(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function: the probability of at most ``x``.

    By its continued fraction (Abramowitz and Stegun 26.5.8), evaluated by Lentz's method from the side on which it converges fast.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - cumulative(1 - x, b, a)
    front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.log(a)
    return math.exp(front) * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, MOST_TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _apart(1 + term * d), _apart(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < ENOUGH:
            break
    return found


def _apart(value: float) -> float:
    return value if abs(value) > SMALLEST else SMALLEST


@lru_cache(1024)
def quantile(share: float, a: float, b: float) -> float:
    """The value below which ``share`` of the distribution lies; exact to nine digits."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if cumulative(middle, a, b) < share else (low, middle)
    return (low + high) / 2
