"""Ask every part how it is, all at once, each with its own deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import psutil

from ai_gateway import __version__
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import Embedder
from ai_gateway.clients.llm import LanguageModel
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.db import Pool, connection, fetch_all
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.settings import ROUTES, Settings
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import MemoryStatistics
from ai_gateway.status.types import Memory, Part, StatusResponse

DEADLINE_S = 2.5
"""More than the longest wait for a connection, which tells what is wrong; with what a known key waits, 3 s in all."""
WITHOUT = {
    "homepot-database": "No facts about the fleet can be read: questions are answered 503 until it is back.",
    "database": "Answers go on without similar past incidents; API keys seen in the last while stay good, others get 503.",
    "embedder": "Answers go on; similar incidents are found by words instead of meaning, and new ones are stored later.",
    "llm": "Answers go on in code's plain words, marked degraded.",
}

_Probe = Callable[[], Awaitable[tuple[str | None, str | None]]]


class StatusService:
    """Gathers the status."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        homepot: HomepotDatabase,
        pool: Pool,
        memory: MemoryStore,
        embedder: Embedder,
        model: LanguageModel,
    ) -> None:
        """Args: the parts to ask."""
        self._settings = settings
        self._clock = clock
        self._homepot = homepot
        self._pool = pool
        self._memory = memory
        self._embedder = embedder
        self._model = model
        self._models: list[str] = []
        self._statistics: MemoryStatistics | None = None

    async def status(self) -> StatusResponse:
        """Every part's state; never fails, and takes at most about ``DEADLINE_S``."""
        parts = await asyncio.gather(
            _measure("homepot-database", self._probe_homepot),
            _measure("database", self._probe_database),
            _measure("embedder", self._probe_embedder),
            self._measure_model(),
        )
        states = {part.name: part.state for part in parts}
        store = "connected" if states["database"] == "ok" else "disconnected"
        statistics = self._statistics if store == "connected" else None
        return StatusResponse(
            ollama_status={"ok": "connected", "off": "off"}.get(states["llm"], "disconnected"),
            ollama_url=self._settings.ollama_host,
            available_models=self._models if states["llm"] == "ok" else [],
            vector_store_status=store,
            chromadb_status=store,
            chromadb_collections=["ai_incident_patterns"] if store == "connected" else [],
            total_embeddings=statistics.incidents if statistics else None,
            memory_usage=Memory(psutil.Process().memory_info().rss, statistics.bytes if statistics else None),
            timestamp=self._clock(),
            status="ok" if all(state != "down" for state in states.values()) else "degraded",
            version=__version__,
            default_model=self._settings.llm_model,
            parts=list(parts),
        )

    async def _probe_homepot(self) -> tuple[str | None, str | None]:
        catalogue = await self._homepot.catalogue()
        version = await self._homepot.version()
        missing = catalogue.missing
        return version, f"an older schema: {', '.join(missing[:10])} missing" if missing else None

    async def _probe_database(self) -> tuple[str | None, str | None]:
        query = (
            "SELECT current_setting('server_version') AS server, extversion FROM pg_extension WHERE extname = 'vector'"
        )
        async with connection(self._pool, part="database", detail="It does not answer.") as conn:
            rows = await fetch_all(conn, query)
        self._statistics = await self._memory.statistics()
        return f"{rows[0]['server'].split(' ')[0]}, pgvector {rows[0]['extversion']}" if rows else None, None

    async def _probe_embedder(self) -> tuple[str | None, str | None]:
        info, _ = await self._embedder.info()
        return info.version, info.model_id

    async def _probe_model(self) -> tuple[str | None, str | None]:
        self._models, _ = await self._model.models()
        names = {name for model in self._models for name in (model, model.removesuffix(":latest"))}
        wanted: dict[str, list[str]] = {}
        for route in ROUTES:
            wanted.setdefault(self._settings.model_named(route), []).append(route)
        missing = [
            f"the model {model} ({', '.join(routes)}) is not there; run: ollama pull {model}"
            for model, routes in wanted.items()
            if model not in names
        ]
        return None, "; ".join(missing) or None

    async def _measure_model(self) -> Part:
        if not self._model.enabled:
            return Part("llm", "off", None, None, "switched off by LLM_ENABLED=false", WITHOUT["llm"])
        return await _measure("llm", self._probe_model)


async def _measure(name: str, probe: _Probe) -> Part:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(DEADLINE_S):
            version, detail = await probe()
    except TimeoutError:
        return Part(name, "down", None, None, f"no answer within {DEADLINE_S:g} s", WITHOUT[name])
    except (Problem, PartDown) as error:
        reason = error.reason if isinstance(error, PartDown) else error.detail
        return Part(name, "down", None, None, reason, WITHOUT[name])
    except Exception as error:  # noqa: BLE001 - a status page shows what is wrong instead of failing with it
        return Part(name, "down", None, None, f"{type(error).__name__}", WITHOUT[name])
    return Part(name, "ok", round((time.perf_counter() - started) * 1000, 1), version, detail, WITHOUT[name])
