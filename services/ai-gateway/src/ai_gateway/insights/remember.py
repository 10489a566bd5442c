"""The job that remembers what the tests find of each site."""

from collections import Counter as Counts
from datetime import datetime, timedelta
from typing import Any, Final

from prometheus_client import Counter

from ai_gateway.access.scope import Scoping
from ai_gateway.homepot.directory import Names
from ai_gateway.insights.effects import HOURS
from ai_gateway.insights.reading import Judging, SiteReader
from ai_gateway.insights.told import worth_remembering
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.logging import get_logger
from ai_gateway.memory.findings import Finding, FindingMemory

JOB: Final = "remember_findings"
REPORTER: Final = "insights"
SITES: Final = 16
"""Sites a round, so that other jobs get their turn: 10,000 sites take ten hours of rounds."""
SETTLED: Final = Judging(settled=timedelta(hours=HOURS + 2), most=60, rate=0.01)
"""A change is judged when the whole day after it is over: what it did then is the same on every later day. Each day is another
chance of a false one, so the rate is less than when somebody asks."""
TRIES: Final = 3

READ = Counter("ai_finding_sites_total", "Sites whose findings were looked for, by outcome.", ["outcome"])
_log = get_logger("insights")


class FindingJob:
    """Goes through all sites in the order of their ids, some in a round, and begins anew when its interval is over."""

    def __init__(
        self, reader: SiteReader, memory: FindingMemory, scoping: Scoping, clock: Clock, *, every: timedelta
    ) -> None:
        """Args: reader: tests. memory: keeps. scoping: names. every: between two looks at a site; 0: none at all."""
        self._reader = reader
        self._memory = memory
        self._scoping = scoping
        self._clock = clock
        self._every = every
        self._failed: Counts[int] = Counts()

    async def run(self) -> int:
        """One round; returns how many findings were new or changed. It picks up behind the last site that was stored.

        Raises:
            Unavailable: a database is down.
            PartDown: the embedder is down and a text has to be embedded.
        """
        if not self._every:
            return 0
        names = (await self._scoping.within(None)).names
        began, ahead = await self._ahead(names)
        stored = 0
        for site in ahead[:SITES]:
            position = {"began": began.isoformat(), "site": site}
            stored += await self._site(names, site, position)
        if stored:
            _log.info(
                "remembered", source="finding", incidents=stored, sites=len(ahead[:SITES]), left=len(ahead[SITES:])
            )
        return stored

    async def _ahead(self, names: Names) -> tuple[datetime, list[int]]:
        """When this pass began, and the sites that are still ahead: those in service, and those where a finding is on."""
        now, position = self._clock(), await self._memory.position(JOB)
        served = {site.id for site in names.sites if site.in_service}
        sites = sorted(served | await self._memory.sites(REPORTER))
        began = datetime.fromisoformat(position["began"]) if position else None
        ahead = [site for site in sites if position and site > position["site"]]
        if began and (ahead or now - began < self._every):
            return began, ahead
        return now, sites

    async def _site(self, names: Names, site: int, position: dict[str, Any]) -> int:
        try:
            found = await self._found(names, site)
        except Unavailable:
            self._failed[site] += 1
            READ.labels("failed").inc()
            if self._failed[site] < TRIES:
                raise
            _log.warning("findings_left_out", site=site, tries=TRIES)
            del self._failed[site]
            await self._memory.pass_over(JOB, position)
            return 0
        self._failed.pop(site, None)
        READ.labels("found" if found else "nothing").inc()
        known = names.site_by_id.get(site)
        return await self._memory.remember(
            REPORTER, site, known.name if known else None, found, job=JOB, position=position
        )

    async def _found(self, names: Names, site: int) -> list[Finding]:
        """Of a site that is no longer in service, nothing."""
        known = names.site_by_id.get(site)
        if known is None or not known.in_service:
            return []
        now, scope = self._clock(), await self._scoping.within((site,))
        read = await self._reader.read(scope, site, now, SETTLED)
        return worth_remembering(read, scope, now)
