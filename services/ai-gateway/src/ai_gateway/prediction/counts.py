"""How many of many devices will fail, with an interval, and where a series of days is going."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Floats
from ai_gateway.prediction.sums import Sums
from ai_gateway.prediction.types import Prediction
from ai_gateway.prediction.words import between

TAIL: Final = 0.05
"""Left out at each end of an interval of 90 %."""
LEVEL_Z: Final = 1.645
LEAST_DAYS: Final = 7
"""Days that a trend needs: a whole week, since weekends differ."""


class Counts(NamedTuple):
    """``(n,)`` each: devices expected to fail, and the ends of an interval that holds the number in 90 % of cases or more."""

    expected: Floats
    low: Floats
    high: Floats


class Slope(NamedTuple):
    """Change per day, and the ends of its 90 % interval."""

    per_day: float
    low: float
    high: float


def counts(sums: Sums) -> Counts:
    """The number of failures, if each device fails by itself with its probability.

    Its low end takes every device at the low end of its own interval, and the high end likewise, so that what is not known
    of the probabilities and chance both count. The sum of unlike chances is taken for a binomial with the same mean and
    variance (Ehm, 1991: Binomial approximation to the Poisson binomial distribution).
    """
    return Counts(
        sums.expected, _quantile(sums.low, sums.low_squared, TAIL), _quantile(sums.high, sums.high_squared, 1 - TAIL)
    )


def counts_of(found: Sequence[Prediction], hours: float) -> Counts:
    """The number of failures of these devices within ``hours``; arrays of one."""
    sides = (
        np.array([between(one.hours, getattr(one, name), hours) for one in found]) for name in ("risk", "low", "high")
    )
    return counts(Sums(*(np.atleast_1d(part) for side in sides for part in (side.sum(), (side**2).sum()))))


def _quantile(mean: Floats, squared: Floats, level: float) -> Floats:
    """``(n,)``: the least number whose distribution function reaches ``level``."""
    return np.array([_least(*one, level) for one in zip(mean.tolist(), squared.tolist(), strict=True)], float)


def _least(mean: float, squared: float, level: float) -> int:
    if mean <= 0:
        return 0
    trials = int(np.ceil(mean**2 / squared - 1e-6))
    chance = mean / trials
    if chance >= 1:
        return trials
    count = np.arange(trials)
    steps = np.log((trials - count) / (count + 1)) + np.log(chance / (1 - chance))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(logs - logs.max())
    return int(np.searchsorted(np.cumsum(weights), level * weights.sum()))


def slope(days: Floats, values: Floats) -> Slope | None:
    """The median of the slopes between all pairs (Theil, Sen), with Sen's interval; ``None`` with too few days.

    ``days``, ``values``: ``(n,)``. One odd day does not turn it.
    """
    count = len(days)
    if count < LEAST_DAYS:
        return None
    first, second = np.triu_indices(count, 1)
    slopes = np.sort((values[second] - values[first]) / (days[second] - days[first]))
    spread = LEVEL_Z * np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(int((len(slopes) - spread) / 2), 0)
    high = min(int(np.ceil((len(slopes) + spread) / 2)), len(slopes) - 1)
    return Slope(float(np.median(slopes)), float(slopes[low]), float(slopes[high]))
