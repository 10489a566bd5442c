"""“Which devices were restarted today, and did it help?”: what was done to devices, by jobs and commands, and what ended after it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from ai_gateway.answers.gather.recent import LISTED, NEWEST_WITHIN, looked_back
from ai_gateway.answers.gather.signals import by_device, current_signals, prove_signal
from ai_gateway.answers.gather.sources import Task, alert_sentence, noun, prove_alert, title
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.deeds import asks_helped
from ai_gateway.answers.understand.vocabulary import UNSOLVED
from ai_gateway.homepot.scoped.alerts import Alert
from ai_gateway.homepot.scoped.jobs import Command, Job
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, capital, clean, count, duration, listing, some_of

MOST: Final = 500
SUCCEEDED: Final = frozenset({"completed", "acknowledged", "success"})
FAILED: Final = frozenset({"failed", "expired", "cancelled", "canceled", "rejected"})


class Deed(NamedTuple):
    """Something done to a device. ``succeeded``: ``None`` where it did not end yet."""

    at: datetime
    device: int
    device_id: str
    name: str
    succeeded: bool | None
    source: str
    text: str


class _Found(NamedTuple):
    """What was done, newest first. ``of_sites``: jobs for whole sites, which name no device."""

    deeds: list[Deed]
    of_sites: list[Job]


async def tell_done(task: Task, part: str, done: str) -> None:
    """Which devices it was done to in the question's time, the last day or the last 30 days, and whether it helped where that is asked.

    ``part``: of HOMEPOT's word for it; ``done``: in words, such as ``restarted``.
    """
    chosen, found = await looked_back(task, _reader(task, part), lambda one: one.deeds or one.of_sites)
    ended = [one for one in found.deeds if one.succeeded]
    _tell_who(task, ended, done, chosen)
    _tell_rest(task, found, done, chosen)
    if ended and asks_helped(task.question.asked):
        await _tell_helped(task, ended, done)
    for deed in found.deeds[:LISTED]:
        task.findings.state("job", deed.text, deed.source, at=deed.at, device_id=deed.device_id)


def _reader(task: Task, part: str) -> Callable[[Period], Awaitable[_Found]]:
    async def read(period: Period) -> _Found:
        view = task.question.view

        def before(at: datetime) -> bool:
            return at < period.until or period.until == task.now  # midnight is not of the day before

        jobs, commands = await asyncio.gather(
            task.homepot.jobs.listed(view, period, action=part, limit=MOST),
            task.homepot.jobs.commands(view, period, action=part, limit=MOST),
        )
        deeds = [deed for job in jobs if (deed := _of_job(job))] + [_of_command(one) for one in commands]
        deeds.sort(key=lambda one: one.at, reverse=True)
        of_sites = [job for job in jobs if job.device_id is None and before(job.at)]
        return _Found([one for one in deeds if before(one.at)], of_sites)

    return read


def _of_job(job: Job) -> Deed | None:
    if job.device is None or job.device_id is None:
        return None
    name, at = clean(job.device_name or "", 80), job.at
    text = f'{rfc3339(at)} job {job.job_id} "{clean(job.action, 80)}" for {title(name, job.device_id)}: {job.status}.'
    return Deed(at, job.device, job.device_id, name, _succeeded(job.status), f"jobs:{job.id}", capital(text))


def _of_command(one: Command) -> Deed:
    name = clean(one.device_name, 80)
    text = f'{rfc3339(one.at)} command "{clean(one.command_type, 80)}" to {title(name, one.device_id)}: {one.status}.'
    return Deed(one.at, one.device, one.device_id, name, _succeeded(one.status), f"device_commands:{one.id}", text)


def _succeeded(status: str | None) -> bool | None:
    return True if status in SUCCEEDED else False if status in FAILED else None


def _tell_who(task: Task, ended: list[Deed], done: str, chosen: TimeRange) -> None:
    """How many devices it was done to, or whether it was done to those that are named, and when last to each."""
    last = _last(ended)
    names = [f"{title(one.name, one.device_id)} {rfc3339(one.at)}" for one in last]
    by, tail = "by the jobs and commands on record", f": {some_of(names[:LISTED], len(names))}" if names else ""
    named = task.question.devices
    if named and not last:
        whom = listing((clean(one.name, 80) for one in named), most=LISTED)
        text = f"{whom} {'was' if len(named) == 1 else 'were'} not {done} {chosen.words}, {by}."
    else:
        some = f" of {len(named)}" if len(named) > 1 else ""
        where = "" if named else task.question.where
        were = "was" if len(last) == 1 else "were"
        text = f"{count(len(last), noun(task))}{some}{where} {were} {done} {chosen.words}, {by}{tail}."
    task.findings.state("count", capital(text), "jobs:count, device_commands:count")


def _tell_rest(task: Task, found: _Found, done: str, chosen: TimeRange) -> None:
    """What failed, did not end yet, or was for whole sites."""
    said = []
    failed = [one for one in found.deeds if one.succeeded is False]
    waiting = [one for one in found.deeds if one.succeeded is None]
    for deeds, words in ((failed, "failed"), (waiting, "did not end yet")):
        if deeds:
            names = listing(f"{one.name} {rfc3339(one.at)}" for one in deeds[:LISTED])
            said.append(f"{count(len(deeds), 'attempt')} {words} ({names})")
    if found.of_sites:
        jobs = listing(f"{clean(job.site_name, 80)} {rfc3339(job.at)} {job.status}" for job in found.of_sites[:LISTED])
        said.append(f"{count(len(found.of_sites), 'job')} {be(len(found.of_sites))} for whole sites ({jobs})")
    if said:
        text = f"besides those that were {done} {chosen.words}, {listing(said)}."
        task.findings.state("count", capital(text), "jobs:count, device_commands:count")


def _last(deeds: list[Deed]) -> list[Deed]:
    """The newest of each device."""
    last: dict[str, Deed] = {}
    for deed in deeds:
        last.setdefault(deed.device_id, deed)
    return list(last.values())


async def _tell_helped(task: Task, ended: list[Deed], done: str) -> None:
    """Say whether the alerts that were open on these devices were resolved after it, what was raised since, and how they are now."""
    last = _last(ended)
    view = View(sites=task.question.view.sites, devices=tuple(one.device for one in last))
    narrowed = msgspec.structs.replace(task, question=msgspec.structs.replace(task.question, view=view))
    since = min(one.at for one in last) - NEWEST_WITHIN
    alerts, signals = await asyncio.gather(
        task.homepot.alerts.listed(
            view, limit=MOST, order="newest", statuses=(*UNSOLVED, "resolved"), since=since, until=task.now
        ),
        current_signals(narrowed),
    )
    troubled = [(one, before) for one in last if (before := _open_then(one, alerts))]
    raised = [alert for one in last for alert in alerts if alert.device_id == one.device_id and alert.at > one.at]
    _tell_before(task, last, troubled, done)
    were = "was" if len(raised) == 1 else "were"
    whom = "it" if len(last) == 1 else "them"
    text = f"since then {count(len(raised), 'alert')} {were} raised on {whom}."
    task.findings.state("count", capital(text), "alerts:count")
    for alert in (*(one for _, before in troubled for one in before), *raised):
        task.findings.claim(alert_sentence(alert), prove_alert(task, alert))
    for group in by_device(signals):
        proofs = [prove_signal(task, signal) for signal in group]
        words = listing(signal.text for signal in group)
        task.findings.claim(f"{title(group[0].name, group[0].device_id)} now: {words}.", *proofs)
        task.findings.concern(group[0].device_id, clean(group[0].name, 80), group[0].condition)


def _tell_before(task: Task, last: list[Deed], troubled: list[tuple[Deed, list[Alert]]], done: str) -> None:
    if not troubled:
        whom = last[0].name if len(last) == 1 else "any of them"
        text = f"Whether it helped cannot be told: no alert was open on {whom} when it was {done}, so none could end by it."
    else:
        told = [f"{one.name}: {_after(one, before)}" for one, before in troubled]
        helped = sum(all(_resolved(alert) for alert in before) for _, before in troubled)
        text = (
            f"an alert was open on {len(troubled)} of {count(len(last), 'device')} when {'it was' if len(last) == 1 else 'they were'} {done}; "
            f"on {helped or 'none'} of them all such alerts were resolved afterwards ({listing(told)}). That one follows the other does not prove that it helped."
        )
    task.findings.state("count", capital(text), "alerts:count")
    task.findings.claims.insert(1, task.findings.claims.pop())


def _open_then(deed: Deed, alerts: list[Alert]) -> list[Alert]:
    """The device's alerts that were raised before it was done and not resolved before it."""
    own = [one for one in alerts if one.device_id == deed.device_id and one.at <= deed.at]
    return [one for one in own if not (_resolved(one) and one.resolved_at and one.resolved_at < deed.at)]


def _resolved(alert: Alert) -> bool:
    return alert.status == "resolved"


def _after(deed: Deed, before: list[Alert]) -> str:
    """``2 resolved, the last after 20 min`` and ``1 still open``."""
    solved = [one for one in before if _resolved(one)]
    took = max(((one.resolved_at or deed.at) - deed.at for one in solved), default=timedelta(0))
    said = [f"{len(solved)} resolved, the last {duration(took.total_seconds())} after it"] if solved else []
    left = len(before) - len(solved)
    return listing([*said, *([f"{left} still open"] if left else [])])
