"""Answer questions like “What does PAY504 mean?”: who logs that code, what they say, and what helped."""

import asyncio

from ai_gateway.answers.gather.recent import NEWEST_WITHIN, scope_words
from ai_gateway.answers.gather.similar import known_about
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.topic import Topic
from ai_gateway.homepot.scoped.errors import CodeOnDevice
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import clean, count, listing, some_of

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


async def tell_topic(task: Task, topic: Topic) -> bool:
    """The errors whose message has the topic's words, or any of them; false where nothing has it and it may be an adjective."""
    chosen = task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    devices: list[CodeOnDevice] = []
    for pattern in (topic.pattern(whole=True), topic.pattern(whole=False)):
        devices = devices or await task.homepot.errors.with_code(task.question.view, chosen.period, pattern, limit=TOP)
    quoted = f'"{clean(topic.text, 60)}"'
    if not devices:
        text = f"No warning or error{scope_words(task)} that devices logged {chosen.words} mentions {quoted}."
        task.findings.state("no_data", text, "error_logs:count")
        return topic.sure
    first = devices[0]
    for device in devices:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    names = some_of([f"{title(one.name, one.device_id)} {one.events}" for one in devices], first.devices)
    verb = "mentions" if first.total == 1 else "mention"
    text = (
        f"{count(first.total, 'warning or error', 'warnings and errors')}{scope_words(task)} {verb} {quoted} {chosen.words}, "
        f"first {rfc3339(first.since)}, last {rfc3339(first.latest)}: {names}."
    )
    task.findings.state("count", text, "error_logs:count", at=first.latest)
    for one in devices:
        text = (
            f'{title(one.name, one.device_id)} says most "{clean(one.message)}" '
            f"({listing(part for part in (clean(one.code, 40), one.severity, one.category) if part)})."
        )
        task.findings.state("error", text, "error_logs:count", device_id=one.device_id)
    return True


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
