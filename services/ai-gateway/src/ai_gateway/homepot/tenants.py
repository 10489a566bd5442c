"""HOMEPOT's tenants by their slugs."""

import msgspec

from ai_gateway.homepot.database import HomepotDatabase


class Tenant(msgspec.Struct, frozen=True):
    """A tenant; ``slug`` is its name in addresses and folders."""

    id: int
    slug: str


class Tenants:
    """Reads tenants."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def by_slug(self) -> dict[str, int]:
        """HOMEPOT's integer of each tenant; raises ``Unavailable``."""
        return {one.slug: one.id for one in await self._database.fetch("tenants", Tenant, {})}
