"""From risks and the hours of a site to visits: which window, and which devices in it. Pure.

A visit now and one in the last hour of the horizon do not help alike: what is avoided is what would fail between the
visit and the horizon's end. So the plan weighs how soon a window is against how little it disturbs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.jobs.week import Kind, Stretch
from ai_gateway.prediction.core.types import Flags, Floats
from ai_gateway.prediction.types import LimitAhead, Prediction

SUITS: Final[dict[Kind, float]] = {"maintenance": 1.0, "quiet": 0.9, "unknown": 0.9, "closed": 0.8, "peak": 0.5}
"""What a visit in a window of this kind is worth, of what it avoids: a stated belief.

A window made for it suits best; one in peak hours is taken where waiting costs half of what a visit can avoid. Closed sites
need somebody with a key.
"""
HOUR_S: Final = 3600.0
CROSSED: Final = (0.05, 0.5, 0.95)
"""The share of like quantities that have crossed their limit at the interval's ends and its middle."""


class Risk(NamedTuple):
    """``(n, t)`` each: the probability of a failure up to each of ``t`` times, with the ends of its interval."""

    expected: Floats
    low: Floats
    high: Floats


class Visit(NamedTuple):
    """``places``: of the devices seen to, those with the most to avoid first. ``avoided``: ``(n,)`` each, one a device."""

    window: Stretch
    start: datetime
    end: datetime
    places: list[int]
    avoided: Risk


class Plan(NamedTuple):
    """``visits``: the one that avoids most first. ``left``: places of devices for which no window has time, or avoids anything."""

    visits: list[Visit]
    left: list[int]


def risk_at(found: Sequence[Prediction], hours: Sequence[float]) -> Risk:
    """Each device's risk at hours after its round: of a failure, or of a limit crossed, whichever is likelier."""
    sides = [np.array([_curve(one, name, hours) for one in found]) for name in ("risk", "low", "high")]
    return Risk(*(side.reshape(len(found), len(hours)) for side in sides))


def _curve(found: Prediction, name: str, hours: Sequence[float]) -> Floats:
    failing = np.interp(hours, (0.0, *found.hours), (0.0, *getattr(found, name)))
    crossing = [_crossed(limit, hours) for limit in found.limits]
    curve: Floats = np.max([failing, *crossing], axis=0)
    return curve


def _crossed(limit: LimitAhead, hours: Sequence[float]) -> Floats:
    """Straight between the ends of the interval; one that is open never comes for half of them."""
    ends, shares = [0.0, limit.low, limit.hours], [0.0, *CROSSED[:2]]
    if limit.high is not None:
        ends, shares = [*ends, limit.high], [*shares, CROSSED[2]]
    curve: Floats = np.interp(hours, np.maximum.accumulate(ends), shares)
    return curve


def plan(
    found: Sequence[Prediction], windows: Sequence[Stretch], as_of: datetime, until: datetime, each: timedelta
) -> Plan:
    """Visits at one site. ``windows``: its stretches ahead. ``as_of``: of the round. ``each``: work on one device.

    The best window takes as many devices as it has time for, those with the most to avoid first; the others go to the next.
    """
    fits = [window for window in windows if _room(window, until, each)]
    if not fits or not found:
        return Plan([], list(range(len(found))))
    starts = [(window.start - as_of).total_seconds() / HOUR_S for window in fits]
    at = risk_at(found, [*starts, (until - as_of).total_seconds() / HOUR_S])
    avoided = _avoided(at)
    room = [_room(window, until, each) for window in fits]
    left, free, visits = np.ones(len(found), bool), set(range(len(fits))), list[Visit]()
    while left.any() and free:
        chosen = {place: _most(avoided.expected[:, place], left, room[place]) for place in free}
        worth = {
            place: SUITS[fits[place].kind] * float(avoided.expected[devices, place].sum())
            for place, devices in chosen.items()
        }
        best = max(sorted(free, key=lambda place: fits[place].start), key=lambda place: worth[place])
        if worth[best] <= 0:
            break
        visits.append(_visit(fits[best], chosen[best], each, Risk(*(side[chosen[best], best] for side in avoided))))
        left[chosen[best]] = False
        free.remove(best)
    return Plan(sorted(visits, key=lambda one: (-one.avoided.expected.sum(), one.start)), np.flatnonzero(left).tolist())


def _room(window: Stretch, until: datetime, each: timedelta) -> int:
    """How many devices the window has time for."""
    return max(int((min(window.end, until) - window.start) / each), 0)


def _avoided(at: Risk) -> Risk:
    """From each time to the last of them; the interval holds what is expected."""
    expected, low, high = (np.maximum(side[:, -1:] - side[:, :-1], 0) for side in at)
    return Risk(expected, np.minimum(low, expected), np.maximum(high, expected))


def _most(avoided: Floats, left: Flags, room: int) -> list[int]:
    """The devices with the most to avoid, those with nothing left out."""
    order = np.argsort(-avoided, kind="stable")
    ranked: list[int] = order[left[order] & (avoided[order] > 0)][:room].tolist()
    return ranked


def _visit(window: Stretch, devices: list[int], each: timedelta, avoided: Risk) -> Visit:
    return Visit(window, window.start, window.start + len(devices) * each, devices, avoided)
