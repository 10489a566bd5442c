"""What is kept of a device's risk, and what a round works on."""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from ai_gateway.prediction.core.hazard import CUTS
from ai_gateway.prediction.core.types import Floats, History, Ints

HOURS: Final = tuple(float(cut) for cut in CUTS[1:])
"""Hours ahead for which a risk is stored."""


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


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ai_predictions``. ``risk``, ``low``, ``high``: ratio 0-1 of a failure within each of ``hours``.

    ``basis``: model, lifetimes or prior. ``cases``: comparable ones, of which ``failed`` did within a week.
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


class Fleet(NamedTuple):
    """The history with HOMEPOT's integers of its machines and their sites, ``(machines,)``, and their types if known."""

    history: History
    devices: Ints
    sites: Ints
    types: tuple[str | None, ...] = ()


class Outlook(NamedTuple):
    """A round's result, ``(machines, hours)`` by `HOURS`; the rest ``(machines,)``.

    ``drifted``: ratio 0-1 of the model's features that lie elsewhere than when it was fitted, ``None`` without a model.
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
