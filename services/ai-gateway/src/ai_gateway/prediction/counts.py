"""How many of many devices will fail, with an interval, and where a series of days is going."""

from typing import Final, NamedTuple

import numpy as np
from scipy.special import bdtr

from ai_gateway.prediction.core.types import Floats
from ai_gateway.prediction.sums import Sums

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


def _quantile(mean: Floats, squared: Floats, level: float) -> Floats:
    """``(n,)``: the least number whose distribution function reaches ``level``, by halving."""
    with np.errstate(invalid="ignore", divide="ignore"):
        trials = np.where(mean > 0, np.ceil(mean**2 / squared - 1e-6), 1.0)
    chance = np.clip(mean / np.maximum(trials, 1), 0, 1)
    below, above = np.full(len(mean), -1.0), trials.copy()
    while (above - below > 1).any():
        middle = np.floor((below + above) / 2)
        reached = bdtr(np.maximum(middle, 0), trials.astype(np.int64), chance) >= level
        above = np.where(reached & (middle >= 0), middle, above)
        below = np.where(reached & (middle >= 0), below, middle)
    return above


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
