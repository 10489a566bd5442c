"""How many rows the index over vectors keeps in sight: as few as find what is near, by what the worker measures."""

import math
from collections import deque
from collections.abc import Mapping

SIGHTS = (20, 30, 40, 60, 80, 100, 120, 150, 200, 300, 400, 600)
"""What is measured: more are more exact and slower (docs/decisions/0030, 0037)."""
UNMEASURED = 150
"""Kept in sight until it is measured: of a million the ten nearest are found to 99.7 %."""
ENOUGH = 0.98
"""Share of the ten nearest that has to be found. Probes find a little less than questions do."""
PER_WANTED = 1.5
"""Kept in sight for each row that is asked for, at least."""
MOST = 1000
"""What pgvector allows."""
PROBES_KEPT = 400
"""The mean share of 100 is known to 0.006 or 0.009 only, as a few probes find nothing: they chose 40 to 100 by chance."""
PROBES_ENOUGH = 100
"""Before these, what was chosen last stays: the mean of fewer says little."""

Shares = Mapping[int, float]
"""Of one probe: with so many in sight, the share of the ten nearest that is found."""


def kept_in_sight(limit: int, measured: int = UNMEASURED) -> int:
    """``hnsw.ef_search`` for ``limit`` rows. ``measured``: what `Sights` chose."""
    return min(max(math.ceil(limit * PER_WANTED), measured, limit), MOST)


class Sights:
    """The last probes, and what they say."""

    def __init__(self) -> None:
        self._probes: deque[Shares] = deque(maxlen=PROBES_KEPT)

    def add(self, probe: Shares) -> None:
        """Take up a probe; its keys are `SIGHTS`."""
        self._probes.append(probe)

    def share(self, in_sight: int) -> float:
        """Mean share that is found with so many of `SIGHTS` in sight, after at least one probe."""
        return sum(probe[in_sight] for probe in self._probes) / len(self._probes)

    def least(self) -> int | None:
        """The fewest with which enough is found, or the most if it never is; ``None`` while too little is measured."""
        if len(self._probes) < PROBES_ENOUGH:
            return None
        return next((one for one in SIGHTS if self.share(one) >= ENOUGH), SIGHTS[-1])
