"""The scale on which a metric is judged: one where its usual spread does not depend on its level."""

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
"""Beyond which an inverse is more than a 32-bit float holds."""


class Scale:
    """Counts by ``2 asinh(√(φ (x + 3/8))) / √φ``, ratios by ``w ln(1 + x / w)``; everything else as it is.

    The first stabilises the variance ``μ + φ μ²`` of a Poisson process whose rate itself varies (Anscombe, Biometrika 35,
    1948, for the negative binomial distribution): about a square root while counts are small, a logarithm when they are
    large. The second, with ``w`` the deviation that matters, is even below ``w`` and a logarithm far above.
    """

    def __init__(self, metrics: Sequence[Metric]) -> None:
        """Args: metrics: of the columns."""
        self._counts: NDArray[np.intp] = np.flatnonzero([metric.spread == "count" for metric in metrics])
        self._ratios: NDArray[np.intp] = np.flatnonzero([metric.spread == "ratio" for metric in metrics])
        self._width = np.array([metric.matters or 1.0 for metric in metrics if metric.spread == "ratio"], np.float32)
        self._even = not len(self._counts) and not len(self._ratios)

    def to(self, values: NDArray[Float]) -> NDArray[Float]:
        """``(n, m)`` in the metrics' units, on the scale to judge on."""
        if self._even:
            return values
        judged = values.copy()
        counts = np.maximum(values[:, self._counts], 0.0)
        judged[:, self._counts] = 2 / np.sqrt(DISPERSION) * np.arcsinh(np.sqrt(DISPERSION * (counts + _OFFSET)))
        judged[:, self._ratios] = self._width * np.log1p(np.maximum(values[:, self._ratios], 0.0) / self._width)
        return judged

    def slope(self, judged: NDArray[Float]) -> NDArray[Float]:
        """``(n, m)``: how much of the scale a metric's unit is there; 1 but for ratios, as what matters of a count is learnt."""
        steep = np.ones_like(judged)
        steep[:, self._ratios] = np.exp(-np.maximum(judged[:, self._ratios], 0.0) / self._width)
        return steep

    def back(self, judged: NDArray[Float]) -> NDArray[Float]:
        """The inverse of `to`; what is below the scale of no count at all is 0."""
        if self._even:
            return judged
        values = judged.copy()
        half = np.clip(judged[:, self._counts] * np.sqrt(DISPERSION) / 2, 0.0, _MOST)
        values[:, self._counts] = np.maximum(np.sinh(half) ** 2 / DISPERSION - _OFFSET, 0.0)
        times = np.clip(judged[:, self._ratios] / self._width, 0.0, _MOST)
        values[:, self._ratios] = self._width * np.expm1(times)
        return values
