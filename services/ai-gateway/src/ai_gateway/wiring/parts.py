"""Everything of a process: the worker's jobs, and what routes and answers need."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from ai_gateway.access.guard import Door
from ai_gateway.access.scope import Scoping
from ai_gateway.access.session import Sessions
from ai_gateway.access.store import KeyStore
from ai_gateway.answers.again.watermark import Watermarks
from ai_gateway.answers.dialogue import Dialogue
from ai_gateway.answers.gather.foresight import WorkerForesight
from ai_gateway.answers.gather.found import WorkerFindings
from ai_gateway.answers.gather.sources import Sources
from ai_gateway.answers.narrate.narration import Narrator
from ai_gateway.answers.service import Answering
from ai_gateway.answers.trust.judging import Judging
from ai_gateway.health.service import HealthService
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.people import People
from ai_gateway.homepot.scoped.planning import JobHistory
from ai_gateway.homepot.scoped.soundness import SoundnessReader, Windows
from ai_gateway.homepot.scoped.watermark import RowWatermarks
from ai_gateway.homepot_api.anomalies import AnomalyList
from ai_gateway.homepot_api.assistant import Assistant
from ai_gateway.homepot_api.insights import Insights
from ai_gateway.homepot_api.predictions import FailurePredictions
from ai_gateway.homepot_api.recommendations import Recommendations
from ai_gateway.homepot_api.routes import HomepotApi
from ai_gateway.homepot_api.system import System
from ai_gateway.incidents.analyze import Analyzer
from ai_gateway.incidents.records import Records
from ai_gateway.incidents.service import IncidentService
from ai_gateway.incidents.stream import Events
from ai_gateway.insights.service import Costing, SiteReview
from ai_gateway.jobs.service import JobPlanner
from ai_gateway.kit.clock import Clock, system_clock
from ai_gateway.kit.settings import Settings
from ai_gateway.maintenance.service import MaintenancePlanner
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.service import MemoryDesk
from ai_gateway.openai_api.chat import Chat
from ai_gateway.prediction.forecast import ForecastService
from ai_gateway.prediction.service import PredictionService
from ai_gateway.status.service import StatusService
from ai_gateway.wiring.startup import Startup
from ai_gateway.wiring.work import Work


def _soundness(database: HomepotDatabase, clock: Clock, settings: Settings) -> SoundnessReader:
    windows = Windows(
        settings.trust_fresh_s, settings.trust_window_s, settings.trust_change_window_s, settings.trust_sample
    )
    return SoundnessReader(database, clock, settings.online_window_s, windows, settings.trust_keep_s)


class Parts(Work):
    """Everything, wired once."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        """Args: settings: of this process. clock: now; evaluations hold it still."""
        super().__init__(settings, clock)
        self._wire_answers()
        self._wire_views()
        self.startup = Startup(self)

    def _wire_answers(self) -> None:
        """Who may ask, and how a question becomes an answer."""
        settings, clock = self.settings, self.clock
        secret = settings.homepot_session_secret
        self.door = Door(
            KeyStore(self.pool, clock, settings.api_key_cache_s),
            Sessions(secret.get_secret_value() if secret else None),
            People(self.homepot, settings.homepot_user_ttl_s),
        )
        self.jobs = JobPlanner(
            self.scoping, JobHistory(self.homepot), self.fleet, self.health, clock, settings.site_time_zones
        )
        self.prediction = PredictionService(self.scoping, self.predictions, clock, settings.prediction_interval_s)
        self.maintenance = MaintenancePlanner(
            self.scoping,
            self.prediction,
            JobHistory(self.homepot),
            clock,
            zones=settings.site_time_zones,
            each=timedelta(minutes=settings.maintenance_device_minutes),
        )
        found = WorkerFindings(self.health, self.incidents, settings.health_stale_s)
        sources = Sources(
            self.fleet,
            self.health,
            self.recall,
            settings.similar_incidents,
            found,
            self.library,
            WorkerForesight(self.predictions, settings.prediction_interval_s),
            self.jobs,
            self.maintenance,
        )
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

    def _wire_views(self) -> None:
        """What callers read of all that."""
        settings, clock, scoping = self.settings, self.clock, self.scoping
        self.memory_desk = MemoryDesk(scoping, self.recall, RecordStore(self.pool), self.library, self.embedder, clock)
        stale_s = settings.health_stale_s
        self.fleet_health = HealthService(scoping, self.health, clock, stale_s)
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
        self.review = SiteReview(
            records,
            self.site_reader,
            self.insights,
            history,
            self.prediction,
            Costing(settings.cost_rates, settings.cost_currency),
            zones,
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
