"""“What is wrong?”, “Which devices overheat?” and “Which devices are at risk?”: devices by their signs of trouble."""

import asyncio
import re
from collections import Counter

from ai_gateway.answers.gather.insight import (
    Insight,
    cause_words,
    found_signals,
    joined,
    prove_incident,
    read_insight,
)
from ai_gateway.answers.gather.signals import MOST, Signal, by_device, current_signals, leading_signals, prove_signal
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.homepot.types import DeviceCount
from ai_gateway.kit.text import capital, clean, count, listing

LISTED = 12
CONCERNED = 50
_KINDS = (
    (r"flapping|unstable|bounc\w+|going on and off|up and down", "flapping"),
    (r"silent|silence|heartbeat|gone quiet", "silence"),
    (r"checks?\b", "health_checks"),
)

_Told = tuple[str, list[tuple[str, ...]]]
"""Why a device is listed, and the evidence for it."""


async def gather_anomalies(task: Task) -> None:
    """Devices with something unusual now; only the kind that the question names, if it names one."""
    signals, counts, insight = await asyncio.gather(
        current_signals(task), task.homepot.device_counts(task.question.view), read_insight(task, health=False)
    )
    signals = joined(signals, found_signals(task, insight)) if insight else signals
    kind = _asked_kind(task)
    if kind:
        signals = [signal for signal in signals if signal.kind == kind[0]]
    await _report(task, signals, counts, insight, kind[1] if kind else "something unusual")


async def gather_signs(task: Task) -> None:
    """Devices ranked by the weight of their signs of trouble, present and leading."""
    now, leading, counts, insight = await asyncio.gather(
        current_signals(task),
        leading_signals(task),
        task.homepot.device_counts(task.question.view),
        read_insight(task, health=False),
    )
    now = joined(now, found_signals(task, insight)) if insight else now
    await _report(task, now + leading, counts, insight, "signs of trouble, the most at risk first")


def _asked_kind(task: Task) -> tuple[str, str] | None:
    text = task.question.text.lower()
    for pattern, kind in _KINDS:
        if re.search(pattern, text):
            return kind, kind.replace("_", " ")
    metric = task.question.metric
    return (metric.column, f"{metric.label} at or past its limit") if metric and metric.limit else None


async def _report(
    task: Task, signals: list[Signal], counts: list[DeviceCount], insight: Insight | None, what: str
) -> None:
    question, findings = task.question, task.findings
    total = sum(row.devices for row in counts if row.in_service)
    groups = by_device(signals)
    if question.top:
        groups = groups[: question.top]
    names = listing((title(group[0].name, group[0].device_id) for group in groups), most=LISTED)
    verb = "shows" if len(groups) == 1 else "show"
    most_of_a_kind = max(Counter(signal.kind for signal in signals).values(), default=0)
    least = "at least " if most_of_a_kind >= MOST else ""  # each kind is read up to a bound
    fact = f"{least}{count(len(groups), 'device')} of {total} in service{question.where} {verb} {what}"
    proof = findings.prove("count", capital(f"{fact}."), "computed from the newest readings")
    sentences = [_sentence(task, group, insight) for group in groups[:LISTED]]
    ids = [one for _, proofs in sentences for one in proofs]
    why = _why(groups, sentences, insight)
    findings.claim(f"{fact}{f': {names}' if groups else ''}{why}.", proof, *ids)
    for group in groups[:CONCERNED]:
        findings.concern(group[0].device_id, clean(group[0].name, 80), group[0].condition)
    for group, (told, proofs) in zip(groups, sentences, strict=False):
        where = clean(group[0].site_name, 80)
        findings.claim(f"{title(group[0].name, group[0].device_id)} at {where}: {told}.", *proofs)


def _why(groups: list[list[Signal]], sentences: list[_Told], insight: Insight | None) -> str:
    """What the direct answer says of reasons: those of an only device, or the cause that all of them share."""
    if insight is None or not groups:
        return ""
    if len(groups) == 1:
        return f": {sentences[0][0]}"
    causes = {cause_words(insight.of(group[0].device_id)[0]) for group in groups}
    return f"; {causes.pop()}" if len(causes) == 1 and "" not in causes else ""


def _sentence(task: Task, group: list[Signal], insight: Insight | None) -> _Told:
    """A device's signs of trouble and, where the worker found one, their probable cause."""
    proofs = [prove_signal(task, one) for one in group]
    incidents = insight.of(group[0].device_id)[0] if insight else []
    cause = cause_words(incidents)
    told = listing(signal.text for signal in group)
    return f"{told}; {cause}" if cause else told, [*proofs, *(prove_incident(task, one) for one in incidents[:1])]
