"""Past failures before which a machine looked like another does now: a few days before them, compared by shape.

The similarity of two shapes is ``2 a·b / (|a|² + |b|²)``: 1 if they are the same, 0 if they share nothing or go opposite
ways. What is unusual on one side alone lowers it, and a gap counts as nothing unusual. Quiet moments, after which nothing
came, are compared as well: what is as common without a failure (logs that grow until they are rotated) announces none.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.calibrate import wilson
from ai_gateway.prediction.core.shapes import LEAST_DAYS, WINDOW, Shape, Shapes, shapes
from ai_gateway.prediction.core.types import DAY, HOUR, Flags, Floats, History, Instants, Ints, Role
from ai_gateway.prediction.core.windows import ordered

BEFORE_H: Final = (12, 24, 48, 72, 96, 120, 144, 168)
"""Hours before a failure at which the machine is compared."""
SAME_S: Final = DAY
"""What follows a failure of the same machine so soon is the same failure."""
MOST_FAILURES: Final = 3000
"""The newest failures that are compared."""
QUIET_S: Final = 7 * DAY
"""A moment is quiet with no failure so long before and after it."""
LEAST_QUIET: Final = 300
LEAST_SIZE: Final = 1.0
"""Below it nothing is unusual: less than one day of six deviations, or three days of four and a half."""
LIKE: Final = 0.5
"""From here on two shapes are alike: what they share outweighs what sets them apart."""
_AT_ONCE: Final = 100


class Moments(NamedTuple):
    """Failures, or quiet moments. ``machine``, ``at``: ``(p,)``, as in `Events`; ``kind`` of a failure, -1 of a quiet one."""

    machine: Ints
    at: Ints
    kind: Ints


class Match(NamedTuple):
    """``before_h``: how long before the failure the machine looked alike. ``shares``: ``(names,)``, each one's part in it.

    ``now``, ``then``: ``(names,)``, as `Shapes.stood`.
    """

    similarity: float
    before_h: int
    shares: Floats
    now: Floats
    then: Floats


class Compared(NamedTuple):
    """Machines as they are beside the past failures.

    ``similarity``: ``(n, p)``, to each failure at its likest moment. ``unusual``: ``(n,)``, whether there is anything to
    compare. ``warned``: ``(n,)``, whether what looks like a machine now was before failures rather than quiet.
    """

    failures: Moments
    similarity: Shape
    unusual: Flags
    warned: Flags
    present: Shapes
    past: Shapes

    def match(self, one: int, failure: int) -> Match:
        """How alike one machine is to one failure. The time is that at which what leads stood nearest to where it stands."""
        rows = slice(failure * len(BEFORE_H), (failure + 1) * len(BEFORE_H))
        alike, stood = _similarity(self.present, slice(one, one + 1), self.past, rows)[0], self.past.stood[rows]
        likest = self._shares(one, rows.start + int(alike.argmax()))
        lead = int(likest.argmax())
        apart = np.nan_to_num(np.abs(stood[:, lead] - self.present.stood[one, lead]), nan=np.inf)
        place = int(np.lexsort((-alike, apart, alike < LIKE))[0])
        return Match(
            float(self.similarity[one, failure]), BEFORE_H[place], likest, self.present.stood[one], stood[place]
        )

    def _shares(self, one: int, row: int) -> Floats:
        product = self.present.values[one] * self.past.values[row]
        parts = np.bincount(self.present.subject, product, len(self.present.names))
        found: Floats = parts / max(float(parts.sum()), 1e-9)
        return found


def compare(history: History, machines: Ints, now: int, floors: Floats, most: int = MOST_FAILURES) -> Compared:
    """These machines as they are at ``now`` beside the newest ``most`` failures. ``floors``: as `shapes` takes them."""
    failed = failures(history, now, most)
    calm = quiet(history, now, max(len(failed.at), LEAST_QUIET))
    present, past, still = _shapes(history, machines, now, (failed, calm), floors)
    weight = _weights(still)
    present, past, still = present.weighted(weight), past.weighted(weight), still.weighted(weight)
    alike = _likest(present, past) * ~_lately(machines, failed, now)
    other = _likest(present, still) * ~_lately(machines, calm, now)
    return Compared(failed, alike, present.size >= LEAST_SIZE, _warned(alike, other), present, past)


def failures(history: History, until: int, most: int = MOST_FAILURES) -> Moments:
    """The newest ``most`` failures up to then, the first of each run of a machine."""
    events = history.events
    mine = np.flatnonzero(np.isin(events.kind, history.of_role(Role.FAILURE)) & (events.at <= until))
    rows = ordered(events.machine[mine], events.at[mine])
    again = np.r_[False, (np.diff(rows.machine) == 0) & (np.diff(rows.at) <= SAME_S)][: len(mine)]
    chosen = mine[rows.order][~again]
    chosen = chosen[np.argsort(events.at[chosen], kind="stable")][-most:]
    return Moments(events.machine[chosen], events.at[chosen], events.kind[chosen])


def quiet(history: History, until: int, count: int) -> Moments:
    """Up to ``count`` moments with no failure of the machine a week before and after, drawn at random, each time the same."""
    rng = np.random.default_rng(0)
    machine = rng.integers(0, max(len(history.machines), 1), 3 * count if history.machines else 0)
    events = history.events
    mine = np.isin(events.kind, history.of_role(Role.FAILURE))
    opening = history.since[machine] + (2 * WINDOW + LEAST_DAYS) * DAY
    room = np.minimum(history.until[machine], until) - QUIET_S - opening
    at = opening + (rng.random(len(machine)) * np.maximum(room, 0)).astype(np.int64)
    failed = ordered(events.machine[mine], events.at[mine]).counts(Instants(machine, at + QUIET_S), 2 * QUIET_S)
    chosen = np.flatnonzero((room > 0) & (failed == 0))[:count]
    return Moments(machine[chosen], at[chosen], np.full(len(chosen), -1))


def _shapes(history: History, machines: Ints, now: int, earlier: Sequence[Moments], floors: Floats) -> list[Shapes]:
    """Of machines now, and of those of earlier moments ``p * len(BEFORE_H)``, those of each moment together."""
    at = [np.full(len(machines), now), *((one.at[:, None] - HOUR * np.array(BEFORE_H)).ravel() for one in earlier)]
    of = [machines, *(np.repeat(one.machine, len(BEFORE_H)) for one in earlier)]
    every = shapes(history, Instants(np.concatenate(of), np.concatenate(at)), floors)
    ends = np.cumsum([0, *map(len, at)]).tolist()
    return [every.part(first, last) for first, last in pairwise(ends)]


def _weights(still: Shapes) -> Floats:
    """``(names,)``: what is often unusual though nothing comes of it weighs less, by the root of how large it is then."""
    usual = (still.values.astype(float) ** 2).mean(axis=0) if len(still.values) else np.zeros(len(still.subject))
    found: Floats = 1 / np.sqrt(1 + np.bincount(still.subject, usual, len(still.names)) / LEAST_SIZE)
    return found


def _likest(present: Shapes, past: Shapes) -> Shape:
    """``(n, p)``: similarity to each moment at its likest time."""
    count, moments = len(present.values), len(past.values) // len(BEFORE_H)
    found = np.zeros((count, moments), np.float32)
    for begin in range(0, count if moments else 0, _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        every = _similarity(present, part, past, slice(None))
        found[part] = every.reshape(len(every), moments, len(BEFORE_H)).max(axis=2)
    return found


def _similarity(present: Shapes, part: slice, past: Shapes, rows: slice) -> Shape:
    """``(n, p)``, ratio 0-1; 0 where too little is unusual."""
    mine, theirs = present.size[part, None], past.size[rows]
    product = 2 * (present.values[part] @ past.values[rows].T)
    known = (mine >= LEAST_SIZE) & (theirs >= LEAST_SIZE)
    found: Shape = np.clip(np.where(known, product / np.maximum(mine + theirs, LEAST_SIZE), 0), 0, 1)
    return found


def _lately(machines: Ints, found: Moments, now: int) -> Flags:
    """``(n, p)``: a machine's own days are not compared with themselves."""
    lately: Flags = (machines[:, None] == found.machine) & (found.at > now - WINDOW * DAY)
    return lately


def _warned(alike: Shape, other: Shape) -> Flags:
    """``(n,)``: whether the nearest moments are before failures more often than chance gives, at the low end of the interval.

    The nearest are as many as the root of all (a usual choice of k), as far as they are alike at all.
    """
    failed, calm = alike.shape[1], other.shape[1]
    every = np.concatenate([alike, other], axis=1)
    nearest = np.argsort(-every, axis=1, kind="stable")[:, : round(np.sqrt(failed + calm))]
    near = np.take_along_axis(every, nearest, axis=1) >= LIKE
    count = near.sum(axis=1)
    before = (near & (nearest < failed)).sum(axis=1)
    low, _ = wilson(before / np.maximum(count, 1), np.maximum(count, 1).astype(float))
    found: Flags = (before > 0) & (low * calm >= (1 - low) * failed)
    return found
