"""Devices as they are now, how many there are of which kind, and how their state changed."""

from datetime import datetime

import msgspec

from ai_gateway.homepot.scoped.tallies import DeviceEvents
from ai_gateway.homepot.scoped.view import Period, ScopedReader, View


class DeviceCount(msgspec.Struct, frozen=True):
    """How many devices share a site, a type and a state. ``labels``: every word that is true of them.

    ``device``: the one device, where the view names devices.
    """

    site_id: int
    device: int | None
    site_name: str
    device_type: str
    condition: str
    connectivity: str
    health_state: str
    in_service: bool
    labels: tuple[str, ...]
    devices: int


class DeviceState(msgspec.Struct, frozen=True):
    """A device and the state it is in now. ``condition`` is the one word that people are told."""

    id: int
    device_id: str
    name: str
    device_type: str
    site_id: int
    site_name: str
    condition: str
    connectivity: str
    health_state: str
    lifecycle_state: str
    in_service: bool
    last_heartbeat_at: datetime | None
    firmware_version: str | None
    os_details: str | None
    ip_address: str | None


class FirmwareCount(msgspec.Struct, frozen=True):
    """How many devices of a type in service run a firmware; ``None`` is not recorded."""

    device_type: str
    firmware_version: str | None
    devices: int


class PlatformCount(msgspec.Struct, frozen=True):
    """How many devices in service run an operating system; ``fits``: whether it is the one asked for."""

    os_details: str | None
    fits: bool | None
    devices: int


class Served(msgspec.Struct, frozen=True):
    """How many devices are in service."""

    devices: int


class StateChange(msgspec.Struct, frozen=True):
    """A change of a device's recorded state."""

    id: int
    at: datetime
    previous_state: str | None
    new_state: str
    reason: str | None
    device_id: str
    device_name: str


class DeviceStore(ScopedReader):
    """Reads devices."""

    async def counts(self, view: View) -> list[DeviceCount]:
        """Devices by site, type and state, those out of service included."""
        return await self._rows("device_counts", DeviceCount, view)

    async def in_service(self, view: View) -> int:
        """How many devices in view are in service."""
        return (await self._one("served_devices", Served, view)).devices

    async def states(
        self,
        view: View,
        *,
        conditions: list[str] | None = None,
        firmware: str | None = None,
        platform: str | None = None,
        other: bool = False,
        in_service_only: bool = True,
        silent_since: datetime | None = None,
        limit: int = 50,
    ) -> list[DeviceState]:
        """Devices in any of ``conditions`` and with that firmware, where given, the worst first.

        ``platform``: a regular expression of their operating system; ``other``: which it does not fit.
        ``silent_since``: only those without a heartbeat since then.
        """
        return await self._rows(
            "device_states",
            DeviceState,
            view,
            conditions=conditions,
            firmware=firmware,
            platform=platform,
            other=other,
            in_service_only=in_service_only,
            silent_since=silent_since,
            limit=limit,
        )

    async def by_firmware(self, view: View) -> list[FirmwareCount]:
        """Devices in service by firmware, the most frequent first."""
        return await self._rows("firmware_counts", FirmwareCount, view)

    async def by_platform(self, view: View, platform: str | None) -> list[PlatformCount]:
        """Devices in service by operating system, the most frequent first. ``platform``: a regular expression."""
        return await self._rows("platform_counts", PlatformCount, view, platform=platform)

    async def state_changes(self, view: View, period: Period, *, limit: int) -> list[StateChange]:
        """Changes of recorded state, newest first."""
        return await self._rows("state_changes", StateChange, view, period, limit=limit)

    async def flapping(self, view: View, period: Period, *, least: int, limit: int) -> list[DeviceEvents]:
        """Devices with at least ``least`` changes between online, offline and error."""
        return await self._rows("flapping", DeviceEvents, view, period, least=least, limit=limit)
