"""Rows of HOMEPOT that happened at no possible time, such as infinity: every query leaves them out, and here they are counted."""

import time
from typing import Final

import msgspec
from prometheus_client import Gauge

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.kit.logging import get_logger

TABLES: Final = ("alerts", "configuration_history", "device_state_history", "error_logs", "job_outcomes")
"""Those with an index over their times, in which such rows lie at the ends: they are counted in a moment."""
EVERY_S: Final = 3600.0

LEFT_OUT = Gauge(
    "ai_homepot_rows_left_out", "Rows of HOMEPOT that are left out for an impossible time, by table.", ["table"]
)

_log = get_logger("homepot")


class Count(msgspec.Struct, frozen=True):
    """How many rows."""

    rows: int


class UntimedRows:
    """Counts them, seldom."""

    def __init__(self, database: HomepotDatabase) -> None:
        """Args: database: where to read."""
        self._database = database
        self._due = time.monotonic()

    async def run(self) -> int:
        """Count them once an hour; returns how many there are, or 0 in between. Raises ``Unavailable``."""
        if time.monotonic() < self._due:
            return 0
        self._due = time.monotonic() + EVERY_S  # also where a count fails, such as of a table without its index
        rows = {table: await self._count(table) for table in TABLES}
        for table, count in rows.items():
            LEFT_OUT.labels(table).set(count)
        if found := {table: count for table, count in rows.items() if count}:
            _log.warning("rows_left_out", reason="an impossible time", **found)
        return sum(rows.values())

    async def _count(self, table: str) -> int:
        untimed = {"untimed": f"{{untimed_{table}}}"}
        return (await self._database.fetch("untimed_rows", Count, {}, put=untimed))[0].rows
