"""Which readings are far from what had been usual of their machine until then.

What is usual is learnt from days that are over, so it is the same for all readings of a day, and sums of days are enough.
"""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import DAY, Flags, Floats, Ints
from ai_gateway.prediction.core.windows import Ordered

BASE_DAYS: Final = 30
"""What is usual of a machine is learnt from this many days."""
EXCURSION: Final = 3.0
"""A reading this many standard deviations off its base is an excursion."""


class Days(NamedTuple):
    """Rows laid out by the day of a block, the block, and the machine, so that days are summed a fleet at a time.

    ``slot``: ``(n,)``, the place of each row's day in ``shape``, which is `BASE_DAYS`, blocks of so many, and machines; a
    block begins at the same moments whatever is known. ``single``: no machine has two rows on a day, so rows are days.
    """

    slot: Ints
    shape: tuple[int, int, int]
    single: bool

    def laid_out(self, values: Floats) -> Floats:
        """Rows as `before` takes them."""
        if not self.single:
            return values
        found = np.full((int(np.prod(self.shape)), values.shape[1]), np.nan)
        found[self.slot] = values
        return found

    def before(self, values: Floats) -> Floats:
        """The sum of the `BASE_DAYS` days before each row's own."""
        if self.single:
            return _sliding(values.reshape(*self.shape, -1)).reshape(values.shape)
        days = np.zeros((int(np.prod(self.shape)), values.shape[1]))
        np.add.at(days, self.slot, values)
        found: Floats = _sliding(days.reshape(*self.shape, -1)).reshape(days.shape)[self.slot]
        return found

    def rows(self, found: Flags) -> Flags:
        """The other way."""
        return found[self.slot] if self.single else found


def excursions(rows: Ordered, values: Floats) -> Flags:
    """``(n, m)``: far from what had been usual up to the day before, earlier excursions left out."""
    if not len(values):
        return np.zeros(values.shape, bool)
    days = _days_of(rows)
    seen = days.laid_out(values)
    known = ~np.isnan(seen)
    filled = np.where(known, seen, 0)
    far = _far(days, seen, known, filled)
    return days.rows(_far(days, seen, known & ~far, np.where(far, 0, filled)))


def _far(days: Days, seen: Floats, taken: Flags, filled: Floats) -> Flags:
    """``taken``: what counts as usual. ``filled``: the same values, 0 for all others."""
    with np.errstate(invalid="ignore", divide="ignore"):
        count = days.before(taken.astype(float))
        base = days.before(filled)
        base /= count
        spread = days.before(filled**2)
        spread /= count
        spread -= base**2
        np.sqrt(np.maximum(spread, 0, out=spread), out=spread)
        base -= seen
        found: Flags = (np.abs(base, out=base) > EXCURSION * spread) & (spread > 0)
    return found


def onsets(rows: Ordered, far: Flags) -> Flags:
    """``(n, m)``: excursions whose row before was none."""
    began = far.copy()
    began[1:] &= ~(far[:-1] & (np.diff(rows.machine) == 0)[:, None])
    return began


def _days_of(rows: Ordered) -> Days:
    """A day's midnight still belongs to it: a row of then tells of the time before."""
    day, machine = (rows.at - 1) // DAY, rows.machine
    block, place = np.divmod(day, BASE_DAYS)
    block -= block.min()
    shape = BASE_DAYS, int(block.max()) + 1, int(machine[-1]) + 1
    again = (np.diff(day) == 0) & (np.diff(machine) == 0)
    return Days((place * shape[1] + block) * shape[2] + machine, shape, not again.any())


def _sliding(days: Floats) -> Floats:
    """``(30, blocks, machines, m)``: of each day the sum of the 30 before it, of those days alone.

    Sums from both ends of blocks meet (van Herk, 1992): three additions a day however many days are summed, and unlike
    with differences of running sums nothing outside takes part, not even by rounding.
    """
    found = np.empty_like(days)
    found[0] = 0
    for place in range(1, len(days)):
        np.add(found[place - 1], days[place - 1], out=found[place])
    rest = np.zeros(days[0, :-1].shape)
    for place in reversed(range(len(days))):
        rest += days[place, :-1]
        found[place, 1:] += rest
    return found
