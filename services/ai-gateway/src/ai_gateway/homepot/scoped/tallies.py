"""Rows of what alerts, errors, jobs and changes add up to alike: by time, by device, and who had none."""

from datetime import datetime

import msgspec


class TimeCount(msgspec.Struct, frozen=True):
    """How many fell into the hour, day or week (UTC) that begins at ``at``."""

    at: datetime
    events: int


class EventCount(msgspec.Struct, frozen=True):
    """Events of the devices of one type at one site, or of one ``device`` where the view names devices."""

    site_id: int | None
    device_type: str | None
    device: int | None
    events: int


class DeviceEvents(msgspec.Struct, frozen=True):
    """How many events of a kind a device had; ``severe`` of them critical."""

    id: int
    device_id: str
    name: str
    site_name: str
    condition: str
    events: int
    severe: int
    latest: datetime


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
