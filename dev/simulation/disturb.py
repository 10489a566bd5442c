"""What is odd in healthy data and must not be taken for trouble: gaps, late rows, wrong clocks, reboots, level shifts."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dev.simulation.clock import DAY_S, HOUR_S
from dev.simulation.faults import Fault
from dev.simulation.fleet import COLUMN, Bools, Fleet, Floats, Ints

WEEK_S: Final = 7 * DAY_S
LOST_ROW: Final = 0.003
LOST_VALUE: Final = 0.004
LATE_ROW: Final = 0.004
REBOOTS_A_WEEK, REBOOT_S = 0.7, (120.0, 300.0)
GAPS_A_WEEK, GAP_S = 0.5, (600.0, 3_600.0)
HELD_A_WEEK, HELD_S = 0.25, (1_200.0, 3_600.0)
OUTAGES_A_WEEK, OUTAGE_S = 0.1, (2 * HOUR_S, 24 * HOUR_S)
WRONG_CLOCKS_A_WEEK, WRONG_CLOCK_S = 0.03, (HOUR_S, 5 * HOUR_S)
CLOCK_ERRORS: Final = (-3_600.0, -90.0, 45.0)
SHIFTS_A_WEEK: Final = 0.05
SHIFTS: Final = (
    ("cpu_percent", -5.0),
    ("memory_percent", -9.0),
    ("disk_percent", -14.0),
    ("network_latency_ms", -5.0),
    ("memory_percent", 3.0),
    ("cpu_percent", 5.0),
    ("network_latency_ms", 15.0),
    ("temperature_celsius", 2.5),
)
"""Level shifts that stay: large ones for the better (a clean-up, a leaner release), and ones for the worse that are
smaller than what matters by the catalogue."""


class Spans(NamedTuple):
    """Stretches of time of single devices: ``(q,)`` each. ``what``: an index or amount that goes with it."""

    device: Ints
    start: Floats
    end: Floats
    what: Floats

    def mask(self, at: Floats) -> Bools:
        """Which of ``at (k, n)`` lie in a span of their device."""
        found = np.zeros(at.shape, dtype=np.bool_)
        for index in self.near(at):
            column = at[:, self.device[index]]
            found[:, self.device[index]] |= (column >= self.start[index]) & (column < self.end[index])
        return found

    def near(self, at: Floats) -> NDArray[np.intp]:
        """The spans that can touch these times."""
        return np.flatnonzero((self.start <= at.max()) & (self.end > at.min()))

    def without(self, faults: list[Fault]) -> "Spans":
        """Leaving out those that touch a fault of their device: a fault that nobody could measure proves nothing."""
        keep = np.ones(len(self.device), dtype=np.bool_)
        for fault in faults:
            hit = np.isin(self.device, np.array(fault.devices) - 1)
            keep &= ~(hit & (self.start < fault.ended + HOUR_S) & (self.end > fault.started - HOUR_S))
        return Spans(self.device[keep], self.start[keep], self.end[keep], self.what[keep])


class Oddities(NamedTuple):
    """All of them for one run. ``held``: readings are kept back and arrive together at the span's end."""

    reboots: Spans
    gaps: Spans
    held: Spans
    outages: Spans
    wrong_clocks: Spans
    shifts: Spans


def draw_oddities(fleet: Fleet, start: float, end: float, faults: list[Fault], seed: int) -> Oddities:
    """Draw them for all devices between two Unix times."""
    rng = np.random.default_rng((seed, 3))

    def spans(per_week: float, seconds: tuple[float, float], choices: int) -> Spans:
        count = rng.poisson(per_week * len(fleet.device) * (end - start) / WEEK_S)
        began = rng.uniform(start, end, count)
        what = rng.integers(0, choices, count).astype(np.float64)
        found = Spans(rng.integers(0, len(fleet.device), count), began, began + rng.uniform(*seconds, count), what)
        return found.without(faults)

    return Oddities(
        reboots=spans(REBOOTS_A_WEEK, REBOOT_S, 1),
        gaps=spans(GAPS_A_WEEK, GAP_S, 1),
        held=spans(HELD_A_WEEK, HELD_S, 1),
        outages=spans(OUTAGES_A_WEEK, OUTAGE_S, len(COLUMN)),
        wrong_clocks=spans(WRONG_CLOCKS_A_WEEK, WRONG_CLOCK_S, len(CLOCK_ERRORS)),
        shifts=_for_good(spans(SHIFTS_A_WEEK, (0.0, 1.0), len(SHIFTS)), end),
    )


def _for_good(shifts: Spans, end: float) -> Spans:
    return shifts._replace(end=np.full(len(shifts.device), end))


def shift_levels(shifts: Spans, at: Floats, values: Floats) -> None:
    """Move levels in place: ``at (k, n)``, ``values (k, n, m)``."""
    for index in shifts.near(at):
        device = shifts.device[index]
        name, amount = SHIFTS[int(shifts.what[index])]
        values[at[:, device] >= shifts.start[index], device, COLUMN[name]] += amount


def lose_values(oddities: Oddities, at: Floats, values: Floats, rng: np.random.Generator) -> None:
    """Single values go missing, and now and then one metric of a device for hours; in place."""
    values[rng.random(values.shape) < LOST_VALUE] = np.nan
    outages = oddities.outages
    for index in outages.near(at):
        device = outages.device[index]
        on = (at[:, device] >= outages.start[index]) & (at[:, device] < outages.end[index])
        values[on, device, int(outages.what[index])] = np.nan


def stamps(oddities: Oddities, at: Floats) -> Floats:
    """The times ``(k, n)`` that devices write, a few of them by a wrong clock."""
    found = at.copy()
    clocks = oddities.wrong_clocks
    for index in clocks.near(at):
        device = clocks.device[index]
        on = (at[:, device] >= clocks.start[index]) & (at[:, device] < clocks.end[index])
        found[on, device] += CLOCK_ERRORS[int(clocks.what[index])]
    return found


def arrivals(oddities: Oddities, at: Floats, step_s: float, rng: np.random.Generator) -> Floats:
    """When each reading ``(k, n)`` arrives: mostly a second after it was taken, some late, some held back together."""
    found = at + 1.0
    late = rng.random(at.shape) < LATE_ROW
    found[late] += rng.exponential(2 * step_s, int(late.sum()))
    held = oddities.held
    for index in held.near(at):
        device = held.device[index]
        on = (at[:, device] >= held.start[index]) & (at[:, device] < held.end[index])
        # A later reading first: a queue that is emptied from its newer end.
        found[on, device] = held.end[index] + 2.0 - 1e-3 * np.arange(int(on.sum()))
    return found
