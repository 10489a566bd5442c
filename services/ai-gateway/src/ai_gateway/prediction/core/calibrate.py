"""Probabilities that mean what they say: a curve fitted on later data than the model saw, and the cases behind it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Flags, Floats

PRIOR: Final = 2.0
"""How many failures' worth the belief weighs that the model is right as it is; by cross-validation, where 1 to 3 do alike."""
LEAST_SLOPE: Final = 0.05
"""A higher probability stays a higher one."""
CASES: Final = 200
"""Like cases that a probability is compared with, at most."""
LEVEL_Z: Final = 1.645
"""Of intervals of 90 %."""
_SURE: Final = 1 - 1e-9


class Line(NamedTuple):
    """``logit(calibrated) = shift + low * log(raw) - high * log(1 - raw)`` (beta calibration: Kull et al., 2017).

    With ``low`` and ``high`` alike it is Platt's line on the logit; apart, small and large probabilities are put right by
    themselves.
    """

    shift: float = 0.0
    low: float = 1.0
    high: float = 1.0

    def applied(self, probability: Floats) -> Floats:
        """The same shape."""
        sure = _clipped(probability)
        logit = self.shift + self.low * np.log(sure) - self.high * np.log1p(-sure)
        calibrated: Floats = 1 / (1 + np.exp(-logit))
        return calibrated


def calibrated(lines: Sequence[Line], risks: Floats) -> Floats:
    """``(n, stretches, groups)``: each stretch's risk of any kind put on its line, the kinds' parts of the hazard as before."""
    hazard = -np.log1p(-np.clip(risks, 0, _SURE))
    total = hazard.sum(axis=2)
    told = np.stack([line.applied(-np.expm1(-total[:, place])) for place, line in enumerate(lines)], axis=1)
    factor = -np.log1p(-np.clip(told, 0, _SURE)) / np.maximum(total, 1 - _SURE)
    found: Floats = -np.expm1(-hazard * factor[:, :, None])
    return found


class Comparable(NamedTuple):
    """Later cases by probability: ``probability``: ``(n,)`` ascending, ``failed``: ``(n + 1,)``, running count.

    ``overlap``: how many of them tell of the same stretch of time, as their horizons overlap.
    """

    probability: Floats
    failed: Floats
    overlap: float

    def interval(self, probability: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """``(n,)`` each: low and high end of the 90 % interval, the like cases, and how many of them failed."""
        size = min(len(self.probability), CASES)
        middle = np.searchsorted(self.probability, probability)
        first = np.clip(middle - size // 2, 0, len(self.probability) - size)
        failed = self.failed[first + size] - self.failed[first]
        count = np.full(len(probability), float(size))
        low, high = wilson(probability, np.maximum(count / self.overlap, 1))
        seen = failed / max(size, 1)  # where the model and the cases disagree, the interval tells of both
        return np.minimum(low, seen) if size else low, np.maximum(high, seen) if size else high, count, failed


def comparable(label: Flags, probability: Floats, overlap: float) -> Comparable:
    """Keep what is needed to tell how like cases went."""
    order = np.argsort(probability, kind="stable")
    return Comparable(probability[order], np.r_[0.0, np.cumsum(label[order])], max(overlap, 1.0))


def wilson(share: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Wilson's interval of 90 % for a share seen in ``count`` cases."""
    below = 1 + LEVEL_Z**2 / count
    centre = (share + LEVEL_Z**2 / (2 * count)) / below
    half = LEVEL_Z / below * np.sqrt(share * (1 - share) / count + LEVEL_Z**2 / (4 * count**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def fit_line(label: Flags, probability: Floats, overlap: float) -> Line:
    """Newton's method on the penalised likelihood; cases whose horizons overlap count as one."""
    sure = _clipped(probability)
    design = np.stack([np.ones_like(sure), np.log(sure), -np.log1p(-sure)], axis=1)
    weights, usual = np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0])
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (label - fitted) / overlap - PRIOR * (weights - usual)
        curve = (design * (fitted * (1 - fitted))[:, None]).T @ design / overlap + PRIOR * np.eye(3)
        step = np.linalg.solve(curve, slope)
        weights = weights + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:  # noqa: PLR2004 - far below what a probability shows
            break
    return Line(float(weights[0]), float(max(weights[1], LEAST_SLOPE)), float(max(weights[2], LEAST_SLOPE)))


def _clipped(probability: Floats) -> Floats:
    sure: Floats = np.clip(probability, 1e-7, 1 - 1e-7)
    return sure
