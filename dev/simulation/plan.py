"""Where and when faults are put: one device each, apart from one another in site or time, at an hour that fits."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from dev.simulation.clock import DAY_S, HOUR_S, SUNDAY, is_open, local
from dev.simulation.course import noise_of
from dev.simulation.effects import size_of
from dev.simulation.faults import CHANGE_LEADS_S, RECIPES, Change, Fault, Recipe
from dev.simulation.fleet import COLUMN, Fleet, Ints

APART_S: Final = 8 * HOUR_S
READINGS: Final = 8
"""A fault lasts at least this many readings: one that is over before it can be seen proves nothing."""
TRIES: Final = 2_000
ROLLED_OUT_TO: Final = 5
ROLL_OUT_S: Final = 300.0


class Planned:
    """Draws one fault after the other; each takes its devices and its sites' time from those that follow."""

    def __init__(self, fleet: Fleet, step_s: float, span: tuple[float, float], seed: int) -> None:
        """Args: span: when faults may begin and must have ended, Unix seconds."""
        self._fleet = fleet
        self._step_s = step_s
        self._span = span
        self._rng = np.random.default_rng((seed, 2))
        self._noise = noise_of(fleet)
        self._taken: set[int] = set()
        self._busy: list[tuple[int, float, float]] = []

    def draw(self, kind: str) -> tuple[Fault, float]:
        """A fault of that kind and its amount; raises ValueError where the fleet or the time has no room for it."""
        recipe = RECIPES[kind]
        for _ in range(TRIES):
            index = self._device(recipe)
            started = self._start(recipe, index)
            if index is None or started is None:
                continue
            devices = self._devices(recipe, index)
            ended = started + max(recipe.hours * HOUR_S, READINGS * self._step_s)
            if devices is not None and self._free(devices, started, ended):
                return self._label(kind, devices, started, ended)
        raise ValueError(f"no room for {kind}: give more devices or more days")

    def _device(self, recipe: Recipe) -> int | None:
        fits = self._fitting(recipe)
        return int(self._rng.choice(fits)) if len(fits) else None

    def _fitting(self, recipe: Recipe) -> Ints:
        """The devices that have the metric and no fault yet."""
        fleet = self._fleet
        fits = fleet.of_type(*recipe.types)
        if recipe.metric is not None:
            fits = fits[np.isfinite(fleet.level[fits, COLUMN[recipe.metric]])]
        if not recipe.open_site:
            fits = fits[~fleet.powers_down[fits]]
        if recipe.metric == "disk_percent":
            fits = fits[fleet.noise[fits, COLUMN["disk_percent"]] > 0]
        return fits[~np.isin(fits, list(self._taken))]

    def _start(self, recipe: Recipe, index: int | None) -> float | None:
        """A moment of the span at one of the recipe's local hours, with the site open until the end if it must be."""
        if index is None:
            return None
        first, last = self._span
        day = first + DAY_S * self._rng.integers(0, int((last - first) / DAY_S) + 1)
        hour = self._rng.uniform(*recipe.begins)
        midnight = day - local(self._fleet.sites, np.array([day])).seconds[0, self._fleet.site[index]] % DAY_S
        started = float(np.round(midnight + hour * HOUR_S))
        ended = started + max(recipe.hours * HOUR_S, READINGS * self._step_s)
        if started < first or ended > last:
            return None
        return started if not recipe.open_site or self._open(index, started, ended) else None

    def _open(self, index: int, started: float, ended: float) -> bool:
        """Also not on a Sunday, when a till may have so little to do that nothing can be told."""
        site = self._fleet.site[index]
        now = local(self._fleet.sites, np.array([started - 1_800, ended + 1_800]))
        return bool(is_open(self._fleet.sites, now)[:, site].all()) and now.weekday[0, site] != SUNDAY

    def _devices(self, recipe: Recipe, index: int) -> Ints | None:
        """All of a fault's devices, the first one first."""
        fleet = self._fleet
        if recipe.scope == "site":
            mates = np.flatnonzero(fleet.site == fleet.site[index])
            return mates if not self._taken & set(mates.tolist()) else None
        if recipe.scope == "device":
            return np.array([index])
        fits = self._fitting(recipe)
        elsewhere = self._rng.permutation(fits[fleet.site[fits] != fleet.site[index]])
        _, firsts = np.unique(fleet.site[elsewhere], return_index=True)
        others = elsewhere[np.sort(firsts)][: ROLLED_OUT_TO - 1]
        return np.array([index, *others]) if len(others) else None

    def _free(self, devices: Ints, started: float, ended: float) -> bool:
        sites = set(self._fleet.site[devices].tolist())
        return not any(
            site in sites and started < end + APART_S and ended > start - APART_S for site, start, end in self._busy
        )

    def _label(self, kind: str, devices: Ints, started: float, ended: float) -> tuple[Fault, float]:
        recipe = RECIPES[kind]
        amount = float(self._rng.uniform(*recipe.amount))
        ids = self._fleet.device[devices].tolist()
        self._taken |= set(devices.tolist())
        self._busy += [(site, started, ended) for site in set(self._fleet.site[devices].tolist())]
        fault = Fault(
            kind=kind,
            devices=tuple(ids),
            site=int(self._fleet.site[devices[0]]) + 1,
            metric=recipe.metric,
            category=recipe.category,
            started=started,
            ended=ended,
            size=size_of(kind, amount, (ended - started) / HOUR_S, self._fleet, int(devices[0]), self._noise),
            scope=recipe.scope,
            changes=tuple(_changes(recipe, ids, started, len(self._taken))),
        )
        return fault, amount


def _changes(recipe: Recipe, devices: list[int], started: float, number: int) -> Iterator[Change]:
    if recipe.change is None:
        return
    parameter, old, new, reason = recipe.change
    for place, device in enumerate(devices):
        at = started - CHANGE_LEADS_S + ROLL_OUT_S * place
        yield Change(at=at, device=device, parameter=parameter, old=old, new=new.format(number), reason=reason)


def draw_faults(
    fleet: Fleet, kinds: Iterable[str], step_s: float, span: tuple[float, float], seed: int
) -> list[tuple[Fault, float]]:
    """One fault for each of ``kinds``, with its amount, in the order of their beginnings; raises ValueError without room."""
    planned = Planned(fleet, step_s, span, seed)
    # Those that need many devices go first, while many are free.
    order = sorted(kinds, key=lambda kind: ("site", "change", "device").index(RECIPES[kind].scope))
    return sorted((planned.draw(kind) for kind in order), key=lambda pair: pair[0].started)
