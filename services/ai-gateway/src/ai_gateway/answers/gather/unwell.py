"""“Which devices are unhealthy?”, “Which device has the worst health?”: by the worker's health and HOMEPOT's states together."""

import asyncio
import re
from typing import Final

from ai_gateway.answers.gather.insight import prove_health, unwell
from ai_gateway.answers.gather.sources import Task, names_of, noun, prove_state, state_sentence
from ai_gateway.kit.text import be, capital, clean, count

LISTED: Final = 25
UNWELL = ("error", "warning", "offline", "never_seen")
"""What “unwell” means where only HOMEPOT's rows can say."""
_HEALTH = re.compile(
    r"\b(?:worst|sickest|unhealthiest) (?:\d+ )?(?:devices?|terminals?|tills?|sensors?|gateways?|tablets?|kiosks?)\b|"
    r"\b(?:devices?|terminals?|tills?|sensors?|gateways?|tablets?|kiosks?)\b.{0,20}\b(?:worst|sickest)\b(?! (?:\w+ )?(?:cpu|memory|disk|latency|temperature|error))|"
    r"\bhealth scores?\b|\b(?:worst|best|lowest|poorest|highest) (?:\w+ )?health\b|\b(?:un|least )healthiest\b|\bleast healthy\b|"
    r"\b(?:devices?|terminals?|sensors?|gateways?|tablets?|kiosks?)\b.{0,30}\bcritical\b(?! (?:alerts?|errors?|incidents?))"
)
_CRITICAL = re.compile(r"\bcritical\b")


def asks_health(text: str) -> bool:
    """Whether ``text`` (lower case) asks who is how healthy."""
    return bool(_HEALTH.search(text))


async def tell_unwell(task: Task) -> bool:
    """Tell of devices that are unwell by their health, and of those that HOMEPOT calls so; false without insight."""
    found, counts, devices = await asyncio.gather(
        unwell(task),
        task.homepot.devices.counts(task.question.view),
        task.homepot.devices.states(task.question.view, conditions=list(UNWELL), limit=LISTED),
    )
    if found is None:
        return False
    words = {device.id: reason for device, reason in found}
    listed = {device.id: device for device in (*(device for device, _ in found), *devices)}
    total = sum(row.devices for row in counts if row.in_service)
    where, names = task.question.where, names_of(list(listed.values())[:LISTED], len(listed))
    fact = f"{count(len(listed), noun(task))} {be(len(listed))} unwell{where}"
    proof = task.findings.prove("count", capital(f"{fact}, of {total} in service."), "ai_device_health, devices")
    told = [(device, words.get(device.id, "")) for device in list(listed.values())[:LISTED]]
    proofs = [(*prove_state(task, device), *prove_health(task, device, reason)) for device, reason in told]
    task.findings.claim(f"{fact}{f': {names}' if listed else ''} (of {total} in service).", proof, *proofs)
    for (device, reason), evidence in zip(told, proofs, strict=True):
        why = f"; {reason}" if reason else ""
        task.findings.claim(f"{state_sentence(device, task.now)}{why}.", evidence)
    return True


async def tell_by_health(task: Task) -> bool:
    """The devices whose health is worst, or critical where that is asked for; false without insight."""
    found = await unwell(task)
    if found is None:
        return False
    critical = bool(_CRITICAL.search(task.question.asked))
    told = [one for one in found if not critical or "(critical)" in one[1]]
    told = told[: task.question.top]
    where = task.question.where
    if not told:
        text = f"No {noun(task)} is {'in critical' if critical else 'in bad'} health{where}."
        task.findings.state("count", text, "ai_device_health")
        return True
    proofs = [(*prove_state(task, device), *prove_health(task, device, reason)) for device, reason in told[:LISTED]]
    if critical:
        fact = f"{count(len(told), noun(task))} {be(len(told))} in critical health{where}"
        lead = f"{fact}: {names_of([device for device, _ in told[:LISTED]], len(told))}."
    else:
        device, reason = told[0]
        lead = f"{clean(device.name, 80)} at {clean(device.site_name, 80)} has the worst health{where}: {reason}."
    task.findings.claim(lead, *proofs)
    for (device, reason), proof in zip(told, proofs, strict=False):
        task.findings.claim(f"{state_sentence(device, task.now)}; {reason}.", proof)
    return True
