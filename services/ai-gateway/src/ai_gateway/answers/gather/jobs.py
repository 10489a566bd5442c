"""Answer questions like “Which jobs failed?”, “Are all updates done?”, “Is any job stuck?”."""

import asyncio
import re
from collections import Counter
from typing import Final

from ai_gateway.answers.gather.done import tell_done
from ai_gateway.answers.gather.recent import (
    BY_DEVICE,
    BY_SITE,
    LISTED,
    NEWEST_WITHIN,
    leaders,
    looked_back,
    most_told,
    newest_first,
    say_first,
    scope_words,
)
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.gather.tally import Unit, read_unit, tell_tally, unit_range
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.deeds import read_done
from ai_gateway.answers.understand.period import MAX_DAYS, last, read_longer
from ai_gateway.homepot.scoped.jobs import Job, JobCount
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, capital, clean, count, duration, listing, some_of, span

TOP: Final = 5
MOST: Final = 200
"""Most failed jobs of which reasons are counted."""
JOB_SUCCESS: Final = frozenset({"completed", "acknowledged", "success"})
"""A push job ends as acknowledged, an agent's as completed."""
ENDED: Final = JOB_SUCCESS | {"failed", "cancelled", "canceled"}
FAILED: Final = re.compile(r"\bfail\w*|unsuccessful|went wrong|did not (?:work|succeed)|\bjob errors?\b")
_ACTIONS: Final = (
    ("firmware", r"firmware"),
    ("config", r"config\w* (?:updates?|push\w*|roll-?outs?|jobs?)|config_update"),
    ("log", r"log[ _]collect\w*|collect\w*[ _](?:the )?logs?"),
    ("payment", r"payment"),
    ("restart", r"restart\w*|reboot\w*"),
    ("backup", r"backups?"),
    ("security", r"security"),
    ("diagnostic", r"diagnostics?"),
    ("cache", r"caches?"),
    ("certificate", r"certificates?"),
    ("update", r"updat\w+"),
)
"""What a job does by a part of HOMEPOT's word for it, and by the question's words."""
_UNFINISHED: Final = re.compile(
    r"\bunfinished\b|\bstuck\b|\bhang\w*\b|\bhung\b|\bpending\b|\bqueued?\b|\bin progress\b|\bwaiting\b|\bwaits?\b|\bongoing\b|"
    r"\bunder ?way\b|\brunning\b|\bopen\b|\boutstanding\b|\bstill\b|\bactive\b|\bin (?:the )?queue\b|\bbacklog\b|"
    r"\bnot (?:\w+ )?(?:done|finished|completed?|ended|through|yet)\b|\bunprocessed\b|\bsent but\b|\bin flight\b|\bscheduled\b|\bplanned\b|\bupcoming\b|\bto (?:be )?do(?:ne)?\b"
)
_DONE: Final = re.compile(
    r"\b(?:did|have|has|are|is|was|were)\b.*\b(?:done|finish\w*|complete\w*|through|succe\w+|work(?:ed)?|installed|applied|over|ok|okay|fine|good)\b"
)
_HOW_LONG: Final = re.compile(
    r"\bhow (?:long|fast|quick\w*)\b(?!.{0,40}\b(?:has|have|had|been|waiting|wait)\b).*\b(?:take|takes|took|needs?|run|runs|last|lasts)\b|\b(?:average|mean|typical) (?:duration|time)\b|"
    r"\bdurations?\b|\btook (?:the )?longest\b"
)
_WHY: Final = re.compile(r"\bwhy\b|\breasons?\b|\bcauses?\b|\bwhat went wrong\b")
_RATE: Final = re.compile(r"\brate\b|\bpercent\w*|\bshare\b|succe\w+")


async def gather_jobs(task: Task) -> None:
    """How jobs ended, then the failed ones (or all, where none failed); or those that did not end yet."""
    text = task.question.asked
    if task.question.jobs:
        await _named(task)
        return
    if done := read_done(text):
        await tell_done(task, *done)
        return
    action = next((word for word, pattern in _ACTIONS if re.search(rf"\b(?:{pattern})\b", text)), None)
    if unit := read_unit(text):
        await _tallied(task, unit, action)
    if _HOW_LONG.search(text):
        await _times(task, action)
    elif _UNFINISHED.search(text) and not FAILED.search(text):
        await _unfinished(task, action)
    else:
        await _ended(task, action)


async def _named(task: Task) -> None:
    """The jobs that the question names by their ids."""
    year = task.homepot.last(days=MAX_DAYS)
    jobs = await task.homepot.jobs.listed(task.question.view, year, ids=list(task.question.jobs), limit=LISTED)
    for job in jobs:
        task.findings.state("job", job_sentence(job), f"jobs:{job.id}", at=job.at, device_id=job.device_id)
    for missing in sorted(set(task.question.jobs) - {job.job_id.lower() for job in jobs}):
        task.findings.state("no_data", f"No job {clean(missing, 60)} is known.", "jobs:count")


async def _tallied(task: Task, unit: Unit, action: str | None) -> None:
    failed = bool(FAILED.search(task.question.asked))
    chosen = unit_range(task, unit)
    rows = await task.homepot.jobs.by_time(task.question.view, chosen.period, unit.name, action=action, failed=failed)
    tell_tally(task, unit, chosen, rows, f"{'failed ' if failed else ''}{_kind(action)}", "jobs:count")


async def _times(task: Task, action: str | None) -> None:
    """How long jobs take that end well, of the question's time or the last 30 days."""
    chosen = task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    rows = await task.homepot.jobs.times(task.question.view, chosen.period, action=action)
    if not rows:
        text = f"No {_kind(action)}{scope_words(task)} ended well {chosen.words}, so how long it takes cannot be told."
        task.findings.state("no_data", text, "jobs:count")
        return
    whole, parts = rows[0], rows[1:]
    text = (
        f"{count(whole.jobs, _kind(action))}{scope_words(task)} that ended well {chosen.words} took {duration(whole.mean_s)} on "
        f"average, half of them at most {duration(whole.median_s)}, the longest {duration(whole.longest_s)}."
    )
    task.findings.state("count", capital(text), "jobs:count")
    if len(parts) > 1:
        parts = sorted(parts, key=lambda row: -row.mean_s)
        words = listing(f"{clean(row.action, 60)} {duration(row.mean_s)} ({row.jobs})" for row in parts)
        task.findings.state("count", f"On average by what they do: {words}.", "jobs:count")


async def _ended(task: Task, action: str | None) -> None:
    text = task.question.asked
    failed_only = bool(FAILED.search(text))

    async def read(period: Period) -> tuple[list[JobCount], list[Job]]:
        statuses = ["failed"] if failed_only else None
        return await asyncio.gather(
            task.homepot.jobs.counts(task.question.view, period, action),
            task.homepot.jobs.listed(
                task.question.view, period, statuses=statuses, action=action, limit=most_told(task)
            ),
        )

    if _RATE.search(text) and not task.question.time_range:
        month = last(task.now, NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
        chosen, (counts, jobs) = month, await read(month.period)
    else:
        chosen, (counts, jobs) = await looked_back(task, read, lambda found: found[0])
    tally = _tally(counts)
    total, failed = sum(tally.values()), tally["failed"]
    split = f": {_split(tally)}" if total else ""
    whose = scope_words(task)
    said = f"{count(total, _kind(action))}{whose} {be(total)} recorded {chosen.words}{split}"
    if failed_only:
        said = f"{count(failed, _kind(action))}{whose} failed {chosen.words} (of {total}{split})"
    task.findings.state("count", capital(f"{said}."), "jobs:count")
    if not failed_only and total and _DONE.search(text):
        _say_whether_done(task, tally, _kind(action), chosen.words)
    if total:
        await _ranked(task, counts, chosen, action, failed_only=failed_only)
    if failed and _WHY.search(text):
        await _reasons(task, chosen, action)
    ended = failed + sum(tally[status] for status in JOB_SUCCESS)
    if ended and _RATE.search(text):
        share = (
            f"{100 * (ended - failed) / ended:.0f} % of the {count(ended, 'job')} that ended {chosen.words} succeeded."
        )
        say_first(task, share, "jobs:count")
    for job in jobs:
        task.findings.state("job", job_sentence(job), f"jobs:{job.id}", at=job.at, device_id=job.device_id)
    newest_first(task, len(jobs))


async def _ranked(
    task: Task, counts: list[JobCount], chosen: TimeRange, action: str | None, *, failed_only: bool
) -> None:
    """Which devices, or sites, had how many, where that is asked."""
    text = task.question.asked
    kind = f"{'failed ' if failed_only else ''}{_kind(action)}"
    if BY_SITE.search(text) or len(task.question.sites) > 1:
        sites: Counter[str] = Counter()
        for at in counts:
            sites[clean(at.site_name, 80)] += at.jobs if not failed_only or at.status == "failed" else 0
        words = listing(f"{name} {amount}" for name, amount in sites.most_common())
        say_first(task, f"{leaders(sites.most_common())} the most {kind}s {chosen.words}: {words}.", "jobs:count")
    elif BY_DEVICE.search(text) and not task.question.devices:
        statuses = ["failed"] if failed_only else None
        rows = await task.homepot.jobs.by_device(
            task.question.view, chosen.period, limit=TOP, statuses=statuses, action=action
        )
        if not rows:
            return
        for row in rows:
            task.findings.concern(row.device_id, clean(row.name, 80), row.condition)
        words = some_of([f"{title(row.name, row.device_id)} {row.jobs}" for row in rows], rows[0].devices)
        lead = f"{title(rows[0].name, rows[0].device_id)} has the most {kind}s {chosen.words}: {words}"
        say_first(task, f"{lead}; jobs of whole sites are not among them.", "jobs:count")


async def _reasons(task: Task, chosen: TimeRange, action: str | None) -> None:
    """Say first what the failed jobs say, the most frequent first."""
    jobs = await task.homepot.jobs.listed(
        task.question.view, chosen.period, statuses=["failed"], action=action, limit=MOST
    )
    reasons = Counter(clean(job.error_message, 120) for job in jobs if job.error_message)
    if not reasons:
        say_first(task, f"No failed job {chosen.words} says why it failed.", "jobs:count", "no_data")
        return
    words = listing((f'"{reason}" {amount}' for reason, amount in reasons.most_common(TOP)), most=TOP)
    say_first(task, f"What failed jobs{scope_words(task)} say {chosen.words}: {words}.", "jobs:count")


def _say_whether_done(task: Task, tally: Counter[str], kind: str, when: str) -> None:
    """Yes or no, with how many were done, were not yet, and failed."""
    total, failed = sum(tally.values()), tally["failed"]
    done = sum(tally[status] for status in JOB_SUCCESS)
    waiting = sum(amount for status, amount in tally.items() if status not in ENDED)
    answer = "yes" if done == total else "no" if not done or failed or waiting else "not all"
    if done and answer == "no":
        answer = "not all"
    text = f"{capital(answer)}: of {count(total, kind)}{scope_words(task)} {when}, {done or 'none'} succeeded, {waiting or 'none'} {be(waiting)} unfinished and {failed or 'none'} failed."
    say_first(task, text, "jobs:count")


async def _unfinished(task: Task, action: str | None) -> None:
    """Jobs that did not end yet, however old, and how long the oldest has waited; the oldest first."""
    view = task.question.view
    chosen = task.range(NEWEST_WITHIN, f"of the last {NEWEST_WITHIN.days} days")
    if age := read_longer(task.question.asked):
        until = max(task.now - age, chosen.period.since)
        chosen = TimeRange(Period(chosen.period.since, until), f"made before {rfc3339(until)}")
    counts = await task.homepot.jobs.counts(view, chosen.period, action)
    tally = Counter({status: amount for status, amount in _tally(counts).items() if status not in ENDED})
    total = sum(tally.values())
    if not total:
        text = f"no {_kind(action)}{scope_words(task)} {chosen.words} is unfinished."
        task.findings.state("count", capital(text), "jobs:count")
        return
    statuses = [status for status in tally if status != "unknown"]
    jobs = await task.homepot.jobs.listed(
        view, chosen.period, statuses=statuses, action=action, limit=most_told(task), oldest=True
    )
    waits = f"; the oldest has waited for {span(task.now - jobs[0].at)}" if jobs else ""
    text = f"{count(total, _kind(action))}{scope_words(task)} {chosen.words} {be(total)} unfinished: {_split(tally)}{waits}."
    task.findings.state("count", capital(text), "jobs:count")
    for job in jobs:
        task.findings.state("job", job_sentence(job), f"jobs:{job.id}", at=job.at, device_id=job.device_id)


def _tally(counts: list[JobCount]) -> Counter[str]:
    tally: Counter[str] = Counter()
    for row in counts:
        tally[row.status or "unknown"] += row.jobs
    return tally


def _split(tally: Counter[str]) -> str:
    return listing(f"{amount} {status}" for status, amount in tally.most_common())


def _kind(action: str | None) -> str:
    return f"{action} job" if action else "job"


def job_sentence(job: Job) -> str:
    """A job in one sentence."""
    whose = f" for {title(job.device_name, job.device_id)}" if job.device_name and job.device_id else ""
    why = f': "{clean(job.error_message)}"' if job.error_message else ""
    return f'Job {job.job_id} "{clean(job.action, 80)}"{whose} at {clean(job.site_name, 80)}, {rfc3339(job.at)}: {job.status}{why}.'
