"""The devices that are in service, and when their sites are open."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.schedule import HALF_HOUR_S, MONDAY_S, NOWHERE, WEEK_S, Flags, Schedule
from ai_gateway.homepot.telemetry import Devices, OpeningDay

_AT_ONCE: Final = 8_192
_MOST_TYPES: Final = 32


class Fleet:
    """Devices in service in ascending order; a device's place in it is its index."""

    def __init__(self, devices: Devices, days: Sequence[OpeningDay] = (), ahead_s: Mapping[int, int] = NOWHERE) -> None:
        """Args: devices: all, of which those in service are kept. days: schedules; a site without one is always open.

        ahead_s: how far ahead of UTC sites' clocks are.
        """
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
        self._schedule = Schedule(days, ahead_s)

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
    weeks, rest = np.divmod(at + MONDAY_S, WEEK_S)
    slot = (rest // HALF_HOUR_S).astype(np.int64)
    whole: NDArray[np.float64] = weeks * sums[:, -1] + sums[rows, slot]
    return whole + share[rows, slot] * (rest - slot * HALF_HOUR_S)


def _types(names: Sequence[str | None]) -> list[str]:
    """The device types, the most frequent ones by name and one for the rest."""
    found, counts = np.unique(np.array([name or "" for name in names], str), return_counts=True)
    kept = found[np.argsort(-counts, kind="stable")][: _MOST_TYPES - 1].tolist()
    return [*sorted(kept), "*"]
