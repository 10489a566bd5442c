"""Which gatherer answers which intent, and what is said when none does."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from ai_gateway.answers.gather.activity import gather_changes, gather_checks
from ai_gateway.answers.gather.alerts import gather_alerts
from ai_gateway.answers.gather.anomalies import gather_anomalies
from ai_gateway.answers.gather.comparison import gather_comparison
from ai_gateway.answers.gather.course import gather_course
from ai_gateway.answers.gather.errors import gather_errors
from ai_gateway.answers.gather.history import gather_history
from ai_gateway.answers.gather.incidents import gather_incidents
from ai_gateway.answers.gather.jobs import gather_jobs
from ai_gateway.answers.gather.metrics import gather_metrics
from ai_gateway.answers.gather.planning import gather_planning
from ai_gateway.answers.gather.risk import gather_at_risk
from ai_gateway.answers.gather.similar import gather_similar
from ai_gateway.answers.gather.sources import Task, kind_words, title
from ai_gateway.answers.gather.status import gather_status
from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.name_index import MOST_OF_A_WORD
from ai_gateway.answers.understand.vocabulary import TYPE_WORDS
from ai_gateway.kit.text import clean, listing, some_of

NOT_HERE = "This question is not about anything that HOMEPOT's data can answer."
_ABOUT_ITSELF = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|day|evening)|thanks?|thx|cheers|bye|thank you|who are you|what are you|what can (?:you|i)|help|"
    r"how (?:do|can) (?:you|i) (?:help|ask|use))\b"
)
"""A greeting, or a question for what can be asked: nothing that anybody got wrong."""
_AGAINST = re.compile(
    rf"\b(?:than|versus|vs|compar\w+.{{0,40}}\b(?:with|to|and)) (?:the |our |my )?({'|'.join(TYPE_WORDS)})\b"
)
"""Compares with a type of devices."""
GATHERERS: dict[Intent, Callable[[Task], Awaitable[None]]] = {
    Intent.STATUS: gather_status,
    Intent.ALERTS: gather_alerts,
    Intent.INCIDENTS: gather_incidents,
    Intent.ANOMALIES: gather_anomalies,
    Intent.HISTORY: gather_history,
    Intent.METRICS: gather_metrics,
    Intent.COMPARISON: gather_comparison,
    Intent.COURSE: gather_course,
    Intent.SIMILAR: gather_similar,
    Intent.AT_RISK: gather_at_risk,
    Intent.JOBS: gather_jobs,
    Intent.PLANNING: gather_planning,
    Intent.CHANGES: gather_changes,
    Intent.ERRORS: gather_errors,
    Intent.CHECKS: gather_checks,
}
MOST_CALLED = 8
_NOT_ON_RECORD = re.compile(
    r"\b(?:batter(?:y|ies)|humidity|signal strength|(?:radio|wi-?fi) signal|voltage|power consumption|energy|paper|toner|ink|fan speed|"
    r"warrant(?:y|ies)|gps|noise)\b(?! (?:sensor|gateway|tablet|terminal|alert|error|alarm)s?\b)"
)
"""Quantities that HOMEPOT keeps no record of."""
ABILITIES = (
    "the state of devices and sites, alerts, incidents, anomalies, one device's history, metrics, jobs, configuration changes, "
    "errors, comparisons, what is more than usual, similar past incidents, devices at risk, and when to run jobs"
)


async def gather(task: Task, deadline_s: float) -> None:
    """Fill the task's findings; at least one claim stands there afterwards.

    Raises:
        Unavailable: HOMEPOT's database does not answer.
        TimeoutError: collecting took longer than ``deadline_s``.
    """
    async with asyncio.timeout(deadline_s):
        _no_date(task)
        _not_on_record(task)
        _unknown_names(task)
        _shared_word(task)
        gatherer = GATHERERS.get(task.question.intent)
        if gatherer is None:
            lead = "" if _ABOUT_ITSELF.search(task.question.text.lower()) else f"{NOT_HERE} "
            text = f"{lead}I can answer questions about {ABILITIES}."
            task.findings.state("no_data", text, "question")
        elif not task.question.lost:
            await gatherer(task)
    if task.question.platform and task.question.intent is not Intent.STATUS:
        task.findings.gaps.append("the operating system, by which a question of this kind is not narrowed")
    if task.question.deed:
        text = f"The gateway only reads: it answers questions and did not {task.question.deed} anything."
        task.findings.state("read_only", text, "question")
        task.findings.claims.insert(0, task.findings.claims.pop())
    _namesakes(task)
    if task.question.shared:
        task.findings.claims.insert(1, task.findings.claims.pop(0))  # the direct answer goes first
    if task.question.ambiguous:
        phrases = listing(f'"{clean(phrase, 80)}"' for phrase in task.question.ambiguous)
        names = listing(f"{clean(one.name, 80)} ({one.device_id})" for one in task.question.devices)
        task.findings.state(
            "ambiguous_name", f"Several devices fit {phrases}; the answer covers {names}.", "devices.name"
        )


def _no_date(task: Task) -> None:
    """Say that a date does not exist, and what the answer is of."""
    if no_date := task.question.no_date:
        text = f"{clean(no_date.text, 40)} does not exist; {no_date.words} taken."
        task.findings.state("note", text, "question")


def _not_on_record(task: Task) -> None:
    """Say that what is asked for is nowhere on record, where the answer can but be of something else."""
    if found := _NOT_ON_RECORD.search(task.question.asked):
        text = f"Nothing on record tells of {found[0]}; what follows is what is."
        task.findings.state("no_data", text, "devices, device_metrics")


def _shared_word(task: Task) -> None:
    """Say whom a word means that stands in names; first, so that no other evidence leaves it without room."""
    if word := clean(task.question.shared, 80):
        names = listing((title(one.name, one.device_id) for one in task.question.devices), most=MOST_OF_A_WORD)
        other = _AGAINST.search(task.question.asked)
        alone = f" They are not compared with the {other[1]}, a whole type." if other else ""
        text = f'The devices with "{word}" in their names are meant: {names}.{alone}'
        task.findings.state("note", text, "devices.name")


def _namesakes(task: Task) -> None:
    """Say that a word was taken for a whole type, where some devices of it are called so."""
    if task.question.namesakes:
        word, called = task.question.namesakes
        kinds = listing(f"{kind_words(kind)}s" for kind in task.question.types)
        names = some_of([clean(one.name, 80) for one in called[:MOST_CALLED]], len(called))
        text = f'With "{clean(word, 40)}" all {kinds} are meant; those with the word in their names are {names}.'
        task.findings.state("note", text, "devices.name, devices.device_type")


def _unknown_names(task: Task) -> None:
    for unknown in task.question.unknown:
        nearest = (
            f" The nearest known names are {listing(clean(name, 80) for name in unknown.nearest)}."
            if unknown.nearest
            else ""
        )
        text = f'No device or site called "{clean(unknown.name, 80)}" is known.{nearest}'
        task.findings.state("unknown_name", text, "devices.name, sites.name")
