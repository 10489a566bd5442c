"""Rows of what HOMEPOT's alerts, errors and jobs add up to: by time, by kind, and what had none."""

from datetime import datetime

import msgspec


class TimeCount(msgspec.Struct, frozen=True):
    """How many fell into the hour, day or week (UTC) that begins at ``at``."""

    at: datetime
    events: int


class ErrorKind(msgspec.Struct, frozen=True):
    """Errors of one code, category or severity (``None``: without a code). ``message``: what most of them say.

    ``total`` and ``kinds``: errors and kinds of the whole list, those that it does not show too.
    """

    kind: str | None
    events: int
    devices: int
    message: str
    total: int
    kinds: int


class CodeOnDevice(msgspec.Struct, frozen=True):
    """Errors with one code on one device. ``total``, ``devices``, ``since`` and ``latest``: of all devices in view."""

    device_id: str
    name: str
    condition: str
    code: str | None
    severity: str
    category: str
    message: str
    events: int
    total: int
    devices: int
    since: datetime
    latest: datetime


class DeviceJobs(msgspec.Struct, frozen=True):
    """How many jobs a device had. ``devices``: how many devices had any."""

    device_id: str
    name: str
    condition: str
    jobs: int
    devices: int


class QuietDevice(msgspec.Struct, frozen=True):
    """A device in service that had nothing of what was looked for."""

    device_id: str
    name: str
    condition: str


class QuietDevices(msgspec.Struct, frozen=True):
    """How many of the ``devices`` in service had nothing, and the first of them by site and name."""

    devices: int
    quiet: int
    named: tuple[QuietDevice, ...]


class JobTime(msgspec.Struct, frozen=True):
    """How long jobs of one action took that ended well, in seconds; ``None`` is all of them together."""

    action: str | None
    jobs: int
    mean_s: float
    median_s: float
    longest_s: float


class ResolveTime(msgspec.Struct, frozen=True):
    """How long resolved alerts of one severity took, in seconds; ``None`` is all of them together."""

    severity: str | None
    alerts: int
    mean_s: float
    median_s: float
    longest_s: float
