"""Alarms against labelled events, event by event: no point adjustment, and an alarm already on earns nothing."""

from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.detection.sets import Protocol

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Tally(msgspec.Struct, frozen=True):
    """Counts of one device: alarms raised, those that are true, events, those that were found, their delays in rows.

    ``duty``: the share (0-1) of the time away from events that was spent in alarm.
    """

    alarms: int
    true: int
    events: int
    found: int
    delays: tuple[int, ...]
    duty: float


class Accuracy(msgspec.Struct, frozen=True):
    """Of all devices together. ``delay_rows``: the median; NaN where nothing was found."""

    f1: float
    precision: float
    recall: float
    false_alarms_per_device_day: float
    duty: float
    delay_rows: float


def stretches(flags: NDArray[np.generic], gap: int = 0) -> tuple[Ints, Ints]:
    """First and last position of every run of truth; runs with at most ``gap`` positions between them are one."""
    on = np.flatnonzero(flags)
    if not len(on):
        return on, on
    breaks = np.flatnonzero(np.diff(on) > gap + 1)
    return on[np.r_[0, breaks + 1]], on[np.r_[breaks, len(on) - 1]]


def tally(flags: Flags, label: Ints, protocol: Protocol) -> Tally:
    """Judge the starts of alarms: true from ``before`` rows before an event's first to ``after`` after its last."""
    starts, ends = stretches(flags, protocol.gap)
    firsts, lasts = stretches(label)
    near = np.zeros(len(label), bool)
    delays = []
    for first, last in zip(firsts - protocol.before, lasts + protocol.after, strict=True):
        near[max(first, 0) : last + 1] = True
        inside = starts[(starts >= first) & (starts <= last)]
        if len(inside):
            delays.append(max(int(inside[0] - first - protocol.before), 0))
    on = np.zeros(len(label), bool)
    for start, end in zip(starts, ends, strict=True):
        on[start : end + 1] = True
    duty = float(on[~near].mean()) if not near.all() else 0.0
    return Tally(len(starts), int(near[starts].sum()), len(firsts), len(delays), tuple(delays), duty)


def pooled(tallies: Iterable[Tally], device_days: float) -> Accuracy:
    """All devices' events and alarms in one pot; the duty is the mean over devices."""
    every = list(tallies)
    alarms, true = sum(one.alarms for one in every), sum(one.true for one in every)
    events, found = sum(one.events for one in every), sum(one.found for one in every)
    precision, recall = true / max(alarms, 1), found / max(events, 1)
    delays = [delay for one in every for delay in one.delays]
    return Accuracy(
        f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        precision=precision,
        recall=recall,
        false_alarms_per_device_day=(alarms - true) / device_days,
        duty=float(np.mean([one.duty for one in every])),
        delay_rows=float(np.median(delays)) if delays else float("nan"),
    )
