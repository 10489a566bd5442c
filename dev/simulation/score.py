"""Compares what was found with what was injected: each fault found, once, rightly described; and what was found besides."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from dev.simulation.effects import began_at
from dev.simulation.faults import HOUR_S, Fault

TOLERANCE_S: Final = 600.0
"""A fault is found by what begins from this long before its start to this long after its end."""
AFTER_S: Final = 6 * HOUR_S
"""What begins later, up to this long after its end, is ascribed to the fault as well, but does not find it."""
MOST_DEVICES: Final = 0.8
"""Of a fault of many devices so many must be named, and no others."""
RECORDED: Final = {"config", "rollback", "firmware", "job", "command"}
"""Kinds of cause that name a change on record."""
SAME_METRIC: Final = {"transaction_volume": "transaction_count"}
"""What falls when transactions stop is as well their volume."""
KIND_WITHOUT_METRIC: Final = {"flapping": "flapping", "failed_checks": "checks", "silence": "silence"}
LOAD: Final = frozenset(
    {
        "cpu_percent",
        "transaction_count",
        "transaction_volume",
        "active_connections",
        "queue_depth",
        "temperature_celsius",
    }
)
"""Metrics that go together: trouble of one that is told of another is found, though not rightly told."""
RELATED: Final = {"flapping": {"flapping", "silence"}, "failed_checks": {"checks", "flapping"}, "silence": {"silence"}}
"""Kinds of anomalies that a fault without a metric may bring about."""


class Symptom(msgspec.Struct, frozen=True):
    """A member of a found incident: the device (HOMEPOT's integer), since when (Unix seconds), and of what."""

    device: int
    at: float
    kind: str
    metric: str | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A found incident. ``seen_at``: when detectors first told of it, Unix seconds of arrival; absent: only HOMEPOT's alerts did.

    ``cause``: its kind. ``cause_text``: its words.
    """

    id: str
    seen_at: float | None
    symptoms: tuple[Symptom, ...]
    kind: str
    metric: str | None
    category: str
    cause: str
    cause_text: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one fault fared. ``incidents``: how many were opened for it. The rest is of the first that detectors told of.

    ``delay_s``: from the fault's beginning to the moment at which they told of it; ``None``: they never did.
    """

    fault: Fault
    incidents: int
    devices: bool | None = None
    metric: bool | None = None
    category: bool | None = None
    cause: bool | None = None
    delay_s: float | None = None

    @property
    def found(self) -> bool:
        """Whether detectors told of it at all."""
        return self.delay_s is not None

    @property
    def right(self) -> bool:
        """Found once, with everything right."""
        return self.incidents == 1 and bool(self.devices and self.metric and self.category and self.cause)


class Score(msgspec.Struct, frozen=True):
    """All faults, and the incidents that belong to none."""

    outcomes: tuple[Outcome, ...]
    false: tuple[Found, ...]


def compare(faults: Sequence[Fault], found: Iterable[Found]) -> Score:
    """Ascribe each incident to the fault, if any, to which most of its symptoms belong."""
    of: dict[Fault, list[Found]] = {fault: [] for fault in faults}
    false = []
    for incident in sorted(found, key=lambda one: (one.seen_at or 0.0, one.id)):
        counts = {fault: sum(belongs(symptom, fault) for symptom in incident.symptoms) for fault in faults}
        best = max(counts, key=lambda fault: counts[fault], default=None)
        if best is None or not counts[best]:
            false.append(incident)
        else:
            of[best].append(incident)
    return Score(tuple(_outcome(fault, of[fault]) for fault in faults), tuple(false))


def belongs(symptom: Symptom, fault: Fault) -> bool:
    """Whether the fault explains the symptom."""
    if symptom.device not in fault.devices or not _may_show(symptom, fault):
        return False
    return began_at(fault, symptom.device) - TOLERANCE_S <= symptom.at <= fault.ended + AFTER_S


def _in_time(incident: Found, fault: Fault) -> bool:
    """Whether detectors told of it, and of something that began in the fault."""
    begins = [symptom.at for symptom in incident.symptoms if belongs(symptom, fault)]
    return incident.seen_at is not None and min(begins) <= fault.ended + TOLERANCE_S


def _may_show(symptom: Symptom, fault: Fault) -> bool:
    if fault.metric is None:
        return symptom.kind in RELATED[fault.kind]
    return symptom.metric in (LOAD if fault.metric in LOAD else {fault.metric})


def _outcome(fault: Fault, incidents: Sequence[Found]) -> Outcome:
    first = next((incident for incident in incidents if _in_time(incident, fault)), None)
    if first is None or first.seen_at is None:
        return Outcome(fault=fault, incidents=len(incidents))
    return Outcome(
        fault=fault,
        incidents=len(incidents),
        devices=_devices(fault, {symptom.device for symptom in first.symptoms}),
        metric=_metric(fault, first),
        category=first.category == fault.category,
        cause=_cause(fault, first),
        delay_s=first.seen_at - fault.started,
    )


def _devices(fault: Fault, named: set[int]) -> bool:
    return named <= set(fault.devices) and len(named) >= MOST_DEVICES * len(fault.devices)


def _metric(fault: Fault, found: Found) -> bool:
    if fault.metric is None:
        return found.kind == KIND_WITHOUT_METRIC[fault.kind]
    return SAME_METRIC.get(found.metric or "", found.metric) == fault.metric


def _cause(fault: Fault, found: Found) -> bool:
    """A change that is on record must be named; where none is, none may be."""
    if not fault.changes:
        return found.cause not in RECORDED
    change = fault.changes[0]
    words = (change.parameter, change.parameter.replace("_", " "), change.new)
    return found.cause in RECORDED and any(word in found.cause_text for word in words)
