"""What is told of risks: the worker's last round in the caller's scope."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.wire import DeviceRef, device_ref
from ai_gateway.homepot.names import DeviceName
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.queries import Page
from ai_gateway.prediction.apart import too_short
from ai_gateway.prediction.precedents import Precedents
from ai_gateway.prediction.store import PredictionReader, Sites
from ai_gateway.prediction.sums import sums_at
from ai_gateway.prediction.types import HOURS, Prediction
from ai_gateway.prediction.wire import (
    DevicePrediction,
    PredictionItem,
    RemainingLife,
    RiskPage,
    RiskView,
    SimilarProgressions,
    SurvivalPoint,
)
from ai_gateway.prediction.words import action, median_life, reasoning, severity

TOLD: Final = (24.0, 48.0, 168.0, 720.0)
"""Horizons that a device's answer spells out; the curve has all."""
SCORE_H: Final = 168.0
FORECAST: Final = "30 days"
LATE: Final = 3
"""After so many rounds without one, what was told is stale."""
UNSEEN: Final = "The worker has not told this device's risk yet; it does so once an hour after its first scan."
LONG_AGO: Final = "The worker's last round is too long ago: see that it runs."
DIGITS: Final = 4


class Seen(msgspec.Struct, frozen=True):
    """A caller's device and its risk. ``detail``: why the risk is absent or too old to rest on; ``None`` if it is neither."""

    scope: Scope
    device: DeviceName
    found: Prediction | None
    detail: str | None


class Risky(msgspec.Struct, frozen=True, kw_only=True):
    """A page of devices at risk; ``count``: all that fit. ``stale``: no round was told of late. ``sites``: looked at."""

    count: int
    rows: list[tuple[DeviceRef, Prediction]]
    as_of: datetime | None
    stale: bool
    sites: Sites


class Levels(NamedTuple):
    """``devices``: how many have a risk below all that was asked for, and from each on. ``failing``: how many will fail."""

    devices: list[int]
    failing: float


class PredictionService:
    """Reads risks for callers. Every method raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, scoping: Scoping, reader: PredictionReader, clock: Clock, interval_s: float) -> None:
        """Args: scoping: callers and names. reader: own database. clock: now. interval_s: between two rounds."""
        self._scoping = scoping
        self._reader = reader
        self._precedents = Precedents(reader)
        self._clock = clock
        self._stale_s = interval_s * LATE

    async def device(self, caller: Caller, key: str) -> DevicePrediction:
        """What is ahead of one device; raises a 404 problem for one that this key does not know."""
        seen = await self.seen(caller, key)
        alike = await self._precedents.told(seen.scope, seen.found)
        caveat = await self.caveat(seen.found.basis, seen.found.failed) if seen.found else None
        return _told(seen, alike, caveat)

    async def seen(self, caller: Caller, key: str) -> Seen:
        """The stored risk of one device; raises a 404 problem for one that this key does not know."""
        scope, device = await self._scoping.device(caller, key)
        found = await self._reader.prediction(scope.sites, device.id)
        if found is None:
            return Seen(scope, device, None, UNSEEN)
        return Seen(scope, device, found, LONG_AGO if self.stale(found.as_of) else None)

    async def at_risk(self, caller: Caller, site_id: str | None, hours: float, least: float, page: Page) -> RiskPage:
        """A page of devices with at least that risk within ``hours``, the riskiest first."""
        risky = await self.risky(caller, site_id, hours, least, page)
        basis, caveat = await self.basis(risky.sites)
        return RiskPage(
            count=risky.count,
            devices=[_risk(device, found, HOURS.index(hours)) for device, found in risky.rows],
            horizon_hours=hours,
            least_risk=least,
            as_of=risky.as_of,
            stale=risky.stale,
            basis=basis,  # type: ignore[arg-type]  # the table's check
            caveat=caveat,
            limit=page.limit,
            offset=page.offset,
        )

    async def risky(self, caller: Caller, site_id: str | None, hours: float, least: float, page: Page) -> Risky:
        """The stored risks of the same devices, with their whole curves."""
        scope, sites, _ = await self._scoping.chosen(caller, site_id, None)
        (count, rows), as_of = await asyncio.gather(
            self._reader.at_risk(sites, hours, least, page.limit, page.offset), self._reader.last_predicted()
        )
        risks = [(device_ref(row.device, scope), row) for row in rows]
        return Risky(count=count, rows=risks, as_of=as_of, stale=self.stale(as_of), sites=sites)

    async def levels(self, caller: Caller, site_id: str | None, hours: float, least: Sequence[float]) -> Levels:
        """How many devices are at which risk within ``hours``, and how many are expected to fail."""
        _, sites, _ = await self._scoping.chosen(caller, site_id, None)
        devices, rows = await asyncio.gather(
            self._reader.risk_levels(sites, hours, least), self._reader.site_outlooks(sites)
        )
        return Levels(devices, float(sums_at(rows, (hours,)).expected[0]))

    async def due(self, sites: Sites, hours: float, least: float, most: int) -> list[Prediction]:
        """The riskiest devices of these sites with at least that risk, or a limit ahead, within ``hours``."""
        return await self._reader.due(sites, hours, least, most)

    async def basis(self, sites: Sites) -> tuple[str | None, str | None]:
        """What the risks of these sites rest on, and why their devices are not told apart; absent before the first round."""
        found = await self._reader.foreseen(sites, None, SCORE_H, None, 1)
        return (found[0].basis, await self.caveat(found[0].basis, found[0].failed)) if found else (None, None)

    async def caveat(self, basis: str, failed: int) -> str | None:
        """Why devices are not told apart, by a round of that basis; ``None`` where a model tells."""
        since = None if basis == "model" else await self._reader.history_since()
        return too_short(basis, failed, (self._clock() - since).days if since else None)

    async def last(self) -> datetime | None:
        """When the last round was."""
        return await self._reader.last_predicted()

    async def current(self) -> bool:
        """Whether the worker told a round of late."""
        return not self.stale(await self.last())

    def stale(self, as_of: datetime | None) -> bool:
        """Whether a round of then is too old to rest on."""
        return as_of is None or (self._clock() - as_of).total_seconds() > self._stale_s


def _told(seen: Seen, alike: SimilarProgressions, caveat: str | None) -> DevicePrediction:
    return DevicePrediction(
        device=device_ref(seen.device.id, seen.scope),
        stale=seen.detail is not None,
        detail=seen.detail,
        caveat=caveat,
        forecast_period=FORECAST,
        similar_progressions=alike,
        **(_shown(seen.found) if seen.found else _nothing()),
    )


def _nothing() -> dict[str, Any]:
    absent = dict.fromkeys(("as_of", "basis", "risk_score", "remaining_life"))
    return absent | {name: [] for name in ("predictions", "survival", "drivers", "limits")}


def _shown(found: Prediction) -> dict[str, Any]:
    ends = zip(found.hours, found.risk, found.low, found.high, strict=True)
    return {
        "as_of": found.as_of,
        "basis": found.basis,
        "risk_score": round(found.risk[HOURS.index(SCORE_H)], DIGITS),
        "predictions": [_item(found, HOURS.index(hours)) for hours in TOLD],
        "survival": [
            SurvivalPoint(hours, round(1 - risk, DIGITS), round(1 - high, DIGITS), round(1 - low, DIGITS))
            for hours, risk, low, high in ends
        ],
        "remaining_life": RemainingLife(
            median_life(found.hours, found.risk),
            median_life(found.hours, found.high),
            median_life(found.hours, found.low),
        ),
        "drivers": list(found.drivers),
        "limits": list(found.limits),
    }


def _item(found: Prediction, place: int) -> PredictionItem:
    low, high = found.low[place], found.high[place]
    return PredictionItem(
        hours=found.hours[place],
        probability=round(found.risk[place], DIGITS),
        low=round(low, DIGITS),
        high=round(high, DIGITS),
        confidence=round(1 - (high - low), DIGITS),
        severity=severity(found.risk[place], found.hours[place]),
        cases=found.cases,
        failed=found.failed,
        reasoning=reasoning(found, place),
        recommended_action=action(found, place),
    )


def _risk(device: DeviceRef, found: Prediction, place: int) -> RiskView:
    return RiskView(
        device=device,
        probability=round(found.risk[place], DIGITS),
        low=round(found.low[place], DIGITS),
        high=round(found.high[place], DIGITS),
        severity=severity(found.risk[place], found.hours[place]),
        basis=found.basis,  # type: ignore[arg-type]  # the table's check
        reasoning=reasoning(found, place),
        drivers=list(found.drivers),
        limits=list(found.limits),
    )
