"""When a machine is visited, told by its readings alone where the fleet's visits keep a rhythm but are on no record.

What ends on a visit shows before it, again and again on the same day of the rhythm; what does not falls on any day. So the
days on which excursions began tell, round by round, which day of the rhythm is this machine's.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ai_gateway.prediction.core.types import DAY, Flags, Floats, Instants
from ai_gateway.prediction.core.windows import Ordered

RATIO: Final = 5.0
"""How many times as often excursions are believed to begin on the day of the rhythm as on any other."""
LONGEST: Final = 62
"""Days of the longest rhythm that is looked for."""


def columns_of(rhythm: float) -> tuple[str, ...]:
    """A column for each day ahead; none for a rhythm that is not of some whole days."""
    days, rest = divmod(rhythm, 24)
    return tuple(f"visit:echo:{day}" for day in range(int(days))) if rest == 0 and 1 < days <= LONGEST else ()


def echoes(rows: Ordered, began: Flags, instants: Instants, rhythm: float) -> Iterator[tuple[str, Floats]]:
    """The probability of a visit on each day from the instant's on. ``began``: ``(n, m)``, where excursions did."""
    names = columns_of(rhythm)
    if not names:
        return
    onset, _ = np.nonzero(began)
    day = rows.at[onset] // DAY % len(names)
    today = instants.at // DAY
    counts = np.zeros((len(instants.at), len(names)))
    earlier = Instants(instants.machine, today * DAY - 1)
    for phase in range(len(names)):
        first, last = rows.chosen(onset[day == phase]).bounds(earlier, None)
        counts[np.arange(len(counts)), (phase - today) % len(names)] = last - first
    weight = RATIO ** (counts - counts.max(axis=1, initial=0, keepdims=True))
    share = weight / weight.sum(axis=1, keepdims=True)
    yield from zip(names, share.T, strict=True)
