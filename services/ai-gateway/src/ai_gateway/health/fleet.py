"""The devices that are in service, and when their sites are open. Times of schedules are taken for UTC."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.homepot.telemetry import Devices, OpeningDay

WEEK_S: Final = 604_800
DAY_S: Final = 86_400
SLOT_S: Final = 300
"""Schedules are kept to five minutes."""
HALF_HOUR_S: Final = 1_800
_AT_ONCE: Final = 8_192
_SLOTS: Final = WEEK_S // SLOT_S
_DAY_SLOTS: Final = DAY_S // SLOT_S
_MONDAY_S: Final = 3 * DAY_S
"""1970 began on a Thursday."""
_MOST_TYPES: Final = 32

Flags = NDArray[np.bool_]


class Fleet:
    """Devices in service in ascending order; a device's place in it is its index."""

    def __init__(self, devices: Devices, days: Sequence[OpeningDay] = ()) -> None:
        """Args: devices: all, of which those in service are kept. days: schedules; a site without one is always open."""
        order = np.argsort(np.array(devices.ids, np.int64))
        order = order[np.array(devices.in_service, bool)[order]]
        self.devices: NDArray[np.int64] = np.array(devices.ids, np.int64)[order]
        self.sites: NDArray[np.int64] = np.array(devices.sites, np.int64)[order]
        self.heard: NDArray[np.float64] = np.array(devices.heard, np.float64)[order]
        self.resting: Flags = np.array([x is True for x in devices.resting], bool)[order]
        self.type_names = _types(devices.types)
        places = {name: place for place, name in enumerate(self.type_names)}
        kinds = [places.get(name or "", len(self.type_names) - 1) for name in devices.types]
        self.types: NDArray[np.int64] = np.array(kinds, np.int64)[order]
        self._schedule = _Schedule(days)

    def index(self, devices: NDArray[np.int64]) -> NDArray[np.int64]:
        """``(n,)``: each device's index, -1 where it is not in service."""
        if not len(self.devices):
            return np.full(len(devices), -1, np.int64)
        at = np.minimum(np.searchsorted(self.devices, devices), len(self.devices) - 1)
        return np.where(self.devices[at] == devices, at, -1)

    def in_maintenance(self, index: NDArray[np.int64], at: NDArray[np.float64]) -> Flags:
        """Whether each device of ``index`` is being worked on at its time: a window of its site, or HOMEPOT says so."""
        return self.resting[index] | self._schedule.in_maintenance(self.sites[index], at)

    def has_hours(self, index: NDArray[np.int64]) -> Flags:
        """Whether each device's site has a schedule."""
        return self._schedule.knows(self.sites[index])

    def open_s(
        self, index: NDArray[np.int64], since: NDArray[np.float64], until: float, usual: Flags | None = None
    ) -> NDArray[np.float64]:
        """Seconds since a time in which each device's site was open and not being worked on.

        ``usual``: ``(n, 48)``: count only these half hours of the day.
        """
        found = np.empty(len(index))
        for start in range(0, len(index), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            share = self._schedule.open_share(self.sites[index[part]])
            if usual is not None:
                share = share * np.tile(usual[part], 7)
            sums = np.concatenate([np.zeros((len(share), 1)), np.cumsum(share, axis=1) * HALF_HOUR_S], axis=1)
            found[part] = _until(share, sums, np.full(len(share), until)) - _until(share, sums, since[part])
        return found


def _until(share: NDArray[np.float64], sums: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds from a common origin to ``at``, of which only each half hour's share counts."""
    rows = np.arange(len(at))
    weeks, rest = np.divmod(at + _MONDAY_S, WEEK_S)
    slot = (rest // HALF_HOUR_S).astype(np.int64)
    whole: NDArray[np.float64] = weeks * sums[:, -1] + sums[rows, slot]
    return whole + share[rows, slot] * (rest - slot * HALF_HOUR_S)


class _Schedule:
    """The week of each site in slots: open or not, maintenance or not; row 0 is of sites without a schedule."""

    def __init__(self, days: Sequence[OpeningDay]) -> None:
        self._sites = np.unique(np.array([day.site for day in days], np.int64))
        is_open = np.ones((len(self._sites) + 1, _SLOTS), bool)
        self._maintenance = np.zeros_like(is_open)
        by_day: dict[tuple[int, int], list[OpeningDay]] = {}
        for day in days:
            by_day.setdefault((day.site, day.day), []).append(day)
        for site, weekday in by_day:
            begin = weekday * _DAY_SLOTS
            is_open[np.searchsorted(self._sites, site) + 1, begin : begin + _DAY_SLOTS] = False
        for (site, weekday), rows in by_day.items():
            row = int(np.searchsorted(self._sites, site)) + 1
            self._enter(is_open[row], self._maintenance[row], weekday, rows)
        is_open &= ~self._maintenance
        self._share = is_open.reshape(len(is_open), -1, HALF_HOUR_S // SLOT_S).mean(axis=2)

    def open_share(self, sites: NDArray[np.int64]) -> NDArray[np.float64]:
        """``(n, 336)``: how much of each half hour of the week each site is open, from Monday on."""
        return np.asarray(self._share[self._rows(sites)])

    def knows(self, sites: NDArray[np.int64]) -> Flags:
        return self._rows(sites) > 0

    def in_maintenance(self, sites: NDArray[np.int64], at: NDArray[np.float64]) -> Flags:
        return self._maintenance[self._rows(sites), ((at + _MONDAY_S) % WEEK_S // SLOT_S).astype(np.int64)]

    def _rows(self, sites: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(self._sites):
            return np.zeros(len(sites), np.int64)
        at = np.minimum(np.searchsorted(self._sites, sites), len(self._sites) - 1)
        return np.where(self._sites[at] == sites, at + 1, 0)

    @staticmethod
    def _enter(is_open: Flags, maintenance: Flags, weekday: int, rows: Sequence[OpeningDay]) -> None:
        """One day of one site.

        A row of a window holds the window's times if the site is closed or the day has another row with its hours. Else
        its times are the opening hours, and the window stands in words alone, which nothing here reads.
        """
        regular = [day for day in rows if not day.maintenance]
        windows = [day for day in rows if day.maintenance and (day.closed or regular)]
        for day in regular or [day for day in rows if day not in windows]:
            if not day.closed:
                is_open[_slots(weekday, day)] = True
        for day in windows:
            maintenance[_slots(weekday, day)] = True


def _slots(weekday: int, day: OpeningDay) -> NDArray[np.int64]:
    """The slots from opening to closing, past midnight where that is earlier; all day where no times are given."""
    opens = day.opens or 0.0
    closes = day.closes if day.closes is not None else float(DAY_S)
    length = (closes - opens) if closes > opens else closes - opens + DAY_S
    first = int(weekday * DAY_S + opens) // SLOT_S
    return np.arange(first, first + int(np.ceil(length / SLOT_S))) % _SLOTS


def _types(names: Sequence[str | None]) -> list[str]:
    """The device types, the most frequent ones by name and one for the rest."""
    found, counts = np.unique(np.array([name or "" for name in names], str), return_counts=True)
    kept = found[np.argsort(-counts, kind="stable")][: _MOST_TYPES - 1].tolist()
    return [*sorted(kept), "*"]
