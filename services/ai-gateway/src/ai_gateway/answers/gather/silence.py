"""“Who has been silent for more than an hour?”, “Who has not reported since this morning?”: by the last heartbeat."""

import asyncio
import re
from datetime import datetime
from typing import Final

from ai_gateway.answers.gather.sources import Task, names_of, noun, prove_state, state_sentence
from ai_gateway.answers.understand.period import is_past, read_longer
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, count

LISTED: Final = 25
MOST: Final = 1000
_SINCE = re.compile(r"\bsince\b|\bfor (?:the )?(?:last|past)\b|\btoday\b")


def silent_since(task: Task) -> datetime | None:
    """Since when devices must have been silent: “for more than an hour”, “since this morning”."""
    question, text = task.question, task.question.asked
    if not set(question.conditions) <= {"offline", "never_seen"} or not question.conditions:
        return None
    if length := read_longer(text):
        return task.now - length
    time = question.time_range
    return time.period.since if time and not is_past(time, task.now) and _SINCE.search(text) else None


async def tell_silent(task: Task, since: datetime) -> None:
    """The devices in service without a heartbeat since then, those that were never heard of among them."""
    question = task.question
    counts, silent = await asyncio.gather(
        task.homepot.devices.counts(question.view),
        task.homepot.devices.states(
            question.view, conditions=["offline", "never_seen"], silent_since=since, limit=MOST
        ),
    )
    amount, total = len(silent), sum(row.devices for row in counts if row.in_service)
    least = "at least " if amount == MOST else ""
    verb = "has" if amount == 1 else "have"
    fact = f"{least}{count(amount, noun(task))} of {total} in service{question.where} {verb} sent no heartbeat since {rfc3339(since)}"
    proof = task.findings.prove("count", capital(f"{fact}."), "devices:count")
    shown = sorted(silent, key=lambda device: (device.last_heartbeat_at is None, device.last_heartbeat_at or since))
    proofs = [prove_state(task, device) for device in shown[:LISTED]]
    names = f": {names_of(shown[:LISTED], amount)}" if amount else ""
    task.findings.claim(f"{fact}{names}.", proof, *proofs)
    for device, evidence in zip(shown, proofs, strict=False):
        task.findings.claim(f"{state_sentence(device, task.now)}.", evidence)
