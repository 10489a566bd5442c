"""When sites are open, busy and being worked on, by the week. HOMEPOT's times have no zone: they are by the site's clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ai_gateway.homepot.telemetry import OpeningDay

WEEK_S: Final = 604_800
DAY_S: Final = 86_400
SLOT_S: Final = 300
"""Schedules are kept to five minutes."""
HALF_HOUR_S: Final = 1_800
MONDAY_S: Final = 3 * DAY_S
"""1970 began on a Thursday."""
_SLOTS: Final = WEEK_S // SLOT_S
_DAY_SLOTS: Final = DAY_S // SLOT_S

DEFAULT_ZONE: Final = "*"
NOWHERE: Final[Mapping[int, int]] = {}

Flags = NDArray[np.bool_]


def zone_of(site_id: str, zones: Mapping[str, str]) -> ZoneInfo:
    """A site's time zone by its public id: its own, that of all others, or UTC."""
    return ZoneInfo(zones.get(site_id) or zones.get(DEFAULT_ZONE) or "UTC")


def ahead_of_utc(days: Sequence[OpeningDay], zones: Mapping[str, str], now: datetime) -> dict[int, int]:
    """How many seconds each site's clock is ahead of UTC now."""
    ids = {day.site: day.site_id for day in days}
    offsets = {site: now.astimezone(zone_of(site_id, zones)).utcoffset() for site, site_id in ids.items()}
    return {site: int(offset.total_seconds()) for site, offset in offsets.items() if offset}


class Week(NamedTuple):
    """One site's week in slots of five minutes from Monday on, each ``(2016,)``; what is maintenance is not open."""

    is_open: Flags
    maintenance: Flags
    peak: Flags


class Schedule:
    """The week of each site in slots: open or not, maintenance or not; row 0 is of sites without a schedule."""

    def __init__(self, days: Sequence[OpeningDay], ahead_s: Mapping[int, int] = NOWHERE) -> None:
        """Args: days: those of any number of sites. ahead_s: of sites whose clock is ahead of the one asked by."""
        self._sites = np.unique(np.array([day.site for day in days], np.int64))
        is_open = np.ones((len(self._sites) + 1, _SLOTS), bool)
        self._maintenance = np.zeros_like(is_open)
        self._peak = np.zeros_like(is_open)
        by_day: dict[tuple[int, int], list[OpeningDay]] = {}
        for day in days:
            by_day.setdefault((day.site, day.day), []).append(day)
        for site, weekday in by_day:
            begin = weekday * _DAY_SLOTS
            is_open[np.searchsorted(self._sites, site) + 1, begin : begin + _DAY_SLOTS] = False
        for (site, weekday), rows in by_day.items():
            row = int(np.searchsorted(self._sites, site)) + 1
            self._enter(Week(is_open[row], self._maintenance[row], self._peak[row]), weekday, rows)
        is_open &= ~self._maintenance
        self._open = is_open
        self._turn(ahead_s)
        self._share = is_open.reshape(len(is_open), -1, HALF_HOUR_S // SLOT_S).mean(axis=2)

    def week(self, site: int) -> Week | None:
        """A site's week; ``None`` without a schedule."""
        row = int(self._rows(np.array([site], np.int64))[0])
        return Week(self._open[row], self._maintenance[row], self._peak[row]) if row else None

    def open_share(self, sites: NDArray[np.int64]) -> NDArray[np.float64]:
        """``(n, 336)``: how much of each half hour of the week each site is open, from Monday on."""
        return np.asarray(self._share[self._rows(sites)])

    def knows(self, sites: NDArray[np.int64]) -> Flags:
        """Whether each site has a schedule."""
        return self._rows(sites) > 0

    def in_maintenance(self, sites: NDArray[np.int64], at: NDArray[np.float64]) -> Flags:
        """Whether each site is in a window of its schedule at its time, in seconds since 1970 by the clock asked by."""
        return self._maintenance[self._rows(sites), ((at + MONDAY_S) % WEEK_S // SLOT_S).astype(np.int64)]

    def _rows(self, sites: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(self._sites):
            return np.zeros(len(sites), np.int64)
        at = np.minimum(np.searchsorted(self._sites, sites), len(self._sites) - 1)
        return np.where(self._sites[at] == sites, at + 1, 0)

    def _turn(self, ahead_s: Mapping[int, int]) -> None:
        """From each site's clock to the one asked by."""
        for row, site in enumerate(self._sites.tolist(), start=1):
            if ahead := ahead_s.get(site, 0):
                for week in (self._open, self._maintenance, self._peak):
                    week[row] = np.roll(week[row], -(ahead // SLOT_S))

    @staticmethod
    def _enter(week: Week, weekday: int, rows: Sequence[OpeningDay]) -> None:
        """One day of one site.

        A row of a window holds the window's times if the site is closed or the day has another row with its hours. Else
        its times are the opening hours, and the window stands in words alone, which nothing here reads.
        """
        regular = [day for day in rows if not day.maintenance]
        windows = [day for day in rows if day.maintenance and (day.closed or regular)]
        for day in regular or [day for day in rows if day not in windows]:
            if not day.closed:
                week.is_open[_slots(weekday, day.opens, day.closes)] = True
                if day.peak_from is not None and day.peak_until is not None:
                    week.peak[_slots(weekday, day.peak_from, day.peak_until)] = True
        for day in windows:
            week.maintenance[_slots(weekday, day.opens, day.closes)] = True


def _slots(weekday: int, begin: float | None, end: float | None) -> NDArray[np.int64]:
    """The slots between two times, past midnight where the end is earlier; all day where no times are given."""
    opens = begin or 0.0
    closes = end if end is not None else float(DAY_S)
    length = (closes - opens) if closes > opens else closes - opens + DAY_S
    first = int(weekday * DAY_S + opens) // SLOT_S
    return np.arange(first, first + int(np.ceil(length / SLOT_S))) % _SLOTS
