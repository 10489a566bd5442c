"""Settings become parts: what the gateway and the worker are made of, and how they come up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from ai_gateway.access.store import KeyStore
from ai_gateway.answers.gather.sources import Sources
from ai_gateway.answers.service import Answering
from ai_gateway.clients.embedder import Embedder
from ai_gateway.clients.llm import LanguageModel
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.directory import Directory
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.kit.clock import Clock, system_clock
from ai_gateway.kit.db import Pool, create_pool
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.migrations import MigrationError, migrate
from ai_gateway.kit.settings import Settings
from ai_gateway.memory.ingest import AlertIngest
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.store import MemoryStore, configure_connection
from ai_gateway.status.service import StatusService

OWN_STATEMENT_TIMEOUT_MS = 5000
RETRY_S = 1.0

_log = get_logger("startup")


def create_own_pool(settings: Settings) -> Pool:
    """A closed pool for the gateway's own database; open it once the migrations are through."""
    return create_pool(
        settings.database_url.get_secret_value(),
        name="own",
        max_size=settings.database_pool_size,
        statement_timeout_ms=OWN_STATEMENT_TIMEOUT_MS,
        configure=configure_connection,
    )


class Parts:
    """Everything, wired once."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        """Args: settings: of this process. clock: now; evaluations hold it still."""
        self.settings = settings
        self.clock = clock
        self.homepot = HomepotDatabase(settings)
        self.fleet = HomepotStore(self.homepot, clock, settings.online_window_s)
        self.directory = Directory(self.fleet, settings.homepot_directory_ttl_s)
        self.pool = create_own_pool(settings)
        self.keys = KeyStore(self.pool, clock, settings.api_key_cache_s)
        self.memory = MemoryStore(self.pool)
        self.embedder = Embedder(settings)
        self.model = LanguageModel(settings)
        recall = IncidentMemory(self.memory, self.embedder)
        sources = Sources(self.fleet, recall, settings.similar_incidents)
        self.answering = Answering(settings, clock, self.directory, sources, self.model)
        self.status = StatusService(settings, clock, self.homepot, self.pool, self.memory, self.embedder, self.model)
        self.ingest = AlertIngest(
            self.fleet,
            self.memory,
            self.embedder,
            clock,
            overlap_s=settings.memory_overlap_s,
            batch_size=settings.memory_batch_size,
        )
        self.startup = Startup(self)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Parts"]:
        """Connect in the background, so that the process is up even while a database is not."""
        await self.homepot.open()
        coming_up = asyncio.create_task(self.startup.run())
        try:
            yield self
        finally:
            coming_up.cancel()
            await asyncio.gather(coming_up, return_exceptions=True)
            await self.embedder.close()
            await self.model.close()
            await self.homepot.close()
            await self.pool.close(timeout=2)


class Startup:
    """What must happen once before the first answer, tried again until it does."""

    def __init__(self, parts: Parts) -> None:
        """Args: parts: what to bring up."""
        self._parts = parts
        self._waiting = {"database": "not migrated yet", "homepot-database": "not looked at yet"}
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
        del self._waiting["database"]

    async def _homepot(self) -> None:
        while True:
            try:
                await self._parts.homepot.catalogue()
                await self._parts.directory.names()
                break
            except Problem as error:
                await self._failed("homepot-database", error)
        del self._waiting["homepot-database"]

    async def _failed(self, part: str, error: Exception) -> None:
        reason = str(error).strip().split("\n")[0]
        if self._waiting[part] != reason:
            _log.warning("waiting", part=part, reason=reason)
        self._waiting[part] = reason
        await asyncio.sleep(RETRY_S)
