"""All that the program asks of HOMEPOT in a caller's view, by subject."""

from datetime import timedelta

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.scoped.alerts import AlertStore
from ai_gateway.homepot.scoped.changes import ChangeStore
from ai_gateway.homepot.scoped.checks import CheckStore
from ai_gateway.homepot.scoped.devices import DeviceStore
from ai_gateway.homepot.scoped.errors import ErrorStore
from ai_gateway.homepot.scoped.jobs import JobStore
from ai_gateway.homepot.scoped.readings import ReadingStore
from ai_gateway.homepot.scoped.series import SeriesStore
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.db import answers


class HomepotStore:
    """One store a subject, each of set-based, bounded queries in ``sql/``; all raise ``Unavailable`` as `ScopedReader` does."""

    def __init__(self, database: HomepotDatabase, clock: Clock, online_window_s: int) -> None:
        """Args: database: where to read. clock: now. online_window_s: how old a heartbeat of an online device may be."""
        self._pool = database.pool
        self._clock = clock
        self.window_s = online_window_s
        """Seconds since the last sign of life of a device that is online."""
        self.alerts = AlertStore(database, clock, online_window_s)
        self.changes = ChangeStore(database, clock, online_window_s)
        self.checks = CheckStore(database, clock, online_window_s)
        self.devices = DeviceStore(database, clock, online_window_s)
        self.errors = ErrorStore(database, clock, online_window_s)
        self.jobs = JobStore(database, clock, online_window_s)
        self.readings = ReadingStore(database, clock, online_window_s)
        self.series = SeriesStore(database, clock, online_window_s)

    @property
    def answers(self) -> bool:
        """Whether HOMEPOT's database gave anybody an answer lately."""
        return answers(self._pool)

    def last(self, **ago: float) -> Period:
        """The period from ``timedelta(**ago)`` before now until now."""
        now = self._clock()
        return Period(now - timedelta(**ago), now)
