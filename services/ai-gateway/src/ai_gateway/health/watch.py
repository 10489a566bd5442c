"""Everything that is remembered of the fleet, and what a page of rows does to it. No input or output."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.book import Book
from ai_gateway.health.catalogue import Limits
from ai_gateway.health.detect import DETECTORS
from ai_gateway.health.detect.slots import Slots
from ai_gateway.health.engines import Engines
from ai_gateway.health.episodes import Episodes
from ai_gateway.health.events import Events
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.hours import Hours, by_hour
from ai_gateway.health.readings import Cleaner, possible_times
from ai_gateway.health.standing import Parts, parts_of
from ai_gateway.health.state import BLOCK, BlockState
from ai_gateway.health.types import Batch
from ai_gateway.homepot.telemetry import Alerted, Checks, Devices, Readings, States

FRESH_S: Final = 3600.0
"""A judgement that is older than this, and than `FRESH_GAPS` usual pauses of the device, says nothing of now."""
FRESH_GAPS: Final = 3.0

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Page(NamedTuple):
    """What came of a page of readings: rows taken up, the hours they add to, and what was dropped by reason."""

    rows: int
    newest: float
    hours: Hours
    dropped: Counter[str]


class Watch:
    """Takes up pages in order. Results depend on the rows and their order alone, not on how they were cut into pages."""

    def __init__(
        self, names: Iterable[str], *, sensitivity: float, limits: Limits, quiet_s: float, online_window_s: float
    ) -> None:
        """Args: names: metrics in the order of their columns. limits: over the catalogue's, by device type."""
        self.book = Book()
        self.cleaner = Cleaner(names)
        self.engines = Engines(sensitivity=sensitivity, limits=limits)
        self.fleet = Fleet(Devices([], [], [], [], [], []))
        self._episodes = Episodes(self.book, quiet_s)
        self._events = Events(self.book, online_window_s)
        self._judged = Slots({"at": np.array(np.nan)})
        self._tracks = {
            "readings": self.cleaner.tracks,
            "events": self._events.tracks,
            "habits": self._events.habits.tracks,
            "judged": self._judged,
        }

    def enter(self, fleet: Fleet) -> Indices:
        """Take over who is in service now; returns the devices that are gone, of which everything is forgotten."""
        gone = np.setdiff1d(self.fleet.devices, fleet.devices)
        self.engines.forget(self._other_type(fleet))
        self.fleet = fleet
        self._forget(gone)
        return gone

    def _forget(self, devices: Indices) -> None:
        for device in devices.tolist():
            self.book.close_device(device)
        for slots in self._tracks.values():
            slots.forget(devices)
        self.engines.forget(devices)

    def _other_type(self, fleet: Fleet) -> Indices:
        both = np.intersect1d(self.fleet.devices, fleet.devices)
        before = np.array(self.fleet.type_names, object)[self.fleet.types[self.fleet.index(both)]]
        after = np.array(fleet.type_names, object)[fleet.types[fleet.index(both)]]
        return np.asarray(both[before != after], np.int64)

    def readings(self, page: Readings, order: Indices, first: Flags, now: float, *, aloud: Flags | None = None) -> Page:
        """Take up readings.

        Args:
            page: rows as read.
            order: the rows to take up, in their order.
            first: by row in that order, whether it is read for the first time ever and counts in the hours.
            now: seconds since 1970.
            aloud: by row in that order, whether anomalies may come of it; else it only teaches.
        """
        cleaned = self.cleaner.clean(page, order, first, self.fleet, now=now)
        names, fleet = self.cleaner.names, self.fleet
        self._events.habits.note(cleaned.batch.device, cleaned.batch.at)
        sites = fleet.sites[cleaned.fleet]
        scored = np.flatnonzero(cleaned.scored)
        batch = _rows(cleaned.batch, scored)
        kinds = fleet.types[cleaned.fleet[scored]]
        verdicts = self.engines.score(batch, fleet.type_names, kinds, names)
        judged = ~np.isnan(verdicts.score)
        places = self._judged.rows(batch.device[judged])
        np.fmax.at(self._judged.arrays["at"], places, batch.at[judged])
        if aloud is not None:
            verdicts.score[~aloud[cleaned.rows[scored]]] = np.nan
        self._episodes.feed(
            batch,
            verdicts,
            sites[scored],
            names,
            lambda row, name: self.engines.metric(fleet.type_names[kinds[row]], name),
        )
        new = np.flatnonzero(cleaned.first)
        hours = by_hour(_rows(cleaned.batch, new), sites[new])
        newest = float(cleaned.batch.at.max(initial=-np.inf))
        return Page(len(batch.device), newest, hours, cleaned.dropped)

    def states(self, page: States, order: Indices, now: float) -> Counter[str]:
        """Take up changes of connectivity, in ``order``; returns how many rows were dropped by reason."""
        order = order[np.array(page.told, bool)[order]]
        index, at, order, dropped = self._in_service(page.devices, page.at, order, now)
        self._events.states(self.fleet, index, at, np.array(page.up, bool)[order])
        return dropped

    def checks(self, page: Checks, order: Indices, now: float) -> Counter[str]:
        """Take up health checks, in ``order``; returns how many rows were dropped by reason."""
        index, at, order, dropped = self._in_service(page.devices, page.at, order, now)
        healthy = np.array([one is not False for one in page.healthy], bool)[order]
        codes = np.array([code or 0 for code in page.codes], np.int64)[order]
        self._events.checks(self.fleet, index, at, healthy, codes)
        return dropped

    def _in_service(
        self, devices: list[int], at: list[float], order: Indices, now: float
    ) -> tuple[Indices, NDArray[np.float64], Indices, Counter[str]]:
        index, moments = self.fleet.index(np.array(devices, np.int64)[order]), np.array(at, np.float64)[order]
        known, possible = index >= 0, possible_times(moments, now)
        dropped = Counter(wrong_time=int(np.count_nonzero(known & ~possible)))
        keep = known & possible
        return index[keep], moments[keep], order[keep], dropped

    def end(self, now: float) -> None:
        """Look for silence, and end what has come to rest."""
        seen = self.cleaner.tracks.take(self.fleet.devices)
        self._events.silence(self.fleet, seen["at"], seen["gap"].astype(np.float64), now)
        self._events.close_stale(now)
        self.book.close_stale(now, DETECTORS)

    def parts(self, alerted: Iterable[Alerted]) -> dict[int, Parts]:
        """What is wrong with each device."""
        return parts_of(self.fleet, self.book, alerted, self._events.failing(self.fleet.devices))

    def known(self, now: float) -> Flags:
        """By device of the fleet, whether its readings were judged lately."""
        judged = self._judged.take(self.fleet.devices)["at"]
        gap = self.cleaner.tracks.take(self.fleet.devices)["gap"]
        return np.asarray(now - judged <= np.fmax(FRESH_S, FRESH_GAPS * gap), bool)

    def blocks(self) -> Indices:
        """The blocks that have devices in service."""
        return np.unique(self.fleet.devices // BLOCK)

    def snapshot(self, block: int) -> BlockState:
        """All that is remembered of a block."""
        begin, end = np.searchsorted(self.fleet.devices, [block * BLOCK, (block + 1) * BLOCK])
        devices = self.fleet.devices[begin:end]
        kinds = [self.fleet.type_names[kind] for kind in self.fleet.types[begin:end].tolist()]
        tracks = {name: slots.take(devices) for name, slots in self._tracks.items()}
        engines = self.engines.snapshot(devices, kinds, self.cleaner.names)
        return BlockState(devices, tracks, engines, self.book.snapshot(devices.tolist()))

    def restore(self, blocks: Mapping[int, BlockState]) -> None:
        """Take up snapshots again, but for devices that are gone."""
        for state in blocks.values():
            for name, slots in self._tracks.items():
                slots.put(state.devices, state.tracks[name])
            self.book.restore(state.running)
        self._events.forget_pauses()
        self.engines.restore([one for state in blocks.values() for one in state.engines], self.cleaner.names)
        known = np.concatenate([np.empty(0, np.int64), *(state.devices for state in blocks.values())])
        self._forget(np.setdiff1d(known, self.fleet.devices))


def _rows(batch: Batch, rows: Indices) -> Batch:
    return Batch(batch.device[rows], batch.at[rows], batch.values[rows])
