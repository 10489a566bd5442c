"""“Is it safe to update Old Town Depot now?”: whether a moment is a good one at a site, what speaks against it, and the next."""

from datetime import datetime, time, timedelta
from typing import Final

from ai_gateway.answers.gather.insight import found_signals, joined, read_insight
from ai_gateway.answers.gather.signals import Signal, by_device, current_signals, prove_signal
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.visits import WEEKDAYS
from ai_gateway.homepot.names import SiteName
from ai_gateway.jobs.service import SitePlan, local_words
from ai_gateway.jobs.windows import SAYINGS, Window
from ai_gateway.kit.text import capital, clean, count, listing

DAYS: Final = 7
EVENING: Final = time(18)
NIGHT: Final = timedelta(hours=12)
LISTED: Final = 6
CONCERNED: Final = 50


async def tell_moment(task: Task, plan: SitePlan, moment: str) -> None:
    """Whether ``moment`` (now, today, tonight or tomorrow) suits work at the site."""
    name, good = clean(plan.site.name, 80), _good(plan)
    since, until = _stretch(plan, moment)
    fits = [one for one in good if one.start <= since < one.end] if moment == "now" else _between(good, since, until)
    later = min(
        (one for one in good if one.start >= until and one not in fits), key=lambda one: one.start, default=None
    )
    following = f" The next good window is {when(plan, later)}." if later else ""
    if fits:
        first = fits[0]
        whole = when(plan, first)
        start = f"{moment}, until {_clock(plan, first.end)}" if moment == "now" else f"{moment}, {whole}"
        start = whole if moment in WEEKDAYS else start
        text = f"by its hours, {name} can be worked on {start}: {plan.why(first)}{following}"
    else:
        text = f"{_on(moment)} is no good time to work on {name}: {_why_not(plan, moment, since)}{following}"
    task.findings.state("job_window", capital(text), source(plan))
    for note in plan.notes():
        task.findings.state("note", f"{name}: {note}", source(plan))


async def tell_troubles(task: Task, sites: list[SiteName]) -> None:
    """What is wrong at the sites, which speaks against work on the devices that are in it."""
    insight = await read_insight(task, incidents=False, health=False)
    signals = await current_signals(task)
    signals = joined(signals, found_signals(task, insight)) if insight else signals
    names = {site.name for site in sites}
    groups = by_device([one for one in signals if one.site_name in names])
    whose = listing(clean(site.name, 80) for site in sites)
    if not groups:
        task.findings.state("count", f"Nothing is wrong at {whose} that would speak against it.", "computed")
        return
    proofs = [prove_signal(task, signal) for group in groups[:LISTED] for signal in group]
    for group in groups[:CONCERNED]:
        task.findings.concern(group[0].device_id, clean(group[0].name, 80), group[0].condition)
    told = listing((_trouble(group) for group in groups), most=LISTED)
    verb = "is" if len(groups) == 1 else "are"
    text = f"what speaks against it: {count(len(groups), 'device')} {verb} in trouble, and to be seen to first: {told}."
    task.findings.claim(text, *proofs)


def _trouble(group: list[Signal]) -> str:
    return f"{title(group[0].name, group[0].device_id)} ({listing(signal.text for signal in group[:2])})"


def _good(plan: SitePlan) -> list[Window]:
    """Windows outside of the busiest hours in which devices answer, the best first."""
    return [one for one in plan.windows(plan.now, DAYS) if one.kind != "peak" and not one.asleep]


def _between(windows: list[Window], since: datetime, until: datetime) -> list[Window]:
    return [one for one in windows if one.start < until and one.end > since]


def _stretch(plan: SitePlan, moment: str) -> tuple[datetime, datetime]:
    """From when to when a moment lasts, by the site's clock."""
    local = plan.now.astimezone(plan.zone)
    midnight = datetime.combine(local.date(), time(), plan.zone)
    if moment == "tomorrow" or moment in WEEKDAYS:
        ahead = 1 if moment == "tomorrow" else (WEEKDAYS.index(moment) - local.weekday()) % 7
        return max(plan.now, midnight + timedelta(days=ahead)), midnight + timedelta(days=ahead + 1)
    if moment == "tonight":
        start = max(plan.now, datetime.combine(local.date(), EVENING, plan.zone))
        return start, start + NIGHT
    return plan.now, plan.now if moment == "now" else midnight + timedelta(days=1)


def _on(moment: str) -> str:
    return f"on {moment.capitalize()}" if moment in WEEKDAYS else moment


def _why_not(plan: SitePlan, moment: str, since: datetime) -> str:
    kind = plan.kind(since)
    if moment != "now" or kind != "peak":
        return "there is no window of an hour or more outside of its peak hours in which its devices answer."
    return f"{SAYINGS[kind][0].lower()}{SAYINGS[kind][1:]}."


def when(plan: SitePlan, window: Window) -> str:
    """A window by the site's clock."""
    return f"{local_words(window.start, window.end, plan.zone)} ({plan.zone.key})"


def source(plan: SitePlan) -> str:
    """Where a site's windows come from."""
    return f"site_operating_schedules of site {plan.site.id}, jobs:count"


def _clock(plan: SitePlan, at: datetime) -> str:
    return f"{at.astimezone(plan.zone):%H:%M} ({plan.zone.key})"
