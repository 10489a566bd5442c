"""What both the worker's jobs and the routes rest on: pools, stores, and clients of other processes."""

from datetime import timedelta

from ai_gateway.access.scope import Scoping
from ai_gateway.clients.embedder import Embedder
from ai_gateway.clients.llm import LanguageModel
from ai_gateway.clients.reranker import Reranker
from ai_gateway.conversations.store import ConversationStore
from ai_gateway.health.store import HealthStore
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.directory import Directory
from ai_gateway.homepot.names import NameReader
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.insights.reading import SiteReader
from ai_gateway.insights.store import InsightStore
from ai_gateway.kit.clock import Clock, system_clock
from ai_gateway.kit.db import Pool, create_pool
from ai_gateway.kit.settings import Settings
from ai_gateway.knowledge.library import Library
from ai_gateway.knowledge.store import KnowledgeStore
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.store import MemoryStore, configure_connection
from ai_gateway.prediction.store import PredictionStore

OWN_STATEMENT_TIMEOUT_MS = 5000


def create_own_pool(settings: Settings) -> Pool:
    """A closed pool for the gateway's own database; open it once the migrations are through."""
    return create_pool(
        settings.database_url.get_secret_value(),
        name="own",
        max_size=settings.database_pool_size,
        statement_timeout_ms=OWN_STATEMENT_TIMEOUT_MS,
        configure=configure_connection,
    )


class Base:
    """What all else is made of."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        """Args: settings: of this process. clock: now; evaluations hold it still."""
        self.settings = settings
        self.clock = clock
        self.homepot = HomepotDatabase(settings)
        self.fleet = HomepotStore(self.homepot, clock, settings.online_window_s)
        self.directory = Directory(NameReader(self.homepot), settings.homepot_directory_ttl_s)
        self.pool = create_own_pool(settings)
        self.memory = MemoryStore(self.pool)
        self.health = HealthStore(self.pool)
        self.predictions = PredictionStore(self.pool)
        self.embedder = Embedder(settings)
        self.model = LanguageModel(settings)
        self.recall = IncidentMemory(self.memory, self.embedder, Reranker.configured(settings))
        self.scoping = Scoping(self.directory)
        self.knowledge = KnowledgeStore(self.pool)
        self.library = Library(self.knowledge, self.memory, self.embedder, self.directory, self.scoping)
        self.incidents = IncidentStore(self.pool)
        self.insights = InsightStore(self.pool)
        self.site_reader = SiteReader(self.fleet, self.insights)
        self.conversations = ConversationStore(self.pool, clock, timedelta(days=settings.conversation_days))
