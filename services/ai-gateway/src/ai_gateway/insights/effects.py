"""What metrics did after a change of configuration, against the day before and against devices that were not changed. Pure.

The hour after a change is compared with the same hour of the day before, so that the time of day is no effect; what
the unchanged devices did between the same hours is taken off (difference in differences), so that a busy day is none either.
The interval is Student's over these hourly differences, its degrees of freedom lessened where neighbouring hours are alike.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.kit.beta import cumulative, quantile

Floats = NDArray[np.float64]

HOURS: Final = 23
"""Of each day: the hour of the change itself is neither before nor after."""
LEAST_HOURS: Final = 8
CONFIDENCE: Final = 0.9
MOST_LIKE: Final = 0.95


class Effect(NamedTuple):
    """One metric: means of the day before and after, the change in the metric's unit with its 90 % interval, and its p."""

    metric: int
    before: float
    after: float
    change: float
    low: float
    high: float
    hours: int
    p: float


def effects(changed: Floats, others: Floats) -> list[Effect]:
    """Every metric that both days tell of.

    Args:
        changed: ``(46, metrics)`` hourly means of what was changed: the day before and the day after, NaN was not measured.
        others: ``(k, 46, metrics)`` the same of devices that were not changed; ``k`` may be 0.
    """
    moved = changed[HOURS:] - changed[:HOURS]
    if len(others):
        moved = moved - _usual(others[:, HOURS:] - others[:, :HOURS])
    found = []
    for metric in range(changed.shape[1]):
        steps = moved[:, metric]
        both = np.isfinite(steps)
        if both.sum() >= LEAST_HOURS:
            before, after = (float(day[both, metric].mean()) for day in (changed[:HOURS], changed[HOURS:]))
            change, low, high, p = _interval(steps[both])
            found.append(Effect(metric, before, after, change, low, high, int(both.sum()), p))
    return found


def _usual(moved: Floats) -> Floats:
    """What the others did in the median; 0 in an hour that none of them tells of."""
    known = np.isfinite(moved).any(axis=0)
    usual = np.zeros(moved.shape[1:])
    usual[known] = np.nanmedian(moved[:, known], axis=0)
    return usual


def _interval(steps: Floats) -> tuple[float, float, float, float]:
    """The mean, its interval, and the probability of so large a mean by chance."""
    mean, rest = float(steps.mean()), steps - steps.mean()
    whole = float((rest * rest).sum())
    alike = min(max(float((rest[1:] * rest[:-1]).sum()) / whole, 0.0), MOST_LIKE) if whole else 0.0
    worth = max(len(steps) * (1 - alike) / (1 + alike), 2.0)
    error = math.sqrt(whole / (len(steps) - 1) / worth)
    reach = student(CONFIDENCE, worth - 1) * error
    return mean, mean - reach, mean + reach, _chance(mean, error, worth - 1)


def student(confidence: float, freedom: float) -> float:
    """Half the width of Student's central interval, in standard errors: its square is a ratio of a Beta variable."""
    share = quantile(confidence, 0.5, round(freedom / 2, 2))
    return math.sqrt(freedom * share / (1 - share))


def _chance(mean: float, error: float, freedom: float) -> float:
    """The probability of so large a change by chance."""
    if not error:
        return 0.0 if mean else 1.0
    t = (mean / error) ** 2
    return 1 - cumulative(t / (freedom + t), 0.5, freedom / 2)
