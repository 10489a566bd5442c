"""One device's story: its state, what is wrong with it, what changed before, and what helped elsewhere."""

import asyncio
import re
from datetime import datetime

import msgspec

from ai_gateway.answers.gather.activity import change_sentence
from ai_gateway.answers.gather.errors import error_sentence
from ai_gateway.answers.gather.incidents import tell_incidents
from ai_gateway.answers.gather.insight import (
    Insight,
    cause_words,
    found_signals,
    health_words,
    joined,
    prove_health,
    prove_incident,
    read_insight,
)
from ai_gateway.answers.gather.jobs import job_sentence
from ai_gateway.answers.gather.outage import asks_outage, tell_outages
from ai_gateway.answers.gather.presence import asks_presence, tell_presence
from ai_gateway.answers.gather.signals import LIMITED, by_device, current_signals, metric_value, prove_signal
from ai_gateway.answers.gather.similar import add_similar
from ai_gateway.answers.gather.sources import DAY, Task, alert_sentence, prove_alert, prove_state, state_sentence, title
from ai_gateway.answers.gather.transitions import tell_transitions
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import is_past
from ai_gateway.answers.understand.settle import went
from ai_gateway.answers.understand.vocabulary import EVERY_STATUS, UNSOLVED
from ai_gateway.homepot.scoped.alerts import Alert
from ai_gateway.homepot.scoped.devices import StateChange
from ai_gateway.homepot.scoped.jobs import Command
from ai_gateway.homepot.scoped.readings import Reading
from ai_gateway.incidents.advice import first_step
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import age, capital, clean, count, listing, number

TIMELINE = 12
EACH = 50
SEVERAL = 3


class Event(msgspec.Struct, frozen=True):
    """One entry of a timeline."""

    at: datetime
    kind: str
    text: str
    source: str
    device_id: str | None


_STARTED = re.compile(r"\bwhen did\b.{0,60}\b(?:start|begin|happen)\b|\bsince when\b")
"""Asks when a trouble began."""


async def gather_history(task: Task) -> None:
    """Tell a device's story; without a device, the events of the sites in view."""
    insight = await read_insight(task)
    chosen = task.range(DAY)
    past = is_past(chosen, task.now)
    await _tell_times(task, chosen, past=past)
    if task.question.devices:
        await tell_states(task, insight)
        await _readings(task)
    if _STARTED.search(task.question.asked) and task.question.devices:
        await _tell_start(task)
    alerts, events = await _events(task, chosen)
    if past or not insight or task.question.devices:
        _counts(task, chosen, events)
    if insight and not task.question.devices:
        tell_incidents(task, [one for one in insight.incidents if one.opened_at < chosen.period.until], insight)
        if not past:
            _counts(task, chosen, events)
    for event in sorted(_folded(events), key=lambda event: event.at, reverse=True)[:TIMELINE]:
        task.findings.state(event.kind, event.text, event.source, at=event.at, device_id=event.device_id)
    open_alerts = [alert for alert in alerts if alert.status == "active"]
    if open_alerts and len(task.question.devices) == 1:
        await add_similar(
            task, f"{open_alerts[0].title}. {open_alerts[0].description or ''}", lead="A similar past incident"
        )


async def tell_states(task: Task, insight: Insight | None) -> None:
    """The state of each device and, in the same sentence, the reasons to call it unwell and their probable cause."""
    states, signals = await asyncio.gather(
        task.homepot.devices.states(task.question.view, in_service_only=False, limit=SEVERAL), current_signals(task)
    )
    signals = joined(signals, found_signals(task, insight)) if insight else signals
    groups = {group[0].device_id: group for group in by_device(signals)}
    for device in states:
        proof = prove_state(task, device)
        reasons = [s for s in groups.get(device.device_id, []) if s.kind not in {"silence", "health_state"}]
        proofs = [prove_signal(task, signal) for signal in reasons]
        incidents, health = insight.of(device.device_id) if insight else ([], None)
        proofs.append(prove_health(task, device, health_words(health)))
        said = [
            health_words(health),
            listing(signal.text for signal in reasons) if reasons else "",
            cause_words(incidents),
        ]
        why = "".join(f"; {words}" for words in said if words)
        found = [prove_incident(task, one) for one in incidents[:1]]
        task.findings.claim(f"{state_sentence(device, task.now)}{why}.", proof, *proofs, *found)
        if len(states) == 1 and found and (step := first_step(incidents[0])):
            task.findings.advise(f"Recommended: {step}", *found)


async def _tell_times(task: Task, chosen: TimeRange, *, past: bool) -> None:
    """For how long they were away, who went, or whether they were there, where one of these is asked."""
    text = task.question.asked
    if asks_outage(text) and task.question.devices:
        await tell_outages(task, chosen)
    elif went(text):
        await tell_transitions(task, chosen)
    elif past and task.question.devices and asks_presence(text):
        await tell_presence(task, chosen)


async def _tell_start(task: Task) -> None:
    """Say first since when there is an alert that nobody resolved: what is on record of when a trouble began."""
    oldest = await task.homepot.alerts.listed(task.question.view, limit=1, order="oldest", statuses=UNSOLVED)
    for alert in oldest:
        text = f"the oldest alert that is still unresolved is of {rfc3339(alert.at)}: {alert_sentence(alert)}"
        task.findings.claim(capital(text), prove_alert(task, alert))
        task.findings.claims.insert(0, task.findings.claims.pop())


async def _readings(task: Task) -> None:
    week = task.homepot.last(days=7)
    for reading in await task.homepot.readings.latest(task.question.view, since=week.since, limit=SEVERAL):
        values = listing(reading_words(reading))
        text = f"Newest readings of {title(reading.name, reading.device_id)}, {age(reading.at, task.now)}: {values}."
        task.findings.state("reading", text, "device_metrics", at=reading.at, device_id=reading.device_id)


def reading_words(reading: Reading) -> list[str]:
    """``CPU 20 %``, ``disk 45 %``, … of what was measured."""
    values = [(metric, metric_value(reading, metric)) for metric in LIMITED]
    return [f"{metric.label} {number(value)}{metric.unit}" for metric, value in values if value is not None]


async def _events(task: Task, chosen: TimeRange) -> tuple[list[Alert], list[Event]]:
    view, homepot, period = task.question.view, task.homepot, chosen.period
    alerts, states, changes, errors, jobs, commands = await asyncio.gather(
        homepot.alerts.listed(view, limit=EACH, statuses=EVERY_STATUS, since=period.since, until=period.until),
        homepot.devices.state_changes(view, period, limit=EACH),
        homepot.changes.listed(view, period, limit=EACH),
        homepot.errors.listed(view, period, limit=EACH),
        homepot.jobs.listed(view, period, limit=EACH),
        homepot.jobs.commands(view, period, limit=EACH),
    )
    events = [
        Event(a.at, "alert", f"{rfc3339(a.at)} {alert_sentence(a)}", f"alerts:{a.id}", a.device_id) for a in alerts
    ]
    events += [
        Event(s.at, "state_change", _state_words(s), f"device_state_history:{s.id}", s.device_id) for s in states
    ]
    events += [
        Event(c.at, "config_change", change_sentence(c), f"configuration_history:{c.id}", c.device_id) for c in changes
    ]
    events += [Event(e.at, "error", error_sentence(e), f"error_logs:{e.id}", e.device_id) for e in errors]
    events += [Event(j.at, "job", job_sentence(j), f"jobs:{j.id}", j.device_id) for j in jobs]
    events += [Event(c.at, "command", _command_words(c), f"device_commands:{c.id}", c.device_id) for c in commands]
    return alerts, events


def _folded(events: list[Event]) -> list[Event]:
    """Errors that differ in nothing but their time as one event, so that a burst does not hide what came before it."""
    groups: dict[tuple[str, str | None, str], list[Event]] = {}
    for event in events:
        what = event.text.removeprefix(rfc3339(event.at)) if event.kind == "error" else event.source
        groups.setdefault((event.kind, event.device_id, what), []).append(event)
    return [_one_of(group) for group in groups.values()]


def _one_of(group: list[Event]) -> Event:
    newest, oldest = max(group, key=lambda event: event.at), min(group, key=lambda event: event.at)
    if newest is oldest:
        return newest
    what = newest.text.removeprefix(rfc3339(newest.at)).strip()
    text = f"{rfc3339(oldest.at)} to {rfc3339(newest.at)}: {len(group)} times {what}"
    return msgspec.structs.replace(newest, text=text)


def _state_words(change: StateChange) -> str:
    why = f' ("{clean(change.reason, 100)}")' if change.reason else ""
    return f"{rfc3339(change.at)} {title(change.device_name, change.device_id)} went from {change.previous_state or 'unknown'} to {change.new_state}{why}."


def _command_words(command: Command) -> str:
    whose = title(command.device_name, command.device_id)
    return f"{rfc3339(command.at)} command {clean(command.command_type, 60)} to {whose}: {command.status}."


def _counts(task: Task, chosen: TimeRange, events: list[Event]) -> None:
    names = {
        "alert": ("alert", None),
        "state_change": ("state change", None),
        "config_change": ("configuration change", None),
        "error": ("logged warning or error", "logged warnings and errors"),
        "job": ("job", None),
        "command": ("command", None),
    }
    totals = {kind: sum(event.kind == kind for event in events) for kind in names}
    parts = [
        count(total, *names[kind]) if total < EACH else f"{EACH} or more {names[kind][1] or names[kind][0] + 's'}"
        for kind, total in totals.items()
        if total
    ]
    whose = (
        f" for {listing(clean(d.name, 80) for d in task.question.devices)}"
        if task.question.devices
        else task.question.where
    )
    text = f"{chosen.words}{whose}: {listing(parts) if parts else 'nothing is recorded'}"
    task.findings.state("count", capital(f"{text}."), "computed")
