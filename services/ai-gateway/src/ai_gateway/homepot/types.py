"""HOMEPOT's rows as the rest of the program sees them: typed, times aware and in UTC, enumerations in lower case."""

from datetime import datetime

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Which devices a query may see; ``None`` means all. Every query takes one."""

    sites: tuple[int, ...] | None = None
    devices: tuple[int, ...] | None = None
    types: tuple[str, ...] | None = None

    @property
    def params(self) -> dict[str, list[int | str] | None]:
        """As the parameters that every query in a view takes."""
        chosen: dict[str, tuple[int | str, ...] | None] = {
            "sites": self.sites,
            "devices": self.devices,
            "types": self.types,
        }
        return {name: None if value is None else list(value) for name, value in chosen.items()}


class SiteName(msgspec.Struct, frozen=True, gc=False):
    """A site's names; ``id`` is HOMEPOT's integer, ``site_id`` the public string."""

    id: int
    site_id: str
    name: str
    location: str | None
    tenant_id: int | None
    in_service: bool


class DeviceName(msgspec.Struct, frozen=True, gc=False):
    """A device's names; ``id`` is HOMEPOT's integer, ``device_id`` the public string, ``site_id`` a site's integer."""

    id: int
    device_id: str
    name: str
    device_type: str
    site_id: int


class Digest(msgspec.Struct, frozen=True):
    """Stands for all names at one moment: equal means unchanged."""

    digest: str


class FirmwareCount(msgspec.Struct, frozen=True):
    """How many devices of a type in service run a firmware; ``None`` is not recorded."""

    device_type: str
    firmware_version: str | None
    devices: int


class PlatformCount(msgspec.Struct, frozen=True):
    """How many devices in service run an operating system; ``fits``: whether it is the one asked for."""

    os_details: str | None
    fits: bool | None
    devices: int


class DeviceCount(msgspec.Struct, frozen=True):
    """How many devices share a site, a type and a state. ``labels``: every word that is true of them.

    ``device``: the one device, where the view names devices.
    """

    site_id: int
    device: int | None
    site_name: str
    device_type: str
    condition: str
    connectivity: str
    health_state: str
    in_service: bool
    labels: tuple[str, ...]
    devices: int


class Served(msgspec.Struct, frozen=True):
    """How many devices are in service."""

    devices: int


class DeviceState(msgspec.Struct, frozen=True):
    """A device and the state it is in now. ``condition`` is the one word that people are told."""

    id: int
    device_id: str
    name: str
    device_type: str
    site_id: int
    site_name: str
    condition: str
    connectivity: str
    health_state: str
    lifecycle_state: str
    in_service: bool
    last_heartbeat_at: datetime | None
    firmware_version: str | None
    os_details: str | None
    ip_address: str | None


class AlertCount(msgspec.Struct, frozen=True):
    """Alerts of one severity and category at one site."""

    severity: str
    category: str
    site_name: str | None
    alerts: int


class Alert(msgspec.Struct, frozen=True):
    """One alert of a device, or of a site where the device's fields are absent."""

    id: int
    at: datetime
    title: str
    description: str | None
    severity: str
    category: str
    status: str
    resolved_at: datetime | None
    resolution_notes: str | None
    device_id: str | None
    device_name: str | None
    site_name: str | None
    condition: str | None
    resolved_by: str | None = None


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


class Reading(msgspec.Struct, frozen=True):
    """A device's newest reading. Percent 0-100, latency in ms, temperature in °C; ``error_rate`` as written."""

    id: int
    device_id: str
    name: str
    site_name: str
    condition: str
    at: datetime
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None
    network_latency_ms: float | None
    error_rate: float | None
    temperature_celsius: float | None
    error_rate_max: float | None


class EventCount(msgspec.Struct, frozen=True):
    """Events of the devices of one type at one site, or of one ``device`` where the view names devices."""

    site_id: int | None
    device_type: str | None
    device: int | None
    events: int


class ErrorSummary(msgspec.Struct, frozen=True):
    """How many errors were logged, by how many devices, and the devices with the most."""

    events: int
    devices: int
    ranked: tuple[DeviceEvents, ...]


class FailingChecks(msgspec.Struct, frozen=True):
    """A device's health checks among the newest; ``newest`` holds the last results, newest first."""

    id: int
    device_id: str
    name: str
    site_name: str
    condition: str
    checks: int
    failed: int
    latest: datetime
    newest: tuple[bool, ...]
    error_message: str | None
    endpoint: str | None

    @property
    def run(self) -> int:
        """Failures in a row up to the newest check, as far as ``newest`` reaches."""
        return next((index for index, healthy in enumerate(self.newest) if healthy), len(self.newest))


class StateChange(msgspec.Struct, frozen=True):
    """A change of a device's recorded state."""

    id: int
    at: datetime
    previous_state: str | None
    new_state: str
    reason: str | None
    device_id: str
    device_name: str


class ErrorLog(msgspec.Struct, frozen=True):
    """One logged error of one device."""

    id: int
    at: datetime
    category: str
    severity: str
    error_code: str | None
    error_message: str
    device_id: str
    device_name: str


class ErrorPattern(msgspec.Struct, frozen=True):
    """Errors that say the same but for numbers. ``late``: the newest of ``events``; ``total``: errors of all patterns.

    ``days``: on how many days a device logged it, all devices together; ``late_days``: the newest of these.
    """

    severity: str
    category: str
    error_code: str | None
    pattern: str
    events: int
    devices: int
    late: int
    days: int
    late_days: int
    first_at: datetime
    last_at: datetime
    total: int


class ErrorHours(msgspec.Struct, frozen=True):
    """Errors in stretches, by column: the stretch's number, hours from its beginning, and how many. Hours without one are absent."""

    numbers: list[int]
    places: list[int]
    errors: list[int]


class ConfigChange(msgspec.Struct, frozen=True):
    """A configuration change of a device, or of a whole site where ``device_id`` is absent. Values are JSON text."""

    id: int
    at: datetime
    parameter_name: str
    old_value: str | None
    new_value: str | None
    changed_by: str
    change_reason: str | None
    was_successful: bool | None
    was_rolled_back: bool
    rollback_reason: str | None
    rolled_back_at: datetime | None
    device_id: str | None
    device_name: str | None
    site_name: str | None


class Job(msgspec.Struct, frozen=True):
    """A job for a site or one of its devices."""

    id: int
    job_id: str
    action: str
    status: str | None
    priority: str | None
    at: datetime
    completed_at: datetime | None
    error_message: str | None
    site_name: str
    device_id: str | None
    device_name: str | None


class JobCount(msgspec.Struct, frozen=True):
    """Jobs of one kind and status at one site."""

    status: str | None
    action: str
    site_name: str
    jobs: int


class JobHour(msgspec.Struct, frozen=True):
    """Finished jobs that were made in one hour of the day (0-23, UTC) and ended alike."""

    hour: int
    succeeded: bool
    error_message: str | None
    jobs: int


class PushCount(msgspec.Struct, frozen=True):
    """Push messages of one provider that ended alike. ``timed``: how many have a latency, ``latency_ms``: its sum."""

    provider: str | None
    status: str | None
    error_code: str | None
    messages: int
    timed: int
    latency_ms: int


class Command(msgspec.Struct, frozen=True):
    """A command sent to a device."""

    id: int
    command_type: str
    status: str | None
    at: datetime
    device_id: str
    device_name: str


class ResolvedAlert(msgspec.Struct, frozen=True):
    """A resolved alert with what was done about it; the device or site may be gone."""

    id: int
    at: datetime
    title: str
    description: str | None
    severity: str
    category: str
    resolved_at: datetime
    resolution_notes: str | None
    device_id: str | None
    device_name: str | None
    device_type: str | None
    site: int | None
    site_name: str | None
