"""“Who resolves most?”, “Does anybody look at it?”: what is on record of the people behind alerts."""

import re
from collections import Counter
from typing import Any

from ai_gateway.answers.gather.recent import say_first
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.understand.vocabulary import UNSOLVED
from ai_gateway.kit.text import be, capital, clean, count, listing

TOP = 5
MOST_RESOLVED = 1000
"""Newest resolved alerts of which it is counted who resolved them."""
_WHO_ACKNOWLEDGED = re.compile(r"\bwho (?:has |had )?(?:acknowledged|acked)\b")
_SEEN_TO = re.compile(
    r"\b(?:any ?one|any ?body|some ?one|some ?body|who|no ?body|no one)\b.{0,30}\b(?:look\w*|work\w*|seen?|car(?:e|ing)|handl\w+|deal\w*|respond\w*|react\w*|on it)\b"
)
_WHO_RESOLVES = re.compile(
    r"\bwho (?:has |have )?(?:resolved|closed|fixed|solved) (?:it|them|that|those|these)\b|"
    r"\bwho\b.{0,30}\b(?:resolv|clos|fix|solv|handl)\w*\b.{0,30}\bmost\b|\b(?:by|per) (?:person|user|technician|colleague)\b"
)


async def say_who(task: Task, filters: dict[str, Any]) -> None:
    """Say first who resolved most, and what is known of who sees to them, where that is asked."""
    text = task.question.asked
    if _WHO_ACKNOWLEDGED.search(text):
        say_first(task, "Who acknowledged an alert is not on record; who resolved it is.", "alerts:count", "no_data")
    elif _WHO_RESOLVES.search(text):
        await _resolvers(task, filters)
    elif _SEEN_TO.search(text):
        await _acknowledged(task, filters)


async def _acknowledged(task: Task, filters: dict[str, Any]) -> None:
    """Say first how many of the unresolved are acknowledged: nothing else on record says that somebody sees to one."""
    amounts = {}
    for status in UNSOLVED:
        rows = await task.homepot.alerts.counts(task.question.view, **{**filters, "statuses": (status,)})
        amounts[status] = sum(row.alerts for row in rows)
    total, known = sum(amounts.values()), amounts["acknowledged"]
    text = (
        f"{known or 'none'} of {count(total, 'unresolved alert')} {be(max(known, 1))} acknowledged; nothing else on record says that somebody"
        " looks at an alert before it is resolved."
    )
    say_first(task, capital(text), "alerts:count", "no_data" if not known else "count")


async def _resolvers(task: Task, filters: dict[str, Any]) -> None:
    """Say first who resolved how many, of the newest."""
    chosen = {**filters, "statuses": ("resolved",)}
    rows = await task.homepot.alerts.listed(task.question.view, limit=MOST_RESOLVED, order="newest", **chosen)
    by = Counter(clean(row.resolved_by, 60) if row.resolved_by else "nobody by name" for row in rows)
    words = listing(f"{who} {amount}" for who, amount in by.most_common(TOP))
    if by:
        say_first(
            task,
            f"{by.most_common(1)[0][0]} resolved the most of {count(len(rows), 'alert')}: {words}.",
            "alerts:count",
        )
