"""Anomalies that are on, and those that changed since they were last stored."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from ai_gateway.health.types import SEVERITIES, Anomaly

Key = tuple[str, str | None]
"""Kind and metric: a device has at most one anomaly of each at a time."""
Identity = tuple[int, str, str | None, datetime]

STALE_S: Final = 6 * 3600.0
"""What nobody has seen for so long is over: a device that tells nothing is silent, not hot."""


class Running(msgspec.Struct):
    """An anomaly that is on.

    ``bad_at``, ``seen_at``: when the trouble, and anything at all, was last seen. ``calm``: rows without trouble since.
    """

    anomaly: Anomaly
    bad_at: float
    seen_at: float
    calm: int = 0


class Book:
    """What is on, by device; every change is kept until it is collected."""

    def __init__(self) -> None:
        self._open: dict[int, dict[Key, Running]] = {}
        self._changed: dict[Identity, Anomaly] = {}
        self._opened: Counter[str] = Counter()

    def of(self, device: int) -> dict[Key, Running]:
        """What is on at a device."""
        return self._open.get(device, {})

    def devices(self) -> list[int]:
        """Devices at which anything is on."""
        return list(self._open)

    def running(self) -> Iterator[Running]:
        """Everything that is on."""
        for of_device in self._open.values():
            yield from of_device.values()

    def open(self, anomaly: Anomaly, at: float) -> None:
        """Begin."""
        self._open.setdefault(anomaly.device, {})[anomaly.kind, anomaly.metric] = Running(anomaly, at, at)
        self._opened[anomaly.kind] += 1
        self._note(anomaly)

    def go_on(self, one: Running, at: float, worst: Anomaly) -> None:
        """It is still on at ``at``; ``worst``: as it would be described from this moment alone."""
        one.bad_at, one.seen_at, one.calm = max(one.bad_at, at), max(one.seen_at, at), 0
        anomaly = msgspec.structs.replace(one.anomaly, last_at=moment(one.bad_at))
        if worst.score > anomaly.score:
            anomaly = msgspec.structs.replace(
                anomaly,
                severity=max(anomaly.severity, worst.severity, key=SEVERITIES.index),
                score=worst.score,
                value=worst.value,
                expected=worst.expected,
                lower=worst.lower,
                upper=worst.upper,
                explained=worst.explained,
                detail=worst.detail,
            )
        one.anomaly = anomaly
        self._note(anomaly)

    def close(self, one: Running, at: float | None = None) -> None:
        """End it, at ``at`` or when the trouble was last seen."""
        ended = msgspec.structs.replace(one.anomaly, ended_at=moment(one.bad_at if at is None else at))
        of_device = self._open[ended.device]
        del of_device[ended.kind, ended.metric]
        if not of_device:
            del self._open[ended.device]
        self._note(ended)

    def close_device(self, device: int) -> None:
        """End everything at a device that is no longer in service."""
        for one in list(self.of(device).values()):
            self.close(one)

    def close_stale(self, now: float, kinds: Iterable[str]) -> None:
        """End what has not been seen at all for `STALE_S`, of these kinds."""
        wanted = set(kinds)
        for one in [one for one in self.running() if one.anomaly.kind in wanted and now - one.seen_at > STALE_S]:
            self.close(one)

    def changed(self) -> list[Anomaly]:
        """What changed since `collected`, oldest change first."""
        return list(self._changed.values())

    def collected(self) -> Counter[str]:
        """Note that what `changed` told is stored; returns how many opened since the last time, by kind."""
        opened, self._opened = self._opened, Counter()
        self._changed.clear()
        return opened

    def snapshot(self, devices: Iterable[int]) -> list[Running]:
        """What is on at these devices."""
        return [one for device in devices for one in self.of(device).values()]

    def restore(self, running: Iterable[Running]) -> None:
        """Take up a `snapshot` again."""
        for one in running:
            self._open.setdefault(one.anomaly.device, {})[one.anomaly.kind, one.anomaly.metric] = one

    def _note(self, anomaly: Anomaly) -> None:
        self._changed[anomaly.device, anomaly.kind, anomaly.metric, anomaly.started_at] = anomaly


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
