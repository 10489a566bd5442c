"""Turn HOMEPOT's resolved alerts into memory: from a watermark on, each once, picking up where it stopped."""

from datetime import UTC, datetime, timedelta

from prometheus_client import Counter

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot.types import ResolvedAlert
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.logging import get_logger
from ai_gateway.memory.recipe import SOURCE, from_alert
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from ai_gateway.memory.upkeep import embedded

JOB = "remember_resolved_alerts"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
REMEMBERED = Counter("ai_memory_incidents_total", "Incidents embedded and stored.", ["source"])

_log = get_logger("memory")


class AlertIngest:
    """A job of the worker. Alerts are read in the order of their resolution."""

    def __init__(
        self,
        homepot: HomepotStore,
        memory: MemoryStore,
        embedder: Embedder,
        clock: Clock,
        *,
        overlap_s: float,
        batch_size: int,
    ) -> None:
        """Args: overlap_s: how far before the watermark to look for latecomers. batch_size: alerts a step."""
        self._clock = clock
        self._homepot = homepot
        self._memory = memory
        self._embedder = embedder
        self._overlap = timedelta(seconds=overlap_s)
        self._batch = batch_size

    async def run(self) -> int:
        """Bring memory up to date; returns how many incidents were new or changed.

        Each batch is stored with its watermark in one transaction, so a crash costs at most one batch's embedding.

        Raises:
            Unavailable: a database is down.
            PartDown: the embedder is down.
        """
        mark = await self._position()
        after, after_id, stored = max(mark - self._overlap, BEGINNING), 0, 0
        while page := await self._homepot.resolved_alerts(after=after, after_id=after_id, limit=self._batch):
            after, after_id = page[-1].resolved_at, page[-1].id
            mark = min(max(mark, after), self._clock())  # a resolution dated in the future must not hide later ones
            stored += await self._step(page, mark)
        if stored:
            await self._memory.count_words()
            _log.info("remembered", incidents=stored)
        return stored

    async def _position(self) -> datetime:
        position = await self._memory.watermark(JOB)
        return datetime.fromisoformat(position["resolved_at"]) if position else BEGINNING + self._overlap

    async def _step(self, page: list[ResolvedAlert], mark: datetime) -> int:
        incidents = await self._unknown([from_alert(alert) for alert in page])
        vectors = await embedded([incident.description for incident in incidents], self._memory, self._embedder)
        await self._memory.save(incidents, vectors, DEFAULT_MODEL, JOB, {"resolved_at": mark.isoformat()})
        REMEMBERED.labels(SOURCE).inc(len(incidents))
        return len(incidents)

    async def _unknown(self, incidents: list[Incident]) -> list[Incident]:
        known = await self._memory.known(SOURCE, [incident.source_key for incident in incidents])
        return [one for one in incidents if known.get(one.source_key) != (one.content_hash, DEFAULT_MODEL)]
