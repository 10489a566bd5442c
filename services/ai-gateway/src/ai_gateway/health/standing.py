"""How every device and site stands at the end of a scan, and what of it changed."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health import score
from ai_gateway.health.book import Book
from ai_gateway.health.detect.slots import Slots
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.types import HealthPart
from ai_gateway.homepot.telemetry import Alerted

STATUSES: Final = ("healthy", "warning", "critical", "unknown")
_NEVER: Final = -1

Parts = tuple[HealthPart, ...]


class DeviceStanding(NamedTuple):
    """A device that changed."""

    device: int
    site: int
    score: float | None
    status: str
    parts: Parts


class SiteStanding(NamedTuple):
    """A site with the mean score of its known devices, the number of devices by status, and of open anomalies."""

    site: int
    score: float | None
    devices: int
    counts: tuple[int, int, int, int]
    open_anomalies: int


class Standing:
    """Remembers what was told last, so that only changes are written."""

    def __init__(self) -> None:
        self._tracks = Slots(
            {"status": np.array(_NEVER, np.int8), "score": np.array(np.nan, np.float32), "site": np.array(0, np.int64)}
        )
        self._parts: dict[int, Parts] = {}

    def assess(
        self, fleet: Fleet, parts: dict[int, Parts], known: NDArray[np.bool_]
    ) -> tuple[list[DeviceStanding], list[SiteStanding]]:
        """Every site, and the devices that changed.

        Args:
            fleet: devices in service.
            parts: what is wrong, by device.
            known: ``(n,)`` by device of the fleet: whether readings were judged lately.
        """
        scores = np.ones(len(fleet.devices), np.float32)
        wrong = np.array(sorted(parts), np.int64)
        index = fleet.index(wrong)
        scores[index] = [score.score(parts[device]) for device in wrong.tolist()]
        status = np.where(scores > score.HEALTHY, np.where(known, 0, 3), np.where(scores < score.CRITICAL, 2, 1))
        scores[status == STATUSES.index("unknown")] = np.nan
        return self._changed(fleet, parts, scores, status), _sites(fleet, scores, status, parts)

    def forget(self, devices: NDArray[np.int64]) -> None:
        """Drop devices that are gone."""
        self._tracks.forget(devices)
        for device in devices.tolist():
            self._parts.pop(device, None)

    def _changed(
        self, fleet: Fleet, parts: dict[int, Parts], scores: NDArray[np.float32], status: NDArray[np.int64]
    ) -> list[DeviceStanding]:
        places, old = self._tracks.rows(fleet.devices), self._tracks.arrays
        same = (old["status"][places] == status) & (old["site"][places] == fleet.sites)
        same &= (old["score"][places] == scores) | np.isnan(scores)
        others = [device for device in {*parts, *self._parts} if parts.get(device) != self._parts.get(device)]
        same[[place for place in fleet.index(np.array(others, np.int64)).tolist() if place >= 0]] = False
        old["status"][places], old["score"][places], old["site"][places] = status, scores, fleet.sites
        self._parts = parts
        return [
            DeviceStanding(
                device=int(fleet.devices[place]),
                site=int(fleet.sites[place]),
                score=None if np.isnan(scores[place]) else float(scores[place]),
                status=STATUSES[status[place]],
                parts=parts.get(int(fleet.devices[place]), ()),
            )
            for place in np.flatnonzero(~same).tolist()
        ]


def parts_of(fleet: Fleet, book: Book, alerted: Iterable[Alerted], failing: NDArray[np.bool_]) -> dict[int, Parts]:
    """What is wrong with each device in service, the worst first. ``failing``: ``(n,)`` by device of the fleet."""
    found: dict[int, list[HealthPart]] = {}
    for one in book.running():
        found.setdefault(one.anomaly.device, []).append(score.anomaly_part(one.anomaly))
    for device in fleet.devices[failing].tolist():
        found.setdefault(device, []).append(score.check_part())
    for alert in alerted:
        found.setdefault(alert.device, []).append(score.alert_part(alert.alerts, alert.severe))
    devices = np.array(list(found), np.int64)
    return {
        device: tuple(sorted(found[device], key=lambda part: (-part.weight, part.name)))
        for device in devices[fleet.index(devices) >= 0].tolist()
    }


def _sites(
    fleet: Fleet, scores: NDArray[np.float32], status: NDArray[np.int64], parts: dict[int, Parts]
) -> list[SiteStanding]:
    sites, inverse = np.unique(fleet.sites, return_inverse=True)
    counts = np.zeros((len(sites), len(STATUSES)), np.int64)
    np.add.at(counts, (inverse, status), 1)
    known = ~np.isnan(scores)
    total = np.bincount(inverse[known], weights=scores[known], minlength=len(sites))
    among = np.bincount(inverse[known], minlength=len(sites))
    wrong = np.array(sorted(parts), np.int64)
    several = np.array([sum(part.kind == "anomaly" for part in parts[device]) for device in wrong.tolist()])
    anomalies = (
        np.bincount(inverse[fleet.index(wrong)], weights=several, minlength=len(sites)) if len(wrong) else among * 0
    )
    return [_site(*row) for row in zip(sites, total, among, counts, anomalies, strict=True)]


def _site(site: Any, total: Any, among: Any, counts: NDArray[np.int64], anomalies: Any) -> SiteStanding:
    healthy, warning, critical, unknown = counts.tolist()
    return SiteStanding(
        site=int(site),
        score=float(total / among) if among else None,
        devices=int(counts.sum()),
        counts=(healthy, warning, critical, unknown),
        open_anomalies=int(anomalies),
    )
