"""Fleets whose devices wear out over days and weeks, as the predictor is given them: daily means and signs of trouble.

Which failures come, when and of what kind is known. Much that looks like wear comes to nothing: logs that are rotated, disks
and memory that somebody clears in time, fans that are cleaned, cables that are changed. Some failures come without a sign.
The same arguments give the same fleet. Detection is not part of it: signs are drawn, not found.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import DAY, HOUR, Floats

METRICS: Final = ("cpu_percent", "memory_percent", "disk_percent", "temperature_celsius")
BEGIN: Final = 20_000 * DAY
"""A midnight."""
SHORT_S: Final = 4 * HOUR
NEXT_DAYS: Final = 3
"""Days after a failure until somebody has mended it, at most."""


class Wear(NamedTuple):
    """A quantity that grows. ``every``: days between two beginnings, on average. ``rate``: per day, least and most.

    ``noise``: standard deviation from day to day. ``saved``: share of cases in which somebody sees to it in time.
    """

    kind: str
    metric: str
    limit: float
    every: float
    rate: tuple[float, float]
    noise: float
    saved: float


WEARS: Final = (
    Wear("disk", "disk_percent", 90.0, 200.0, (0.8, 3.0), 0.5, 0.3),
    Wear("memory", "memory_percent", 90.0, 200.0, (1.5, 5.0), 1.5, 0.3),
    Wear("temperature", "temperature_celsius", 60.0, 300.0, (0.5, 1.5), 0.8, 0.2),
)
LINK: Final = "link"
"""A connection that flaps more and more for days, and is gone at last."""
LINK_EVERY: Final = 200.0
LINK_SAVED: Final = 0.25
SUDDEN: Final = "sudden"
SUDDEN_EVERY: Final = 250.0
PREDICTABLE: Final = (*(wear.kind for wear in WEARS), LINK)


class Failure(NamedTuple):
    """What failed when, in seconds since 1970. ``metric``: whose limit was crossed, if one was."""

    device: int
    kind: str
    metric: str | None
    at: int


class Sign(NamedTuple):
    """One anomaly, as the log has it."""

    at: int
    device: int
    kind: str
    metric: str | None
    severity: str
    ended: int | None


class WornFleet(NamedTuple):
    """``means``: ``(days, devices, metrics)`` by `METRICS`. ``signs`` and ``failures`` in the order of time.

    ``averted``: failures that did not come since somebody saw to the device, when that was.
    """

    devices: int
    days: int
    means: Floats
    signs: list[Sign]
    failures: list[Failure]
    averted: list[Failure]

    def columns(self, until: int) -> dict[str, list[Any]]:
        """Signs up to then as the store gives them."""
        known = [sign for sign in self.signs if sign.at <= until]
        names = {
            "devices": "device",
            "at": "at",
            "ended": "ended",
            "kinds": "kind",
            "metrics": "metric",
            "severities": "severity",
        }
        found: dict[str, list[Any]] = {
            column: [getattr(sign, name) for sign in known] for column, name in names.items()
        }
        return found | {"ended": [end if end is not None and end <= until else None for end in found["ended"]]}


class _Log(NamedTuple):
    """What is written down while a fleet wears out."""

    signs: list[Sign]
    failures: list[Failure]
    averted: list[Failure]

    def sign(self, day: float, device: int, kind: str, metric: str | None) -> None:
        """An anomaly that is over within the hour."""
        self.signs.append(Sign(_seconds(day), device, kind, metric, "warning", _seconds(day) + HOUR))

    def fail(self, failure: Failure, kind: str, metric: str | None = None, mended: float | None = None) -> None:
        """A failure, and the anomaly that it is to the gateway, which is on until it is ``mended`` (a day), or for hours."""
        until = failure.at + SHORT_S if mended is None else _seconds(mended)
        self.signs.append(Sign(failure.at, failure.device, kind, metric, "critical", until))
        self.failures.append(failure)


def wear_out(devices: int, days: int, seed: int) -> WornFleet:
    """A fleet of its own course."""
    rng = np.random.default_rng(seed)
    means = _usual(rng, devices, days)
    log = _Log([], [], [])
    _background(rng, devices, days, log)
    for device in range(devices):
        for wear in WEARS:
            _grow(rng, wear, device, means[:, device, METRICS.index(wear.metric)], log)
        _link(rng, device, days, log)
        for at in _times(rng, SUDDEN_EVERY, days):
            kind = "silence" if rng.random() < 0.5 else "checks"  # noqa: PLR2004 - one or the other
            log.fail(Failure(device, SUDDEN, None, _seconds(at)), kind)
    signs = sorted(log.signs, key=lambda one: one[:3])
    return WornFleet(devices, days, means, signs, sorted(log.failures, key=lambda one: one.at), log.averted)


def _usual(rng: np.random.Generator, devices: int, days: int) -> Floats:
    """Levels of their own, weekdays, days that go together, and disks whose logs grow until they are rotated."""
    level = rng.normal((30, 45, 40, 35), (8, 8, 8, 4), (devices, len(METRICS)))
    noise = rng.normal(0, (4, 1.5, 0.4, 0.8), (days, devices, len(METRICS)))
    for day in range(1, days):
        noise[day] += 0.4 * noise[day - 1]
    found: Floats = level + noise
    week = np.arange(days) % 7
    found[:, :, 0] += np.where(week >= 5, -6, 2)[:, None]  # noqa: PLR2004 - the weekend
    for device in np.flatnonzero(rng.random(devices) < 0.6).tolist():  # noqa: PLR2004 - most
        rate, top = rng.uniform(0.2, 0.6), rng.uniform(15, 35)
        found[:, device, 2] += (rng.uniform(0, top) + rate * np.arange(days)) % top
    return found


def _background(rng: np.random.Generator, devices: int, days: int, log: _Log) -> None:
    """Signs that mean nothing."""
    for kind, metric, every in (
        ("deviation", "cpu_percent", 40),
        ("flapping", None, 60),
        ("deviation", "memory_percent", 60),
    ):
        for device in range(devices):
            for at in _times(rng, every, days):
                log.sign(at, device, kind, metric)


def _grow(rng: np.random.Generator, wear: Wear, device: int, means: Floats, log: _Log) -> None:
    """Let one quantity grow from time to time, up to its limit or until somebody sees to it."""
    free = 0.0
    for at in _times(rng, wear.every, len(means)):
        start, rate, saved = int(at), rng.uniform(*wear.rate), rng.random() < wear.saved
        room = wear.limit - means[start]
        if at < free or room <= 0:
            continue
        lasts = room / rate * (rng.uniform(0.4, 0.9) if saved else 1.0)
        length = int(min(np.ceil(lasts), len(means) - start))
        means[start : start + length] = means[start] + rate * np.arange(length) + rng.normal(0, wear.noise, length)
        if rng.random() < 0.7 and 0.4 * lasts < length:  # noqa: PLR2004 - most are seen on the way
            log.sign(start + 0.4 * lasts, device, "drift", wear.metric)
        free = start + lasts + NEXT_DAYS
        if start + lasts >= len(means):
            continue
        end = Failure(device, wear.kind, wear.metric, _seconds(start + lasts))
        if saved:
            log.averted.append(end)
        else:
            mended = int(rng.integers(1, NEXT_DAYS + 1))
            log.fail(end, "limit", wear.metric, start + length + mended)
            means[start + length : start + length + mended] = wear.limit + rng.uniform(0, 4)


def _link(rng: np.random.Generator, device: int, days: int, log: _Log) -> None:
    for at in _times(rng, LINK_EVERY, days):
        length, saved = rng.uniform(3, 8), rng.random() < LINK_SAVED
        end = at + length * (rng.uniform(0.5, 0.9) if saved else 1.0)
        for day in np.arange(at, end):
            for flapped in day + rng.random(rng.poisson(0.5 + 2.5 * (day - at) / length)):
                if flapped < min(end, days):
                    log.sign(flapped, device, "flapping", None)
        if end < days:
            found = Failure(device, LINK, None, _seconds(end))
            log.averted.append(found) if saved else log.fail(found, "silence")


def _times(rng: np.random.Generator, every: float, days: int) -> list[float]:
    """Moments in days, ``every`` so many on average."""
    return sorted(rng.uniform(0, days, rng.poisson(days / every)).tolist())


def _seconds(day: float) -> int:
    return BEGIN + int(day * DAY)
