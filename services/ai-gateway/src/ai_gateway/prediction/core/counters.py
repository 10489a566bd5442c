"""Counters of faults, which only grow: what their size and growth say, as a stated belief where nothing was learnt.

Reallocated and unreadable sectors multiply the chance of a failure, and the more so the more there are and the faster
they come (Pinheiro et al., FAST 2007; Schroeder et al., FAST 2016).
"""

from typing import Final

import numpy as np

from ai_gateway.prediction.core.types import Floats

DOUBLING: Final = 0.15
"""What each doubling of a counter adds to the log hazard."""
GROWTH: Final = 0.3
"""What each doubling of a week's growth adds."""


def evidence(counts: Floats, grown: Floats) -> Floats:
    """``(n,)`` added to the log hazard. ``counts``, ``grown``: ``(n, c)``, the counters and their growth in a week."""
    size = np.log2(1 + np.maximum(np.nan_to_num(counts), 0))
    growth = np.log2(1 + np.maximum(np.nan_to_num(grown), 0))
    found: Floats = (DOUBLING * size + GROWTH * growth).sum(axis=1)
    return found
