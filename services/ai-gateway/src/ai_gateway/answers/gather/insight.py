"""What the worker found, for answers: open anomalies with what was expected, incidents with their causes, health.

Only while its last scan is recent; else there is no insight, and answers rest on HOMEPOT's rows alone, as they do while the
gateway's own database is down.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ai_gateway.answers.gather.found import UNWELL, Found
from ai_gateway.answers.gather.signals import Signal
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.health.types import AnomalyRow, DeviceHealth
from ai_gateway.health.words import anomaly_words
from ai_gateway.homepot.scoped.changes import ConfigChange
from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.scoped.view import View
from ai_gateway.incidents.types import Incident
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, clean, span

BEHIND: Final = "what the worker finds: its last scan is too old, or its database is down"
GROUNDS: Final = 2
"""Facts behind a cause that an answer shows; the incident's page has all."""
PARTS: Final = 3
_KINDS: Final = {"silence": "silence", "flapping": "flapping", "checks": "health_checks"}
"""Kinds of anomaly that answers know as kinds of sign; any other is known by its metric."""
_WEIGHTS: Final = {"critical": 3.0, "warning": 2.0}


class Insight(msgspec.Struct, frozen=True):
    """What was found in view. ``health`` and ``states``: of every device that is mentioned, by HOMEPOT's integer."""

    anomalies: list[AnomalyRow]
    incidents: list[Incident]
    health: dict[int, DeviceHealth]
    states: dict[int, DeviceState]

    numbers: dict[str, int]
    """HOMEPOT's integer of each device mentioned, by its public id."""
    unresolved: dict[int, list[Incident]]
    """The incidents of each device."""

    @classmethod
    def made(cls, found: Found, states: dict[int, DeviceState]) -> "Insight":
        """Of what was found, what is about devices that are in view."""
        incidents = [
            one for one in found.incidents if not one.devices or any(part.device in states for part in one.devices)
        ]
        unresolved: dict[int, list[Incident]] = {}
        for incident in incidents:
            for number in {part.device for part in incident.devices}:
                unresolved.setdefault(number, []).append(incident)
        return cls(
            [row for row in found.anomalies if row.anomaly.device in states],
            incidents,
            {one.device: one for one in found.health if one.device in states},
            states,
            {state.device_id: number for number, state in states.items()},
            unresolved,
        )

    def of(self, device_id: str) -> tuple[list[Incident], DeviceHealth | None]:
        """A device's unresolved incidents, and its health."""
        number = self.numbers.get(device_id)
        return (self.unresolved.get(number, []), self.health.get(number)) if number is not None else ([], None)


async def read_insight(
    task: Task, *, anomalies: bool = True, incidents: bool = True, health: bool = True
) -> Insight | None:
    """What the worker found in the question's view; ``None`` while it is behind, or its database is down.

    ``anomalies``, ``incidents``, ``health``: which of these are read.
    """
    view, asked = task.question.view, {"anomalies": anomalies, "incidents": incidents, "health": health}
    found = await task.sources.found.read(view.sites, view.devices, task.now, **asked)
    if found is None:
        task.findings.gaps.append(BEHIND)
        return None
    mentioned = {row.anomaly.device for row in found.anomalies} | {one.device for one in found.health}
    mentioned |= {part.device for incident in found.incidents for part in incident.devices}
    only = View(sites=view.sites, devices=tuple(sorted(mentioned)), types=view.types)
    states = {state.id: state for state in await task.homepot.devices.states(only, limit=len(mentioned))}
    return Insight.made(found, states)


def found_signals(task: Task, insight: Insight) -> list[Signal]:
    """Open anomalies as signs of trouble."""
    return [_signal(task, row, insight.states[row.anomaly.device]) for row in insight.anomalies]


def _signal(task: Task, row: AnomalyRow, device: DeviceState) -> Signal:
    anomaly = row.anomaly
    return Signal(
        device.id,
        device.device_id,
        device.name,
        device.site_name,
        device.condition,
        _KINDS.get(anomaly.kind) or anomaly.metric or anomaly.kind,
        lambda: f"{anomaly_words(anomaly)} for {span(task.now - anomaly.started_at)}",
        f"ai_anomaly_logs:{row.id}",
        anomaly.started_at,
        _WEIGHTS.get(anomaly.severity, 1.0) + min(anomaly.score, 10.0) / 10,
    )


def joined(current: Sequence[Signal], found: Sequence[Signal]) -> list[Signal]:
    """Both, each kind of trouble of a device once: what was expected, and with it how it is now."""
    now = {(one.device_id, one.kind): one for one in current}
    merged = [_merged(one, now.pop((one.device_id, one.kind), None)) for one in found]
    return [*merged, *now.values()]


def _merged(found: Signal, present: Signal | None) -> Signal:
    if present is None:
        return found
    return msgspec.structs.replace(found, words=lambda: _both(found.text, present.text))


def _both(found: str, present: str) -> str:
    return found if found.startswith(present.split(" (", maxsplit=1)[0]) else f"{found}, now {present}"


def cause_words(incidents: Iterable[Incident]) -> str:
    """The most probable cause of the worst of a device's incidents; empty if none is on record."""
    causes = [one.cause for one in incidents if one.cause and one.cause.kind != "none"]
    return f"probable cause: {clean(causes[0].text, 240).rstrip('.')}" if causes else ""


def put_down_to(insight: Insight | None, changes: Iterable[ConfigChange]) -> list[Incident]:
    """The unresolved incidents whose probable cause rests on one of the changes."""
    sources = {f"configuration_history/{change.id}" for change in changes}
    return [
        one
        for one in (insight.incidents if insight else [])
        if one.cause and any(ground.source in sources for ground in one.cause.evidence)
    ]


def prove_incident(task: Task, incident: Incident, names: str = "") -> tuple[str, ...]:
    """Add an incident, with the names of its devices, and what its probable cause rests on to the evidence."""
    where = f" on {names}" if names else ""
    text = f'Open incident since {rfc3339(incident.opened_at)}, {incident.severity}: "{clean(incident.title)}"{where}.'
    told = cause_words([incident])
    whole = f"{text} {capital(told)}." if told else text
    proof = task.findings.prove("incident", whole, f"ai_incidents:{incident.id}", at=incident.opened_at)
    grounds = incident.cause.evidence[:GROUNDS] if incident.cause and told else ()
    proofs = [
        task.findings.prove("cause", clean(one.text, 240), one.source.replace("/", ":"), at=one.at) for one in grounds
    ]
    return tuple(part for group in (proof, *proofs) for part in group)


def health_words(health: DeviceHealth | None) -> str:
    """``health 0.31 of 1 (critical)``; empty while it is unknown."""
    if health is None or health.score is None:
        return ""
    return f"health {health.score:.2f} of 1 ({health.status})"


def prove_health(task: Task, device: DeviceState, words: str) -> tuple[str, ...]:
    """Add the words for a device's health to the evidence; nothing where there are none."""
    if not words:
        return ()
    text = f"{title(device.name, device.device_id)}: {words}."
    return task.findings.prove("health", text, f"ai_device_health:{device.id}", device_id=device.device_id)


async def unwell(task: Task) -> list[tuple[DeviceState, str]] | None:
    """Devices in view whose health is not good, the worst first, each with the words for it; ``None`` without insight."""
    insight = await read_insight(task, anomalies=False, incidents=False)
    if insight is None:
        return None
    return [
        (insight.states[number], f"{health_words(health)}: {_parts(health)}")
        for number, health in insight.health.items()
        if health.status in UNWELL
    ]


def _parts(health: DeviceHealth) -> str:
    """What lowers a device's health most."""
    ordered = sorted(health.parts, key=lambda part: -part.weight)[:PARTS]
    return " / ".join(clean(part.text, 120) for part in ordered)
