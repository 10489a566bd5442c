"""What happens besides readings: state changes, health checks, heartbeats, configuration changes, errors, alerts."""

from typing import Final, NamedTuple

import msgspec
import numpy as np

from dev.simulation.clock import DAY_S, HOUR_S, is_open, local
from dev.simulation.disturb import Oddities
from dev.simulation.effects import began_at
from dev.simulation.faults import (
    ALERT_AFTER_S,
    ALERTED,
    ERRORS_LOGGED,
    FLAP_CYCLE_S,
    FLAP_DOWN_S,
    Change,
    Fault,
)
from dev.simulation.fleet import Bools, Fleet, Floats, Ints

CHECK_S: Final = 300.0
CHECK_FAILS: Final = 0.002
ERROR_AFTER_S: Final = 120.0
CHANGES_A_DAY: Final = 0.01
ALERTED_OF_SITE: Final = 3
RESOLVED_AFTER_S: Final = HOUR_S


class StateChange(msgspec.Struct, frozen=True):
    """A row of device_state_history. ``at``: Unix seconds; ``device``: HOMEPOT's integer."""

    at: float
    device: int
    before: str
    after: str
    reason: str


class LoggedError(msgspec.Struct, frozen=True):
    """A row of error_logs."""

    at: float
    device: int
    code: str
    message: str


class RaisedAlert(msgspec.Struct, frozen=True):
    """A row of alerts that HOMEPOT raised; an operator resolves it later."""

    at: float
    device: int
    site: int
    title: str
    category: str
    resolved_at: float


class Checks(NamedTuple):
    """Health checks in the order of time: ``(q,)`` each."""

    device: Ints
    at: Floats
    healthy: Bools


class Events(NamedTuple):
    """Everything rare of a run, each in the order of time."""

    states: tuple[StateChange, ...]
    errors: tuple[LoggedError, ...]
    alerts: tuple[RaisedAlert, ...]
    changes: tuple[Change, ...]


def heard(fleet: Fleet, oddities: Oddities, faults: list[Fault], at: Floats) -> Bools:
    """Whether each device can be heard at the times ``at (k, n)``: it is on, and its fault does not stop it."""
    found = ~oddities.reboots.mask(at)
    first, last = (is_open(fleet.sites, local(fleet.sites, row)) for row in (at.min(axis=1), at.max(axis=1)))
    found &= (first & last)[:, fleet.site] | ~fleet.powers_down
    for fault in faults:
        index = fault.devices[0] - 1
        since = at[:, index] - fault.started
        on = (since >= 0) & (at[:, index] < fault.ended)
        if fault.kind == "silence":
            found[:, index] &= ~on
        elif fault.kind == "flapping":
            found[:, index] &= ~(on & (since % FLAP_CYCLE_S < FLAP_DOWN_S))
    return found


def checks(fleet: Fleet, faults: list[Fault], at: Floats, on: Bools, rng: np.random.Generator) -> Checks:
    """The checks that are due at ``at (k, n)`` of devices that are heard (``on``); one in hundreds fails by chance."""
    healthy = rng.random(at.shape) >= CHECK_FAILS
    for fault in faults:
        if fault.kind == "failed_checks":
            index = fault.devices[0] - 1
            healthy[:, index] &= ~((at[:, index] >= fault.started) & (at[:, index] < fault.ended))
    rows = np.flatnonzero(on)
    rows = rows[np.argsort(at.ravel()[rows], kind="stable")]
    return Checks(np.broadcast_to(fleet.device, at.shape).ravel()[rows], at.ravel()[rows], healthy.ravel()[rows])


def draw_events(fleet: Fleet, oddities: Oddities, faults: list[Fault], span: tuple[float, float], seed: int) -> Events:
    """All rare events between two Unix times."""
    rng = np.random.default_rng((seed, 4))
    states = [*_reboots(fleet, oddities), *_opening(fleet, span), *_flaps(faults), *_failing(faults)]
    return Events(
        states=tuple(sorted(states, key=lambda row: (row.at, row.device))),
        errors=tuple(sorted(_errors(fleet, faults, span, rng), key=lambda row: (row.at, row.device))),
        alerts=tuple(sorted(_alerts(fleet, faults), key=lambda row: (row.at, row.device))),
        changes=tuple(sorted(_changes(fleet, faults, span, rng), key=lambda row: (row.at, row.device))),
    )


def _pair(device: int, down: float, up: float, reasons: tuple[str, str]) -> list[StateChange]:
    return [
        StateChange(down, device, "online", "offline", reasons[0]),
        StateChange(up, device, "offline", "online", reasons[1]),
    ]


def _reboots(fleet: Fleet, oddities: Oddities) -> list[StateChange]:
    reasons = ("Heartbeat missed", "Device came online after reboot")
    reboots = oddities.reboots
    return [
        change
        for index, start, end in zip(reboots.device, reboots.start, reboots.end, strict=True)
        for change in _pair(int(fleet.device[index]), float(start), float(end), reasons)
    ]


def _opening(fleet: Fleet, span: tuple[float, float]) -> list[StateChange]:
    """Devices that are switched off at night go away when their site closes and come back when it opens."""
    at = np.arange(*span, 60.0)
    open_now = is_open(fleet.sites, local(fleet.sites, at))
    rows = []
    for index in np.flatnonzero(fleet.powers_down):
        for turn in np.flatnonzero(np.diff(open_now[:, fleet.site[index]].astype(np.int8))):
            device, moment = int(fleet.device[index]), float(at[turn + 1])
            if open_now[turn + 1, fleet.site[index]]:
                rows.append(StateChange(moment, device, "offline", "online", "Heartbeat received"))
            else:
                rows.append(StateChange(moment, device, "online", "offline", "Heartbeat missed"))
    return rows


def _flaps(faults: list[Fault]) -> list[StateChange]:
    return [
        change
        for fault in faults
        if fault.kind == "flapping"
        for down in np.arange(fault.started, fault.ended, FLAP_CYCLE_S).tolist()
        for change in _pair(
            fault.devices[0], down, min(down + FLAP_DOWN_S, fault.ended), ("Heartbeat missed", "Heartbeat received")
        )
    ]


def _failing(faults: list[Fault]) -> list[StateChange]:
    reason = "Health check: Payment gateway timeout"
    return [
        row
        for fault in faults
        if fault.kind == "failed_checks"
        for row in (
            StateChange(fault.started + ERROR_AFTER_S, fault.devices[0], "online", "error", reason),
            StateChange(fault.ended + ERROR_AFTER_S, fault.devices[0], "error", "online", "Health check: healthy"),
        )
    ]


def _errors(
    fleet: Fleet, faults: list[Fault], span: tuple[float, float], rng: np.random.Generator
) -> list[LoggedError]:
    """A background of one error a device and five days, and the bursts."""
    count = rng.poisson(len(fleet.device) * (span[1] - span[0]) / (5 * DAY_S))
    rows = [
        LoggedError(float(at), int(device), "NET001", "Connection reset by peer, retried")
        for at, device in zip(rng.uniform(*span, count), rng.choice(fleet.device, count), strict=True)
    ]
    for fault in faults:
        if fault.kind == "error_burst":
            times = np.linspace(fault.started, fault.ended, ERRORS_LOGGED, endpoint=False).tolist()
            rows += [LoggedError(at, fault.devices[0], "TLS_HANDSHAKE", "TLS handshake failed") for at in times]
    return rows


def _alerts(fleet: Fleet, faults: list[Fault]) -> list[RaisedAlert]:
    rows = []
    for fault in faults:
        title, category = ALERTED.get(fault.kind, ("", ""))
        for number, device in enumerate(fault.devices[:ALERTED_OF_SITE] if title else ()):
            site = int(fleet.site[device - 1]) + 1
            raised = began_at(fault, device) + ALERT_AFTER_S + 60 * number
            rows.append(RaisedAlert(raised, device, site, title, category, fault.ended + RESOLVED_AFTER_S))
    return rows


def _changes(fleet: Fleet, faults: list[Fault], span: tuple[float, float], rng: np.random.Generator) -> list[Change]:
    """Those that did harm, and harmless tuning of one device in a hundred a day, never shortly before a fault."""
    rows = [change for fault in faults for change in fault.changes]
    count = rng.poisson(CHANGES_A_DAY * len(fleet.device) * (span[1] - span[0]) / DAY_S)
    for at, device in zip(rng.uniform(*span, count), rng.choice(fleet.device, count), strict=True):
        near = any(int(device) in fault.devices and -DAY_S < at - fault.started < DAY_S for fault in faults)
        if not near:
            new = str(10 + int(rng.integers(1, 5)))
            rows.append(
                Change(
                    at=float(at), device=int(device), parameter="max_connections", old="10", new=new, reason="Tuning"
                )
            )
    return rows
