"""Answer questions like “How long does it take us to resolve alerts on average?”."""

import re
from typing import Any, Final

from ai_gateway.answers.gather.recent import BY_SITE, NEWEST_WITHIN, say_first
from ai_gateway.answers.gather.sources import Task, alert_sentence, prove_alert
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.question import Question
from ai_gateway.answers.understand.vocabulary import UNSOLVED
from ai_gateway.homepot.scoped.alerts import ResolveTime
from ai_gateway.kit.text import capital, clean, count, duration, listing

_SITES: Final = re.compile(
    r"\bwhich (?:site|store|shop|building|location)s?\b|\b(?:by|per|each|every|of the) (?:sites?|stores?|shops?|locations?)\b"
)
_ASKS: Final = re.compile(
    r"\b(?:fix|fixes|resolv\w+|solv\w+|repairs?|clos\w+|handles?)\b.{0,40}\b(?:fast|quick|slow|soon)(?:er|est|ly)?\b|"
    r"\b(?:fast|quick|slow|soon)(?:er|est|ly)?\b.{0,30}\b(?:to|at|in) (?:fix|resolv|solv|repair|clos|handl)\w*\b|"
    r"\bmttr\b|\b(?:mean|average|avg|typical|usual|median) (?:resolution |repair )?time\b|\bresolution times?\b|"
    r"\btime to (?:resol\w+|fix\w*|close|repair|solve)|"
    r"\bhow (?:long|fast|quick\w*|soon|slow\w*)\b(?!.{0,40}\b(?:has|have|had|been)\b).{0,60}"
    r"\b(?:resol\w+|fix\w*|clos\w+|solv\w+|repair\w*|handl\w+|clear\w*|deal\w*|(?:stay|remain|last)\w*)\b"
)

RESOLVED: Final = ("resolved",)
MOST_LEFT: Final = 5
_WHETHER: Final = re.compile(r"^\W*(?:did|is|are|was|were|has|have)\b")
_SPEED: Final = re.compile(r"\b(?:fast|quick|slow|soon)(?:er|est|ly)?\b")
_OF_LATENCY: Final = re.compile(r"\b(?:latency|latencies|ping|response times?|network)\b")
"""Where “fastest” is not said of devices."""


def asks_how_long(question: Question) -> bool:
    """Whether the question is how long it takes until alerts are resolved."""
    return bool(_ASKS.search(question.asked))


async def gather_resolve_times(task: Task, filters: dict[str, Any]) -> None:
    """Mean and median from raised to resolved, of alerts resolved in the question's time or the last 30 days."""
    chosen = task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    if not (task.question.topic or _OF_LATENCY.search(task.question.asked)):
        filters = {**filters, "about": None if _SPEED.search(task.question.asked) else filters["about"]}
    rows = await task.homepot.alerts.resolve_times(task.question.view, chosen.period, **filters)
    where = _whose(task)
    if not rows:
        text = f"No alert{where} was resolved {chosen.words}, so how long it takes cannot be told."
        task.findings.state("no_data", text, "alerts:count")
        return
    whole, parts, sites = rows[0], [row for row in rows if row.severity], [row for row in rows if row.site_name]
    text = (
        f"on average {duration(whole.mean_s)} from raised to resolved, half of them within {duration(whole.median_s)}: "
        f"{count(whole.alerts, 'alert')}{where} resolved {chosen.words}, the longest after {duration(whole.longest_s)}."
    )
    task.findings.state("count", capital(text), "alerts:count")
    if len(parts) > 1:
        words = listing(f"{row.severity} {_words(row)}" for row in sorted(parts, key=lambda row: -row.alerts))
        task.findings.state("count", f"By severity: {words}.", "alerts:count")
    if len(task.question.sites) > 1 or BY_SITE.search(task.question.asked) or _SITES.search(task.question.asked):
        _by_site(task, sites, chosen)


async def tell_resolved(task: Task, filters: dict[str, Any], chosen: TimeRange | None, *, whose: str) -> None:
    """Say first how many were resolved in a time, whenever they were raised; or whether any of them is unresolved, where that is asked.

    ``whose``: which alerts, in words.
    """
    if chosen:
        rows = await task.homepot.alerts.resolve_times(task.question.view, chosen.period, **filters)
        amount = rows[0].alerts if rows else 0
        were = "was" if amount == 1 else "were"
        text = f"{count(amount, 'alert')}{whose} {were} resolved {chosen.words}, whenever raised."
        say_first(task, capital(text), "alerts:count")
    elif _WHETHER.search(task.question.asked) and not task.question.person:
        rows_left = await task.homepot.alerts.counts(task.question.view, **{**filters, "statuses": UNSOLVED})
        left = sum(row.alerts for row in rows_left)
        yes = "No" if left else "Yes"
        text = f"{yes}: {count(left, 'alert')}{whose} {'is' if left == 1 else 'are'} still unresolved."
        say_first(task, text, "alerts:count")
        if left:
            for alert in await task.homepot.alerts.listed(
                task.question.view, limit=MOST_LEFT, **{**filters, "statuses": UNSOLVED}
            ):
                task.findings.claim(alert_sentence(alert), prove_alert(task, alert))


def _by_site(task: Task, sites: list[ResolveTime], chosen: TimeRange) -> None:
    """Say first which site resolves fastest on average and slowest, and how long each takes."""
    ranked = sorted(sites, key=lambda row: row.mean_s)
    words = listing(f"{clean(row.site_name or '', 80)} {_words(row)}" for row in ranked)
    fast, slow = clean(ranked[0].site_name or "", 80), clean(ranked[-1].site_name or "", 80)
    lead = (
        f"{fast} resolves alerts fastest and {slow} slowest"
        if len(ranked) > 1
        else f"only at {fast} alerts were resolved"
    )
    say_first(task, capital(f"{lead}, from raised to resolved, {chosen.words}: {words}."), "alerts:count")


def _words(row: ResolveTime) -> str:
    return f"{duration(row.mean_s)} on average, half within {duration(row.median_s)} ({count(row.alerts, 'alert')})"


def _whose(task: Task) -> str:
    names = listing((clean(device.name, 80) for device in task.question.devices), most=3)
    return f" on {names}" if task.question.devices else task.question.where
