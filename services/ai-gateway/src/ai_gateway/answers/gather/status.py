"""Answer questions like “Which devices are offline?”, “How is Building A?”, “What is the state of the lobby terminal?”."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable

from ai_gateway.answers.gather.firmware import gather_firmware
from ai_gateway.answers.gather.history import tell_states
from ai_gateway.answers.gather.incidents import tell_incidents
from ai_gateway.answers.gather.insight import health_words, prove_health, read_insight
from ai_gateway.answers.gather.outage import asks_outage, tell_outages
from ai_gateway.answers.gather.platforms import gather_platform, gather_platforms
from ai_gateway.answers.gather.presence import (
    asks_unmeasured,
    asks_uptime,
    asks_were,
    tell_presence,
    tell_unmeasured,
)
from ai_gateway.answers.gather.recent import leaders
from ai_gateway.answers.gather.silence import silent_since, tell_silent
from ai_gateway.answers.gather.sources import Task, kind_words, names_of, noun, prove_state, state_sentence
from ai_gateway.answers.gather.transitions import tell_transitions
from ai_gateway.answers.gather.trend import gather_trend
from ai_gateway.answers.gather.unwell import UNWELL, asks_health, tell_by_health, tell_unwell
from ai_gateway.answers.understand.settle import is_it_well
from ai_gateway.answers.understand.vocabulary import OUT_OF_SERVICE
from ai_gateway.homepot.scoped.devices import DeviceCount, DeviceState
from ai_gateway.kit.text import be, capital, clean, count, listing, number

LISTED = 25
TOLD = 3
"""Incidents in an overview."""
TROUBLED = ["error", "offline", "warning", "never_seen", "maintenance"]
_BY_SITE = re.compile(r"\bwhich sites?\b|\b(?:per|by|each|every) site\b|\bsites? (?:has|have|with)\b")
_SITES = re.compile(
    r"\bhow many sites\b|\blist (?:all )?(?:of )?(?:the |our |my )?sites\b|\bwhat sites\b|\bwhich sites (?:are|do|exist)\b"
)
_TYPES = re.compile(
    r"\b(?:what|which|how many) (?:device )?(?:types|kinds)\b|\bby type\b|\bper type\b|\bof each type\b"
)
_SYSTEMS = re.compile(
    r"\b(?:which|what|list|how many) (?:\w+ ){0,2}(?:operating systems?|os|platforms?)\b|\b(?:by|per|each) (?:operating system|os|platform)\b"
)
_ADDRESSES = re.compile(r"\b(?:ip )?addresses\b|\bips\b")
_SHARE = re.compile(r"\bper ?cent(?:age)?\b|\b(?:share|fraction|proportion|ratio)\b|%")
_FIRMWARE = re.compile(
    r"\bfirmware\b|\bversion\b|\b(?:runs?|running|use[sd]?|using|have|has|with) (?:the )?\d+\.\d+\.\d+\b|\b(?:not|never)(?: been)? (?:updated|upgraded|patched)\b|\boutdated\b"
)
_WAS = re.compile(r"\b(?:was|were|had been)\b")
_RECAP = re.compile(r"\b(?:weekly|monthly|week|month)\b")


async def gather_status(task: Task) -> None:
    """Choose the view of status that the question asks for."""
    question = task.question
    text = question.asked
    if asks_uptime(text):
        await tell_presence(task, task.range())
    elif (question.devices and not (question.shared and question.conditions)) or _ADDRESSES.search(text):
        await _named_devices(task)
    elif question.platform:
        await gather_platform(task, question.platform)
    elif _SYSTEMS.search(text):
        await gather_platforms(task)
    elif _FIRMWARE.search(text):
        await gather_firmware(task)
    elif _SITES.search(text):
        await _sites(task)
    elif asks_unmeasured(text):
        await tell_unmeasured(task)
    elif not (asks_health(text) and await tell_by_health(task)):
        await _by_words(task, text)


async def _by_words(task: Task, text: str) -> None:
    """Devices by their states, by type or by site, whichever the words name; all of them where they name none."""
    if task.question.time_range and asks_were(text):
        if "offline" in task.question.conditions:
            await tell_transitions(task, task.question.time_range)
        await tell_presence(task, task.question.time_range)
    elif task.question.conditions:
        await _in_condition(task, by_site=bool(_BY_SITE.search(text)))
    elif _TYPES.search(text):
        await _grouped(task, "type", lambda row: kind_words(row.device_type))
    elif _BY_SITE.search(text):
        await _grouped(task, "site", lambda row: clean(row.site_name, 80))
    else:
        await overview(task)
        if _RECAP.search(text):
            await gather_trend(task)


async def _named_devices(task: Task) -> None:
    if asks_outage(task.question.asked) and (task.question.time_range or _WAS.search(task.question.asked)):
        await tell_outages(task, task.range())
    states = await task.homepot.devices.states(task.question.view, in_service_only=False, limit=LISTED)
    if is_it_well(task.question.asked):
        await tell_states(task, await read_insight(task))
        return
    asked = "health" in task.question.asked
    insight = await read_insight(task, anomalies=False, incidents=False) if asked else None
    for device in states:
        proof = prove_state(task, device)
        facts, attributes = _attributes(task, device)
        health = health_words(insight.of(device.device_id)[1]) if insight else ""
        told = f"; {health}" if health else ""
        task.findings.claim(
            f"{state_sentence(device, task.now)}{told}{facts}.", proof, prove_health(task, device, health), attributes
        )


def _attributes(task: Task, device: DeviceState) -> tuple[str, tuple[str, ...]]:
    """Firmware, operating system or address, where the question asks for them."""
    text = task.question.asked
    wanted = (
        ("firmware", r"\bfirmware\b|\bversion\b", device.firmware_version),
        ("operating system", r"\bos\b|operating system", device.os_details),
        ("IP address", r"\bips?\b|\baddress(?:es)?\b", device.ip_address),
    )
    facts = [
        f"{label} {clean(value, 80) if value else 'not recorded'}"
        for label, pattern, value in wanted
        if re.search(pattern, text)
    ]
    if not facts:
        return "", ()
    text = f"{device.device_id}: {', '.join(facts)}."
    proof = task.findings.prove("device_attribute", text, f"devices:{device.id}", device_id=device.device_id)
    return f"; {', '.join(facts)}", proof


async def overview(task: Task) -> None:
    """How many devices are in which state, which are in trouble, and the worst of what the worker found."""
    view = task.question.view
    counts, devices, insight = await asyncio.gather(
        task.homepot.devices.counts(view),
        task.homepot.devices.states(view, conditions=TROUBLED, limit=LISTED),
        read_insight(task, anomalies=False, health=False),
    )
    task.findings.state("count", f"{capital(_summary(task, counts))}.", "devices:count")
    in_trouble = sum(row.devices for row in counts if row.in_service and row.condition in TROUBLED)
    if in_trouble:
        proofs = [prove_state(task, device) for device in devices]
        words = f"{count(in_trouble, 'device')} {'needs' if in_trouble == 1 else 'need'} a look: {names_of(devices, in_trouble)}."
        task.findings.claim(words, *proofs)
    if insight:
        tell_incidents(task, insight.incidents, insight, most=TOLD)


def _summary(task: Task, counts: list[DeviceCount]) -> str:
    in_service = [row for row in counts if row.in_service]
    total = sum(row.devices for row in in_service)
    retired = sum(row.devices for row in counts) - total
    what = noun(task)
    if not total:
        return f"there {be(0)} no {what}s in service{task.question.where or ' in view'}{_retired(retired)}"
    states = listing(
        f"{amount} {state.replace('_', ' ')}" for state, amount in _tally(in_service, lambda row: row.condition)
    )
    return f"{count(total, what)} {be(total)} in service{task.question.where}: {states}{_retired(retired)}"


def _retired(amount: int) -> str:
    return f" ({amount} more out of service)" if amount else ""


def _tally(rows: Iterable[DeviceCount], key: Callable[[DeviceCount], str]) -> list[tuple[str, int]]:
    tally: Counter[str] = Counter()
    for row in rows:
        tally[key(row)] += row.devices
    return tally.most_common()


async def _in_condition(task: Task, *, by_site: bool) -> None:
    question = task.question
    if question.conditions == UNWELL and not by_site and await tell_unwell(task):
        return
    if not by_site and (since := silent_since(task)):
        await tell_silent(task, since)
        return
    gone = set(question.conditions) <= OUT_OF_SERVICE
    counts, devices = await asyncio.gather(
        task.homepot.devices.counts(question.view),
        task.homepot.devices.states(
            question.view, conditions=list(question.conditions), in_service_only=not gone, limit=LISTED
        ),
    )
    pool = [row for row in counts if row.in_service or gone]
    matching = [row for row in pool if set(row.labels) & set(question.conditions)]
    amount, total = sum(row.devices for row in matching), sum(row.devices for row in pool)
    if by_site:
        _rank_sites(task, matching)
    if _SHARE.search(question.asked):
        _share(task, amount, total, gone=gone)
    whole = "devices" if gone else "in service"
    fact = f"{amount} of {total} {noun(task)}s {whole}{question.where} {be(amount)} {_condition(task)}"
    proof = task.findings.prove("count", capital(f"{fact}."), "devices:count")
    proofs = [prove_state(task, device) for device in devices]
    names = f": {names_of(devices, amount)}" if amount else ""
    subject = f"{count(amount, noun(task))} {be(amount)} {_condition(task)}{question.where}"
    task.findings.claim(f"{subject}{names} (of {total} {'in all' if gone else 'in service'}).", proof, *proofs)
    for device, evidence in zip(devices, proofs, strict=True):
        task.findings.claim(f"{state_sentence(device, task.now)}.", evidence)


def _share(task: Task, amount: int, total: int, *, gone: bool) -> None:
    """What part of the devices it is, in percent."""
    part = f"{number(100 * amount / total)} % of the {noun(task)}s" if total else f"There are no {noun(task)}s"
    whole = "" if gone else " in service"
    said = f" {be(2)} {_condition(task)}: {amount} of {total}" if total else ""
    task.findings.state("count", f"{part}{whole}{task.question.where}{said}.", "devices:count")


def _condition(task: Task) -> str:
    words = {
        "offline": "offline",
        "online": "online",
        "error": "in error state",
        "warning": "in warning state",
        "healthy": "online and healthy",
        "maintenance": "under maintenance",
        "never_seen": "without a heartbeat so far",
    }
    conditions = task.question.conditions
    if set(conditions) == OUT_OF_SERVICE:
        return "out of service"
    if conditions == ("offline", "never_seen"):
        return "offline or never seen"
    return " or ".join(words.get(one, one.replace("_", " ")) for one in conditions)


def _rank_sites(task: Task, matching: list[DeviceCount]) -> None:
    ranked = _tally(matching, lambda row: clean(row.site_name, 80))
    if not ranked:
        return
    words = listing(f"{name} {amount}" for name, amount in ranked)
    text = f"{leaders(ranked)} the most devices {_condition(task)}: {words}."
    task.findings.state("count", text, "devices:count")


async def _sites(task: Task) -> None:
    counts = await task.homepot.devices.counts(task.question.view)
    ranked = _tally((row for row in counts if row.in_service), lambda row: clean(row.site_name, 80))
    names = listing((f"{name} ({count(amount, 'device')})" for name, amount in ranked), most=LISTED)
    task.findings.state("count", f"{count(len(ranked), 'site')} with devices in service: {names}.", "sites:count")


async def _grouped(task: Task, word: str, key: Callable[[DeviceCount], str]) -> None:
    counts = [row for row in await task.homepot.devices.counts(task.question.view) if row.in_service]
    groups = _tally(counts, key)
    total = sum(amount for _, amount in groups)
    words = listing((f"{name} {amount}" for name, amount in groups), most=LISTED)
    text = f"{count(total, 'device')} in service{task.question.where} by {word}: {words}."
    task.findings.state("count", text, "devices:count")
    for name, _ in groups:
        states = listing(
            f"{n} {s.replace('_', ' ')}"
            for s, n in _tally((r for r in counts if key(r) == name), lambda r: r.condition)
        )
        task.findings.state("count", f"{name}: {states}.", "devices:count")
