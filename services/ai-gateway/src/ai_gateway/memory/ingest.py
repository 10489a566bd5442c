"""Turn HOMEPOT's resolved alerts and rolled back changes into memory: from a watermark on, each once."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Generic, Protocol, TypeVar

from prometheus_client import Counter

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.homepot.resolved import ResolvedAlert
from ai_gateway.homepot.rollbacks import RolledBack
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.metrics import from_zero
from ai_gateway.memory.recipe import CHANGES, FINDINGS, SOURCE, from_alert, from_rollback
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from ai_gateway.memory.upkeep import embedded

JOB = "remember_resolved_alerts"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
READ_AT_ONCE = 2048
"""Rows of HOMEPOT, whose tables have no index on when something ended: each reading goes through all of them."""
ROUND_S: Final = 120.0
"""A round that has more to do, as the first one of a long history has, goes on in the next: other jobs get their turn."""
REMEMBERED = from_zero(
    Counter("ai_memory_incidents_total", "Incidents embedded and stored.", ["source"]), SOURCE, CHANGES, FINDINGS
)

_log = get_logger("memory")


R = TypeVar("R", ResolvedAlert, RolledBack)


class Pages(Protocol[R]):
    """Where rows come from, in the order in which they ended."""

    async def page(self, *, after: datetime, after_id: int, limit: int) -> list[R]:
        """The next rows behind ``(after, after_id)``."""


class RowIngest(Generic[R]):
    """A job of the worker. Rows are read in the order in which they ended, and it picks up where it stopped."""

    job: ClassVar[str]
    source: ClassVar[str]

    def __init__(
        self,
        rows: Pages[R],
        memory: MemoryStore,
        embedder: Embedder,
        clock: Clock,
        *,
        overlap_s: float,
        batch_size: int,
    ) -> None:
        """Args: overlap_s: how far before the watermark to look for latecomers. batch_size: rows a step."""
        self._clock = clock
        self._rows: Pages[R] = rows
        self._memory = memory
        self._embedder = embedder
        self._overlap = timedelta(seconds=overlap_s)
        self._batch = batch_size

    async def run(self) -> int:
        """Bring memory up to date, or nearer to it; returns how many incidents were new or changed.

        Each batch is stored with its watermark in one transaction, so a crash costs at most one batch's embedding.

        Raises:
            Unavailable: a database is down.
            PartDown: the embedder is down.
        """
        mark = await self._position()
        stored, until = 0, time.monotonic() + ROUND_S
        async for rows in self._batches(max(mark - self._overlap, BEGINNING)):
            # a resolution dated in the future must not hide later ones
            mark = min(max(mark, rows[-1].resolved_at), self._clock())
            stored += await self._step([self._incident(row) for row in rows], mark)
            if stored and time.monotonic() > until:
                break
        if stored:
            await self._memory.count_words()
            _log.info("remembered", source=self.source, incidents=stored)
        return stored

    async def _batches(self, after: datetime) -> AsyncIterator[list[R]]:
        """The rows from a time on."""
        after_id = 0
        while page := await self._rows.page(after=after, after_id=after_id, limit=READ_AT_ONCE):
            after, after_id = page[-1].resolved_at, page[-1].id
            for start in range(0, len(page), self._batch):
                yield page[start : start + self._batch]
            if len(page) < READ_AT_ONCE:
                return

    def _incident(self, row: R) -> Incident:
        """A row as memory keeps it."""
        raise NotImplementedError

    async def _position(self) -> datetime:
        position = await self._memory.watermark(self.job)
        return datetime.fromisoformat(position["resolved_at"]) if position else BEGINNING + self._overlap

    async def _step(self, page: list[Incident], mark: datetime) -> int:
        incidents = await self._unknown(page)
        vectors = await embedded([incident.description for incident in incidents], self._memory, self._embedder)
        await self._memory.save(incidents, vectors, DEFAULT_MODEL, self.job, {"resolved_at": mark.isoformat()})
        REMEMBERED.labels(self.source).inc(len(incidents))
        return len(incidents)

    async def _unknown(self, incidents: list[Incident]) -> list[Incident]:
        known = await self._memory.known(self.source, [incident.source_key for incident in incidents])
        return [one for one in incidents if known.get(one.source_key) != (one.content_hash, DEFAULT_MODEL)]


class AlertIngest(RowIngest[ResolvedAlert]):
    """Resolved alerts, with what was done about them."""

    job = JOB
    source = SOURCE

    def _incident(self, row: ResolvedAlert) -> Incident:
        return from_alert(row)


class RollbackIngest(RowIngest[RolledBack]):
    """Configuration changes that were taken back, with what they did."""

    job = "remember_rolled_back_changes"
    source = CHANGES

    def _incident(self, row: RolledBack) -> Incident:
        return from_rollback(row)
