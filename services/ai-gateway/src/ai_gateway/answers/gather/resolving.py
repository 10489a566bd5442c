"""Answer questions like “How long does it take us to resolve alerts on average?”."""

import re
from typing import Any, Final

from ai_gateway.answers.gather.recent import NEWEST_WITHIN
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.question import Question
from ai_gateway.homepot.scoped.alerts import ResolveTime
from ai_gateway.kit.text import capital, clean, count, duration, listing

_ASKS: Final = re.compile(
    r"\bmttr\b|\b(?:mean|average|avg|typical|usual|median) (?:resolution |repair )?time\b|\bresolution times?\b|"
    r"\btime to (?:resol\w+|fix\w*|close|repair|solve)|"
    r"\bhow (?:long|fast|quick\w*|soon|slow\w*)\b(?!.{0,40}\b(?:has|have|had|been)\b).{0,60}"
    r"\b(?:resol\w+|fix\w*|clos\w+|solv\w+|repair\w*|handl\w+|clear\w*|deal\w*|(?:stay|remain|last)\w*)\b"
)


def asks_how_long(question: Question) -> bool:
    """Whether the question is how long it takes until alerts are resolved."""
    return bool(_ASKS.search(question.asked))


async def gather_resolve_times(task: Task, filters: dict[str, Any]) -> None:
    """Mean and median from raised to resolved, of alerts resolved in the question's time or the last 30 days."""
    chosen = task.range(NEWEST_WITHIN, f"in the last {NEWEST_WITHIN.days} days")
    rows = await task.homepot.alerts.resolve_times(task.question.view, chosen.period, **filters)
    where = _whose(task)
    if not rows:
        text = f"No alert{where} was resolved {chosen.words}, so how long it takes cannot be told."
        task.findings.state("no_data", text, "alerts:count")
        return
    whole, parts = rows[0], rows[1:]
    text = (
        f"on average {duration(whole.mean_s)} from raised to resolved, half of them within {duration(whole.median_s)}: "
        f"{count(whole.alerts, 'alert')}{where} resolved {chosen.words}, the longest after {duration(whole.longest_s)}."
    )
    task.findings.state("count", capital(text), "alerts:count")
    if len(parts) > 1:
        words = listing(_words(row) for row in sorted(parts, key=lambda row: -row.alerts))
        task.findings.state("count", f"By severity: {words}.", "alerts:count")


def _words(row: ResolveTime) -> str:
    return f"{row.severity} {duration(row.mean_s)} on average, half within {duration(row.median_s)} ({count(row.alerts, 'alert')})"


def _whose(task: Task) -> str:
    names = listing((clean(device.name, 80) for device in task.question.devices), most=3)
    return f" on {names}" if task.question.devices else task.question.where
