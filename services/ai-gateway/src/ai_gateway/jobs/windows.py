"""Which stretches ahead suit a job at a site, the best first. Pure functions."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ai_gateway.homepot.scoped.planning import JobEnds
from ai_gateway.jobs.success import Beta, Cases, Chance, chance, shift
from ai_gateway.jobs.week import HALF_HOUR, Hour, Kind, Stretch
from ai_gateway.kit.text import count

ORDER: Final[dict[Kind, int]] = {"maintenance": 0, "closed": 1, "quiet": 2, "unknown": 2, "peak": 3}
"""What disturbs least comes first."""
ASLEEP: Final = 0.8
"""Devices of which so much smaller a share reports than in the site's best hour are taken to be switched off then."""
AWAY: Final = 4
"""Behind every kind of stretch in which devices answer."""
NEEDED: Final = timedelta(hours=1)
"""A stretch that is shorter is no window."""
BLOCK_H: Final = 4
"""Jobs are compared by so many hours of the day: by single hours a site has too few."""
SAYINGS: Final[dict[Kind, str]] = {
    "maintenance": "A maintenance window of the site's schedule",
    "closed": "The site is closed",
    "quiet": "The site is open, outside of its peak hours",
    "peak": "The site's peak hours",
    "unknown": "The site has no schedule",
}


class Window(NamedTuple):
    """A stretch for a job. ``best``: the half hour in it to begin with. ``cases``: jobs that began at such hours of the day."""

    start: datetime
    end: datetime
    best: datetime
    kind: Kind
    hour: Hour
    asleep: bool
    chance: Chance | None
    cases: Cases


class Record(NamedTuple):
    """How the site's jobs ended. ``belief`` absent: no job ended anywhere in view. ``blocks``: by `BLOCK_H` hours of its day.

    ``here``, ``elsewhere``: all of the site's, and all others in view.
    """

    belief: Beta | None
    blocks: list[Cases]
    here: Cases = Cases(0, 0)
    elsewhere: Cases = Cases(0, 0)

    def whole(self) -> Chance | None:
        """The chance of a job, whenever it begins."""
        return None if self.belief is None else chance(self.belief)

    def at(self, moment: datetime, zone: ZoneInfo) -> tuple[Chance | None, Cases]:
        """The chance of a job that begins then, and the jobs of such hours."""
        cases = self.blocks[moment.astimezone(zone).hour // BLOCK_H]
        whole = self.whole()
        if self.belief is None or whole is None:
            return None, cases
        return whole.shifted(shift(self.belief, cases)[1]), cases


def by_block(ends: JobEnds, zone: ZoneInfo) -> list[Cases]:
    """A site's jobs by `BLOCK_H` hours of its day."""
    blocks = [Cases(0, 0)] * (24 // BLOCK_H)
    for at, succeeded in zip(ends.at, ends.succeeded, strict=True):
        place = datetime.fromtimestamp(at, zone).hour // BLOCK_H
        blocks[place] = blocks[place].plus(Cases(1, int(succeeded)))
    return blocks


def in_trouble(ends: JobEnds, devices: Sequence[int], since: Sequence[int], until: Sequence[int]) -> np.ndarray:
    """``(n,) bool``: whether the device of each job was in trouble when it began. The rest: stretches of trouble, by column."""
    of, at = np.array(ends.devices, np.int64), np.array(ends.at, np.int64)
    order = np.argsort(of, kind="stable")
    sorted_of, found = of[order], np.zeros(len(of), bool)
    for device, begin, end in zip(devices, since, until, strict=True):
        mine = order[np.searchsorted(sorted_of, device) : np.searchsorted(sorted_of, device, side="right")]
        found[mine] |= (at[mine] >= begin) & (at[mine] <= end)
    return found


def ranked(found: Sequence[Stretch], hours: Sequence[Hour], record: Record, zone: ZoneInfo) -> list[Window]:
    """The stretches that are long enough, the best first."""
    most = max((hour.reach for hour in hours if hour.reach is not None), default=0.0)
    windows = [_window(one, hours, record, zone, most) for one in found if one.end - one.start >= NEEDED]
    return sorted(windows, key=_rank)


def _window(found: Stretch, hours: Sequence[Hour], record: Record, zone: ZoneInfo, most: float) -> Window:
    starts = [found.start]
    while starts[-1] + HALF_HOUR + NEEDED <= found.end:
        starts.append(starts[-1] + HALF_HOUR)

    def of(start: datetime) -> Hour:
        return hours[start.astimezone(zone).hour]

    best = max(starts, key=_fitness(of))
    hour = of(best)
    told, cases = record.at(best, zone)
    asleep = hour.reach is not None and hour.reach < ASLEEP * most
    return Window(found.start, found.end, best, found.kind, hour, asleep, told, cases)


def _fitness(of: Callable[[datetime], Hour]) -> Callable[[datetime], tuple[float, float]]:
    """More devices that answer, then fewer transactions; ``max`` takes the earliest of equals."""
    return lambda start: (round(of(start).reach or 0.0, 1), -round(of(start).busy or 0.0, 1))


def _rank(window: Window) -> tuple[int, float, datetime]:
    likely = window.chance.probability if window.chance else 0.0
    return ORDER[window.kind] + (AWAY if window.asleep else 0), -round(likely, 2), window.start


def reason(window: Window, notes: str | None = None) -> str:
    """Why a window is where it is in the order. ``notes``: what the schedule says of its day, clean."""
    parts = [SAYINGS[window.kind]]
    if window.hour.reach is not None:
        usual = f"{100 * window.hour.reach:.0f} % of its devices usually report then"
        parts.append(f"only {usual}, so the others would miss the job" if window.asleep else usual)
    if window.hour.busy is not None:
        parts.append(f"transactions are at {100 * window.hour.busy:.0f} % of the busiest hour's")
    if window.cases.jobs:
        parts.append(f"{window.cases.succeeded} of {count(window.cases.jobs, 'job')} at such hours succeeded")
    else:
        parts.append("no job of the site began at such hours yet")
    if notes:
        parts.append(f'the schedule notes "{notes}"')
    return f"{'; '.join(parts)}."
