"""“Did the update to 2.5.0 cause problems?”: which devices it reached, what is put down to it, and their alerts since and before."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

from ai_gateway.answers.gather.firmware import gather_firmware
from ai_gateway.answers.gather.insight import cause_words, prove_incident, put_down_to, read_insight
from ai_gateway.answers.gather.recent import scope_words
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.vocabulary import EVERY_STATUS
from ai_gateway.homepot.scoped.changes import ConfigChange
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, clean, count, listing

MOST: Final = 200
"""Devices of which alerts are counted."""
BLAMED: Final = 3
_VERSION: Final = re.compile(r"\b\d+\.\d+(?:\.\d+)*\b")
_FIRMWARE: Final = re.compile(r"\b(?:firmware|updat\w+|upgrad\w+|versions?|releases?|patch\w*|rollouts?)\b")


async def tell_effect(task: Task, changes: Sequence[ConfigChange]) -> None:
    """What the changes that are asked of did, of those recorded in the question's time or the last 30 days."""
    version = _VERSION.search(task.question.asked)
    meant = [one for one in changes if _is_meant(one, task.question.asked, version[0] if version else None)]
    if (topic := task.question.topic) and not version:
        meant = [one for one in meant if topic.is_in(one.parameter_name, one.change_reason, one.new_value)] or meant
    what = f"to {version[0]} " if version else ""
    if not meant:
        text = f"No change {what}is on record{scope_words(task)}, so what it did cannot be told."
        task.findings.state("no_data", text, "configuration_history:count")
    else:
        await _tell(task, meant)
    if version:
        await gather_firmware(task)


def _is_meant(change: ConfigChange, text: str, version: str | None) -> bool:
    if version:
        return version in (change.new_value or "")
    return "firmware" in change.parameter_name.lower() if _FIRMWARE.search(text) else True


async def _tell(task: Task, meant: list[ConfigChange]) -> None:
    since = min(one.at for one in meant)
    changed = {one.device_id: one for one in meant if one.device_id}
    names = [title(one.device_name or "", one.device_id or "") for one in changed.values()]
    parameters = listing(dict.fromkeys(clean(one.parameter_name, 60) for one in meant))
    subject = (
        f"the change of {parameters} on {listing(names, most=BLAMED) if names else 'sites'} (since {rfc3339(since)})"
    )
    insight = await read_insight(task, anomalies=False, health=False)
    blamed = put_down_to(insight, meant)[:BLAMED]
    if blamed:
        told = listing(f'"{clean(one.title, 80)}" ({cause_words([one])})' for one in blamed)
        task.findings.claim(
            f"probably yes: to {subject} is put down {told}.", *(prove_incident(task, one) for one in blamed)
        )
    else:
        text = f"Nothing that is unresolved is put down to {subject}."
        task.findings.state("count", text, "configuration_history:count")
    if changed:
        before = Period(since - (task.now - since), since)
        now, then = await asyncio.gather(
            _alerts(task, set(changed), Period(since, task.now)), _alerts(task, set(changed), before)
        )
        whom = "it" if len(changed) == 1 else "them"
        text = f"since then {count(now, 'alert')} {'was' if now == 1 else 'were'} raised on {whom}, against {then or 'none'} in as long a time before."
        task.findings.state("count", capital(text), "alerts:count")


async def _alerts(task: Task, devices: set[str], period: Period) -> int:
    """Alerts of any state on these devices, by public id."""
    rows = await task.homepot.alerts.by_device(
        task.question.view, limit=MOST, statuses=EVERY_STATUS, since=period.since, until=period.until
    )
    return sum(row.events for row in rows if row.device_id in devices)
