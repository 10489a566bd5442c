"""What is kept of a device's risk, and what a round works on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from ai_gateway.prediction.core.hazard import CUTS
from ai_gateway.prediction.core.types import Floats, History, Ints

HOURS: Final = tuple(float(cut) for cut in CUTS[1:])
"""Hours ahead for which a risk is stored."""

LEAST_FAILURES: Final = 30
"""Failures from which on a model is trained; fewer say too little of what announces them."""
LEAST_DAYS: Final = 40.0
"""A history shorter than this holds no horizon of 30 days on time later than the fit."""

EXPLAINED: Final = 500
"""Devices, the riskiest first, whose drivers are worked out, and whose last days are compared with past failures."""


class Moved(msgspec.Struct, frozen=True):
    """What moved a risk. ``weight``: its part (-1 … 1) of all that did; below 0 it lowered the risk."""

    text: str
    value: float | None
    weight: float


class LimitAhead(msgspec.Struct, frozen=True):
    """A wearing quantity on its way to its limit, in the metric's unit. ``hours``, ``low``, ``high``: until it is there.

    ``high`` absent: perhaps never. ``points``: days that the line was made of.
    """

    metric: str
    limit: float
    level: float
    per_day: float
    hours: float
    low: float
    high: float | None
    points: int


class MovedAlike(msgspec.Struct, frozen=True):
    """A metric, or a kind of event, that moved as it did before a past failure. ``share``: its part (0-1) of the likeness.

    ``now``, ``then``: mean of the newest day in the metric's unit, or events in a week; absent: unknown.
    """

    name: str
    event: bool
    share: float
    now: float | None
    then: float | None


class PastFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A failure before which a device looked like another does now. Device and site are HOMEPOT's integers.

    ``kind``: as in `fleet.FAILURES`. ``similarity``: ratio 0-1. ``before_h``: how long before it failed it looked so.
    """

    device: int
    site: int
    at: datetime
    kind: str
    metric: str | None
    similarity: float
    before_h: float
    alike: tuple[MovedAlike, ...]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was done about a failure. ``incident_id``: while the gateway keeps it. ``helped`` absent: nobody said."""

    incident_id: UUID | None
    title: str | None
    cause: str | None
    resolution: str | None
    resolved_at: datetime | None
    helped: bool | None


class Progressions(msgspec.Struct, frozen=True):
    """What a device's last days look like. ``unusual``: whether there is anything to compare. ``past``: the likest first."""

    unusual: bool
    past: tuple[PastFailure, ...]


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ai_predictions``. ``risk``, ``low``, ``high``: ratio 0-1 of a failure within each of ``hours``.

    ``basis``: model, lifetimes or prior. ``cases``: comparable ones, of which ``failed`` did within a week.
    ``progressions``: read of one device alone, and absent where none were looked for.
    """

    device: int
    site: int
    as_of: datetime
    basis: str
    model: int | None
    hours: tuple[float, ...]
    risk: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    cases: int
    failed: int
    drivers: tuple[Moved, ...]
    limits: tuple[LimitAhead, ...]
    progressions: Progressions | None = None


class Fleet(NamedTuple):
    """The history with HOMEPOT's integers of its machines and their sites, ``(machines,)``, their types and tenants if known."""

    history: History
    devices: Ints
    sites: Ints
    types: tuple[str | None, ...] = ()
    tenants: tuple[int | None, ...] = ()


class Outlook(NamedTuple):
    """A round's result, ``(machines, hours)`` by `HOURS`; the rest ``(machines,)``.

    ``drifted``: ratio 0-1 of the model's features that lie elsewhere than when it was fitted, ``None`` without a model.
    ``progressions``: of those that were compared (`alike`).
    """

    basis: str
    model: int | None
    risk: Floats
    low: Floats
    high: Floats
    cases: Ints
    failed: Ints
    drivers: list[tuple[Moved, ...]]
    limits: list[tuple[LimitAhead, ...]]
    drifted: float | None = None
    progressions: Sequence[Progressions | None] = ()
