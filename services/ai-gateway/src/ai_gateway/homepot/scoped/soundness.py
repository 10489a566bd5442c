"""How far HOMEPOT's rows on the devices of a question can be relied on: one set-based read for all that is judged."""

import time
from collections import OrderedDict
from datetime import datetime, timedelta

import msgspec

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.scoped.view import ScopedReader, View
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.once import Once

MOST_VIEWS = 256


class DeviceSoundness(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one device. ``devices``, ``fresh``: how many are in view, and how many of them were heard of lately.

    Of its readings in the window: ``expected`` and ``filled`` count values, without metrics that it never sends;
    ``impossible`` counts rows. ``capabilities``, ``permissions``: JSON texts.
    """

    id: int
    device_id: str
    condition: str
    connectivity: str
    health_state: str
    lifecycle_state: str
    last_heartbeat_at: datetime | None
    devices: int
    fresh: int
    readings: int
    newest_at: datetime | None
    expected: int
    filled: int
    impossible: int
    longest_gap_s: float
    capabilities: str | None
    permissions: str | None
    credentials: int
    active_credentials: int
    changed_at: datetime | None
    rollbacks: int
    failures: int


class Windows(msgspec.Struct, frozen=True):
    """What counts as lately, in seconds; ``most``: devices that are looked at closely."""

    fresh_s: float
    readings_s: float
    changes_s: float
    most: int


class SoundnessReader(ScopedReader):
    """Reads soundness in a caller's view; what was read serves for ``keep_s`` seconds."""

    def __init__(
        self, database: HomepotDatabase, clock: Clock, online_window_s: int, windows: Windows, keep_s: float
    ) -> None:
        """Args: database: where to read. clock: now. online_window_s: as the store's. windows: how far back."""
        super().__init__(database, clock, online_window_s)
        self._windows = windows
        self._keep_s = keep_s
        self._kept: OrderedDict[View, tuple[float, list[DeviceSoundness]]] = OrderedDict()
        self._reading: Once[View, list[DeviceSoundness]] = Once()

    async def read(self, view: View) -> list[DeviceSoundness]:
        """All devices that the view names, else a sample of those in service; empty if there are none.

        Raises:
            Unavailable: HOMEPOT's database does not answer.
        """
        kept = self._kept.get(view)
        if kept and time.monotonic() - kept[0] < self._keep_s:
            return kept[1]
        return await self._reading.do(view, lambda: self._load(view))

    async def _load(self, view: View) -> list[DeviceSoundness]:
        rows = await self._fetch(view)
        self._kept[view] = (time.monotonic(), rows)
        self._kept.move_to_end(view)
        if len(self._kept) > MOST_VIEWS:
            self._kept.popitem(last=False)
        return rows

    async def _fetch(self, view: View) -> list[DeviceSoundness]:
        now, windows = self._clock(), self._windows
        return await self._rows(
            "soundness",
            DeviceSoundness,
            view,
            fresh_s=windows.fresh_s,
            readings_since=now - timedelta(seconds=windows.readings_s),
            changes_since=now - timedelta(seconds=windows.changes_s),
            most=windows.most,
        )
