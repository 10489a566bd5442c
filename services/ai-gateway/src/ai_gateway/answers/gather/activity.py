"""Jobs, configuration changes, logged errors and health checks: what was done, and what went wrong."""

import asyncio
import re
from collections import Counter
from datetime import timedelta

from ai_gateway.answers.gather.insight import Insight, cause_words, prove_incident, read_insight
from ai_gateway.answers.gather.signals import FAILING_RUN
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.period import TimeRange
from ai_gateway.homepot.store import ERRORS
from ai_gateway.homepot.types import ConfigChange, DeviceEvents, ErrorLog, Job
from ai_gateway.homepot.values import setting_words
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, capital, clean, count, listing, some_of

LISTED = 12
MOST = 200
"""Most rows read to be counted; an answer says where it stopped."""
TOP = 5
BLAMED = 3
NEWEST_WITHIN = timedelta(days=30)
"""“The last three errors” are looked for so far back."""
JOB_SUCCESS = frozenset({"completed", "acknowledged", "success"})
_ROLLED_BACK = re.compile(r"roll(?:ed)?[- ]?backs?|rolled back|undone|reverted")
FAILED = re.compile(r"\bfail\w*|unsuccessful|went wrong")
_ACTION = re.compile(r"firmware|restart|backup|payment|security|diagnostic|cache|reboot|certificate")
_PARAMETER = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
_RATE = re.compile(r"\brate\b|\bpercent\w*|\bshare\b|succe\w+")
_BY_DEVICE = re.compile(r"\b(?:which|what) (?:device|terminal|sensor|gateway|tablet|pos)\w*\b|\bmost\b")


def _scope(task: Task) -> str:
    devices = listing((clean(device.name, 80) for device in task.question.devices), most=3)
    return f" of {devices}" if task.question.devices else task.question.where


def _most(task: Task) -> int:
    """How many are told: as many as “the last 5” asks for."""
    return min(task.question.top or LISTED, LISTED)


def _range(task: Task) -> TimeRange:
    """The question's time range. The newest may be older than a day."""
    if task.question.order == "newest":
        return task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    return task.range()


def _newest_first(task: Task, told: int) -> None:
    """Where the newest are asked for, the ``told`` claims that were added last, newest first, are the answer."""
    if told and task.question.order == "newest":
        claims = task.findings.claims
        task.findings.claims = [*claims[-told:], *claims[:-told]]


async def gather_jobs(task: Task) -> None:
    """How jobs ended, then the failed ones (or all, where none failed)."""
    chosen = _range(task)
    failed_only = bool(FAILED.search(task.question.text.lower()))
    word = _ACTION.search(task.question.text.lower())
    action, statuses = word[0] if word else None, ["failed"] if failed_only else None
    counts, jobs = await asyncio.gather(
        task.homepot.job_counts(task.question.view, chosen.period, action),
        task.homepot.jobs(task.question.view, chosen.period, statuses=statuses, action=action, limit=_most(task)),
    )
    tally: Counter[str] = Counter()
    for row in counts:
        tally[row.status or "unknown"] += row.jobs
    total, failed = sum(tally.values()), tally["failed"]
    kind = f"{action} job" if action else "job"
    split = f": {listing(f'{amount} {status}' for status, amount in tally.most_common())}" if total else ""
    text = f"{count(total, kind)}{_scope(task)} {be(total)} recorded {chosen.words}{split}"
    if failed_only:
        text = f"{count(failed, kind)}{_scope(task)} failed {chosen.words} (of {total}{split})"
    task.findings.state("count", capital(f"{text}."), "jobs:count")
    ended = failed + sum(tally[status] for status in JOB_SUCCESS)
    if ended and _RATE.search(task.question.text.lower()):
        share = (
            f"{100 * (ended - failed) / ended:.0f} % of the {count(ended, 'job')} that ended {chosen.words} succeeded."
        )
        task.findings.state("count", share, "jobs:count")
    for job in jobs:
        task.findings.state("job", job_sentence(job), f"jobs:{job.id}", at=job.at, device_id=job.device_id)
    _newest_first(task, len(jobs))


def job_sentence(job: Job) -> str:
    """A job in one sentence."""
    whose = f" for {title(job.device_name, job.device_id)}" if job.device_name and job.device_id else ""
    why = f': "{clean(job.error_message)}"' if job.error_message else ""
    return f'Job {job.job_id} "{clean(job.action, 80)}"{whose} at {clean(job.site_name, 80)}, {rfc3339(job.at)}: {job.status}{why}.'


async def gather_changes(task: Task) -> None:
    """Configuration changes, newest first, with those that were rolled back."""
    chosen = _range(task)
    only = bool(_ROLLED_BACK.search(task.question.text.lower()))
    named = _PARAMETER.search(task.question.text.lower())
    changes, insight = await asyncio.gather(
        task.homepot.config_changes(
            task.question.view, chosen.period, limit=MOST, rolled_back_only=only, parameter=named[0] if named else None
        ),
        read_insight(task, anomalies=False, health=False),
    )
    kind = "rolled-back configuration change" if only else "configuration change"
    kind = f"{named[0]} {kind}" if named else kind
    amount = f"{count(len(changes), kind)}{' or more' if len(changes) == MOST else ''}"
    back = sum(change.was_rolled_back for change in changes)
    tail = f", {back} of them rolled back" if back and not only else ""
    text = f"{amount}{_scope(task)} {be(len(changes))} recorded {chosen.words}{tail}"
    _claim_changes(task, text, changes, insight)
    for change in changes[: _most(task)]:
        task.findings.state(
            "config_change",
            change_sentence(change),
            f"configuration_history:{change.id}",
            at=change.at,
            device_id=change.device_id,
        )
    _newest_first(task, len(changes[: _most(task)]))


def _claim_changes(task: Task, text: str, changes: list[ConfigChange], insight: Insight | None) -> None:
    """The direct answer: how many changes, and which unresolved incidents are put down to one of them."""
    proof = task.findings.prove("count", capital(f"{text}."), "configuration_history:count")
    sources = {f"configuration_history/{change.id}" for change in changes}
    incidents = [
        one
        for one in (insight.incidents if insight else [])
        if one.cause and any(ground.source in sources for ground in one.cause.evidence)
    ][:BLAMED]
    told = listing(f'"{clean(one.title, 80)}" ({cause_words([one])})' for one in incidents)
    blame = f"; to one of them is put down: {told}" if incidents else ""
    task.findings.claim(f"{text}{blame}.", proof, *(prove_incident(task, one) for one in incidents))


def change_sentence(change: ConfigChange) -> str:
    """A configuration change in one sentence."""
    whose = title(change.device_name, change.device_id) if change.device_name and change.device_id else change.site_name
    values = f" from {setting_words(change.old_value)} to {setting_words(change.new_value)}"
    why = f' ("{clean(change.change_reason, 100)}")' if change.change_reason else ""
    reason = f'"{clean(change.rollback_reason, 100)}"' if change.rollback_reason else "no reason given"
    back = f"; rolled back{_when(change)}: {reason}" if change.was_rolled_back else ""
    return f"{rfc3339(change.at)} {clean(change.parameter_name, 60)} of {whose} changed{values} by {clean(change.changed_by, 60)}{why}{back}."


def _when(change: ConfigChange) -> str:
    return f" {rfc3339(change.rolled_back_at)}" if change.rolled_back_at else ""


async def gather_errors(task: Task) -> None:
    """Logged errors (information is none) by device, then the newest."""
    chosen = _range(task)
    asked = tuple(one for one in task.question.severities if one in {"critical", "warning"})
    view, severities = task.question.view, asked or ERRORS
    summary, errors = await asyncio.gather(
        task.homepot.error_summary(view, chosen.period, limit=TOP, severities=severities),
        task.homepot.errors(view, chosen.period, limit=_most(task), severities=severities),
    )
    total, devices = summary.events, summary.ranked
    kind = f"{asked[0]} log entry" if asked else "warning or error"
    plural = f"{asked[0]} log entries" if asked else "warnings and errors"
    text = f"{count(total, kind, plural)}{_scope(task)} {be(total)} logged by devices {chosen.words}"
    task.findings.state("count", capital(f"{text}."), "error_logs:count")
    for device in devices:
        task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    if len(devices) > 1:
        words = _ranking(devices, summary.devices)
        task.findings.state("count", f"By device: {words}.", "error_logs:count")
        if _BY_DEVICE.search(task.question.text.lower()):
            first = devices[0]
            lead = f"{title(first.name, first.device_id)} logged the most: {count(first.events, kind, plural)} {chosen.words}."
            task.findings.state("count", lead, "error_logs:count", device_id=first.device_id)
            task.findings.claims.insert(0, task.findings.claims.pop())
    for error in errors:
        task.findings.state(
            "error", error_sentence(error), f"error_logs:{error.id}", at=error.at, device_id=error.device_id
        )
    _newest_first(task, len(errors))


def _ranking(devices: tuple[DeviceEvents, ...], amount: int) -> str:
    """The devices with the most, and how many more of ``amount`` there are."""
    names = [f"{title(one.name, one.device_id)} {one.events}" for one in devices]
    return some_of(names, amount)


def error_sentence(error: ErrorLog) -> str:
    """A logged error in one sentence."""
    code = f" {clean(error.error_code, 40)}" if error.error_code else ""
    return f'{rfc3339(error.at)} {error.severity} ({error.category}){code} logged by {title(error.device_name, error.device_id)}: "{clean(error.error_message)}".'


async def gather_checks(task: Task) -> None:
    """Devices with failed health checks among the newest."""
    chosen = task.range()
    rows = await task.homepot.failing_checks(task.question.view, chosen.period, limit=MOST)
    least = "at least " if len(rows) == MOST else ""
    names = listing((f"{title(row.name, row.device_id)} {row.failed} of {row.checks}" for row in rows), most=LISTED)
    text = f"{least}{count(len(rows), 'device')}{_scope(task)} failed health checks {chosen.words}{f': {names}' if rows else ''}"
    proof = task.findings.prove("count", capital(f"{text}."), "health_checks")
    task.findings.claim(f"{text}.", proof)
    for row in rows[:LISTED]:
        task.findings.concern(row.device_id, clean(row.name, 80), row.condition)
        now = f"the newest check {'failed' if row.run else 'passed'}"
        if row.run >= FAILING_RUN:
            now = f"failing now, {row.run} in a row"
        why = f', last error "{clean(row.error_message)}"' if row.error_message else ""
        sentence = f"{title(row.name, row.device_id)}: {row.failed} of {row.checks} health checks failed {chosen.words}, {now}{why}."
        task.findings.state("health_checks", sentence, "health_checks", at=row.latest, device_id=row.device_id)
