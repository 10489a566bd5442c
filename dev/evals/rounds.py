"""A worker's round with given risks, stored as the worker stores it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from ai_gateway.homepot.names import DeviceName
from ai_gateway.kit.settings import Settings
from ai_gateway.prediction.core.types import Events, History, Readings
from ai_gateway.prediction.store import PredictionStore
from ai_gateway.prediction.types import HOURS, Fleet, LimitAhead, Moved, MovedAlike, Outlook, PastFailure, Progressions
from ai_gateway.wiring import Parts, create_own_pool

Risks = Mapping[int, tuple[int, float]]
"""Of each device its site and the probability of a failure within a week; less or more by the time."""

RISKS: Final = {"Fuel Pump POS": 0.62, "Checkout 3": 0.35, "Kiosk East": 0.28, "Depot Gateway": 0.41}
"""Of the sample's devices; all others have `ELSE`."""
ELSE: Final = 0.02
DRIVERS: Final = {"Fuel Pump POS": (Moved("number of flapping in 7 days", 4.0, 0.6),)}
LIMITS: Final = {
    "Parts Counter POS": LimitAhead("disk_percent", 90.0, 80.0, 2.0, 120.0, 96.0, 150.0, 14),
    "Yard Gate Tablet": LimitAhead("disk_percent", 90.0, 60.0, 1.0, 720.0, 600.0, None, 14),
}

AGO: Final = {"Workshop Terminal": 9.7, "Checkout 3": 22.1}
"""Days since the disks of these devices of the sample were full, by its alerts."""
LIKENESS: Final = {"Checkout 3": 0.95, "Workshop Terminal": 0.9}
FILLS: Final = "Parts Counter POS"
"""Whose last days look like theirs."""

_NONE = np.empty(0, np.int64)
NO_HISTORY = History(
    (),
    (),
    (),
    (),
    Readings(_NONE, _NONE, np.empty((0, 0))),
    Events(_NONE, _NONE, _NONE),
    np.empty((0, 0)),
    _NONE,
    _NONE,
)


async def store_round(
    settings: Settings,
    risks: Risks,
    as_of: datetime,
    *,
    drivers: Mapping[int, tuple[Moved, ...]] | None = None,
    limits: Mapping[int, tuple[LimitAhead, ...]] | None = None,
    spread: float = 2.0,
    basis: str = "lifetimes",
    progressions: Mapping[int, Progressions] | None = None,
) -> None:
    """One round. ``spread``: an interval reaches from the risk divided by it to the risk times it."""
    devices = sorted(risks)
    week = np.array([risks[device][1] for device in devices])
    risk = np.minimum(week[:, None] * np.array(HOURS) / 168, 1.0)
    sites = np.array([risks[device][0] for device in devices], np.int64)
    cases = np.full(len(devices), 200), np.full(len(devices), 90)
    told = [(drivers or {}).get(device, ()) for device in devices]
    ahead = [(limits or {}).get(device, ()) for device in devices]
    high = np.minimum(risk * spread, 1.0)
    compared = [(progressions or {}).get(device) for device in devices]
    found = Outlook(basis, None, risk, risk / spread, high, *cases, told, ahead, progressions=compared)
    pool = create_own_pool(settings)
    await pool.open()
    try:
        await PredictionStore(pool).save_outlook(Fleet(NO_HISTORY, np.array(devices, np.int64), sites), found, as_of)
    finally:
        await pool.close()


async def foresee(parts: Parts, now: datetime) -> None:
    """The round that cases about what is ahead ask of: what is told here of some devices of the sample, by name."""
    names = await parts.directory.names()
    risks = {device.id: (device.site_id, RISKS.get(device.name, ELSE)) for device in names.devices}
    by_name = {device.name: device.id for device in names.devices}
    await store_round(
        parts.settings,
        risks,
        now - timedelta(minutes=10),
        drivers={by_name[name]: told for name, told in DRIVERS.items()},
        limits={by_name[name]: (limit,) for name, limit in LIMITS.items()},
        basis="model",
        progressions={by_name[FILLS]: Progressions(unusual=True, past=tuple(_past(names.devices, now)))},
    )


def _past(devices: Sequence[DeviceName], now: datetime) -> Iterator[PastFailure]:
    by_name = {device.name: device for device in devices}
    for name, similarity in LIKENESS.items():
        yield PastFailure(
            device=by_name[name].id,
            site=by_name[name].site_id,
            at=now - timedelta(days=AGO[name]),
            kind="critical",
            metric="disk_percent",
            similarity=similarity,
            before_h=72.0,
            alike=(MovedAlike("disk_percent", event=False, share=0.9, now=80.0, then=82.0),),
        )
