"""The scale on which a metric is judged: a count's on one where its spread does not depend on its level."""

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import Metric

Float = TypeVar("Float", np.float32, np.float64)

DISPERSION: Final = 0.1
"""Variance over squared mean of the rate of a count: one hour is busier than the same one of another day by a third."""
_OFFSET: Final = 0.375
_MOST: Final = 40.0
"""Beyond which the inverse is more than a 32-bit float holds."""


class Scale:
    """Counts by ``2 asinh(√(φ (x + 3/8))) / √φ``, which stabilises the variance ``μ + φ μ²`` of a Poisson process whose rate itself varies.

    Source: Anscombe, Biometrika 35 (1948), for the negative binomial distribution. About a square root while counts are
    small, a logarithm when they are large. Everything else as it is.
    """

    def __init__(self, metrics: Sequence[Metric]) -> None:
        """Args: metrics: of the columns."""
        self._counts: NDArray[np.intp] = np.flatnonzero([metric.count for metric in metrics])

    def to(self, values: NDArray[Float]) -> NDArray[Float]:
        """``(n, m)`` in the metrics' units, on the scale to judge on."""
        if not len(self._counts):
            return values
        judged = values.copy()
        counts = np.maximum(values[:, self._counts], 0.0)
        judged[:, self._counts] = 2 / np.sqrt(DISPERSION) * np.arcsinh(np.sqrt(DISPERSION * (counts + _OFFSET)))
        return judged

    def back(self, judged: NDArray[Float]) -> NDArray[Float]:
        """The inverse of `to`; what is below the scale of no count at all is 0."""
        if not len(self._counts):
            return judged
        values = judged.copy()
        half = np.clip(judged[:, self._counts] * np.sqrt(DISPERSION) / 2, 0.0, _MOST)
        values[:, self._counts] = np.maximum(np.sinh(half) ** 2 / DISPERSION - _OFFSET, 0.0)
        return values
