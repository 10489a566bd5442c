"""Whether past failures that began alike say what comes: the product's comparison over a fleet that wears out.

Asked every twelve hours of the second half of the time, with what was known then. docs/prediction.md says what counts.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.alike import progressions
from ai_gateway.prediction.core.types import DAY, HOUR
from ai_gateway.prediction.types import HOURS, Fleet, Outlook, PastFailure
from bench.figures import Figure
from dev.simulation.wear import BEGIN, PREDICTABLE, Failure, WornFleet

SOON_H: Final = 24.0
"""A failure counts once: at the last round that is so long before it."""
NEAR_S: Final = 14 * DAY
"""A device is healthy with no failure, and nothing averted, so long before and after."""


class Answer(NamedTuple):
    """What one device was told at one round: the likest past failure, if any, and what came next."""

    now: int
    device: int
    first: PastFailure | None
    next: Failure | None


def figures(fleet: WornFleet, known: Callable[[WornFleet, int], Fleet], since: int, step_h: int) -> Iterator[Figure]:
    """How often the first past failure is of the kind that comes, how far off in time, and how often healthy devices have one."""
    answers = [
        one for now in range(since, BEGIN + fleet.days * DAY, step_h * HOUR) for one in _asked(fleet, known, now)
    ]
    kinds = {(failure.device, failure.at): failure.kind for failure in fleet.failures}
    soon = [one for one in answers if one.next and SOON_H <= _left_h(one) < SOON_H + step_h]
    failed, told, same = (Counter[str]() for _ in range(3))
    off = []
    for one in soon:
        kind = one.next.kind if one.next else ""
        failed[kind] += 1
        if one.first is not None:
            told[kind] += 1
            if _kind(one.first, kinds) == kind:
                same[kind] += 1
                off.append(abs(one.first.before_h - _left_h(one)))
    for kind in (*PREDICTABLE, "sudden"):
        yield _share(f"wearing_alike.{kind}", same[kind], told[kind], failures=failed[kind])
    of = [sum(count[kind] for kind in PREDICTABLE) for count in (same, told, failed)]
    yield _share("wearing_alike", of[0], of[1], failures=of[2])
    yield Figure(name="wearing_alike_hours_off", value=float(np.median(off)), unit="h", detail={"cases": len(off)})
    well = [one for one in answers if _healthy(fleet, one)]
    yield _share("wearing_alike_healthy", sum(one.first is not None for one in well), len(well))


def _share(name: str, part: int, whole: int, **detail: int) -> Figure:
    value = part / whole if whole else float("nan")
    return Figure(name=name, value=value, unit="ratio", detail={"of": whole, **detail})


def _asked(fleet: WornFleet, known: Callable[[WornFleet, int], Fleet], now: int) -> Iterator[Answer]:
    nothing = np.zeros((fleet.devices, len(HOURS)))
    counts = np.zeros(fleet.devices, np.int64)
    none = [()] * fleet.devices
    found = Outlook("prior", None, nothing, nothing, nothing, counts, counts, list(none), list(none))
    for device, told in enumerate(progressions(known(fleet, now), found, now)):
        comes = next((one for one in fleet.failures if one.device == device and one.at > now), None)
        yield Answer(now, device, told.past[0] if told and told.past else None, comes)


def _kind(past: PastFailure, kinds: dict[tuple[int, int], str]) -> str | None:
    return kinds.get((past.device, int(past.at.timestamp())))


def _left_h(one: Answer) -> float:
    return (one.next.at - one.now) / HOUR if one.next else float("inf")


def _healthy(fleet: WornFleet, one: Answer) -> bool:
    ends = (*fleet.failures, *fleet.averted)
    return not any(end.device == one.device and abs(end.at - one.now) <= NEAR_S for end in ends)
