"""The gateway's own rows as the one shape of history that the predictor takes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ai_gateway.prediction.core.types import DAY, Events, Floats, History, Ints, Kind, Readings, Role
from ai_gateway.prediction.types import Fleet

FAILURES: Final = (
    Kind("offline", Role.FAILURE, "silence"),
    Kind("checks", Role.FAILURE, "run of failed checks"),
    Kind("critical", Role.FAILURE, "critical anomaly"),
)
"""What is predicted: beyond its normal silence, checks that keep failing, anything critical."""
_BY_KIND: Final = {"silence": "offline", "checks": "checks"}


def event_name(kind: str, metric: str | None, severity: str) -> str:
    """What an anomaly is to the predictor: a failure, or a sign named by its metric."""
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if severity == "critical":
        return "critical"
    return f"{metric or kind}_trouble"


def is_failure(kind: str, metric: str | None, severity: str) -> bool:
    """Whether an anomaly is what is predicted."""
    return event_name(kind, metric, severity) in {one.name for one in FAILURES}


def fleet_of(
    watched: Mapping[str, Any],
    signs: Mapping[str, Any],
    metrics: Sequence[str],
    days: Sequence[tuple[int, Ints, Floats]],
    now: int,
) -> Fleet:
    """All devices that are watched. ``days``: beginning (seconds), devices ``(k,)`` and means ``(k, metrics)`` of each."""
    devices = np.array(watched["devices"], np.int64)
    names = [
        event_name(kind, metric, severity)
        for kind, metric, severity in zip(signs["kinds"], signs["metrics"], signs["severities"], strict=True)
    ]
    kinds = (*FAILURES, *(Kind(name, Role.ERROR, name.replace("_", " ")) for name in sorted(_signs(names))))
    places = {kind.name: place for place, kind in enumerate(kinds)}
    kind_of = np.array([places[name] for name in names], np.int64)
    of = np.array(signs["devices"], np.int64)
    at = np.array(signs["at"], np.int64)
    mine = np.isin(of, devices)
    history = History(
        machines=tuple(str(device) for device in devices),
        metrics=tuple(metrics),
        kinds=kinds,
        trait_names=(),
        readings=_readings(devices, days, len(metrics)),
        events=Events(np.searchsorted(devices, of[mine]), at[mine], kind_of[mine]),
        traits=np.empty((len(devices), 0)),
        since=np.minimum(np.array(watched["since"], np.int64), now),
        until=np.full(len(devices), now, np.int64),
    )
    return Fleet(history, devices, np.array(watched["sites"], np.int64))


def _signs(names: Sequence[str]) -> set[str]:
    return set(names) - {kind.name for kind in FAILURES}


def _readings(devices: Ints, days: Sequence[tuple[int, Ints, Floats]], metrics: int) -> Readings:
    """A day's mean is known when the day is over."""
    machine, at, values = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty((0, metrics))]
    for begin, of, means in days:
        mine = np.isin(of, devices)
        machine.append(np.searchsorted(devices, of[mine]))
        at.append(np.full(int(mine.sum()), begin + DAY, np.int64))
        values.append(means[mine])
    return Readings(np.concatenate(machine), np.concatenate(at), np.concatenate(values))
