"""One metric of many devices over a period: sums by device, of the worker's hours and of HOMEPOT's rows beside them."""

import asyncio
import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.understand.vocabulary import Metric
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import HourSums
from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.scoped.readings import MeasuredDevices, ReadingSums, WholeHours
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.kit.errors import Unavailable

TIED = 50
"""Most devices with the same highest or lowest value whose names are compared."""
HOUR = timedelta(hours=1)
LEAST_HOURS = 3
"""Of fewer whole hours, reading HOMEPOT's rows alone costs no more."""
MOST_BEHIND = 100_000
"""Rows that the worker may be behind: all of them are looked at."""
FEW = 1_000
"""Devices up to here are looked up one by one in an index; more are found among the rows of the period."""
ERROR_RATE: Final = "error_rate"

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Sums(NamedTuple):
    """Devices whose readings count and that have any, ``(n,)`` each, in the metric's unit; ``types``: by device."""

    devices: Integers
    sites: Integers
    types: NDArray[np.object_]
    samples: Integers
    totals: Floats
    lows: Floats
    highs: Floats

    def mean(self, chosen: NDArray[np.bool_] | None = None) -> float | None:
        """Over all readings, or those of some devices; ``None`` if there are none."""
        where = np.True_ if chosen is None else chosen
        samples = self.samples.sum(where=where)
        return float(self.totals.sum(where=where) / samples) if samples else None


def valid_range(metric: Metric) -> tuple[float, float]:
    """The lowest and highest value that can be."""
    known = metric_named(metric.column)
    return -math.inf if known.low is None else known.low, math.inf if known.high is None else known.high


async def read_sums(task: Task, view: View, metrics: Sequence[Metric], period: Period) -> list[Sums]:
    """Each metric's readings of the devices in view that are in service or named."""
    counted = await task.homepot.readings.measured_devices(view)
    summed = [metric.column for metric in metrics if metric.column != ERROR_RATE]
    hours = None
    if summed and view.devices is None:  # one that is named may be out of service, and the worker leaves such out
        hours = await _hours(task, counted, summed, period)
    if len(counted.ids) <= FEW:
        view = View(sites=view.sites, devices=tuple(counted.ids))
    parts = [_of_hours(hours, summed.index(one.column)) if hours and one.column in summed else None for one in metrics]
    return await asyncio.gather(
        *(_read(task, view, counted, one, period, part) for one, part in zip(metrics, parts, strict=True))
    )


async def _hours(task: Task, counted: MeasuredDevices, metrics: Sequence[str], period: Period) -> HourSums | None:
    """The worker's sums of the whole hours within the period, where they are worth it and up to date.

    Error rates are not among them: the worker tells ratios from percentages by all it has seen of a device.
    """
    since = period.since.replace(minute=0, second=0, microsecond=0) + HOUR
    until = period.until.replace(minute=0, second=0, microsecond=0)
    if until - since < LEAST_HOURS * HOUR:
        return None
    least = counted.newest - MOST_BEHIND
    try:
        return await task.sources.health.hour_sums(counted.ids, metrics, since, until, least_id=least)
    except Unavailable:
        return None


def _of_hours(hours: HourSums, place: int) -> tuple[WholeHours, ReadingSums]:
    """One metric of the hours: which hours they are, and the sums of the devices that have any."""
    there = [index for index, samples in enumerate(hours.samples) if samples[place]]
    sums = ReadingSums(
        devices=[hours.devices[index] for index in there],
        samples=[hours.samples[index][place] for index in there],
        totals=[hours.totals[index][place] for index in there],
        lows=[hours.lows[index][place] for index in there],
        highs=[hours.highs[index][place] for index in there],
    )
    return WholeHours(hours.since, hours.until, hours.after, hours.gaps), sums


async def _read(
    task: Task,
    view: View,
    counted: MeasuredDevices,
    metric: Metric,
    period: Period,
    hours: tuple[WholeHours, ReadingSums] | None,
) -> Sums:
    beside, summed = hours or (None, None)
    rest = await task.homepot.readings.sums(view, metric.column, period, valid=valid_range(metric), beside=beside)
    return _joined(counted, [rest, summed] if summed else [rest], in_percent=metric.column == ERROR_RATE)


def _joined(counted: MeasuredDevices, parts: Sequence[ReadingSums], *, in_percent: bool) -> Sums:
    """Sums of the same devices added up; devices that do not count are left out."""
    ids = np.array(counted.ids, np.int64)
    found = _column(parts, "devices", np.int64)
    places = np.minimum(np.searchsorted(ids, found), max(len(ids) - 1, 0))
    keep = ids[places] == found if len(ids) else np.zeros(len(found), bool)
    place, order = np.unique(places[keep], return_inverse=True)
    samples, totals = np.zeros(len(place), np.int64), np.zeros(len(place))
    lows, highs = np.full(len(place), np.inf), np.full(len(place), -np.inf)
    np.add.at(samples, order, _column(parts, "samples", np.int64)[keep])
    np.add.at(totals, order, _column(parts, "totals", np.float64)[keep])
    np.minimum.at(lows, order, _column(parts, "lows", np.float64)[keep])
    np.maximum.at(highs, order, _column(parts, "highs", np.float64)[keep])
    # HOMEPOT's producers write error rates as ratios or percentages; a device that ever exceeds 1 writes percentages
    scale = np.where(highs <= 1, 100.0, 1.0) if in_percent else np.ones(len(place))
    sites, types = np.array(counted.sites, np.int64)[place], np.array(counted.types, np.object_)[place]
    return Sums(ids[place], sites, types, samples, totals * scale, lows * scale, highs * scale)


def _column(parts: Sequence[ReadingSums], name: str, kind: type) -> NDArray[Any]:
    return np.concatenate([np.array(getattr(part, name), kind) for part in parts])


async def first_named(task: Task, devices: Integers) -> DeviceState:
    """Of devices with the same value, the first by name."""
    view = View(sites=task.question.view.sites, devices=tuple(devices[:TIED].tolist()))
    states = await task.homepot.devices.states(view, in_service_only=False, limit=TIED)
    return min(states, key=lambda device: (device.name, device.id))
