"""What a caller may see, in HOMEPOT's integers."""

import msgspec

from ai_gateway.access.types import Caller
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.errors import Problem


def sites_in_view(caller: Caller, names: Names) -> frozenset[int] | None:
    """HOMEPOT's integers of the sites that both the caller's key and its user may see; ``None`` means all."""
    if caller.sites is None:
        return caller.user_sites
    found = (names.site_by_key.get(site.upper()) for site in caller.sites)
    of_key = frozenset(site.id for site in found if site)
    return of_key if caller.user_sites is None else of_key & caller.user_sites


class Scope(msgspec.Struct, frozen=True):
    """A caller's sites with the names in them. ``visible``: HOMEPOT's integers; ``None`` means every site."""

    visible: frozenset[int] | None
    names: Names

    @property
    def sites(self) -> tuple[int, ...] | None:
        """As the stores take it."""
        return None if self.visible is None else tuple(sorted(self.visible))

    @property
    def view(self) -> View:
        """As HOMEPOT's store takes it."""
        return View(sites=self.sites)

    def device(self, key: str) -> DeviceName | None:
        """The device in view with this public id or integer."""
        device = self.names.device_by_key.get(key.upper())
        return device if device and self.sees(device.site_id) else None

    def site(self, key: str) -> SiteName | None:
        """The site in view with this public id or integer."""
        site = self.names.site_by_key.get(key.upper())
        return site if site and self.sees(site.id) else None

    def sees(self, site: int) -> bool:
        """Whether the site is in view."""
        return self.visible is None or site in self.visible

    def count_devices(self, sites: tuple[int, ...] | None) -> int:
        """How many devices there are at these sites; ``None`` means all."""
        return sum(sites is None or device.site_id in sites for device in self.names.devices)


class Scoping:
    """Turns callers into scopes and ids into devices and sites."""

    def __init__(self, directory: Directory) -> None:
        """Args: directory: HOMEPOT's names."""
        self._directory = directory

    async def scope(self, caller: Caller) -> Scope:
        """The caller's scope; raises ``Unavailable`` while HOMEPOT's names were never read."""
        names = await self._directory.names()
        return Scope(sites_in_view(caller, names), names)

    async def within(self, sites: tuple[int, ...] | None) -> Scope:
        """The scope of someone who sees these sites; ``None`` means all."""
        return Scope(None if sites is None else frozenset(sites), await self._directory.names())

    async def renewed(self, scope: Scope) -> Scope:
        """The same sites with the names of now."""
        return Scope(scope.visible, await self._directory.names())

    async def device(self, caller: Caller, key: str) -> tuple[Scope, DeviceName]:
        """A device by public id or integer; raises a 404 problem for one that this key does not know."""
        scope = await self.scope(caller)
        if found := scope.device(key):
            return scope, found
        scope = await self._fresh(caller)
        if found := scope.device(key):
            return scope, found
        raise _unknown("device", key)

    async def site(self, caller: Caller, key: str) -> tuple[Scope, SiteName]:
        """A site by public id or integer; raises a 404 problem for one that this key does not know."""
        scope = await self.scope(caller)
        if found := scope.site(key):
            return scope, found
        scope = await self._fresh(caller)
        if found := scope.site(key):
            return scope, found
        raise _unknown("site", key)

    async def chosen(
        self, caller: Caller, site_id: str | None, device_id: str | None
    ) -> tuple[Scope, tuple[int, ...] | None, tuple[int, ...] | None]:
        """The caller's scope, and the sites and devices that a request narrows it to."""
        scope = await self.scope(caller)
        sites, devices = scope.sites, None
        if site_id is not None:
            scope, site = await self.site(caller, site_id)
            sites = (site.id,)
        if device_id is not None:
            scope, device = await self.device(caller, device_id)
            devices = (device.id,)
        return scope, sites, devices

    async def _fresh(self, caller: Caller) -> Scope:
        """The id may be newer than the names that were kept."""
        names = await self._directory.fresh()
        return Scope(sites_in_view(caller, names), names)


def _unknown(word: str, key: str) -> Problem:
    detail = f"No {word} {key!r} is known to this key. Send its public id or HOMEPOT's integer."
    return Problem(404, detail, kind=f"unknown-{word}", field=f"{word}_id")
