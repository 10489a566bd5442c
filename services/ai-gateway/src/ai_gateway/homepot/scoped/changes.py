"""Changes of configuration."""

from datetime import datetime

import msgspec

from ai_gateway.homepot.scoped.tallies import QuietDevices
from ai_gateway.homepot.scoped.view import Period, ScopedReader, View


class ConfigChange(msgspec.Struct, frozen=True):
    """A configuration change of a device, or of a whole site where ``device_id`` is absent. Values are JSON text."""

    id: int
    at: datetime
    parameter_name: str
    old_value: str | None
    new_value: str | None
    changed_by: str
    change_reason: str | None
    was_successful: bool | None
    was_rolled_back: bool
    rollback_reason: str | None
    rolled_back_at: datetime | None
    device_id: str | None
    device_name: str | None
    site_name: str | None


class ChangeStore(ScopedReader):
    """Reads changes."""

    async def listed(
        self, view: View, period: Period, *, limit: int, rolled_back_only: bool = False, parameter: str | None = None
    ) -> list[ConfigChange]:
        """Configuration changes of devices, and of sites where the view names no device or type."""
        filters = {"rolled_back_only": rolled_back_only, "parameter": parameter}
        return await self._rows("config_changes", ConfigChange, view, period, limit=limit, **filters)

    async def devices_without(self, view: View, period: Period, *, limit: int) -> QuietDevices:
        """Devices in service whose configuration was not changed, by site and name."""
        none_of = {"rows": "{device_changes_made}", "theirs": "entity_id", "own": "device_id"}
        return await self._one("devices_without", QuietDevices, view, period, none_of, limit=limit)
