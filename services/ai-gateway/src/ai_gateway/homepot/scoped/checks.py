"""Health checks."""

from datetime import datetime

import msgspec

from ai_gateway.homepot.scoped.view import Period, ScopedReader, View

NEWEST_CHECK_IDS = 20_000
"""How far back from the newest id health checks are read; ids are shared by all devices."""
CHECK_RUN = 10


class FailingChecks(msgspec.Struct, frozen=True):
    """A device's health checks among the newest; ``newest`` holds the last results, newest first."""

    id: int
    device_id: str
    name: str
    site_name: str
    condition: str
    checks: int
    failed: int
    latest: datetime
    newest: tuple[bool, ...]
    error_message: str | None
    endpoint: str | None

    @property
    def run(self) -> int:
        """Failures in a row up to the newest check, as far as ``newest`` reaches."""
        return next((index for index, healthy in enumerate(self.newest) if healthy), len(self.newest))


class CheckStore(ScopedReader):
    """Reads health checks."""

    async def failing(self, view: View, period: Period, *, limit: int) -> list[FailingChecks]:
        """Devices with failed health checks among the newest `NEWEST_CHECK_IDS` checks."""
        return await self._rows(
            "failing_checks",
            FailingChecks,
            view,
            period,
            newest_ids=NEWEST_CHECK_IDS,
            run=CHECK_RUN,
            limit=limit,
        )
