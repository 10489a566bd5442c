"""The worker's part of similar progressions: which devices are compared, and which past failures are kept for whom.

Who may see which failure is settled when a device is asked for; so of each site, of its tenant and of the whole fleet the
likest are kept, and a caller of one site has those of that site.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import numpy as np

from ai_gateway.health.catalogue import metric_named
from ai_gateway.prediction.core.progressions import LIKE, Compared, Match, compare
from ai_gateway.prediction.core.shapes import UNUSUAL, WINDOW
from ai_gateway.prediction.core.types import DAY, Flags, Floats, History, Ints, Role
from ai_gateway.prediction.fleet import sign_name
from ai_gateway.prediction.outlook import WEEK
from ai_gateway.prediction.types import EXPLAINED, Fleet, MovedAlike, Outlook, PastFailure, Progressions

KEPT: Final = 5
"""Failures that are kept of the device's own site, of its tenant, and of all."""
LEAST_SHARE: Final = 0.1
"""A metric or kind of event counts as moved alike from this part of the likeness on."""
MOST_SHARES: Final = 3


def progressions(fleet: Fleet, found: Outlook, now: int, most: int = EXPLAINED) -> list[Progressions | None]:
    """Of each device, ``None`` where it was not compared: only the ``most`` at risk are."""
    told: list[Progressions | None] = [None] * len(fleet.devices)
    places = _examined(fleet, found, now, most)
    compared = compare(fleet.history, places, now, _floors(fleet.history))
    limits = _limits_crossed(fleet.history, compared)
    for one, place in enumerate(places.tolist()):
        alike = [_past(fleet, compared, limits, one, failure) for failure in _kept(fleet, compared, one, place)]
        told[place] = Progressions(bool(compared.unusual[one]), tuple(alike))
    return told


def _examined(fleet: Fleet, found: Outlook, now: int, most: int) -> Ints:
    """Places of the riskiest; without a model, which alone tells devices apart, of those with the most signs of late."""
    if found.basis == "model":
        return np.argsort(-found.risk[:, WEEK], kind="stable")[:most]
    events = fleet.history.events
    late = np.isin(events.kind, fleet.history.of_role(Role.ERROR)) & (events.at > now - WINDOW * DAY)
    signs = np.bincount(events.machine[late], minlength=len(fleet.devices)) + [bool(one) for one in found.limits]
    return np.argsort(-signs, kind="stable")[:most]


def _floors(history: History) -> Floats:
    """What is less than what matters of a metric is within `UNUSUAL` deviations."""
    return np.array([metric_named(name).matters or np.nan for name in history.metrics], float) / UNUSUAL


def _kept(fleet: Fleet, compared: Compared, one: int, place: int) -> list[int]:
    """Places of failures, the likest first; none where what the device looks like is as common without a failure."""
    similarity, machine = compared.similarity[one], compared.failures.machine
    order: Ints = np.argsort(-similarity, kind="stable")
    order = order[similarity[order] >= LIKE] if compared.warned[one] else order[:0]
    tenants = fleet.tenants or (None,) * len(fleet.devices)
    site: Flags = fleet.sites[machine[order]] == fleet.sites[place]
    tenant = np.array([tenants[other] == tenants[place] is not None for other in machine[order].tolist()], bool)
    kept = {*order[site][:KEPT].tolist(), *order[tenant][:KEPT].tolist(), *order[:KEPT].tolist()}
    return [failure for failure in order.tolist() if failure in kept]


def _limits_crossed(history: History, compared: Compared) -> dict[tuple[int, int], str]:
    """By machine and time, of which metric an anomaly was that failed it: it is on record as a sign too."""
    signs = {sign_name("", metric): metric for metric in history.metrics}
    kinds = {place: signs[kind.name] for place, kind in enumerate(history.kinds) if kind.name in signs}
    events = history.events
    failed = np.zeros(len(history.machines), bool)
    failed[compared.failures.machine] = True
    rows = np.flatnonzero(failed[events.machine] & np.isin(events.kind, list(kinds)))
    columns = (events.machine[rows].tolist(), events.at[rows].tolist(), events.kind[rows].tolist())
    return {(machine, at): kinds[kind] for machine, at, kind in zip(*columns, strict=True)}


def _past(fleet: Fleet, compared: Compared, limits: dict[tuple[int, int], str], one: int, failure: int) -> PastFailure:
    machine, at, kind = (int(column[failure]) for column in compared.failures)
    match, name = compared.match(one, failure), fleet.history.kinds[kind].name
    return PastFailure(
        device=int(fleet.devices[machine]),
        site=int(fleet.sites[machine]),
        at=datetime.fromtimestamp(at, UTC),
        kind=name,
        metric=limits.get((machine, at)) if name == "critical" else None,
        similarity=round(match.similarity, 3),
        before_h=match.before_h,
        alike=tuple(_shares(fleet.history, compared, match)),
    )


def _shares(history: History, compared: Compared, match: Match) -> Iterator[MovedAlike]:
    for place in np.argsort(-match.shares, kind="stable")[:MOST_SHARES].tolist():
        if match.shares[place] >= LEAST_SHARE:
            now, then = (_known(values[place]) for values in (match.now, match.then))
            share = min(round(float(match.shares[place]), 3), 1.0)
            yield MovedAlike(compared.present.names[place], place >= len(history.metrics), share, now, then)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)
