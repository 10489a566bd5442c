"""What the routes about jobs send. Probabilities are ratios 0-1, intervals hold 90 %."""

from datetime import datetime
from typing import Literal

import msgspec

from ai_gateway.health.wire import DeviceRef

Priority = Literal["low", "medium", "high", "critical"]


class WindowView(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch that suits a job. ``best_start``: when to begin in it. ``local``: by the site's clock.

    ``reachable``: share of its devices that usually report then; ``busy``: transactions as a share of the busiest hour's;
    ``jobs``: those that began at such hours, on which the probability rests besides all others.
    """

    start: datetime
    end: datetime
    best_start: datetime
    local: str
    kind: Literal["maintenance", "closed", "quiet", "peak", "unknown"]
    reason: str
    probability: float | None
    low: float | None
    high: float | None
    jobs: int
    reachable: float | None
    busy: float | None


class SiteWindows(msgspec.Struct, frozen=True, kw_only=True):
    """The windows ahead of a site, the best first. ``not_answering``: of its ``devices`` in service, how many would miss a job now.

    ``schedule``: whether HOMEPOT has opening hours of it. ``notes``: what an operator should know beside them.
    """

    site_id: str
    site_name: str
    time_zone: str
    schedule: bool
    devices: int
    not_answering: int
    windows: list[WindowView]
    notes: list[str]
    generated_at: datetime


class RingView(msgspec.Struct, frozen=True):
    """Jobs that ended, the widest ring first; each leaves out those of the next. ``text``: which ones."""

    level: Literal["fleet", "device_type", "site", "device"]
    text: str
    jobs: int
    succeeded: int


class FactorView(msgspec.Struct, frozen=True):
    """What the probability is made of. ``score``: share of success that it speaks for; ``weight``: how far its own cases count.

    Both ratio 0-1; ``impact`` is against what was believed without it.
    """

    factor: str
    weight: float
    score: float
    impact: Literal["positive", "neutral", "negative"]
    note: str


class JobChance(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a job for a device succeeds. ``jobs``: all cases it rests on; without any, no probability.

    ``concerns``: what speaks against it now and is not in the number.
    """

    device: DeviceRef
    action: str | None
    at: datetime
    probability: float | None
    low: float | None
    high: float | None
    jobs: int
    cases: list[RingView]
    factors: list[FactorView]
    concerns: list[str]
    period_days: int
    generated_at: datetime
