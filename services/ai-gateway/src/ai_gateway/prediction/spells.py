"""How long devices ran without a failure while they were watched, and how surely these failures tell a rate. Pure."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.lifetime import LEAST, PRIOR_FAILURES, PRIOR_LIFE_H, Law, fit_law, prior_law
from ai_gateway.prediction.core.types import DAY, HOUR, Flags, Floats, History, Ints, Role
from ai_gateway.prediction.core.windows import ordered

AGAIN: Final = DAY
"""A failure within a day of a device's last one is the same trouble, shown once more: silence, then an alert of it."""
TOGETHER: Final = HOUR
"""Devices of one site that fail within an hour of each other fail of one cause."""


class Spells(NamedTuple):
    """``(n,)`` each. ``lived``: hours. ``failed``: whether a failure ended it. ``known``: whether a failure began it.

    A spell that the watch itself began is older than what was seen of it. ``running``: ``(machines,)``, the hours of the
    spell that goes on. ``causes``: ``(k,)`` failures of each cause: they come together, so they tell less than so many.
    """

    lived: Floats
    failed: Flags
    known: Flags
    running: Floats
    causes: Ints


def law_of(found: Spells) -> Law:
    """The law of a fleet's spells and the stated prior, which is one spell more that a failure ended.

    Whether risk falls or grows with age is told by spells of known beginning alone: while there are few of them it is
    taken as constant. Failures of one cause are counted as one surprise, each as large as they are many.
    """
    failures, squares = int(found.failed.sum()), float((found.causes**2).sum())
    if (found.failed & found.known).sum() >= LEAST:
        lived, failed = np.append(found.lived, PRIOR_LIFE_H), np.append(found.failed, True)
        law = fit_law(lived, failed, np.empty((len(lived), 0)))
    else:
        law = prior_law(failures, float(found.lived.sum()))
    spread = np.sqrt(PRIOR_FAILURES + squares) / (PRIOR_FAILURES + failures)
    return law._replace(failures=failures, spread=float(spread))


def spells(history: History) -> Spells:
    """From the watch's beginning, or the end of a trouble, to the next trouble or now. What was before the watch is no spell."""
    machine, first, last = _troubles(history)
    count = len(history.machines)
    of = np.concatenate([np.arange(count), machine])
    begin = np.concatenate([history.since, last])
    end = np.concatenate([np.full(count, -1), first])
    order = np.lexsort((begin, of))
    of, begin, end = of[order], begin[order], end[order]
    running = np.r_[of[1:] != of[:-1], True]
    until = np.where(running, history.until[of], np.r_[end[1:], 0])
    lived = np.maximum(until - begin, 0) / HOUR
    return Spells(lived, ~running, order >= count, lived[running], _causes(history, machine, first))


def _troubles(history: History) -> tuple[Ints, Ints, Ints]:
    """Each device's troubles while it was watched: whose, and when its first and its last failure began."""
    events = history.events
    chosen = np.isin(events.kind, history.of_role(Role.FAILURE)) & (events.at >= history.since[events.machine])
    rows = ordered(events.machine[chosen], events.at[chosen])
    new = np.ones(len(rows.at), bool)
    new[1:] = (rows.machine[1:] != rows.machine[:-1]) | (rows.at[1:] - rows.at[:-1] >= AGAIN)
    ends = np.append(new[1:], True)[: len(new)]
    return rows.machine[new], rows.at[new], rows.at[ends]


def _causes(history: History, machine: Ints, at: Ints) -> Ints:
    """How many troubles began together, of each time and site at which some did."""
    alone = -1 - np.arange(len(history.machines))
    site = (alone if history.groups is None else np.where(history.groups < 0, alone, history.groups))[machine]
    order = np.lexsort((at, site))
    site, at = site[order], at[order]
    apart = np.ones(len(at), bool)
    apart[1:] = (site[1:] != site[:-1]) | (at[1:] - at[:-1] > TOGETHER)
    return np.bincount(np.cumsum(apart) - 1) if len(at) else np.empty(0, np.int64)
