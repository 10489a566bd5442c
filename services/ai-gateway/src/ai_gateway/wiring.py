"""Settings become parts: what the gateway and the worker are made of, and how they come up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg

from ai_gateway.access.guard import Door
from ai_gateway.access.scope import Scoping
from ai_gateway.access.session import Sessions
from ai_gateway.access.store import KeyStore
from ai_gateway.answers.again.watermark import Watermarks
from ai_gateway.answers.dialogue import Dialogue
from ai_gateway.answers.gather.foresight import WorkerForesight
from ai_gateway.answers.gather.found import WorkerFindings
from ai_gateway.answers.gather.sources import Sources
from ai_gateway.answers.narration import Narrator
from ai_gateway.answers.service import Answering
from ai_gateway.answers.trust.judging import Judging
from ai_gateway.clients.embedder import Embedder
from ai_gateway.clients.llm import LanguageModel
from ai_gateway.clients.reranker import Reranker
from ai_gateway.conversations.store import ConversationStore
from ai_gateway.health.scan import HealthScan
from ai_gateway.health.service import HealthService
from ai_gateway.health.store import HealthStore
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.directory import Directory
from ai_gateway.homepot.happenings import Happenings
from ai_gateway.homepot.history import History
from ai_gateway.homepot.jobs import JobHistory
from ai_gateway.homepot.people import People
from ai_gateway.homepot.rollbacks import Rollbacks
from ai_gateway.homepot.soundness import SoundnessReader, Windows
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot.telemetry import Telemetry
from ai_gateway.homepot.tenants import Tenants
from ai_gateway.homepot.watermark import RowWatermarks
from ai_gateway.homepot_api.anomalies import AnomalyList
from ai_gateway.homepot_api.assistant import Assistant
from ai_gateway.homepot_api.insights import Insights
from ai_gateway.homepot_api.predictions import FailurePredictions
from ai_gateway.homepot_api.recommendations import Recommendations
from ai_gateway.homepot_api.routes import HomepotApi
from ai_gateway.homepot_api.system import System
from ai_gateway.incidents.analyze import Analyzer
from ai_gateway.incidents.around import Surroundings
from ai_gateway.incidents.correlate import Rules
from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.records import Records
from ai_gateway.incidents.remember import IncidentRemembering
from ai_gateway.incidents.service import IncidentService
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.incidents.stream import Events
from ai_gateway.insights.service import Costing, SiteReview
from ai_gateway.insights.store import InsightStore
from ai_gateway.jobs.service import JobPlanner
from ai_gateway.kit.clock import Clock, system_clock
from ai_gateway.kit.db import Pool, create_pool
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.migrations import MigrationError, migrate
from ai_gateway.kit.settings import Settings
from ai_gateway.knowledge.index import KnowledgeIndex
from ai_gateway.knowledge.library import Library
from ai_gateway.knowledge.store import KnowledgeStore
from ai_gateway.maintenance.service import MaintenancePlanner
from ai_gateway.memory.index import MemoryIndex
from ai_gateway.memory.ingest import AlertIngest, RollbackIngest
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.service import MemoryDesk
from ai_gateway.memory.store import MemoryStore, configure_connection
from ai_gateway.memory.upkeep import MemoryUpkeep
from ai_gateway.openai_api.chat import Chat
from ai_gateway.prediction.forecast import ForecastService
from ai_gateway.prediction.job import PredictionJob
from ai_gateway.prediction.rising import Rules as Announcing
from ai_gateway.prediction.service import PredictionService
from ai_gateway.prediction.store import PredictionStore
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


def _soundness(database: HomepotDatabase, clock: Clock, settings: Settings) -> SoundnessReader:
    windows = Windows(
        settings.trust_fresh_s, settings.trust_window_s, settings.trust_change_window_s, settings.trust_sample
    )
    return SoundnessReader(database, clock, settings.online_window_s, windows, settings.trust_keep_s)


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
        secret = settings.homepot_session_secret
        self.door = Door(
            KeyStore(self.pool, clock, settings.api_key_cache_s),
            Sessions(secret.get_secret_value() if secret else None),
            People(self.homepot, settings.homepot_user_ttl_s),
        )
        self.memory = MemoryStore(self.pool)
        self.health = HealthStore(self.pool)
        self.scan = HealthScan(Telemetry(self.homepot), self.health, clock, settings)
        self.predictions = PredictionStore(self.pool)
        self.prediction_job = PredictionJob(
            self.predictions,
            clock,
            every=timedelta(seconds=settings.prediction_interval_s),
            train_every=timedelta(seconds=settings.prediction_train_interval_s),
            keep_readings=timedelta(days=settings.prediction_history_days),
            keep_signs=timedelta(days=settings.health_anomaly_days),
            happenings=Happenings(self.homepot),
            limits=settings.health_limits,
            announce=Announcing(settings.prediction_incident_risk, settings.prediction_incident_most),
        )
        self.embedder = Embedder(settings)
        self.model = LanguageModel(settings)
        self.recall = recall = IncidentMemory(self.memory, self.embedder, Reranker.configured(settings))
        scoping = Scoping(self.directory)
        knowledge = KnowledgeStore(self.pool)
        self.library = Library(knowledge, self.memory, self.embedder, self.directory, scoping)
        self.knowledge_index = KnowledgeIndex(
            settings.knowledge_dir,
            knowledge,
            self.embedder,
            Tenants(self.homepot),
            batch=settings.memory_batch_size,
            most_mb=settings.knowledge_max_file_mb,
        )
        self.incidents = IncidentStore(self.pool)
        found = WorkerFindings(self.health, self.incidents, settings.health_stale_s)
        sources = Sources(
            self.fleet,
            self.health,
            recall,
            settings.similar_incidents,
            found,
            self.library,
            WorkerForesight(self.predictions, settings.prediction_interval_s),
        )
        self.conversations = ConversationStore(self.pool, clock, timedelta(days=settings.conversation_days))
        dialogue = Dialogue(self.conversations)
        narrator = Narrator(settings, self.model)
        judging = Judging(settings, clock, self.homepot, _soundness(self.homepot, clock, settings))
        self.answering = Answering(
            settings,
            clock,
            self.directory,
            sources,
            dialogue,
            narrator,
            judging,
            Watermarks(RowWatermarks(self.homepot, clock, settings.online_window_s), self.pool),
        )
        self.chat = Chat(self.answering, self.model, clock)
        self.status = StatusService(settings, clock, self.homepot, self.pool, self.memory, self.embedder, self.model)
        self.ingest = AlertIngest(
            self.fleet,
            self.memory,
            self.embedder,
            clock,
            overlap_s=settings.memory_overlap_s,
            batch_size=settings.memory_batch_size,
        )
        self.rollbacks = RollbackIngest(
            Rollbacks(self.homepot),
            self.memory,
            self.embedder,
            clock,
            overlap_s=settings.memory_overlap_s,
            batch_size=settings.memory_batch_size,
        )
        self.upkeep = MemoryUpkeep(self.memory, self.embedder, batch_size=settings.memory_batch_size)
        self.memory_index = MemoryIndex(self.pool)
        history = History(self.homepot)
        self.incident_job = IncidentJob(
            self.pool,
            history,
            Surroundings(history, self.directory, self.health),
            clock,
            Rules(timedelta(seconds=settings.incident_gap_s), timedelta(seconds=settings.incident_reopen_s)),
            keep=timedelta(days=settings.health_anomaly_days),
        )
        self.incident_memory = IncidentRemembering(
            self.pool, self.memory, recall, self.embedder, self.directory, batch_size=settings.memory_batch_size
        )
        self.memory_desk = MemoryDesk(scoping, recall, RecordStore(self.pool), self.library, self.embedder, clock)
        self._wire_views(scoping)
        self.startup = Startup(self)

    def _wire_views(self, scoping: Scoping) -> None:
        """What callers read of all that."""
        settings, clock = self.settings, self.clock
        stale_s = settings.health_stale_s
        self.fleet_health = HealthService(scoping, self.health, clock, stale_s)
        self.prediction = PredictionService(scoping, self.predictions, clock, settings.prediction_interval_s)
        self.forecast = ForecastService(scoping, self.predictions, self.prediction, clock)
        self.incident_desk = IncidentService(scoping, self.incidents, clock)
        records = Records(
            scoping,
            self.fleet,
            self.health,
            self.incidents,
            clock,
            stale_s=stale_s,
            window_s=settings.online_window_s,
        )
        self.analyzer = Analyzer(records, self.library)
        self.events = Events(
            scoping,
            self.incidents,
            self.health,
            clock,
            stale_s=stale_s,
            poll_s=settings.events_poll_s,
            max_clients=settings.events_max_clients,
        )
        history, zones = JobHistory(self.homepot), settings.site_time_zones
        self.jobs = JobPlanner(scoping, history, self.fleet, self.health, clock, zones)
        self.review = SiteReview(
            records,
            InsightStore(self.pool),
            history,
            self.prediction,
            Costing(settings.cost_rates, settings.cost_currency),
            zones,
        )
        self.maintenance = MaintenancePlanner(
            scoping,
            self.prediction,
            history,
            clock,
            zones=zones,
            each=timedelta(minutes=settings.maintenance_device_minutes),
        )
        self.homepot_api = _homepot_api(self, scoping, records)

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
            await self.memory_index.close()
            await self.scan.close()
            await self.prediction_job.close()
            await self.embedder.close()
            await self.recall.close()
            await self.model.close()
            await self.homepot.close()
            await self.pool.close(timeout=2)


def _homepot_api(parts: Parts, scoping: Scoping, records: Records) -> HomepotApi:
    """HOMEPOT's own routes over the same parts."""
    clock = parts.clock
    failures, recommendations = FailurePredictions(parts.prediction, clock), Recommendations(parts.jobs)
    return HomepotApi(
        AnomalyList(scoping, parts.fleet, parts.fleet_health, parts.health),
        Assistant(parts.answering, clock),
        Insights(records, failures, recommendations),
        failures,
        recommendations,
        System(parts.status, parts.homepot, failures),
    )


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
