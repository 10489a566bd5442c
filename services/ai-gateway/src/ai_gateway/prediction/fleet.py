"""The gateway's own rows as the one shape of history that the predictor takes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from ai_gateway.homepot.happenings import Happened, Installed
from ai_gateway.prediction.core.daily import Daily, Day, Singles
from ai_gateway.prediction.core.types import DAY, Events, History, Ints, Kind, Role
from ai_gateway.prediction.types import Fleet

FAILURES: Final = (
    Kind("offline", Role.FAILURE, "silence"),
    Kind("checks", Role.FAILURE, "run of failed checks"),
    Kind("critical", Role.FAILURE, "critical anomaly", late=True),
    Kind("error_state", Role.FAILURE, "error state"),
    Kind("critical_alert", Role.FAILURE, "critical alert"),
)
"""What is predicted: beyond its normal silence, checks that keep failing, anything critical, HOMEPOT's error state.

An anomaly may become critical long after it began.
"""
HAPPENINGS: Final = (
    Kind("logged_error", Role.ERROR, "logged error"),
    Kind("logged_critical", Role.ERROR, "logged critical error"),
    Kind("failed_job", Role.ERROR, "failed job"),
    Kind("finished_job", Role.CHANGE, "finished job"),
    Kind("firmware_update", Role.CHANGE, "firmware update"),
    Kind("command", Role.CHANGE, "command"),
    Kind("configuration", Role.CHANGE, "configuration change"),
    Kind("installed", Role.CHANGE, "installation"),
)
"""What HOMEPOT tells besides, by the names of its query; the hours since the installation are a device's age."""
CRITICAL: Final = "critical"


class Told(NamedTuple):
    """What HOMEPOT tells of devices besides readings."""

    happened: Happened
    installed: Installed


NOTHING: Final = Told(Happened([], [], []), Installed([], [], [], []))
_BY_KIND: Final = {"silence": "offline", "checks": "checks"}


def event_name(kind: str, metric: str | None, severity: str) -> str:
    """What an anomaly is to the predictor: a failure, or a sign named by its metric."""
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if severity == CRITICAL:
        return CRITICAL
    return sign_name(kind, metric)


def sign_name(kind: str, metric: str | None) -> str:
    """What an anomaly says from its beginning on, however bad it becomes."""
    return f"{metric or kind}_trouble"


def is_failure(kind: str, metric: str | None, severity: str) -> bool:
    """Whether an anomaly is what is predicted."""
    return event_name(kind, metric, severity) in {one.name for one in FAILURES}


def fleet_of(
    watched: Mapping[str, Any],
    signs: Mapping[str, Any],
    metrics: Sequence[str],
    days: Sequence[tuple[int, Ints, Singles]],
    now: int,
    told: Told = NOTHING,
) -> Fleet:
    """All devices that are watched. ``days``: beginning (seconds), devices ``(k,)`` and means ``(k, metrics)`` of each.

    A day's mean is known when the day is over.
    """
    devices = np.array(watched["devices"], np.int64)
    kinds, events = _events(devices, signs, told, now)
    known = told.installed
    types = dict(zip(known.devices, known.types, strict=True))
    tenants = dict(zip(known.devices, known.tenants, strict=True))
    sites = np.array(watched["sites"], np.int64)
    history = History(
        machines=tuple(str(device) for device in devices),
        metrics=tuple(metrics),
        kinds=kinds,
        trait_names=(),
        readings=Daily(devices, len(metrics), [Day(begin + DAY, of, means) for begin, of, means in days]),
        events=events,
        traits=np.empty((len(devices), 0)),
        since=np.minimum(np.array(watched["since"], np.int64), now),
        until=np.full(len(devices), now, np.int64),
        groups=sites,
    )
    columns = (tuple(map(types.get, watched["devices"])), tuple(map(tenants.get, watched["devices"])))
    return Fleet(history, devices, sites, *columns)


def _events(devices: Ints, signs: Mapping[str, Any], told: Told, now: int) -> tuple[tuple[Kind, ...], Events]:
    """What the gateway saw and what HOMEPOT told. Of a critical anomaly both are there: the sign and the outcome."""
    happened, installed = told
    rows = [
        (device, at, "installed")
        for device, at in zip(installed.devices, installed.at, strict=True)
        if at is not None and at <= now
    ]
    columns = (signs[name] for name in ("devices", "at", "kinds", "metrics", "severities"))
    for device, at, kind, metric, severity in zip(*columns, strict=True):
        name = event_name(kind, metric, severity)
        rows.append((device, at, name))
        if name == CRITICAL:
            rows.append((device, at, sign_name(kind, metric)))
    names = [*happened.kinds, *(name for _, _, name in rows)]
    stated = (*FAILURES, *HAPPENINGS)
    signed = sorted(set(names) - {kind.name for kind in stated})
    kinds = (*stated, *(Kind(name, Role.ERROR, name.replace("_", " ")) for name in signed))
    places = {kind.name: place for place, kind in enumerate(kinds)}
    of = np.array(happened.devices + [device for device, _, _ in rows], np.int64)
    at = np.array(happened.at + [at for _, at, _ in rows], np.int64)
    kind = np.array([places[name] for name in names], np.int64)
    mine = np.isin(of, devices)
    return kinds, Events(np.searchsorted(devices, of[mine]), at[mine], kind[mine])
