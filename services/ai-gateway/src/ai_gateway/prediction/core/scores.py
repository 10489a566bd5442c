"""How good probabilities and remaining lives are; also what decides whether a new model replaces the old one."""

from typing import Final

import numpy as np

from ai_gateway.prediction.core.types import Flags, Floats

BINS: Final = 10
LATE: Final = 10.0
EARLY: Final = 13.0


def average_precision(label: Flags, score: Floats) -> float:
    """Area under the precision-recall curve, ties taken together; NaN without a failure."""
    if not label.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(score[order])), len(order) - 1]
    hits = np.cumsum(label[order])[last]
    return float(np.sum(np.diff(np.r_[0, hits]) * hits / (last + 1)) / hits[-1])


def calibration_error(label: Flags, probability: Floats) -> float:
    """Expected calibration error: what probabilities and frequencies differ by in equally wide bins, by their size."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    apart = np.bincount(bins, probability - label, BINS)
    return float(np.abs(apart).sum() / max(len(label), 1))


def log_loss(label: Flags, probability: Floats) -> float:
    """Mean negative log likelihood, natural."""
    sure = np.clip(probability, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(label, np.log(sure), np.log(1 - sure))))


def best_threshold(label: Flags, probability: Floats) -> float:
    """The probability from which on alarms have the best F1; 0.5 without a failure."""
    if not label.any():
        return 0.5
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(label[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + label.sum())
    return float(probability[order[int(np.argmax(f1))]])


def nasa_score(actual: Floats, predicted: Floats) -> float:
    """Saxena et al. 2008: a sum over units; late by 10 costs e - 1, early by 13 as well."""
    late = predicted - actual
    return float(np.sum(np.expm1(np.where(late < 0, -late / EARLY, late / LATE))))


def rmse(actual: Floats, predicted: Floats) -> float:
    """Root mean square error."""
    return float(np.sqrt(np.mean((actual - predicted) ** 2)))
