"""HOMEPOT's status of its AI, measured instead of claimed."""

from typing import Final

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot_api.predictions import FailurePredictions
from ai_gateway.homepot_api.types import SystemStatus
from ai_gateway.kit.errors import Unavailable
from ai_gateway.status.service import StatusService

READ: Final = (
    "device_metrics",
    "job_outcomes",
    "device_state_history",
    "error_logs",
    "configuration_history",
    "site_operating_schedules",
)
UNREAD: Final = ("site_analytics", "device_analytics")
"""HOMEPOT names these too. They hold sums that this gateway makes itself."""
PREDICTING: Final = ("failure_prediction", "at_risk_detection", "health_forecast")
PLANNING: Final = ("job_scheduling", "success_probability")


class System:
    """Tells what works."""

    def __init__(self, status: StatusService, homepot: HomepotDatabase, predictions: FailurePredictions) -> None:
        """Args: status: asks every part. homepot: knows which tables there are. predictions: know whether they are made."""
        self._status = status
        self._homepot = homepot
        self._predictions = predictions

    async def status(self) -> SystemStatus:
        """Never fails because a part is down."""
        found = await self._status.status()
        states = {part.name: part.state for part in found.parts}
        facts = states["homepot-database"] == "ok" and states["database"] == "ok"
        return SystemStatus(
            status="operational" if found.status == "ok" else "degraded",
            version=found.version,
            capabilities={
                "device_insights": facts,
                "site_insights": facts,
                **dict.fromkeys(PLANNING, facts),
                **dict.fromkeys(PREDICTING, await self._predictions.work()),
            },
            data_sources={**await self._tables(), **dict.fromkeys(UNREAD, "not read: the gateway sums up itself")},
            timestamp=found.timestamp,
        )

    async def _tables(self) -> dict[str, str]:
        try:
            catalogue = await self._homepot.catalogue()
        except Unavailable:
            return dict.fromkeys(READ, "HOMEPOT's database does not answer")
        return {table: "readable" if catalogue.has(table) else "missing in this HOMEPOT" for table in READ}
