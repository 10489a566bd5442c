"""A run: the same arguments give the same fleet, faults and rows, however the rows are paged."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.health.types import Batch
from dev.simulation.clock import DAY_S, START
from dev.simulation.course import Course, finish
from dev.simulation.disturb import (
    LOST_ROW,
    Oddities,
    arrivals,
    draw_oddities,
    lose_values,
    shift_levels,
    stamps,
)
from dev.simulation.effects import apply
from dev.simulation.events import CHECK_S, Checks, Events, checks, draw_events, heard
from dev.simulation.faults import Fault
from dev.simulation.fleet import Fleet, Floats, Ints, make_fleet
from dev.simulation.plan import draw_faults

BLOCK_STEPS: Final = 12
HEARTBEAT_S: Final = 30.0
QUIET_DAYS: Final = 8.0
"""Faults begin after this: detectors that know the hour of the week need one to learn."""


class Page(NamedTuple):
    """What arrived up to ``until`` (Unix seconds). ``heartbeat``: ``(n,)``, each device's last; NaN: none yet.

    ``readings`` and ``checks`` are in the order of their arrival.
    """

    until: float
    readings: Batch
    checks: Checks
    heartbeat: Floats


class Rows(NamedTuple):
    """Readings and when they arrived, in that order: ``arrived`` ``(q,)``."""

    arrived: Floats
    readings: Batch


class Simulation:
    """The fleet, its rare events, the labels, and its rows page by page."""

    def __init__(
        self, fleet: Fleet, span: tuple[float, float], step_s: float, faults: list[tuple[Fault, float]], seed: int
    ) -> None:
        """Args: span: first and last moment, Unix seconds; faults: labels with amounts."""
        self.fleet = fleet
        self.span = span
        self.step_s = step_s
        self.faults = [fault for fault, _ in faults]
        self._amounts = [amount for _, amount in faults]
        self._seed = seed
        self._oddities: Oddities = draw_oddities(fleet, *span, self.faults, seed)
        self.events: Events = draw_events(fleet, self._oddities, self.faults, span, seed)

    def pages(self, page_s: float) -> Iterator[Page]:
        """All rows from the first on, in pages of that many seconds of arrival."""
        held: list[tuple[Rows, Checks]] = []
        start, end = self.span
        heartbeat = np.full(len(self.fleet.device), np.nan)
        until = start
        for reached, rows, due in self._blocks():
            held.append((rows, due))
            while until + page_s <= min(reached, end):
                until += page_s
                readings, due_now, held = _cut(held, until)
                self._beat(heartbeat, until - page_s, until)
                yield Page(until, readings, due_now, heartbeat.copy())

    def active(self, start: float, end: float) -> list[tuple[Fault, float]]:
        """The faults that touch these Unix times, with their amounts."""
        pairs = zip(self.faults, self._amounts, strict=True)
        return [(fault, amount) for fault, amount in pairs if fault.started <= end and fault.ended >= start]

    def _blocks(self) -> Iterator[tuple[float, Rows, Checks]]:
        """Blocks of steps, always the same, each with the time up to which all rows are now known."""
        course = Course(self.fleet, self.step_s, self._seed)
        # Faults draw from a generator of their own: what they do not touch is as it would be without them.
        rng, ill = (np.random.default_rng((self._seed, number)) for number in (5, 6))
        steps = int((self.span[1] - self.span[0]) / self.step_s)
        for first in range(0, steps, BLOCK_STEPS):
            at = self.span[0] + self.step_s * np.arange(first, min(first + BLOCK_STEPS, steps), dtype=np.float64)
            end = float(at[-1] + self.step_s)
            yield end, self._readings(course, at, rng, ill), self._checks(float(at[0]), end, rng)

    def _readings(self, course: Course, starts: Floats, rng: np.random.Generator, ill: np.random.Generator) -> Rows:
        values = course.block(starts).values
        at = starts[:, None] + self.fleet.phase_s
        active = self.active(float(at.min()), float(at.max()))
        shift_levels(self._oddities.shifts, at, values)
        for fault, amount in active:
            apply(fault, amount, self.fleet, at, values, ill)
        finish(values)
        lose_values(self._oddities, at, values, rng)
        there = rng.random(at.shape) >= LOST_ROW
        there &= heard(self.fleet, self._oddities, [fault for fault, _ in active], at)
        there &= ~self._oddities.gaps.mask(at)
        arrived = arrivals(self._oddities, at, self.step_s, rng)
        order = np.flatnonzero(there)
        order = order[np.argsort(arrived.ravel()[order], kind="stable")]
        device = np.broadcast_to(self.fleet.device, at.shape).ravel()[order]
        stamped = stamps(self._oddities, at).ravel()[order]
        flat = values.reshape(-1, values.shape[-1])[order].astype(np.float32)
        return Rows(arrived.ravel()[order], Batch(device, stamped, flat))

    def _checks(self, start: float, end: float, rng: np.random.Generator) -> Checks:
        """Every five minutes of the clock, each device a little later."""
        grid = np.arange(np.ceil(start / CHECK_S) * CHECK_S, end, CHECK_S)
        if not len(grid):
            return _no_checks()
        at = grid[:, None] + self.fleet.phase_s
        active = [fault for fault, _ in self.active(float(at.min()), float(at.max()))]
        return checks(self.fleet, active, at, heard(self.fleet, self._oddities, active, at), rng)

    def _beat(self, heartbeat: Floats, start: float, end: float) -> None:
        """Bring each device's last heartbeat up to date: every 30 seconds while it can be heard."""
        active = [fault for fault, _ in self.active(start, end)]
        moments = np.arange(start, end, HEARTBEAT_S)
        at = moments[:, None] + self.fleet.phase_s % HEARTBEAT_S
        on = heard(self.fleet, self._oddities, active, at) & (at < end)
        last = len(moments) - 1 - np.argmax(on[::-1], axis=0)
        np.copyto(heartbeat, at[last, np.arange(len(heartbeat))], where=on.any(axis=0))


def _no_checks() -> Checks:
    return Checks(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.bool_))


def _cut(held: list[tuple[Rows, Checks]], until: float) -> tuple[Batch, Checks, list[tuple[Rows, Checks]]]:
    """What arrived before ``until``, and what is still on its way."""
    arrived = np.concatenate([rows.arrived for rows, _ in held])
    readings = Batch(
        np.concatenate([rows.readings.device for rows, _ in held]),
        np.concatenate([rows.readings.at for rows, _ in held]),
        np.concatenate([rows.readings.values for rows, _ in held]),
    )
    due = Checks(
        np.concatenate([checked.device for _, checked in held]),
        np.concatenate([checked.at for _, checked in held]),
        np.concatenate([checked.healthy for _, checked in held]),
    )
    order = np.argsort(arrived, kind="stable")
    split = int(np.searchsorted(arrived[order], until))
    now, later = order[:split], order[split:]
    past = np.flatnonzero(due.at < until)
    left = np.flatnonzero(due.at >= until)
    return _batch(readings, now), _some(due, past), [(Rows(arrived[later], _batch(readings, later)), _some(due, left))]


def _batch(readings: Batch, rows: Ints) -> Batch:
    return Batch(readings.device[rows], readings.at[rows], readings.values[rows])


def _some(due: Checks, rows: Ints) -> Checks:
    return Checks(due.device[rows], due.at[rows], due.healthy[rows])


def simulate(
    devices: int,
    days: float,
    step_s: float = 300.0,
    seed: int = 0,
    faults: Iterable[str] = (),
    *,
    start: datetime = START,
    quiet_days: float = QUIET_DAYS,
) -> Simulation:
    """A fleet of ``devices`` for ``days``, each device read every ``step_s`` seconds, with one fault a kind in ``faults``.

    The same arguments give the same rows. Faults begin ``quiet_days`` after the aware ``start``. Raises ValueError where
    the fleet or the time has no room for the faults.
    """
    fleet = make_fleet(devices, step_s, seed)
    begins = start.timestamp()
    span = (begins, begins + days * DAY_S)
    labels = draw_faults(fleet, faults, step_s, (begins + quiet_days * DAY_S, span[1]), seed)
    return Simulation(fleet, span, step_s, labels, seed)
