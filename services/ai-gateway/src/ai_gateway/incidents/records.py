"""What analyses of devices and sites read from: HOMEPOT's rows and the worker's, in one place."""

from collections.abc import Sequence
from datetime import datetime

from ai_gateway.access.scope import Scoping
from ai_gateway.health.periods import PeriodReader
from ai_gateway.health.reader import HealthReader
from ai_gateway.health.service import Freshness
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.kit.clock import Clock


class Records:
    """Holds them; reads nothing itself."""

    def __init__(
        self,
        scoping: Scoping,
        homepot: HomepotStore,
        health: HealthReader,
        incidents: IncidentStore,
        clock: Clock,
        *,
        stale_s: float,
        window_s: float,
    ) -> None:
        """Args: the parts to read from. stale_s: age of a scan that is too old. window_s: HOMEPOT's online window."""
        self.scoping = scoping
        self.homepot = homepot
        self.health = health
        self.incidents = incidents
        self.clock = clock
        self.window_s = window_s
        self.periods = PeriodReader(homepot, health, window_s)
        self._stale_s = stale_s

    def freshness(self, scans: Sequence[datetime], now: datetime) -> Freshness:
        """When the newest of several scans was, and whether that is too long ago."""
        return Freshness.of(scans, now, self._stale_s)
