"""Answer questions like “What does PAY504 mean?”: who logs that code, what they say, and what helped."""

import asyncio

from ai_gateway.answers.gather.recent import NEWEST_WITHIN, scope_words
from ai_gateway.answers.gather.similar import known_about
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.homepot.scoped.errors import CodeOnDevice
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import clean, count, some_of

TOP = 5


async def gather_codes(task: Task) -> None:
    """What is known of each code; then past incidents and runbooks about it."""
    chosen = task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    codes = task.question.codes
    found = await asyncio.gather(
        *(task.homepot.errors.with_code(task.question.view, chosen.period, code, limit=TOP) for code in codes)
    )
    for code, devices in zip(codes, found, strict=True):
        if devices:
            _tell(task, code, chosen.words, devices)
        else:
            text = (
                f'No error "{clean(code, 40)}"{scope_words(task)} was logged {chosen.words}, '
                "and no device or site is called that."
            )
            task.findings.state("no_data", text, "error_logs:count")
    for code, devices in zip(codes, found, strict=True):
        await known_about(task, devices[0].message if devices else code, code, logged=bool(devices))


def _tell(task: Task, code: str, when: str, devices: list[CodeOnDevice]) -> None:
    first = devices[0]
    for device in devices:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    names = some_of([f"{title(one.name, one.device_id)} {one.events}" for one in devices], first.devices)
    whose = f"by {names}" if first.devices > 1 else f"by {title(first.name, first.device_id)}"
    text = (
        f'{clean(first.code or code, 40)} is logged as "{clean(first.message)}" ({first.severity}, {first.category}): '
        f"{count(first.total, 'time')}{_where(task)} {when}, {whose}; first {rfc3339(first.since)}, last {rfc3339(first.latest)}."
    )
    task.findings.state("error", text, "error_logs:count", at=first.latest, device_id=first.device_id)


def _where(task: Task) -> str:
    return "" if task.question.devices else task.question.where
