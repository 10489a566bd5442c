"""The product's own incident stage over what the health stage told of a simulation, in memory."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from ai_gateway.health.types import Anomaly
from ai_gateway.homepot.history import NewAlert, RecordedChange
from ai_gateway.incidents.category import category_of
from ai_gateway.incidents.cause import Same, same
from ai_gateway.incidents.correlate import DeviceChange, Facts, Group, Rules, correlate
from ai_gateway.incidents.course import LABELS, Course, course_of
from ai_gateway.incidents.derive import Context, derive
from ai_gateway.incidents.job import alert_member
from ai_gateway.incidents.lifecycle import leading
from ai_gateway.incidents.plausible import shareable
from ai_gateway.incidents.types import Member
from dev.simulation.clock import HOUR_S
from dev.simulation.faults import Change
from dev.simulation.rows import aware
from dev.simulation.run import DEFAULTS, Health
from dev.simulation.score import Found, Symptom
from dev.simulation.simulate import Simulation

RULES: Final = Rules(timedelta(seconds=DEFAULTS.incident_gap_s), timedelta(seconds=DEFAULTS.incident_reopen_s))
COURSE_BACK_S: Final = 48 * HOUR_S

Changes = Mapping[int, Sequence[RecordedChange]]


def find(simulation: Simulation, health: Health) -> list[Found]:
    """Group everything that was told into incidents as of the end of the run, with the cause of each."""
    members = [*_anomalies(health), *_alerts(simulation)]
    changes = _recorded(simulation)
    keys = {
        device: [DeviceChange(_key(one), one.at) for one in done if shareable(one)] for device, done in changes.items()
    }
    reach = _reach(changes)
    in_service: dict[int, int] = defaultdict(int)
    for site in simulation.fleet.site.tolist():
        in_service[site + 1] += 1
    named = {_key(one): reach[same(one)] for done in changes.values() for one in done if shareable(one)}
    told = {one.id: at for one, at in zip(_anomalies(health), health.told_at.values(), strict=True)}
    found = []
    for group in correlate(members, Facts(in_service, keys, named), RULES):
        context = Context(changes, reach, keys, _course(group, health))
        found.append(_found(group, context, simulation, told))
    return found


def _anomalies(health: Health) -> Iterator[Member]:
    """Anomalies as the incident stage reads them of the table, numbered as they were told."""
    for number, anomaly in enumerate(health.anomalies.values(), start=1):
        yield _member(number, anomaly)


def _member(number: int, anomaly: Anomaly) -> Member:
    return Member(
        source="anomaly",
        id=number,
        device=anomaly.device,
        site=anomaly.site,
        kind=anomaly.kind,
        metric=anomaly.metric,
        category=category_of(anomaly.kind, anomaly.metric),
        severity=anomaly.severity,
        started_at=anomaly.started_at,
        last_at=anomaly.last_at,
        ended_at=anomaly.ended_at,
        score=anomaly.score,
        value=anomaly.value,
        expected=anomaly.expected,
        lower=anomaly.lower,
        upper=anomaly.upper,
        explained=anomaly.explained,
        text=anomaly.detail,
    )


def _alerts(simulation: Simulation) -> Iterator[Member]:
    now = aware(simulation.span[1])
    for number, alert in enumerate(simulation.events.alerts, start=1):
        resolved = aware(alert.resolved_at)
        is_over = resolved <= now
        row = NewAlert(
            id=number,
            at=aware(alert.at),
            title=alert.title,
            severity="critical",
            category=alert.category,
            status="resolved" if is_over else "active",
            resolved_at=resolved if is_over else None,
            notes=None,
            of_site=False,
            device=alert.device,
            site=alert.site,
            served=True,
        )
        yield alert_member(row, now)


def _recorded(simulation: Simulation) -> dict[int, list[RecordedChange]]:
    found: dict[int, list[RecordedChange]] = defaultdict(list)
    for number, change in enumerate(simulation.events.changes, start=1):
        found[change.device].append(_change(number, change, int(simulation.fleet.site[change.device - 1]) + 1))
    return found


def _change(number: int, change: Change, site: int) -> RecordedChange:
    return RecordedChange(
        device=change.device,
        site=site,
        site_wide=False,
        source="configuration_history",
        id=number,
        what="set",
        at=aware(change.at),
        name=change.parameter,
        old=change.old,
        value=change.new,
        status=None,
        reason=change.reason,
    )


def _key(change: RecordedChange) -> str:
    """The whole simulated fleet is one operator's."""
    return "|".join((change.what, change.name.lower(), change.value or ""))


def _reach(changes: Changes) -> dict[Same, int]:
    devices: dict[Same, set[int]] = defaultdict(set)
    for device, done in changes.items():
        for change in done:
            devices[same(change)].add(device)
    return {what: len(who) for what, who in devices.items()}


def _course(group: Group, health: Health) -> dict[int, Course]:
    """How the leading metric of one device rose."""
    lead = leading(group.members)
    if lead.device is None or lead.metric not in LABELS or len({member.device for member in group.members}) > 1:
        return {}
    until = max(member.last_at for member in group.members).timestamp()
    hours = health.means(lead.device, lead.metric, until - COURSE_BACK_S, until)
    course = course_of(lead.metric, [(aware(hour), mean) for hour, mean in hours])
    return {lead.device: course} if course else {}


def _found(group: Group, context: Context, simulation: Simulation, told: Mapping[int, float]) -> Found:
    derived = derive(group.members, group.change, [], context, aware(simulation.span[1]))
    row = derived.row
    cause = row["cause"]
    seen = [told[member.id] for member in derived.members if member.source == "anomaly"]
    return Found(
        id=str(row["id"]),
        seen_at=min(seen, default=None),
        symptoms=tuple(
            Symptom(member.device, member.started_at.timestamp(), member.kind, member.metric)
            for member in derived.members
            if member.device is not None
        ),
        kind=row["kind"],
        metric=row["metric"],
        category=row["category"],
        cause=cause["kind"],
        cause_text=cause["text"],
    )
