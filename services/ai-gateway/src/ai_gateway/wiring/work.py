"""The worker's jobs over what they rest on."""

from datetime import timedelta

from ai_gateway.health.scan import HealthScan
from ai_gateway.homepot.happenings import Happenings
from ai_gateway.homepot.history import History
from ai_gateway.homepot.resolved import ResolvedAlerts
from ai_gateway.homepot.rollbacks import Rollbacks
from ai_gateway.homepot.telemetry import Telemetry
from ai_gateway.homepot.tenants import Tenants
from ai_gateway.homepot.untimed import UntimedRows
from ai_gateway.incidents.around import Surroundings
from ai_gateway.incidents.correlate import Rules
from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.remember import IncidentRemembering
from ai_gateway.insights.remember import FindingJob
from ai_gateway.kit.clock import Clock, system_clock
from ai_gateway.kit.settings import Settings
from ai_gateway.knowledge.index import KnowledgeIndex
from ai_gateway.memory.finding_store import FindingStore
from ai_gateway.memory.findings import FindingMemory
from ai_gateway.memory.index import MemoryIndex
from ai_gateway.memory.ingest import AlertIngest, RollbackIngest
from ai_gateway.memory.upkeep import MemoryUpkeep
from ai_gateway.prediction.job import PredictionJob
from ai_gateway.prediction.rising import Rules as Announcing
from ai_gateway.wiring.base import Base


class Work(Base):
    """Every job of the worker."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        """Args: settings: of this process. clock: now; evaluations hold it still."""
        super().__init__(settings, clock)
        self._wire_watching()
        self._wire_remembering()

    def _wire_watching(self) -> None:
        """What looks at telemetry, and what follows from it."""
        settings, clock = self.settings, self.clock
        self.untimed = UntimedRows(self.homepot)
        self.scan = HealthScan(Telemetry(self.homepot), self.health, clock, settings)
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
            threads=settings.prediction_threads,
        )
        history = History(self.homepot)
        self.incident_job = IncidentJob(
            self.pool,
            history,
            Surroundings(history, self.directory, self.health),
            clock,
            Rules(timedelta(seconds=settings.incident_gap_s), timedelta(seconds=settings.incident_reopen_s)),
            keep=timedelta(days=settings.health_anomaly_days),
        )

    def _wire_remembering(self) -> None:
        """What fills and tends memory and knowledge."""
        settings, clock = self.settings, self.clock
        self.ingest = AlertIngest(
            ResolvedAlerts(self.homepot),
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
        self.incident_memory = IncidentRemembering(
            self.pool, self.memory, self.recall, self.embedder, self.directory, batch_size=settings.memory_batch_size
        )
        self.findings = FindingJob(
            self.site_reader,
            FindingMemory(FindingStore(self.pool), self.memory, self.embedder, clock),
            self.scoping,
            clock,
            every=timedelta(seconds=settings.memory_findings_interval_s),
        )
        self.knowledge_index = KnowledgeIndex(
            settings.knowledge_dir,
            self.knowledge,
            self.embedder,
            Tenants(self.homepot),
            batch=settings.memory_batch_size,
            most_mb=settings.knowledge_max_file_mb,
        )
