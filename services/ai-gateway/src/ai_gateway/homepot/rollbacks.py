"""Configuration changes of HOMEPOT that somebody took back: what was tried and did not work."""

from datetime import datetime

import msgspec

from ai_gateway.homepot.database import HomepotDatabase


class RolledBack(msgspec.Struct, frozen=True, kw_only=True):
    """A change and its end. Values are JSON as text; ``resolved_at``: when it was taken back; the device may be gone."""

    id: int
    at: datetime
    resolved_at: datetime
    parameter_name: str | None
    old_value: str | None
    new_value: str | None
    change_reason: str | None
    rollback_reason: str | None
    device_id: str | None
    device_name: str | None
    device_type: str | None
    site: int | None
    site_name: str | None


class Rollbacks:
    """Reads them."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database

    async def page(self, *, after: datetime, after_id: int, limit: int) -> list[RolledBack]:
        """A page behind ``(after, after_id)`` in the order in which they were taken back; raises ``Unavailable``."""
        return await self._database.fetch(
            "rolled_back_changes", RolledBack, {"after": after, "after_id": after_id, "limit": limit}
        )
