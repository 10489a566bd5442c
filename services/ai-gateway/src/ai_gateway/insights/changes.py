"""Reads what a site's changes of configuration did."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.access.scope import Scope
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.wire import device_ref
from ai_gateway.homepot.types import ConfigChange, DeviceName
from ai_gateway.homepot.values import setting_words
from ai_gateway.insights.effects import HOURS, Effect, effects
from ai_gateway.insights.store import InsightStore
from ai_gateway.insights.trends import RATE, false_rates
from ai_gateway.insights.views import effect_view, hour_of, matters
from ai_gateway.insights.wire import ChangeView
from ai_gateway.kit.text import clean

MOST: Final = 12
"""The newest changes are looked into."""
PEERS: Final = 10
"""Unchanged devices that a changed one is compared with, and devices that a change of the whole site is seen by."""
SPAN: Final = 2 * HOURS + 1
"""From the first hour of the day before to the last of the day after."""

Floats = NDArray[np.float64]


class Measured(NamedTuple):
    """A change, the device that it was made on (absent: the whole site), and the devices that tell of it and of the rest."""

    change: ConfigChange
    device: DeviceName | None
    told_by: list[int]
    peers: list[int]


class ChangeReader:
    """Raises ``Unavailable`` while the gateway's own database does not answer."""

    def __init__(self, store: InsightStore) -> None:
        """Args: store: hourly means."""
        self._store = store

    async def read(
        self,
        scope: Scope,
        site: int,
        devices: Sequence[int],
        changes: Sequence[ConfigChange],
        metrics: Mapping[str, int],
    ) -> list[ChangeView]:
        """The newest changes with what metrics did after them. ``devices``: of the site; ``metrics``: their places in arrays."""
        chosen = [_measured(one, scope, devices, changes) for one in changes[:MOST]]
        stretches = [
            (device, hour_of(one.change.at) - timedelta(hours=HOURS))
            for one in chosen
            for device in (*one.told_by, *one.peers)
        ]
        means = await self._store.around((site,), stretches, list(metrics.values()), SPAN)
        days = np.delete(means, HOURS, axis=1)  # the hour of the change itself
        return _told(chosen, days, list(metrics), scope)


def _measured(change: ConfigChange, scope: Scope, devices: Sequence[int], changes: Sequence[ConfigChange]) -> Measured:
    device = scope.device(change.device_id) if change.device_id else None
    if device is None:
        return Measured(change, None, _spread(devices), [])
    near = timedelta(hours=HOURS + 1)
    changed = {one.device_id for one in changes if abs(one.at - change.at) <= near}
    alike = [one for one in devices if (known := scope.device(str(one))) and known.device_id not in changed]
    same_type = [one for one in alike if (known := scope.device(str(one))) and known.device_type == device.device_type]
    return Measured(change, device, [device.id], _spread(same_type or alike))


def _spread(devices: Sequence[int]) -> list[int]:
    return list(devices[:: max(len(devices) // PEERS, 1)][:PEERS])


def _told(chosen: Sequence[Measured], days: Floats, metrics: Sequence[str], scope: Scope) -> list[ChangeView]:
    found: list[list[Effect]] = []
    begin = 0
    for one in chosen:
        own, end = begin + len(one.told_by), begin + len(one.told_by) + len(one.peers)
        found.append(effects(_mean(days[begin:own]), days[own:end]) if one.told_by else [])
        begin = end
    sure = iter(false_rates(np.array([effect.p for of_change in found for effect in of_change])) <= RATE)
    kept = [[effect for effect in of_change if next(sure)] for of_change in found]
    return [_view(one, tested, shown, metrics, scope) for one, tested, shown in zip(chosen, found, kept, strict=True)]


def _mean(days: Floats) -> Floats:
    """Of several devices, an hour that none of them tells of left out."""
    known = np.isfinite(days)
    return np.where(known.any(axis=0), np.where(known, days, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)


def _view(
    one: Measured, tested: Sequence[Effect], sure: Sequence[Effect], metrics: Sequence[str], scope: Scope
) -> ChangeView:
    change = one.change
    return ChangeView(
        at=change.at,
        parameter=clean(change.parameter_name, 100),
        old=setting_words(change.old_value),
        new=setting_words(change.new_value),
        device=device_ref(one.device.id, scope) if one.device else None,
        rolled_back=change.was_rolled_back,
        compared_with=len(one.peers),
        tested=len(tested),
        effects=[
            effect_view(effect, metrics[effect.metric])
            for effect in sure
            if matters(metric_named(metrics[effect.metric]), effect.change, effect.before)
        ],
    )
