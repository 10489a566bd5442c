"""How a process comes up: what must happen once before the first answer."""

import asyncio

import psycopg
from prometheus_client import Gauge

from ai_gateway.kit.errors import Problem
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.migrations import MigrationError, migrate
from ai_gateway.wiring.base import Base

RETRY_S = 1.0
WAITING = Gauge("ai_startup_waiting", "1 while the process, just started, waits for a part.", ["part"])

_log = get_logger("startup")


class Startup:
    """What must happen once before the first answer, tried again until it does."""

    def __init__(self, parts: Base) -> None:
        """Args: parts: what to bring up."""
        self._parts = parts
        self._waiting = {"database": "not migrated yet", "homepot-database": "not looked at yet"}
        for part in self._waiting:
            WAITING.labels(part).set(1)
        self.done = asyncio.Event()

    def waiting(self) -> dict[str, str]:
        """What is still missing, by part; empty when all is ready."""
        return dict(self._waiting)

    async def run(self) -> None:
        """Bring both databases up, side by side."""
        await asyncio.gather(self._own_database(), self._homepot())
        self.done.set()
        _log.info("ready")

    async def _own_database(self) -> None:
        settings = self._parts.settings
        while True:
            try:
                await asyncio.to_thread(migrate, settings.database_url.get_secret_value(), settings.migrations_dir)
                break
            except (psycopg.Error, MigrationError) as error:
                await self._failed("database", error)
        await self._parts.pool.open(wait=False)
        self._came_up("database")

    async def _homepot(self) -> None:
        while True:
            try:
                await self._parts.homepot.catalogue()
                await self._parts.directory.names()
                break
            except Problem as error:
                await self._failed("homepot-database", error)
        self._came_up("homepot-database")

    def _came_up(self, part: str) -> None:
        del self._waiting[part]
        WAITING.labels(part).set(0)

    async def _failed(self, part: str, error: Exception) -> None:
        reason = str(error).strip().split("\n")[0]
        if self._waiting[part] != reason:
            _log.warning("waiting", part=part, reason=reason)
        self._waiting[part] = reason
        await asyncio.sleep(RETRY_S)
