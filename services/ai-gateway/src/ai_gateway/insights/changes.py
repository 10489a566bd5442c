"""Reads what a site's changes of configuration did."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.access.scope import Scope
from ai_gateway.health.catalogue import Metric, metric_named
from ai_gateway.health.wire import device_ref
from ai_gateway.homepot.names import DeviceName
from ai_gateway.homepot.scoped.changes import ConfigChange
from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.homepot.values import setting_words
from ai_gateway.insights.effects import HOURS, Effect, effects
from ai_gateway.insights.store import InsightStore
from ai_gateway.insights.trends import RATE, false_rates
from ai_gateway.insights.views import WEEK, effect_view, hour_of, matters
from ai_gateway.insights.wire import ChangeView, HeldTo
from ai_gateway.kit.text import clean

MOST: Final = 12
"""The newest changes are looked into."""
PEERS: Final = 10
"""Unchanged devices that a changed one is compared with, and devices that a change of the whole site is seen by."""
SPAN: Final = 2 * HOURS + 1
"""From the first hour of the day before to the last of the day after."""
ERRORS: Final = Metric(
    name="errors_logged_hourly",
    label="errors logged an hour",
    unit="",
    bad="up",
    low=0,
    matters=1,
    category="application",
    spread="count",
)
"""What the error log says, judged beside the metrics of readings."""

Floats = NDArray[np.float64]


class Measured(NamedTuple):
    """A change, the device that it was made on (absent: the whole site), the devices that tell of it, and what they are held to.

    ``peers``: devices that were not changed; where there are none, the same devices so long ``ago``.
    """

    change: ConfigChange
    device: DeviceName | None
    told_by: list[int]
    peers: list[int]
    ago: timedelta


class ChangeReader:
    """Raises ``Unavailable`` while the gateway's own database does not answer."""

    def __init__(self, homepot: HomepotStore, store: InsightStore) -> None:
        """Args: homepot: logged errors. store: hourly means."""
        self._homepot = homepot
        self._store = store

    async def read(
        self,
        scope: Scope,
        site: int,
        devices: Sequence[int],
        changes: Sequence[ConfigChange],
        metrics: Mapping[str, int],
        *,
        now: datetime,
        most: int = MOST,
        rate: float = RATE,
    ) -> list[ChangeView]:
        """The first ``most`` changes, in their order, with what metrics and logged errors did after them.

        ``devices``: of the site; ``metrics``: their places in arrays; ``rate``: of false ones among all that is told.
        """
        chosen = [_measured(one, scope, devices, changes) for one in changes[:most]]
        stretches = [stretch for one in chosen for stretch in _stretches(one)]
        means, errors = await asyncio.gather(
            self._store.around((site,), stretches, list(metrics.values()), SPAN),
            self._errors(site, stretches, now),
        )
        days = np.delete(np.concatenate((means, errors), axis=2), HOURS, axis=1)  # the hour of the change itself
        return _told(chosen, days, [*(metric_named(name) for name in metrics), ERRORS], scope, rate)

    async def _errors(self, site: int, stretches: Sequence[tuple[int, datetime]], now: datetime) -> Floats:
        """``(stretches, SPAN, 1)``: NaN in hours that are not over."""
        found = await self._homepot.errors.by_hour(View(sites=(site,)), stretches, SPAN)
        counts = np.zeros((len(stretches), SPAN, 1))
        counts[found.numbers, found.places, 0] = found.errors
        for number, (_, since) in enumerate(stretches):
            counts[number, max(int((now - since).total_seconds()) // 3600, 0) :] = np.nan
        return counts


def _measured(change: ConfigChange, scope: Scope, devices: Sequence[int], changes: Sequence[ConfigChange]) -> Measured:
    device = scope.device(change.device_id) if change.device_id else None
    if device is None:
        return Measured(change, None, _spread(devices), _spread(devices), WEEK)
    near = timedelta(hours=HOURS + 1)
    changed = {one.device_id for one in changes if abs(one.at - change.at) <= near}
    alike = [one for one in devices if (known := scope.device(str(one))) and known.device_id not in changed]
    same_type = [one for one in alike if (known := scope.device(str(one))) and known.device_type == device.device_type]
    peers = _spread(same_type or alike)
    return Measured(change, device, [device.id], peers or [device.id], timedelta(0) if peers else WEEK)


def _stretches(one: Measured) -> Iterator[tuple[int, datetime]]:
    """Each device with the first hour of the day before the change, or of that day a week earlier."""
    begin = hour_of(one.change.at) - timedelta(hours=HOURS)
    yield from ((device, begin) for device in one.told_by)
    yield from ((device, begin - one.ago) for device in one.peers)


def _spread(devices: Sequence[int]) -> list[int]:
    return list(devices[:: max(len(devices) // PEERS, 1)][:PEERS])


def _told(
    chosen: Sequence[Measured], days: Floats, metrics: Sequence[Metric], scope: Scope, rate: float
) -> list[ChangeView]:
    found: list[list[Effect]] = []
    held: list[HeldTo] = []
    begin = 0
    for one in chosen:
        own, end = begin + len(one.told_by), begin + len(one.told_by) + len(one.peers)
        found.append(effects(_mean(days[begin:own]), days[own:end]) if one.told_by else [])
        known = np.isfinite(days[own:end, :, :-1]).any()  # without errors: that there was none is known too
        held.append("nothing" if not known else "week_before" if one.ago else "unchanged_devices")
        begin = end
    sure = iter(false_rates(np.array([effect.p for of_change in found for effect in of_change])) <= rate)
    kept = [[effect for effect in of_change if next(sure)] for of_change in found]
    views = zip(chosen, found, kept, held, strict=True)
    return [_view(one, len(tested), shown, metrics, scope, to) for one, tested, shown, to in views]


def _mean(days: Floats) -> Floats:
    """Of several devices, an hour that none of them tells of left out."""
    known = np.isfinite(days)
    return np.where(known.any(axis=0), np.where(known, days, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)


def _view(
    one: Measured, tested: int, sure: Sequence[Effect], metrics: Sequence[Metric], scope: Scope, held_to: HeldTo
) -> ChangeView:
    change = one.change
    return ChangeView(
        at=change.at,
        parameter=clean(change.parameter_name, 100),
        old=setting_words(change.old_value),
        new=setting_words(change.new_value),
        device=device_ref(one.device.id, scope) if one.device else None,
        rolled_back=change.was_rolled_back,
        compared_with=0 if one.ago else len(one.peers),
        held_to=held_to,
        tested=tested,
        effects=[
            effect_view(effect, metrics[effect.metric])
            for effect in sure
            if matters(metrics[effect.metric], effect.change, effect.before)
        ],
    )
