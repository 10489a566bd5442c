"""The chance of one job, told with the cases behind it. Pure functions."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ai_gateway.homepot.scoped.planning import JobEnds, JobShare
from ai_gateway.jobs.success import Beta, Cases, Chance, beliefs, chance, pull, shift
from ai_gateway.jobs.windows import BLOCK_H, Record, by_block
from ai_gateway.jobs.wire import FactorView, RingView
from ai_gateway.kit.text import capital, clean, count

LEVELS: Final[tuple[Literal["fleet", "device_type", "site", "device"], ...]] = (
    "fleet",
    "device_type",
    "site",
    "device",
)
TEXTS: Final = {
    "fleet": "other jobs in view",
    "device_type": "jobs at other sites for devices of type {kind}",
    "site": "other jobs of this site",
    "device": "jobs for this device",
}
MATTERS: Final = 0.02
"""A share of success that differs by less is neutral."""
DIGITS: Final = 4
NOW_COUNTS: Final = timedelta(hours=24)
"""How long a device's present state is taken to last."""


class Job(NamedTuple):
    """A job that somebody thinks of. ``troubled``: whether its device is in trouble now."""

    device: int
    device_type: str
    at: datetime
    now: datetime
    zone: ZoneInfo
    troubled: bool


class Told(NamedTuple):
    """Without any case there is no chance."""

    chance: Chance | None
    rings: list[RingView]
    factors: list[FactorView]


def record_of(shares: Sequence[JobShare], blocks: list[Cases]) -> Record:
    """How a site's jobs ended, whatever the device. ``blocks``: its own by the hours of its day."""
    here, elsewhere = (_sum(share for share in shares if share.here is there) for there in (True, False))
    belief = beliefs([elsewhere, here])[-1] if here.jobs + elsewhere.jobs else None
    return Record(belief, blocks, here, elsewhere)


def tell(job: Job, shares: Sequence[JobShare], ends: JobEnds, troubled: np.ndarray) -> Told:
    """``ends``: the jobs of the device's site; ``troubled``: ``(n,) bool``, whether the device of each was in trouble."""
    rings = _rings(job, shares, ends)
    views = [
        RingView(level, TEXTS[level].format(kind=clean(job.device_type, 40) or "unknown"), one.jobs, one.succeeded)
        for level, one in zip(LEVELS, rings, strict=True)
    ]
    within = record_of(shares, []).belief
    if within is None:
        return Told(None, views, [])
    believed = beliefs(rings)
    factors = [
        _of_ring(view, before, after) for view, before, after in zip(views[1:], believed, believed[1:], strict=False)
    ]
    found = chance(believed[-1])
    circumstances = [_hours(job, ends), *([_trouble(job, ends, troubled)] if _lasts(job) else [])]
    for name, cases, words in circumstances:
        under, moved = shift(within, cases)
        found = found.shifted(moved)
        note = f"{capital(words)}: {cases.succeeded} of {count(cases.jobs, 'job')} succeeded."
        factors.append(_factor(name, cases, under, within.mean, note))
    return Told(found, views, factors)


def _rings(job: Job, shares: Sequence[JobShare], ends: JobEnds) -> list[Cases]:
    mine = np.array(ends.devices, np.int64) == job.device
    device = Cases(int(mine.sum()), int((mine & np.array(ends.succeeded, bool)).sum()))
    here = _sum(share for share in shares if share.here)
    alike = _sum(share for share in shares if not share.here and share.device_type == job.device_type)
    others = _sum(share for share in shares if not share.here and share.device_type != job.device_type)
    return [others, alike, here.less(device), device]


def _sum(shares: Iterable[JobShare]) -> Cases:
    whole = Cases(0, 0)
    for share in shares:
        whole = whole.plus(Cases(share.jobs, share.succeeded))
    return whole


def _hours(job: Job, ends: JobEnds) -> tuple[str, Cases, str]:
    block = job.at.astimezone(job.zone).hour // BLOCK_H
    begin = block * BLOCK_H
    words = f"jobs of this site that began between {begin:02d}:00 and {begin + BLOCK_H:02d}:00 ({job.zone.key})"
    return "time_of_day", by_block(ends, job.zone)[block], words


def _lasts(job: Job) -> bool:
    return job.at - job.now <= NOW_COUNTS


def _trouble(job: Job, ends: JobEnds, troubled: np.ndarray) -> tuple[str, Cases, str]:
    alike = (troubled == job.troubled) & (np.array(ends.devices, np.int64) > 0)
    cases = Cases(int(alike.sum()), int((alike & np.array(ends.succeeded, bool)).sum()))
    state = "with an anomaly, as this one has now" if job.troubled else "without an anomaly, as this one is now"
    return "device_health", cases, f"jobs of this site for devices {state}"


def _of_ring(view: RingView, before: Beta, after: Beta) -> FactorView:
    cases = Cases(view.jobs, view.succeeded)
    note = f"{capital(view.text)}: {view.succeeded} of {view.jobs} succeeded."
    return _factor(f"{view.level}_history", cases, after.mean, before.mean, note)


def _factor(name: str, cases: Cases, score: float, before: float, note: str) -> FactorView:
    moved = score - before
    impact: Literal["positive", "neutral", "negative"]
    impact = "positive" if moved > MATTERS else "negative" if moved < -MATTERS else "neutral"
    return FactorView(name, round(pull(cases), DIGITS), round(score, DIGITS), impact, note)
