"""“What is wrong?”, “Which devices overheat?” and “Which devices are at risk?”: devices by their signs of trouble."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence

from ai_gateway.answers.gather.insight import (
    BEHIND,
    Insight,
    cause_words,
    found_signals,
    joined,
    prove_incident,
    read_insight,
)
from ai_gateway.answers.gather.signals import MOST, Signal, by_device, current_signals, leading_signals, prove_signal
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.incidents.types import Incident
from ai_gateway.kit.text import capital, clean, count, listing, some_of

LISTED = 12
CONCERNED = 50
_KINDS = (
    (r"flapping|unstable|bounc\w+|(?:restart|reboot)\w*|going on and off|up and down", "flapping"),
    (r"silent|silence|heartbeat|gone quiet", "silence"),
    (r"checks?\b", "health_checks"),
)

_RESTARTS = re.compile(r"\b(?:restart|reboot)\w*\b")

_Told = tuple[str, list[tuple[str, ...]]]
"""Why a device is listed, and the evidence for it."""


class Causes:
    """The unresolved incidents of devices, read when they are told; many more are ranked."""

    def __init__(self, task: Task) -> None:
        """Args: task: whose view."""
        self._task = task
        self._known: dict[int, list[Incident]] = {}

    async def of(self, groups: Sequence[list[Signal]]) -> dict[int, list[Incident]]:
        """By HOMEPOT's integer of a device, of all that were asked for."""
        devices = tuple(group[0].device for group in groups if group[0].device not in self._known)
        if not devices:
            return self._known
        found = await self._task.sources.found.unresolved(self._task.question.view.sites, devices)
        if found is None and BEHIND not in self._task.findings.gaps:
            self._task.findings.gaps.append(BEHIND)
        self._known |= {device: [] for device in devices}
        for incident in found or ():
            for device in {part.device for part in incident.devices} & set(devices):
                self._known[device].append(incident)
        return self._known

    async def shared(self, groups: Sequence[list[Signal]]) -> str:
        """The cause that all of them share, for the direct answer; those that are told first, the rest if they do."""
        first = ""
        for part in (groups[:LISTED], groups[LISTED:]):
            known = await self.of(part)
            causes = {cause_words(known[group[0].device]) for group in part}
            first = first or next(iter(causes), "")
            if causes - {first} or not first:
                return ""
        return f"; {first}"


async def gather_anomalies(task: Task) -> None:
    """Devices with something unusual now; only the kind that the question names, if it names one."""
    signals, served, insight = await asyncio.gather(
        current_signals(task), task.homepot.devices.in_service(task.question.view), _insight(task)
    )
    signals = joined(signals, found_signals(task, insight)) if insight else signals
    kind = _asked_kind(task)
    if _RESTARTS.search(task.question.asked):
        text = "That a device restarts by itself is not on record; that it goes offline and online again and again is."
        task.findings.state("note", text, "device_state_history")
    if kind:
        signals = [signal for signal in signals if signal.kind == kind[0]]
    await _report(task, signals, served, Causes(task) if insight else None, kind[1] if kind else "something unusual")


async def gather_signs(task: Task) -> None:
    """Devices ranked by the weight of their signs of trouble, present and leading."""
    now, leading, served, insight = await asyncio.gather(
        current_signals(task),
        leading_signals(task),
        task.homepot.devices.in_service(task.question.view),
        _insight(task),
    )
    now = joined(now, found_signals(task, insight)) if insight else now
    await _report(
        task, now + leading, served, Causes(task) if insight else None, "signs of trouble", ", the most at risk first"
    )


async def tell_signs_of(task: Task, kind: str) -> set[int]:
    """Tell of each device that is in trouble of that kind; returns HOMEPOT's integers of them."""
    now, insight = await asyncio.gather(current_signals(task), _insight(task))
    now = joined(now, found_signals(task, insight)) if insight else now
    groups = by_device([signal for signal in now if signal.kind == kind])[:LISTED]
    incidents = await Causes(task).of(groups) if insight else {}
    for group in groups:
        told, proofs = _sentence(task, group, incidents.get(group[0].device, []))
        where = clean(group[0].site_name, 80)
        task.findings.claim(f"{title(group[0].name, group[0].device_id)} at {where}: {told}.", *proofs)
        task.findings.concern(group[0].device_id, clean(group[0].name, 80), group[0].condition)
    return {group[0].device for group in groups}


async def _insight(task: Task) -> Insight | None:
    """The anomalies in view; incidents are read of those devices alone that are told."""
    return await read_insight(task, incidents=False, health=False)


def _asked_kind(task: Task) -> tuple[str, str] | None:
    text = task.question.asked
    for pattern, kind in _KINDS:
        if re.search(pattern, text):
            return kind, kind.replace("_", " ")
    metric = task.question.metric
    return (metric.column, f"{metric.label} at or past its limit") if metric and metric.limit else None


async def _report(
    task: Task, signals: list[Signal], served: int, causes: Causes | None, what: str, tail: str = ""
) -> None:
    """``tail``: what is said of devices where there are any."""
    question, findings = task.question, task.findings
    groups = by_device(signals)
    if question.top:
        groups = groups[: question.top]
    names = some_of([title(group[0].name, group[0].device_id) for group in groups[:LISTED]], len(groups))
    verb = "shows" if len(groups) == 1 else "show"
    most_of_a_kind = max(Counter(signal.kind for signal in signals).values(), default=0)
    least = "at least " if most_of_a_kind >= MOST else ""  # each kind is read up to a bound
    fact = f"{least}{count(len(groups), 'device')} of {served} in service{question.where} {verb} {what}{tail if groups else ''}"
    proof = findings.prove("count", capital(f"{fact}."), "computed from the newest readings")
    incidents = await causes.of(groups[:LISTED]) if causes else {}
    sentences = [_sentence(task, group, incidents.get(group[0].device, [])) for group in groups[:LISTED]]
    ids = [one for _, proofs in sentences for one in proofs]
    why = f": {sentences[0][0]}" if causes and len(groups) == 1 else await causes.shared(groups) if causes else ""
    findings.claim(f"{fact}{f': {names}' if groups else ''}{why}.", proof, *ids)
    for group in groups[:CONCERNED]:
        findings.concern(group[0].device_id, clean(group[0].name, 80), group[0].condition)
    for group, (told, proofs) in zip(groups, sentences, strict=False):
        where = clean(group[0].site_name, 80)
        findings.claim(f"{title(group[0].name, group[0].device_id)} at {where}: {told}.", *proofs)


def _sentence(task: Task, group: list[Signal], incidents: list[Incident]) -> _Told:
    """A device's signs of trouble and, where the worker found one, their probable cause."""
    proofs = [prove_signal(task, one) for one in group]
    cause = cause_words(incidents)
    told = listing(signal.text for signal in group)
    return f"{told}; {cause}" if cause else told, [*proofs, *(prove_incident(task, one) for one in incidents[:1])]
