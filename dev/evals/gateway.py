"""Ways to reach a gateway: one in this process with its clock held still, or one that runs elsewhere."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

import httpx
import msgspec
from asgi_lifespan import LifespanManager

from ai_gateway.answers.understand.intent import Intent
from ai_gateway.app import create_litestar
from ai_gateway.kit.edge import Edge
from ai_gateway.kit.settings import Settings
from ai_gateway.wiring import Parts
from dev.evals.cases import Case
from dev.evals.checks import Answer
from dev.evals.rounds import foresee

TIMEOUT_S = 330.0
_ASKED = re.compile(r'^ai_questions_total\{[^}]*intent="(\w+)"[^}]*\} (\S+)$', re.MULTILINE)


class Gateway(Protocol):
    """Answers cases."""

    async def ask(self, case: Case) -> Answer:
        """Put the case's question."""


class HttpGateway:
    """A gateway behind HTTP."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        """Args: client: with the gateway's base URL. key: an API key."""
        self._client = client
        self._key = key

    async def ask(self, case: Case, key: str | None = None) -> Answer:
        """Put the question; the intent is told by the gateway's own counter, if nobody else asks meanwhile."""
        before = await self._intents()
        started = time.perf_counter()
        response = await self._client.post(
            "/api/ai/query", json=case.body, headers={"Authorization": f"Bearer {key or self._key}"}
        )
        elapsed = (time.perf_counter() - started) * 1000
        after = await self._intents()
        moved = {intent for intent, count in after.items() if count != before.get(intent, 0.0)}
        known = {"status": response.status_code, "ms": elapsed, "intent": moved.pop() if len(moved) == 1 else None}
        fields: dict[str, Any] = response.json()
        if response.is_error:
            fields = {"type": fields.get("type", "")}
        return msgspec.convert({**fields, **known}, Answer)

    async def _intents(self) -> dict[str, float]:
        """How often each intent was answered; empty where the metrics cannot be read."""
        try:
            response = await self._client.get("/metrics")
        except httpx.HTTPError:
            return {}
        counts: dict[str, float] = {}
        for intent, count in _ASKED.findall(response.text) if response.is_success else ():
            counts[intent] = counts.get(intent, 0.0) + float(count)
        return counts


class LocalGateway(HttpGateway):
    """The whole gateway in this process, spoken to over HTTP."""

    def __init__(self, client: httpx.AsyncClient, key: str, parts: Parts) -> None:
        """Args: parts: of the gateway behind ``client``."""
        super().__init__(client, key)
        self._parts = parts

    async def ask(self, case: Case, key: str | None = None) -> Answer:
        """Put the question with a key of the case's own sites, and names read anew, as its rows may bring some."""
        if case.rows:
            await self._parts.directory.fresh()
        if case.key_sites is not None:
            key = await self._parts.door.keys.create(f"case {case.name}", tuple(case.key_sites))
        answer = await super().ask(case, key)
        if case.rows:
            await self._parts.directory.fresh()
        return answer

    @property
    def own_url(self) -> str:
        """The gateway's own database, for whoever changes its rows."""
        return self._parts.settings.database_url.get_secret_value()

    async def renew(self) -> None:
        """Read names anew, as rows were changed beneath the gateway."""
        await self._parts.directory.fresh()

    async def fill_memory(self) -> int:
        """Run the worker's job that remembers resolved alerts; returns how many were new."""
        return await self._parts.ingest.run()

    async def scan(self) -> None:
        """Run the worker's jobs that find anomalies and incidents, once."""
        await self._parts.scan.run()
        await self._parts.incident_job.run()
        await self._parts.incident_memory.run()

    async def foresee(self, now: datetime) -> None:
        """Store a round of predictions, as the worker would."""
        await foresee(self._parts, now)


@asynccontextmanager
async def local_gateway(settings: Settings, now: datetime) -> AsyncIterator[LocalGateway]:
    """Run a gateway for which it is always ``now``; ready when it is yielded."""
    parts = Parts(settings, lambda: now)
    edge = Edge(
        create_litestar(parts),
        max_body_bytes=settings.max_request_bytes,
        max_concurrent=settings.max_concurrent_requests,
    )
    async with LifespanManager(edge, startup_timeout=60) as running:
        await parts.startup.done.wait()
        key = await parts.door.keys.create("evaluation")
        transport = httpx.ASGITransport(running.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=TIMEOUT_S) as client:
            yield LocalGateway(client, key, parts)


INTENTS = frozenset(Intent)
"""What a case's ``intent`` may be."""
