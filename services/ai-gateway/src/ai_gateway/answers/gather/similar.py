"""Answer questions like “Has this happened before, and what helped?”."""

import re
from collections.abc import Sequence

import msgspec

from ai_gateway.answers.gather.insight import prove_incident, read_insight
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.homepot.scoped.alerts import Alert
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.text import capital, clean, count, span
from ai_gateway.memory.chroma import SOURCE as CHROMA
from ai_gateway.memory.recipe import FINDINGS
from ai_gateway.memory.types import Excerpt, Recall, Recalled

_FILLER = re.compile(
    r"\b(?:has|have|had|did|was|were|is|are|this|that|we|you|i|ever|seen|happened|happen|before|last time|similar|incidents?|"
    r"past|previously|previous|any|there|what|how|helped|fix(?:ed)?|solved?|resolved?|like|something|to|find|show|me|about|the|"
    r"a|an|our|do|can|should|been|precedents?|when|it|for|of)\b|[?!.]",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(
    r"^(?:[\s:,;-]|\b(?:and|or|but)\b)+|(?:[\s:,;-]|\b(?:and|or|but)\b)+$|\s+(?=[:,;])", re.IGNORECASE
)
"""What joined a symptom to words that were left out."""

MOST_EXCERPTS = 2
"""Passages of runbooks that an answer quotes."""
ALIKE = 0.3
"""Least similarity of an incident that is told beside a code: nobody asked for it."""
SPARE = 3
"""Recalled beyond those that are told, in place of incidents that are still on."""


async def gather_similar(task: Task) -> None:
    """Recall incidents like the question, or like the open alerts of the device it names."""
    text = await _symptom(task)
    recall = await _recall(task, text)
    if recall is None:
        return
    excerpts = await _passages(task, text)
    if not recall.incidents and excerpts:
        _tell_runbooks(task, excerpts, lead="no past incident like that is remembered, but there is a runbook: ")
        return
    if not recall.incidents:
        words = f'No past incident like "{clean(text, 120)}" is remembered{task.question.where}.'
        task.findings.state("no_data", words, "ai_incident_patterns")
        return
    best = recall.incidents[0]
    proofs = [_prove(task, incident) for incident in recall.incidents]
    solution = f'; what helped: "{clean(best.resolution, 200)}"' if best.resolution else "; no resolution is recorded"
    task.findings.claim(
        f"yes, {count(len(recall.incidents), 'similar past incident')} found; the most similar is of "
        f'{rfc3339(best.occurred_at)}: "{clean(best.description, 120)}"{solution}.',
        *proofs,
    )
    for incident, proof in zip(recall.incidents, proofs, strict=True):
        task.findings.claim(sentence(incident), proof)
    _tell_runbooks(task, excerpts)


async def add_similar(task: Task, text: str, *, lead: str) -> None:
    """Add the nearest resolved incident to another intent's findings, if there is one."""
    recall = await _recall(task, text)
    for incident in recall.incidents[:1] if recall else []:
        task.findings.advise(f"{lead}: {sentence(incident)}", _prove(task, incident))


async def known_about(task: Task, text: str, code: str, *, logged: bool) -> None:
    """What helped in past incidents, and what runbooks say, about an error of that text.

    ``logged``: without, only what holds the code itself is meant: what is like it is no knowledge of it.
    """
    recall = await _recall(task, text)
    named = re.compile(rf"(?<!\w){re.escape(code)}(?!\w)", re.IGNORECASE)
    for incident in recall.incidents if recall else ():
        if (logged and incident.similarity_score >= ALIKE) or named.search(
            f"{incident.description} {incident.resolution or ''}"
        ):
            task.findings.claim(f"A similar past incident: {sentence(incident)}", _prove(task, incident))
            break
    passages = await _passages(task, f"{code} {text}")
    _tell_runbooks(task, [one for one in passages if logged or named.search(one.text)])


async def _passages(task: Task, text: str) -> Sequence[Excerpt]:
    """What runbooks say; without their database, say so and carry on."""
    try:
        return await task.sources.shelf.find(text, task.question.view.sites, MOST_EXCERPTS)
    except Unavailable:
        task.findings.notes.append("the gateway's own database is down, so runbooks could not be looked up")
        return ()


def _tell_runbooks(task: Task, excerpts: Sequence[Excerpt], *, lead: str = "") -> None:
    """What runbooks say, quoted; the first one opens with ``lead``."""
    for excerpt in excerpts:
        words = f'runbook {clean(excerpt.file, 120)}, section "{clean(excerpt.section, 120)}": "{clean(excerpt.text, 400)}".'
        proof = task.findings.prove("runbook", capital(words), f"ai_knowledge_passages:{excerpt.id}")
        task.findings.claim(f"{lead}{words}", proof)
        lead = ""


async def _recall(task: Task, text: str) -> Recall | None:
    """Ask memory; without its database, say so and carry on."""
    try:
        recall = await task.sources.memory.recall(text, task.question.view.sites, task.sources.similar + SPARE)
    except Unavailable:
        task.findings.notes.append("the gateway's own database is down, so past incidents could not be looked up")
        if not task.findings.claims:
            task.findings.state("no_data", "Past incidents cannot be looked up at the moment.", "ai_incident_patterns")
        return None
    past = [one for one in recall.incidents if _is_past(one)]  # what is still on was not before
    recall = msgspec.structs.replace(recall, incidents=past[: task.sources.similar])
    if recall.by_words:
        task.findings.notes.append("the embedder is down, so past incidents were found by words, not by meaning")
    return recall


def _is_past(incident: Recalled) -> bool:
    """Whether it is over: it ended, somebody said what was done, or it is of another program's past."""
    return incident.resolved_at is not None or incident.resolution is not None or incident.source == CHROMA


async def _symptom(task: Task) -> str:
    """What to look for: the named device's worst open alert or incident, or the question without its small words."""
    words = " ".join(_FILLER.sub(" ", task.question.text).split())
    if task.question.devices:
        alerts: list[Alert] = await task.homepot.alerts.listed(task.question.view, limit=1)
        for alert in alerts:
            proof = f'Open alert on {title(alert.device_name or "", alert.device_id or "")}: "{clean(alert.title)}".'
            task.findings.prove("alert", proof, f"alerts:{alert.id}", at=alert.at, device_id=alert.device_id)
            return f"{alert.title}. {alert.description or ''}"
        insight = await read_insight(task)
        for incident in insight.incidents[:1] if insight else []:
            prove_incident(task, incident)
            return f"{incident.title}. {incident.cause.text if incident.cause else ''}"
    return _LEFT_OVER.sub("", words) or task.question.text


def sentence(incident: Recalled) -> str:
    """A past incident and what was done."""
    whose = f" on {clean(incident.device_name, 80)}" if incident.device_name else ""
    where = f" at {clean(incident.site_name, 80)}" if incident.site_name else ""
    took = f" after {span(incident.resolved_at - incident.occurred_at)}" if incident.resolved_at else ""
    ended = f"{'ended' if incident.source == FINDINGS else 'resolved'}{took}, no notes" if took else "no end on record"
    solved = f'resolved{took}: "{clean(incident.resolution, 200)}"' if incident.resolution else ended
    alike = f", one of {incident.count} alike" if incident.count > 1 else ""
    what = "finding" if incident.source == FINDINGS else "incident"
    near = f" (similarity {incident.similarity_score:.2f}{alike})"
    return f'{rfc3339(incident.occurred_at)} {incident.severity} {what}{whose}{where}: "{clean(incident.description, 140)}"; {solved}{near}.'


def _prove(task: Task, incident: Recalled) -> tuple[str, ...]:
    return task.findings.prove(
        "past_incident",
        sentence(incident),
        f"ai_incident_patterns:{incident.id}",
        at=incident.occurred_at,
        device_id=incident.device_id,
    )
