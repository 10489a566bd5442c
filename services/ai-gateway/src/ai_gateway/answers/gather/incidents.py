"""“Are there open incidents at Building A?”: what the worker found, each trouble once, the worst with its probable cause."""

import re
from collections.abc import Sequence

from ai_gateway.answers.gather.alerts import gather_alerts
from ai_gateway.answers.gather.insight import Insight, cause_words, prove_incident, read_insight
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.ranking import Order
from ai_gateway.incidents.types import Incident
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, clean, count, listing

TOLD = 5
FEW = 4
_PAST = re.compile(r"\b(?:resolved|closed|fixed|past|previous)\b")


async def gather_incidents(task: Task) -> None:
    """The unresolved incidents in view; HOMEPOT's alerts where the worker is behind, or where the question is of the past."""
    question = task.question
    past = question.time_range is not None or _PAST.search(question.asked)
    insight = None if past else await read_insight(task, anomalies=False, health=False)
    if insight is None:
        await gather_alerts(task)
        return
    chosen = [one for one in insight.incidents if not question.severities or one.severity in question.severities]
    if chosen:
        tell_incidents(task, chosen, insight, order=question.order, most=min(question.top or TOLD, TOLD))
        return
    severity = f"{listing(question.severities)} " if question.severities else ""
    task.findings.state("count", f"No unresolved {severity}incident{question.where}.", "ai_incidents:count")


def tell_incidents(
    task: Task, incidents: Sequence[Incident], insight: Insight, *, order: Order | None = None, most: int = TOLD
) -> None:
    """How many there are, and the worst with its probable cause in the first sentence. Says nothing if there is none.

    ``order``: the newest or the oldest first instead. ``most``: how many are told.
    """
    if not incidents:
        return
    if order:
        incidents = sorted(incidents, key=lambda one: one.opened_at, reverse=order == "newest")
    told = incidents[:most]
    names = [_names(task, incident, insight) for incident in told]
    proofs = [prove_incident(task, *one) for one in zip(told, names, strict=True)]
    words = [_words(*one) for one in zip(told, names, strict=True)]
    amount = f"{count(len(incidents), 'unresolved incident')}{task.question.where}"
    total = task.findings.prove("count", f"{capital(amount)}.", "ai_incidents:count")
    task.findings.claim(f"{amount}, the {order or 'worst'}: {words[0]}.", total, *proofs)
    for sentence, proof in zip(words[1:], proofs[1:], strict=True):
        task.findings.claim(f"{sentence}.", proof)


def _names(task: Task, incident: Incident, insight: Insight) -> str:
    """The devices of an incident, which the answer is about then; empty where it is of a site."""
    states = [insight.states[part.device] for part in incident.devices if part.device in insight.states]
    for state in states:
        task.findings.concern(state.device_id, clean(state.name, 80), state.condition)
    return listing((title(state.name, state.device_id) for state in states), most=FEW) if states else ""


def _words(incident: Incident, names: str) -> str:
    cause = cause_words([incident])
    where = f" on {names}" if names else ""
    told = f'"{clean(incident.title)}"{where}, {incident.severity}, since {rfc3339(incident.opened_at)}'
    return f"{told}; {cause}" if cause else told
