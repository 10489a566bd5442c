"""What gatherers read from, and the sentences they share."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ai_gateway.answers.findings import Findings
from ai_gateway.answers.gather.foresight import WorkerForesight
from ai_gateway.answers.gather.found import WorkerFindings
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import last
from ai_gateway.answers.understand.question import Question
from ai_gateway.health.reader import HealthReader
from ai_gateway.homepot.scoped.alerts import Alert
from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.jobs.service import JobPlanner
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import age, capital, clean, some_of
from ai_gateway.maintenance.service import MaintenancePlanner
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.types import Shelf

DAY = timedelta(days=1)


class Sources(msgspec.Struct, frozen=True):
    """Where facts come from."""

    homepot: HomepotStore
    health: HealthReader
    memory: IncidentMemory
    similar: int
    found: WorkerFindings
    shelf: Shelf
    foresight: WorkerForesight
    jobs: JobPlanner
    maintenance: MaintenancePlanner


class Task(msgspec.Struct, frozen=True):
    """One question at one moment."""

    question: Question
    sources: Sources
    findings: Findings
    now: datetime

    @property
    def homepot(self) -> HomepotStore:
        """Reads of HOMEPOT."""
        return self.sources.homepot

    def range(self, default: timedelta = DAY, words: str = "in the last 24 hours") -> TimeRange:
        """The question's time range, or the last ``default``."""
        return self.question.time_range or last(self.now, default, words)


def title(name: str, device_id: str) -> str:
    """``Lobby Terminal (DEVICE-…)``."""
    return f"{clean(name, 80)} ({device_id})"


def kind_words(kind: str) -> str:
    """``pos_terminal`` → ``POS terminal``."""
    return kind.replace("_", " ").replace("pos ", "POS ").replace("iot ", "IoT ")


def noun(task: Task) -> str:
    """What the question calls the devices it is about: ``POS terminal``, or ``device``."""
    return " or ".join(kind_words(kind) for kind in task.question.types) or "device"


def names_of(devices: Sequence[DeviceState], amount: int) -> str:
    """The names of the devices given, and how many of ``amount`` they leave out."""
    return some_of([clean(device.name, 80) for device in devices], amount)


def state_sentence(device: DeviceState, now: datetime) -> str:
    """What a device's state is and why it is called so."""
    label = (
        f"{title(device.name, device.device_id)}, {kind_words(device.device_type)} at {clean(device.site_name, 80)},"
    )
    if not device.in_service:
        return f"{label} is out of service: lifecycle state {device.lifecycle_state}, {_heartbeat(device, now)}"
    if device.connectivity == "never_seen":
        return f"{label} has never been seen: no heartbeat is recorded"
    health = f"recorded health state {device.health_state}"
    return f"{label} is {device.connectivity}: {_heartbeat(device, now)}, {health}"


def _heartbeat(device: DeviceState, now: datetime) -> str:
    if device.last_heartbeat_at is None:
        return "no heartbeat is recorded"
    return f"last heartbeat {age(device.last_heartbeat_at, now)} ({rfc3339(device.last_heartbeat_at)})"


def prove_state(task: Task, device: DeviceState) -> tuple[str, ...]:
    """Add a device's state to the evidence, and the device to the answer."""
    task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    sentence = f"{state_sentence(device, task.now)}."
    return task.findings.prove("device_state", sentence, f"devices:{device.id}", device_id=device.device_id)


def alert_sentence(alert: Alert) -> str:
    """An alert in one sentence; its title is HOMEPOT's, quoted."""
    whose = title(alert.device_name, alert.device_id) if alert.device_name and alert.device_id else "the site"
    where = f" at {clean(alert.site_name, 80)}" if alert.site_name else ""
    by = f" by {clean(alert.resolved_by, 60)}" if alert.resolved_by else ""
    solved = f", resolved {rfc3339(alert.resolved_at)}{by}" if alert.resolved_at else ""
    notes = f': "{clean(alert.resolution_notes)}"' if alert.resolution_notes else ""
    return (
        f'{alert.status} {alert.severity} {alert.category} alert on {whose}{where}: "{clean(alert.title)}" '
        f"since {rfc3339(alert.at)}{solved}{notes}."
    )


def prove_alert(task: Task, alert: Alert) -> tuple[str, ...]:
    """Add an alert to the evidence, and its device to the answer."""
    if alert.device_id and alert.device_name:
        task.findings.concern(alert.device_id, clean(alert.device_name, 80), alert.condition or "unknown")
    sentence = alert_sentence(alert)
    return task.findings.prove("alert", capital(sentence), f"alerts:{alert.id}", at=alert.at, device_id=alert.device_id)
