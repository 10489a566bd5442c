"""How well a score ranks rows, without a threshold: the volume under precision-recall over label buffers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.detection.events import Ints, stretches

Scores = NDArray[np.float64]
BUFFERS: Final = 5
THRESHOLDS: Final = 250


def vus_pr(label: Ints, score: Scores, buffer: int) -> float:
    """Volume under the range-based precision-recall surface (Paparrizos et al., PVLDB 15(11), 2022).

    Mean of the area over label buffers of 0 to ``buffer`` rows: half a buffer on either side of an event counts by a
    weight that falls as a square root; recall is multiplied by the share of events of which any row was found.
    """
    if not label.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    at = np.unique(np.linspace(1, len(score), THRESHOLDS).astype(int)) - 1
    thresholds = ranked[at]
    taken = np.searchsorted(-ranked, -thresholds, side="right")  # every tie of the threshold is taken with it
    areas = [
        _area(label, score, order, taken, thresholds, width) for width in np.linspace(0, buffer, BUFFERS).astype(int)
    ]
    return float(np.mean(areas))


def _area(label: Ints, score: Scores, order: Ints, taken: Ints, thresholds: Scores, width: int) -> float:
    weight = label.astype(float)
    peaks = []
    for first, last in zip(*stretches(label), strict=True):
        low, high = max(0, first - width // 2), min(len(label) - 1, last + width // 2)
        for near, far in ((range(first - 1, low - 1, -1), first), (range(last + 1, high + 1), last)):
            rows = np.array(near, int)
            weight[rows] = np.maximum(weight[rows], np.sqrt(1 - np.abs(rows - far) / max(width, 1)))
        peaks.append(score[low : high + 1].max())
    found = 1 - np.searchsorted(np.sort(peaks), thresholds, side="left") / len(peaks)
    gained = np.cumsum(weight[order])[taken - 1]
    recall = np.minimum(gained / ((label.sum() + weight.sum()) / 2), 1) * found
    return float(np.sum(np.diff(np.r_[0.0, recall]) * gained / taken))
