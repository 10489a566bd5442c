"""Names of devices and sites, kept for a while so that a question can be understood without reading 10,000 rows."""

import asyncio
import time

import msgspec

from ai_gateway.homepot.names import DeviceName, NameReader, SiteName
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.logging import get_logger

_log = get_logger("directory")


class Names(msgspec.Struct, frozen=True, eq=False):
    """All devices and sites at one moment, with look-ups by the identifiers people and programs use."""

    sites: tuple[SiteName, ...]
    devices: tuple[DeviceName, ...]
    site_by_id: dict[int, SiteName]
    device_by_key: dict[str, DeviceName]
    site_by_key: dict[str, SiteName]
    types: frozenset[str]
    """The device types in use."""

    @classmethod
    def of(cls, sites: list[SiteName], devices: list[DeviceName]) -> "Names":
        """Index what was read. Keys are public ids in upper case and integers as text.

        A device whose site is not there is nobody's: the site was removed, or is newer than the sites that were read.
        """
        site_by_id = {site.id: site for site in sites}
        devices = [device for device in devices if device.site_id in site_by_id]
        return cls(
            tuple(sites),
            tuple(devices),
            site_by_id,
            {key: device for device in devices for key in (str(device.id), device.device_id.upper())},
            {key: site for site in sites for key in (str(site.id), site.site_id.upper())},
            frozenset(device.device_type for device in devices),
        )


class Directory:
    """Gives names at once if it has any, and reads them anew in the background when they are old and have changed."""

    def __init__(self, reader: NameReader, ttl_s: float) -> None:
        """Args: reader: where to read. ttl_s: age in seconds from which names are read again."""
        self._reader = reader
        self._ttl = ttl_s
        self._names: Names | None = None
        self._digest = ""
        self._read_at = 0.0
        self._reading: asyncio.Task[Names] | None = None

    async def names(self) -> Names:
        """Names at most about ``ttl_s`` old, or older ones while HOMEPOT is down; raises ``Unavailable`` if none."""
        if self._names is None:
            return await asyncio.shield(self._read())
        if time.monotonic() - self._read_at > self._ttl:
            self._read()
        return self._names

    async def fresh(self) -> Names:
        """Names read now, for a name that the kept ones lack; the kept ones if HOMEPOT does not answer."""
        try:
            return await asyncio.shield(self._read())
        except Unavailable:
            if self._names is None:
                raise
            return self._names

    def _read(self) -> asyncio.Task[Names]:
        """One read at a time; whoever asks meanwhile waits for the same one."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._load())
            self._reading.add_done_callback(_note_failure)
        return self._reading

    async def _load(self) -> Names:
        digest = await self._reader.digest()
        if self._names is None or digest != self._digest:
            sites, devices = await asyncio.gather(self._reader.sites(), self._reader.devices())
            self._names, self._digest = Names.of(sites, devices), digest
            if left_out := len(devices) - len(self._names.devices):
                _log.warning("devices_without_site", devices=left_out)
        self._read_at = time.monotonic()
        return self._names


def _note_failure(task: asyncio.Task[Names]) -> None:
    if not task.cancelled() and task.exception():
        _log.warning("directory_not_read", error=str(task.exception()))
