"""One worker's running scan: what is remembered, how far each stream is read, and the round that brings both forward."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter, Gauge

from ai_gateway.health.blocks import Blocks
from ai_gateway.health.catalogue import BY_NAME
from ai_gateway.health.cursor import Cursor
from ai_gateway.health.detect import DETECTORS
from ai_gateway.health.events import CHECKS, FLAPPING, SILENCE
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.hours import Hours
from ai_gateway.health.standing import DeviceStanding, SiteStanding, Standing
from ai_gateway.health.state import pack
from ai_gateway.health.store import HealthStore, PageResult, SavedBlock
from ai_gateway.health.watch import Watch
from ai_gateway.homepot.telemetry import Alerted, Checks, Newest, Readings, States, Telemetry
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.metrics import from_zero
from ai_gateway.kit.settings import Settings

ORDER: Final = ("states", "checks", "readings")
"""Small streams first, so that a long catch-up of readings does not hold them up."""
ROUND_S: Final = 120.0
"""A round that has more to do goes on in the next one, so that other jobs get their turn."""
ALERT_AGE: Final = timedelta(days=1)
"""Older alerts do not lower health: HOMEPOT closes none by itself."""
PRUNE_EVERY_S: Final = 3600.0

LAG = Gauge("ai_health_lag_seconds", "Age of the newest reading that a scan has taken up.")
ROWS = Counter("ai_health_rows_total", "Rows that scans took up, by stream.", ["stream"])
DROPPED = Counter("ai_health_dropped_total", "Rows and values of telemetry that were not used.", ["reason"])
OPENED = from_zero(
    Counter("ai_health_anomalies_total", "Anomalies that opened.", ["kind"]), *DETECTORS, FLAPPING, CHECKS, SILENCE
)
ALARM_RATE = Gauge("ai_health_alarm_rate", "Alarms per device-week that the detectors really raised.")
STATE_BYTES = Gauge("ai_health_state_bytes", "Stored state of all devices, compressed.")
METRICS = Gauge("ai_health_metrics", "Metrics that are followed, those of extra_metrics included.")

_log = get_logger("health")

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
AnyPage = Readings | States | Checks


class Scanner:
    """Its memory runs ahead of the database only within a round; a round that fails leaves it useless."""

    def __init__(
        self,
        telemetry: Telemetry,
        store: HealthStore,
        clock: Clock,
        settings: Settings,
        *,
        watch: Watch,
        cursors: dict[str, Cursor],
        blocks: Blocks,
        version: str,
        relearning: bool,
    ) -> None:
        """Args: relearning: state was lost, so that rows that were read before only teach."""
        self._telemetry = telemetry
        self._store = store
        self._clock = clock
        self._settings = settings
        self._watch = watch
        self._cursors = cursors
        self._blocks = blocks
        self._version = version
        self._relearning = relearning
        self._standing = Standing()
        self._stored_names = 0
        self._fleet_size: int | None = None
        self._reconciled = False
        self._pruned_at = -PRUNE_EVERY_S
        self._newest = -np.inf

    def is_ahead(self, newest: Newest) -> bool:
        """Whether HOMEPOT's ids do not even reach what was read: they began anew."""
        return any(cursor.place.id > getattr(newest, stream) for stream, cursor in self._cursors.items())

    async def round(self, fleet: Fleet) -> int:
        """Take up what is new, until nothing is or the round is long enough; returns how many rows."""
        gone = self._watch.enter(fleet)
        self._standing.forget(gone)
        until = time.monotonic() + ROUND_S
        rows, caught_up = 0, True
        for stream in ORDER:
            count, done = await self._follow(stream, until)
            rows, caught_up = rows + count, caught_up and done
        await self._stand(fleet, changed=bool(len(gone)) or self._fleet_size != len(fleet.devices))
        if caught_up:
            await self._settle()
        else:
            _log.info("catching_up", rows=rows, behind_s=round(self._clock().timestamp() - self._newest))
        await self._prune()
        return rows

    async def _follow(self, stream: str, until: float) -> tuple[int, bool]:
        """Take up one stream's pages; returns how many rows, and whether that was all."""
        cursor, rows = self._cursors[stream], 0
        while True:
            now = self._clock().timestamp()
            request = cursor.request(now, self._settings.health_page_rows)
            page: AnyPage | None = await getattr(self._telemetry, stream)(request)
            if page is not None:
                rows += await self._take(stream, page, now)
            elif not cursor.passed(request):
                return rows, True
            if time.monotonic() > until:
                return rows, False

    async def _take(self, stream: str, page: AnyPage, now: float) -> int:
        """One page into memory, and what comes of it into the database."""
        cursor = self._cursors[stream]
        order, first = cursor.take(page.ids, now)
        ids, devices = np.array(page.ids, np.int64)[order], np.array(page.devices, np.int64)[order]
        undone = self._blocks.undone(stream, cursor, ids, devices)
        hours = await asyncio.to_thread(self._digest, page, order[undone], first[undone], now)
        await self._save(hours)
        ROWS.labels(stream).inc(len(ids))
        return len(ids)

    def _digest(self, page: AnyPage, order: Indices, first: Flags, now: float) -> Hours | None:
        if isinstance(page, Readings):
            aloud = first if self._relearning else None
            result = self._watch.readings(page, order, first, now, aloud=aloud)
            self._note_dropped(result.dropped)
            self._newest = max(self._newest, result.newest)
            return result.hours
        if isinstance(page, States):
            self._note_dropped(self._watch.states(page, order, now))
        else:
            self._note_dropped(self._watch.checks(page, order, now))
        return None

    @staticmethod
    def _note_dropped(dropped: Mapping[str, int]) -> None:
        for reason, count in dropped.items():
            DROPPED.labels(reason).inc(count)

    async def _save(self, hours: Hours | None) -> None:
        """Store a page: what it brought, how far it goes, and the blocks of state that are due."""
        book, names = self._watch.book, self._watch.cleaner.names
        at = time.monotonic()
        place = {stream: list(cursor.place) for stream, cursor in self._cursors.items()}
        due = self._blocks.due(self._watch.blocks().tolist(), at)
        packed = await asyncio.to_thread(lambda: [pack(self._watch.snapshot(block)) for block in due])
        page = PageResult(
            position={stream: cursor.saved() for stream, cursor in self._cursors.items()},
            now=self._clock(),
            anomalies=book.changed(),
            hours=hours,
            metrics=names if len(names) > self._stored_names else (),
            blocks=[SavedBlock(block, place, state) for block, state in zip(due, packed, strict=True)],
        )
        await self._store.save_page(page, self._version)
        self._report_new_metrics(names)
        self._collect()
        for block, state in zip(due, packed, strict=True):
            self._blocks.saved(block, place, len(state), at)
        for stream, cursor in self._cursors.items():
            cursor.forget_late(self._blocks.oldest(stream) or cursor.place)

    def _collect(self) -> None:
        for kind, count in self._watch.book.collected().items():
            OPENED.labels(kind).inc(count)

    def _report_new_metrics(self, names: list[str]) -> None:
        """Say once which metrics came up that the catalogue does not know."""
        if unknown := [name for name in names[self._stored_names :] if name not in BY_NAME]:
            _log.info("unknown_metrics", names=unknown, treated="as any number: no limit, both directions")
        self._stored_names = len(names)

    async def _stand(self, fleet: Fleet, *, changed: bool) -> None:
        """How everything stands now."""
        now = self._clock()
        alerted = await self._telemetry.alerted(now - ALERT_AGE, now)
        devices, sites = await asyncio.to_thread(self._assess, alerted, now.timestamp())
        in_service = fleet.devices.tolist() if changed else None
        await self._store.save_standing(devices, sites, self._watch.book.changed(), now, in_service=in_service)
        self._collect()
        self._fleet_size = len(fleet.devices)
        self._report(now.timestamp())

    def _assess(self, alerted: list[Alerted], now: float) -> tuple[list[DeviceStanding], list[SiteStanding]]:
        self._watch.end(now)
        return self._standing.assess(self._watch.fleet, self._watch.parts(alerted), self._watch.known(now))

    def _report(self, now: float) -> None:
        if np.isfinite(self._newest):
            LAG.set(max(now - self._newest, 0))
        STATE_BYTES.set(self._blocks.size)
        METRICS.set(len(self._watch.cleaner.names))
        ALARM_RATE.set(self._watch.engines.alarm_rate())

    async def _settle(self) -> None:
        """Once all that was missed is made up for: what is stored as on but was not found again is over."""
        self._relearning = False
        if not self._reconciled:
            await self._store.close_others([one.anomaly for one in self._watch.book.running()])
            self._reconciled = True

    async def _prune(self) -> None:
        if time.monotonic() - self._pruned_at < PRUNE_EVERY_S:
            return
        now = self._clock()
        hours = now - timedelta(days=self._settings.health_hours_days)
        anomalies = now - timedelta(days=self._settings.health_anomaly_days)
        await self._store.prune(hours, anomalies, self._version, self._watch.blocks().tolist())
        self._pruned_at = time.monotonic()
