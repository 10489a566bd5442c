"""What the route about maintenance sends."""

from datetime import datetime
from typing import Literal

import msgspec

from ai_gateway.health.wire import DeviceRef
from ai_gateway.jobs.week import Kind


class Avoided(msgspec.Struct, frozen=True):
    """Failures that are expected between the visit and the horizon's end, and the ends of a 90 % interval."""

    expected: float
    low: float
    high: float


class PlannedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device to see to. ``probability``: ratio 0-1 of a failure, or a limit crossed, within the horizon, if nothing is done."""

    device: DeviceRef
    probability: float
    avoided: Avoided
    action: str
    reasoning: str


class VisitView(msgspec.Struct, frozen=True, kw_only=True):
    """One visit to one site. ``kind``: of the window. ``local``: the visit by the site's clock.

    The window reaches from ``window_start`` to ``window_end``; work takes from ``start`` to ``end``.
    """

    site_id: str
    site_name: str | None
    kind: Kind
    window_start: datetime
    window_end: datetime
    start: datetime
    end: datetime
    time_zone: str
    local: str
    avoided: Avoided
    devices: list[PlannedDevice]


class MaintenancePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Visits ahead, the one that avoids most first. ``count``: all of them, of which ``visits`` is a page.

    ``devices``: how many are seen to in all; ``avoided``: in all. ``left``: devices for which no window has time before they have probably failed.
    ``caveat``: why devices are not told apart, so that only those that stand out are planned for; absent where a model tells.
    """

    horizon_hours: float
    least_risk: float
    as_of: datetime | None
    stale: bool
    detail: str | None
    basis: Literal["model", "lifetimes", "prior"] | None
    caveat: str | None
    devices: int
    avoided: Avoided | None
    left: list[DeviceRef]
    notes: list[str]
    count: int
    visits: list[VisitView]
    limit: int
    offset: int
