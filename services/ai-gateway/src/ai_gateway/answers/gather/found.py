"""Reads what the worker found, where it is recent; a database that is down is not waited for by every question."""

import asyncio
import time
from datetime import datetime
from typing import Any, Final

import msgspec

from ai_gateway.health.reader import HealthReader, Sites
from ai_gateway.health.service import Freshness
from ai_gateway.health.types import AnomalyRow, DeviceHealth
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.incidents.types import Incident
from ai_gateway.kit.errors import Unavailable

MOST: Final = 200
UNWELL: Final = ("critical", "warning")
UNRESOLVED: Final = ("open", "acknowledged")
REST_S: Final = 10.0
"""After a failure the next questions do without for so long."""


class Found(msgspec.Struct, frozen=True):
    """Open anomalies and unresolved incidents, the worst first, and the health of devices that are unwell or named."""

    anomalies: list[AnomalyRow]
    incidents: list[Incident]
    health: list[DeviceHealth]


class WorkerFindings:
    """The worker's side of an answer."""

    def __init__(self, health: HealthReader, incidents: IncidentStore, stale_s: float) -> None:
        """Args: health, incidents: where the worker wrote. stale_s: age of a scan that is too old."""
        self._health = health
        self._incidents = incidents
        self._stale_s = stale_s
        self._not_before = 0.0

    async def read(
        self,
        sites: Sites,
        devices: tuple[int, ...] | None,
        now: datetime,
        *,
        anomalies: bool = True,
        incidents: bool = True,
        health: bool = True,
    ) -> Found | None:
        """What was found of these sites and devices (``None``: all); ``None`` while that is old or cannot be read.

        ``anomalies``, ``incidents``, ``health``: which of these are read.
        """
        if time.monotonic() < self._not_before:
            return None
        try:
            scans = [site.as_of for site in await self._health.site_health(sites)]
            if Freshness.of(scans, now, self._stale_s).stale:
                return None
            return Found(
                *await asyncio.gather(
                    self._anomalies(sites, devices) if anomalies else _nothing(),
                    self._unresolved(sites, devices) if incidents else _nothing(),
                    self._unwell(sites, devices) if health else _nothing(),
                )
            )
        except Unavailable:
            self._rest()
            return None

    async def unresolved(self, sites: Sites, devices: tuple[int, ...]) -> list[Incident] | None:
        """The unresolved incidents of these devices, the worst first; ``None`` if they cannot be read."""
        try:
            return await self._unresolved(sites, devices)
        except Unavailable:
            self._rest()
            return None

    def _rest(self) -> None:
        self._not_before = time.monotonic() + REST_S

    async def _anomalies(self, sites: Sites, devices: tuple[int, ...] | None) -> list[AnomalyRow]:
        return await self._health.anomalies(sites, devices=devices, open_only=True, severities=UNWELL, limit=MOST)

    async def _unresolved(self, sites: Sites, devices: tuple[int, ...] | None) -> list[Incident]:
        return await self._incidents.incidents(sites, devices=devices, statuses=UNRESOLVED, limit=MOST)

    async def _unwell(self, sites: Sites, devices: tuple[int, ...] | None) -> list[DeviceHealth]:
        statuses = None if devices is not None else UNWELL
        return await self._health.device_health(sites, devices=devices, statuses=statuses, limit=MOST)


async def _nothing() -> list[Any]:
    """In place of what is not asked for."""
    return []
