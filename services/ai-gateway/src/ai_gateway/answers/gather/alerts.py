"""Answer questions like “Which alerts are open?”, “How many critical alerts does Building A have?”."""

import asyncio
import re
from collections import Counter
from typing import Any

from ai_gateway.answers.gather.sources import Task, alert_sentence, prove_alert, title
from ai_gateway.answers.question import Order
from ai_gateway.answers.vocabulary import OUT_OF_SERVICE
from ai_gateway.homepot.types import DeviceEvents
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, clean, count, listing

LISTED = 15
TOP = 5
SEVERAL = 3
EVERY_STATUS = ("active", "acknowledged", "resolved", "ignored")
_STILL = re.compile(r"\b(?:active|open|current|still|now|outstanding|acknowledged|resolved|ignored|unresolved)\b")
_ONE = re.compile(r"\b(?:alert|alarm|warning)\b")
_BY_SITE = re.compile(r"\bwhich sites?\b|\b(?:per|by|each) site\b")
_NONE = re.compile(r"\b(?:no|without|zero|0)\b(?: \w+){0,2} (?:alert|alarm)s?\b")
_SITES = re.compile(r"\bsites?\b|\bstores?\b")
MOST_COUNTED = 20_000
_BY_DEVICE = re.compile(
    r"\b(?:which|what) (?:device|terminal|sensor|gateway|tablet|pos)\w*\b|\bper device\b|\bby device\b"
)


def filters_of(task: Task) -> dict[str, Any]:
    """Alert filters of the question. Of a time, or of the newest, without a word on their state, any state counts."""
    question = task.question
    statuses = question.alert_statuses
    past = question.time_range or question.order == "newest"
    if past and not _STILL.search(question.text.lower()):
        statuses = EVERY_STATUS
    period = question.time_range.period if question.time_range else None
    return {
        "statuses": statuses,
        "severities": list(question.severities) or None,
        "categories": list(question.categories) or None,
        "since": period.since if period else None,
        "until": period.until if period else None,
    }


async def gather_alerts(task: Task) -> None:
    """Count the alerts asked for, then list the worst."""
    filters, view, text = filters_of(task), task.question.view, task.question.text.lower()
    counts = await task.homepot.alert_counts(view, **filters)
    total = sum(row.alerts for row in counts)
    by_severity: Counter[str] = Counter()
    by_site: Counter[str] = Counter()
    for row in counts:
        by_severity[row.severity] += row.alerts
        by_site[clean(row.site_name, 80) or "no site"] += row.alerts
    task.findings.state("count", f"{_summary(task, total, by_severity, filters)}.", "alerts:count")
    if not total:
        return
    if task.question.order:
        await _in_order(task, task.question.order, filters)
        return
    if _NONE.search(text):
        await _without_alerts(task, set(by_site), filters)
    devices, alerts = await asyncio.gather(
        task.homepot.alerts_by_device(view, limit=TOP, **filters),
        task.homepot.alerts(view, limit=LISTED, **filters),
    )
    if _BY_SITE.search(text) and not _NONE.search(text):
        words = listing(f"{name} {amount}" for name, amount in by_site.most_common())
        _first(task, f"{by_site.most_common(1)[0][0]} has the most: {words}.")
    _most_alerts(task, devices, first=bool(task.question.ranking and _BY_DEVICE.search(text)))
    for alert in alerts:
        task.findings.claim(alert_sentence(alert), prove_alert(task, alert))


async def _in_order(task: Task, order: Order, filters: dict[str, Any]) -> None:
    """The oldest or newest alerts before their count: as many as are asked for."""
    question = task.question
    amount = question.top or (1 if _ONE.search(question.text.lower()) else LISTED)
    alerts = await task.homepot.alerts(question.view, limit=min(amount, LISTED), order=order, **filters)
    proofs = [prove_alert(task, alert) for alert in alerts]
    if len(alerts) == 1:
        task.findings.claim(f"the {order} is the {alert_sentence(alerts[0])}", *proofs)
    else:
        names = listing(f'"{clean(alert.title, 80)}" since {rfc3339(alert.at)}' for alert in alerts)
        task.findings.claim(f"the {len(alerts)} {order}, the {order} first: {names}.", *proofs)
        for alert, proof in zip(alerts, proofs, strict=True):
            task.findings.claim(alert_sentence(alert), proof)
    task.findings.claims.append(task.findings.claims.pop(0))


async def _without_alerts(task: Task, troubled: set[str], filters: dict[str, Any]) -> None:
    """Say first which sites, or how many devices, have none."""
    view = task.question.view
    counts, devices = await asyncio.gather(
        task.homepot.device_counts(view), task.homepot.alerts_by_device(view, limit=MOST_COUNTED, **filters)
    )
    served = {clean(row.site_name, 80) for row in counts if row.in_service}
    if _SITES.search(task.question.text.lower()):
        calm = sorted(served - troubled)
        _first(task, f"{listing(calm)} {be(len(calm))} without such alerts." if calm else "Every site has such alerts.")
        return
    total = sum(row.devices for row in counts if row.in_service)
    having = sum(device.condition not in OUT_OF_SERVICE for device in devices)
    _first(task, f"{total - having} of {total} devices in service have no such alerts.")


def _summary(task: Task, total: int, by_severity: Counter[str], filters: dict[str, Any]) -> str:
    question = task.question
    statuses = filters["statuses"]
    state = "" if statuses == EVERY_STATUS else f"{' or '.join(statuses)} "
    severities = question.severities[:1] if len(question.severities) <= SEVERAL else ("non-critical",)
    kind = "".join(f"{word} " for word in (*severities, *question.categories))
    where = question.where or ("".join(f" on {clean(device.name, 80)}" for device in question.devices[:3]))
    when = f" {question.time_range.words}" if question.time_range else ""
    split = f": {listing(f'{amount} {severity}' for severity, amount in by_severity.most_common())}" if total else ""
    return f"there {be(total)} {count(total, f'{state}{kind}alert')}{where}{when}{split}"


def _first(task: Task, text: str) -> None:
    """Put a sentence before the count: it is what was asked."""
    task.findings.state("count", text, "alerts:count")
    task.findings.claims.insert(0, task.findings.claims.pop())


def _most_alerts(task: Task, devices: list[DeviceEvents], *, first: bool) -> None:
    if not devices:
        return
    words = listing(f"{title(device.name, device.device_id)} {device.events}" for device in devices)
    for device in devices:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    if first:
        _first(task, f"{title(devices[0].name, devices[0].device_id)} has the most alerts: {words}.")
    elif len(devices) > 1:
        task.findings.state("count", f"Alerts by device: {words}.", "alerts:count")
