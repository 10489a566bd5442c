"""Configuration changes and health checks: what was done, and what went wrong."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable

from ai_gateway.answers.gather.effect import tell_effect
from ai_gateway.answers.gather.insight import Insight, cause_words, prove_incident, put_down_to, read_insight
from ai_gateway.answers.gather.recent import (
    BY_DEVICE,
    LISTED,
    NEWEST_WITHIN,
    QUIET,
    looked_back,
    most_told,
    newest_first,
    say_first,
    scope_words,
    tell_quiet,
)
from ai_gateway.answers.gather.signals import FAILING_RUN
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.gather.tally import read_unit, start_of, tell_tally
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.deeds import asks_effect
from ai_gateway.answers.understand.topic import Topic
from ai_gateway.answers.understand.vocabulary import tokens
from ai_gateway.homepot.scoped.changes import ConfigChange
from ai_gateway.homepot.scoped.tallies import TimeCount
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.homepot.values import setting_words
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, capital, clean, count, listing, some_of

MOST = 200
"""Most rows read to be counted; an answer says where it stopped."""
BLAMED = 3
_ROLLED_BACK = re.compile(r"roll(?:ed)?[- ]?backs?|rolled back|undone|reverted")
_PARAMETER = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
_NONE = re.compile(
    r"\b(?:which|what|how many)\b.*\b(?:no|without|not|never)\b(?: \w+){0,3} (?:config\w*|changes?|changed|reconfigured|touched)\b"
)
_FAILED = re.compile(r"\b(?:failed|fail|unsuccessful|did not (?:work|succeed))\b")
_APPROVED = re.compile(
    r"\bwho (?:has |had )?(?:approv|authori[sz]|sign|allow|permit|request|order)\w*\b|\bapproved by\b"
)
_WHO = re.compile(r"\bwho\b|\bby whom\b|\bwhose\b")


async def gather_changes(task: Task) -> None:
    """Configuration changes, newest first, with those that were rolled back."""
    if asks_effect(task.question.asked):
        month = task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
        await tell_effect(task, await task.homepot.changes.listed(task.question.view, month.period, limit=MOST))
        return
    only = bool(_ROLLED_BACK.search(task.question.asked))
    named = _PARAMETER.search(task.question.asked)

    async def read(period: Period) -> list[ConfigChange]:
        found = await task.homepot.changes.listed(
            task.question.view, period, limit=MOST, rolled_back_only=only, parameter=named[0] if named else None
        )
        return _of_topic(_of_parameter(_of_person(_only_failed(found, task), task.question.person), task), task)

    topic = task.question.topic
    (chosen, changes), insight = await asyncio.gather(
        looked_back(task, read, bool), read_insight(task, anomalies=False, health=False)
    )
    failed = bool(_FAILED.search(task.question.asked))
    kind = f"{'failed ' if failed else ''}{'rolled-back ' if only else ''}configuration change"
    kind = f"{named[0]} {kind}" if named else kind
    about = f' about "{clean(topic.text, 60)}"' if topic and (topic.sure or all(map(_is_about(topic), changes))) else ""
    amount = f"{count(len(changes), kind)}{' or more' if len(changes) == MOST else ''}"
    back = sum(change.was_rolled_back for change in changes)
    tail = f", {back} of them rolled back" if back and not only else ""
    tail += _by_whom(task, changes)
    text = f"{amount}{about}{scope_words(task)} {be(len(changes))} recorded {chosen.words}{tail}"
    _claim_changes(task, text, changes, insight)
    if changes and _NONE.search(task.question.asked):
        found = await task.homepot.changes.devices_without(task.question.view, chosen.period, limit=QUIET)
        tell_quiet(task, found, f"had no configuration changes {chosen.words}", "configuration_history:count")
    elif changes:
        _say_where_and_when(task, changes, chosen)
    for change in changes[: most_told(task)]:
        task.findings.state(
            "config_change",
            change_sentence(change),
            f"configuration_history:{change.id}",
            at=change.at,
            device_id=change.device_id,
        )
    newest_first(task, len(changes[: most_told(task)]))
    if topic and changes and not about:
        text = f'No such change mentions "{clean(topic.text, 60)}"; these are all.'
        say_first(task, text, "configuration_history:count", "no_data")
    if changes and _APPROVED.search(task.question.asked):
        said = f"Who approved or asked for a change is not on record; who made it is{_by_whom(task, changes)}."
        say_first(task, said.replace(", made by", ":"), "configuration_history:count", "no_data")


def _only_failed(changes: list[ConfigChange], task: Task) -> list[ConfigChange]:
    if not _FAILED.search(task.question.asked):
        return changes
    return [change for change in changes if change.was_successful is False]


def _of_parameter(changes: list[ConfigChange], task: Task) -> list[ConfigChange]:
    """The changes of a parameter that is named as people speak: “max connections” for ``max_connections``."""
    asked = f" {' '.join(tokens(task.question.asked))} "
    named = {one for change in changes if f" {' '.join(tokens(one := change.parameter_name))} " in asked}
    return [change for change in changes if change.parameter_name in named] if named else changes


def _of_topic(changes: list[ConfigChange], task: Task) -> list[ConfigChange]:
    """The changes that have the topic's words in their parameter, reason or values; all, where it may be none."""
    topic = task.question.topic
    if topic is None:
        return changes
    of = [*filter(_is_about(topic), changes)]
    return of if of or topic.sure else changes


def _is_about(topic: Topic) -> Callable[[ConfigChange], bool]:
    return lambda one: topic.is_in(one.parameter_name, one.change_reason, one.old_value, one.new_value)


def _of_person(changes: list[ConfigChange], person: str | None) -> list[ConfigChange]:
    """The changes of one whose address, or a part of it, is ``person``; all, where nobody is named."""
    if person is None:
        return changes
    said = set(tokens(person.split("@")[0]))
    return [change for change in changes if said <= set(tokens(change.changed_by.split("@")[0]))]


def _say_where_and_when(task: Task, changes: list[ConfigChange], chosen: TimeRange) -> None:
    """Which devices were changed, or how many changes there were a day, where that is asked."""
    text = task.question.asked
    if unit := read_unit(text):
        rows = Counter(start_of(change.at, unit) for change in changes)
        told = [TimeCount(at, amount) for at, amount in rows.items()]
        tell_tally(task, unit, chosen, told, "change", "configuration_history:count")
    elif BY_DEVICE.search(text):
        names = Counter(title(one.device_name, one.device_id) for one in changes if one.device_name and one.device_id)
        words = some_of([f"{name} {amount}" for name, amount in names.most_common(LISTED)], len(names))
        said = f"{count(len(names), 'device')}{task.question.where} had configuration changes {chosen.words}: {words}."
        say_first(task, capital(said), "configuration_history:count")


def _by_whom(task: Task, changes: list[ConfigChange]) -> str:
    """Who made them, where that is asked."""
    if task.question.person and not changes:
        return f" of {clean(task.question.person, 60)}"
    if not changes or not (task.question.person or _WHO.search(task.question.asked)):
        return ""
    made = Counter(clean(change.changed_by, 60) for change in changes)
    return (
        f", made by {listing(f'{name} ({amount})' if len(made) > 1 else name for name, amount in made.most_common(5))}"
    )


def _claim_changes(task: Task, text: str, changes: list[ConfigChange], insight: Insight | None) -> None:
    """The direct answer: how many changes, and which unresolved incidents are put down to one of them."""
    proof = task.findings.prove("count", capital(f"{text}."), "configuration_history:count")
    incidents = put_down_to(insight, changes)[:BLAMED]
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


async def gather_checks(task: Task) -> None:
    """Devices with failed health checks among the newest."""
    chosen = task.range()
    rows = await task.homepot.checks.failing(task.question.view, chosen.period, limit=MOST)
    least = "at least " if len(rows) == MOST else ""
    names = listing((f"{title(row.name, row.device_id)} {row.failed} of {row.checks}" for row in rows), most=LISTED)
    text = f"{least}{count(len(rows), 'device')}{scope_words(task)} failed health checks {chosen.words}{f': {names}' if rows else ''}"
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
