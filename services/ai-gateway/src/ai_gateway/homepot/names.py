"""The names of all sites and devices, read whole: the directory above cuts them to what a caller may see."""

import msgspec

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.digest import Digest


class SiteName(msgspec.Struct, frozen=True, gc=False):
    """A site's names; ``id`` is HOMEPOT's integer, ``site_id`` the public string, ``tenant`` the slug of whose it is."""

    id: int
    site_id: str
    name: str
    location: str | None
    tenant_id: int | None
    in_service: bool
    tenant: str | None = None


class DeviceName(msgspec.Struct, frozen=True, gc=False):
    """A device's names; ``id`` is HOMEPOT's integer, ``device_id`` the public string, ``site_id`` a site's integer."""

    id: int
    device_id: str
    name: str
    device_type: str
    site_id: int


class NameReader:
    """Every read raises ``Unavailable`` when HOMEPOT does not answer."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def sites(self) -> list[SiteName]:
        """All sites."""
        return await self._database.fetch("directory_sites", SiteName, {})

    async def devices(self) -> list[DeviceName]:
        """All devices."""
        return await self._database.fetch("directory_devices", DeviceName, {})

    async def digest(self) -> str:
        """Changes when any of these names does."""
        return (await self._database.fetch("directory_digest", Digest, {}))[0].digest
