"""The worker's job: one scan over the whole fleet, by one worker at a time, begun from what is stored."""

import asyncio
import time
from datetime import timedelta
from typing import Any, Final

from ai_gateway.health.blocks import Blocks
from ai_gateway.health.cursor import Cursor, Place
from ai_gateway.health.engines import layout
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.scanner import ORDER, Scanner
from ai_gateway.health.schedule import ahead_of_utc
from ai_gateway.health.state import BlockState, unpack
from ai_gateway.health.store import HealthStore, Position
from ai_gateway.health.watch import Watch
from ai_gateway.homepot.telemetry import Newest, Telemetry
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.settings import Settings

HISTORY_ROWS: Final = 20_000_000
HISTORY_OF_DEVICE: Final = 20_000
"""Most rows, in all and of the average device, that a first scan looks back, however few days that is."""
STATE_VERSION: Final = "3"
"""To be counted up when state of the same layout means something else."""

_log = get_logger("health")


class HealthScan:
    """What it knows can be had again from the database, and after any failure it is."""

    def __init__(self, telemetry: Telemetry, store: HealthStore, clock: Clock, settings: Settings) -> None:
        """Args: telemetry: HOMEPOT's rows. store: where results go. settings: of this process."""
        self._telemetry = telemetry
        self._store = store
        self._clock = clock
        self._settings = settings
        self._version = f"{STATE_VERSION}-{layout()}"
        self._scanner: Scanner | None = None

    async def run(self) -> int:
        """Bring health up to date; returns how many rows were taken up. While another worker is at it: none.

        Raises:
            Unavailable: a database is down.
        """
        taken = await self._store.acquire()
        if taken is False:
            return 0
        devices, days = await asyncio.gather(self._telemetry.devices(), self._telemetry.opening_days())
        fleet = Fleet(devices, days, ahead_of_utc(days, self._settings.site_time_zones, self._clock()))
        newest = await self._telemetry.newest()
        scanner, self._scanner = self._scanner, None  # one that fails half-way knows more than is stored
        if taken or scanner is None or scanner.is_ahead(newest):
            scanner = await self._begin(fleet, newest)
        rows = await scanner.round(fleet)
        self._scanner = scanner
        return rows

    async def close(self) -> None:
        """Let another worker have it."""
        await self._store.release()

    async def _begin(self, fleet: Fleet, newest: Newest) -> Scanner:
        """Take up what is stored, or begin with the history that is there."""
        settings = self._settings
        watch = Watch(
            await self._store.metric_names(),
            sensitivity=settings.health_sensitivity,
            limits=settings.health_limits,
            quiet_s=settings.health_quiet_s,
            online_window_s=settings.online_window_s,
        )
        watch.enter(fleet)
        blocks = Blocks(settings.health_state_interval_s)
        stored = await self._stored(newest)
        states = await self._load(blocks) if stored else {}
        watch.restore(states)
        most = min(HISTORY_ROWS, HISTORY_OF_DEVICE * max(len(fleet.devices), 1))
        cursors = {stream: await self._cursor(stream, stored, blocks, most) for stream in ORDER}
        _log.info("scan_begins", devices=len(fleet.devices), blocks=len(states), anew=stored is None)
        return Scanner(
            self._telemetry,
            self._store,
            self._clock,
            settings,
            watch=watch,
            cursors=cursors,
            blocks=blocks,
            version=self._version,
            relearning=stored is not None and not states,
        )

    async def _stored(self, newest: Newest) -> Position | None:
        """Where the scan stood; nothing where HOMEPOT's ids began anew, as in another database."""
        stored = await self._store.position()
        if stored is None:
            return None
        behind = [stream for stream in ORDER if stored[stream]["place"][0] > getattr(newest, stream)]
        if behind:
            _log.warning("homepot_ids_began_anew", streams=behind)
            return None
        return stored

    async def _load(self, blocks: Blocks) -> dict[int, BlockState]:
        found: dict[int, BlockState] = {}
        async for saved in self._store.blocks(self._version):
            found[saved.block] = await asyncio.to_thread(unpack, saved.state)
            blocks.saved(saved.block, saved.position, len(saved.state), time.monotonic())
        return found

    async def _cursor(self, stream: str, stored: Position | None, blocks: Blocks, most: int) -> Cursor:
        place = blocks.oldest(stream)
        if place is None:
            since = self._clock() - timedelta(days=self._settings.health_history_days)
            place = Place(await self._telemetry.before(stream, since, most), 0)
        saved: dict[str, Any] | None = stored[stream] if stored else None
        return Cursor.resumed(saved, place) if saved else Cursor(place)
