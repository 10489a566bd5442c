"""What reports find of a site, remembered: one finding is one incident of memory, however many days a report tells it.

Whatever reports on sites hands its findings to `FindingMemory.remember`: all that it finds of a site now. A finding that is told
again is the same one; one that was not told for `LASTS` has ended.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.kit.clock import Clock
from ai_gateway.memory.finding_store import FindingStore, Ongoing, Said
from ai_gateway.memory.ingest import REMEMBERED
from ai_gateway.memory.recipe import FINDINGS, compose, content_hash
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from ai_gateway.memory.upkeep import embedded

LASTS: Final = timedelta(days=3)
"""A test that just fails to pass on one day is not the end of what it found."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a report found and a test stands behind.

    ``subject``: what it is about, the same every time it is told, and no other finding's of that report and site. ``title``: the
    symptom. ``details``: sentences with what was measured; names and ids of devices stay out. ``ended_at``: absent while it is on
    as far as the report knows. ``resolution``: what ended it, if that is known. The device's fields are absent for several.
    """

    subject: str
    title: str
    details: tuple[str, ...]
    category: str
    severity: str
    began_at: datetime
    ended_at: datetime | None = None
    cause: str | None = None
    resolution: str | None = None
    device_id: str | None = None
    device_name: str | None = None
    device_type: str | None = None


class FindingMemory:
    """Keeps findings; each step is one transaction."""

    def __init__(self, store: FindingStore, memory: MemoryStore, embedder: Embedder, clock: Clock) -> None:
        """Args: store: which findings are on. memory: texts embedded before. clock: now."""
        self._store = store
        self._memory = memory
        self._embedder = embedder
        self._clock = clock

    async def position(self, job: str) -> dict[str, Any]:
        """What the last step of a job left behind; empty before the first."""
        return await self._memory.watermark(job) or {}

    async def sites(self, reporter: str) -> frozenset[int]:
        """The sites of which a report's findings are on."""
        return await self._store.sites(reporter)

    async def pass_over(self, job: str, position: dict[str, Any]) -> None:
        """Leave a site's findings as they are and go on; raises ``Unavailable``."""
        await self._memory.save([], [], DEFAULT_MODEL, job, position)

    async def remember(
        self,
        reporter: str,
        site: int,
        site_name: str | None,
        found: Sequence[Finding],
        *,
        job: str,
        position: dict[str, Any],
    ) -> int:
        """Make memory say what a report finds of a site now; returns how many incidents were new or changed.

        Args:
            reporter: name of the report: it ends none of another's findings.
            site: HOMEPOT's integer.
            site_name: as people know it.
            found: everything that is found; what is left out has ended.
            job: whose ``position`` is stored in the same transaction.
            position: how far the job is.

        Raises:
            Unavailable: the gateway's own database is down.
            PartDown: the embedder is down.
        """
        now, ongoing = self._clock(), await self._store.ongoing(reporter, site)
        told = [(one, _kept(reporter, site, one, ongoing.get(one.subject))) for one in found]
        said = await self._store.said([kept.source_key for _, kept in told])
        fresh = []
        for one, kept in told:
            before, known = said.get(kept.source_key), one.subject in ongoing
            if known and before is None:  # somebody deleted it
                continue
            incident = _incident(one, kept, site, site_name, before if known else _reopened(before))
            if before is None or before.made != (incident.content_hash, DEFAULT_MODEL):
                fresh.append(incident)
        vectors = await embedded([one.description for one in fresh], self._memory, self._embedder)
        subjects = {one.subject for one in found}
        over = [one.subject for one in ongoing.values() if one.subject not in subjects and now - one.last_at >= LASTS]
        on = [kept for _, kept in told]
        await self._store.save(reporter, site, now, (on, over), (fresh, vectors), (job, position))
        REMEMBERED.labels(FINDINGS).inc(len(fresh))
        return len(fresh)


def _kept(reporter: str, site: int, finding: Finding, before: Ongoing | None) -> Ongoing:
    """The finding as it is known, or under a key that names the month in which it began."""
    if before is not None:
        return before
    key = f"{reporter}/{site}/{finding.subject}/{finding.began_at:%Y-%m}"
    return Ongoing(subject=finding.subject, source_key=key, began_at=finding.began_at, last_at=finding.began_at)


def _reopened(said: Said | None) -> Said | None:
    """What ended before and is found again is on again."""
    return None if said is None else msgspec.structs.replace(said, resolved_at=None)


def _incident(one: Finding, kept: Ongoing, site: int, site_name: str | None, said: Said | None) -> Incident:
    """As memory keeps it; what people said of it stays."""
    ended = one.ended_at or (said.resolved_at if said else None)
    return content_hash(
        Incident(
            source=FINDINGS,
            source_key=kept.source_key,
            content_hash="",
            title=one.title,
            description=compose(one.title, *one.details, f"Category: {one.category}."),
            severity=one.severity,
            category=one.category,
            site=site,
            site_name=site_name,
            device_id=one.device_id,
            device_name=one.device_name,
            device_type=one.device_type,
            occurred_at=kept.began_at,
            resolved_at=max(ended, kept.began_at) if ended else None,
            cause=(said.cause if said else None) or one.cause,
            resolution=(said.resolution if said else None) or one.resolution,
            helped=said.helped if said else None,
        )
    )
