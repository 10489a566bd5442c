"""The job that remembers incidents: each is embedded, past ones like it are found, and its end teaches what helped."""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.health.types import RISK
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.incidents.around import sites_of_operator
from ai_gateway.incidents.store import DOWN, PART
from ai_gateway.incidents.types import Cause, Member
from ai_gateway.incidents.words import describe_incident
from ai_gateway.incidents.writing import Writing
from ai_gateway.kit.db import Pool, connection
from ai_gateway.kit.metrics import from_zero
from ai_gateway.memory.ingest import REMEMBERED
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Filters
from ai_gateway.memory.types import Incident as Remembered
from ai_gateway.memory.upkeep import embedded

JOB: Final = "remember_incidents"
SOURCE: Final = "incident"
from_zero(REMEMBERED, SOURCE)
MOST_PAGES: Final = 4
"""A round embeds this many pages at most, so that other jobs get their turn; the rest comes in the next round."""
LIKE_IT: Final = 10
"""Past incidents that are kept with a new one; a caller sees the first of those in its sites."""


class Untold(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that memory has to hear of; see ``untold.sql``. ``devices``: at most two of its devices."""

    id: UUID
    severity: str
    category: str
    kind: str
    title: str
    site: int
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    cause: Cause | None
    revision: int
    unsought: bool
    devices: tuple[int, ...]


class IncidentRemembering:
    """Follows the revisions of incidents; what was told already is not embedded again."""

    def __init__(
        self,
        pool: Pool,
        memory: MemoryStore,
        recall: IncidentMemory,
        embedder: Embedder,
        directory: Directory,
        *,
        batch_size: int,
    ) -> None:
        """Args: recall: finds past incidents. batch_size: incidents of one step."""
        self._pool = pool
        self._memory = memory
        self._recall = recall
        self._embedder = embedder
        self._directory = directory
        self._batch = batch_size

    async def run(self) -> int:
        """Bring memory up to date with incidents; returns how many were new or changed.

        Raises:
            Unavailable: a database is down.
            PartDown: the embedder is down.
        """
        stored = 0
        for _ in range(MOST_PAGES):
            async with self._writing() as writing:
                position = int((await writing.position(JOB)).get("revision", 0))
                found = msgspec.convert(await writing.untold(position, self._batch), list[Untold])
                members = await writing.members([one.id for one in found])
            if found:
                stored += await self._tell(found, members)
            if len(found) < self._batch:
                break
        return stored

    async def _tell(self, found: Sequence[Untold], members: Sequence[Member]) -> int:
        names = await self._directory.names()
        of: dict[UUID | None, list[Member]] = defaultdict(list)
        for member in members:
            of[member.incident].append(member)
        told = [remembered(one, of[one.id], names) for one in found]
        for one, incident in zip(found, told, strict=True):
            if one.unsought:
                await self._seek(one, incident.description, names)
        worth = [incident for one, incident in zip(found, told, strict=True) if one.kind != RISK and teaches(incident)]
        known = await self._memory.known(SOURCE, [incident.source_key for incident in worth])
        fresh = [one for one in worth if known.get(one.source_key) != (one.content_hash, DEFAULT_MODEL)]
        vectors = await embedded([incident.description for incident in fresh], self._memory, self._embedder)
        await self._memory.save(fresh, vectors, DEFAULT_MODEL, JOB, {"revision": found[-1].revision})
        REMEMBERED.labels(SOURCE).inc(len(fresh))
        return len(fresh)

    async def _seek(self, one: Untold, text: str, names: Names) -> None:
        """Attach past incidents like a new one, of sites of the same operator."""
        before = Filters(until=one.opened_at - timedelta(microseconds=1))
        found = await self._recall.recall(text, sites_of_operator(one.site, names), LIKE_IT, filters=before)
        if found.by_words:
            raise PartDown("embedder", "similar incidents are looked for when it is back")
        similar = [{"id": past.id, "similarity": past.similarity_score} for past in found.incidents]
        async with self._writing() as writing:
            await writing.put_similar(one.id, similar)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Writing]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn, conn.transaction():
            yield Writing(conn)


def teaches(incident: Remembered) -> bool:
    """Whether it is worth remembering: of the faintest, most are chance, unless somebody did something about it."""
    return incident.severity != "info" or incident.resolution is not None


def remembered(one: Untold, members: Sequence[Member], names: Names) -> Remembered:
    """An incident as memory keeps it. Names of devices stay out of the text, so that one finds the other's past."""
    text = describe_incident(one.title, one.category, members, one.cause)
    device = names.device_by_key.get(str(one.devices[0])) if len(one.devices) == 1 else None
    site = names.site_by_id.get(one.site)
    facts: dict[str, Any] = {
        "title": one.title,
        "description": text,
        "cause": one.cause.text if one.cause and one.cause.kind != "none" else None,
        "severity": one.severity,
        "category": one.category,
        "site": one.site,
        "site_name": site.name if site else None,
        "device_id": device.device_id if device else None,
        "device_name": device.name if device else None,
        "device_type": device.device_type if device else None,
        "occurred_at": one.opened_at,
        "resolved_at": one.resolved_at,
        "resolution": one.resolution,
    }
    digest = hashlib.sha256("\x1f".join(map(str, facts.values())).encode()).hexdigest()
    return Remembered(source=SOURCE, source_key=str(one.id), content_hash=digest, **facts)
