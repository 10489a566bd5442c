"""“When can I update Building A?” and “How likely is a firmware update to succeed at …?”: from opening hours and how jobs ended.

The windows and chances are those of the routes about jobs; here they are only put into sentences.
"""

import re
from typing import Final

from ai_gateway.access.scope import Scope
from ai_gateway.answers.gather.maintenance import gather_maintenance
from ai_gateway.answers.gather.moment import source, tell_moment, tell_troubles, when
from ai_gateway.answers.gather.sources import Task, prove_state, title
from ai_gateway.answers.understand.visits import asks_moment, asks_plan, moment_named
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.view import View
from ai_gateway.jobs.service import PERIOD, SitePlan
from ai_gateway.jobs.success import Chance
from ai_gateway.jobs.wire import JobChance
from ai_gateway.kit.text import clean, count, listing

DAYS: Final = 7
SHOWN: Final = 3
MOST: Final = 3
"""Sites and devices that one answer tells of."""
_LIKELY: Final = re.compile(
    r"\blikely\b|\blikelihood\b|\bchances?\b|\bprobab\w+|\bsucce\w+|\bgo through\b|\bwill\b.{0,60}\bwork\b"
)
_ACTIONS: Final = (
    (r"\bfirmware\b", "firmware"),
    (r"\bconfig\w*\b", "config"),
    (r"\b(?:restart|reboot)\w*\b", "restart"),
    (r"\bpayment\b", "payment"),
    (r"\blogs?\b", "logs"),
)
WHOLE: Final = f"in the last {PERIOD.days} days"


async def gather_planning(task: Task) -> None:
    """How likely a job succeeds if that is asked, else when to run it."""
    text = task.question.asked
    if asks_plan(text):
        await gather_maintenance(task)
        return
    own = task.question.text.lower()
    moment = asks_moment(text) if own == text else moment_named(own) or asks_moment(text)
    action = next((word for pattern, word in _ACTIONS if re.search(pattern, text)), None)
    scope = await task.sources.jobs.within(task.question.scope)
    if _LIKELY.search(text) and task.question.devices:
        for device in task.question.devices[:MOST]:
            await _tell_chance(task, scope, device, action)
        return
    sites = _sites(task, scope)
    if not sites or len(sites) > MOST:
        names = listing((clean(site.name, 80) for site in sites), most=MOST)
        which = f" {count(len(sites), 'site')} are in view: {names}." if sites else ""
        task.findings.state("no_data", f"When to work on a site depends on the site: name one.{which}", "sites.name")
        return
    for site in sites:
        plan = await task.sources.jobs.plan(scope, site, action if _LIKELY.search(text) else None)
        if _LIKELY.search(text):
            await _tell_site(task, scope, plan, action)
        elif moment:
            await tell_moment(task, plan, moment)
        else:
            _tell_windows(task, plan)
    if moment and not _LIKELY.search(text):
        await tell_troubles(task, sites)
        for device in task.question.devices[:MOST]:
            await _tell_chance(task, scope, device, action)


def _sites(task: Task, scope: Scope) -> list[SiteName]:
    """Those that are named, or of the devices named, or all in view that are in service."""
    question = task.question
    if question.sites:
        return list(question.sites)
    if question.devices:
        known = (scope.names.site_by_id.get(device.site_id) for device in question.devices)
        return list({site.id: site for site in known if site}.values())
    return [
        site
        for site in scope.names.sites
        if site.in_service and scope.sees(site.id) and (question.view.sites is None or site.id in question.view.sites)
    ]


def _tell_windows(task: Task, plan: SitePlan) -> None:
    windows = [one for one in plan.windows(plan.now, DAYS) if not one.asleep][:SHOWN]
    name = clean(plan.site.name, 80)
    if not windows:
        task.findings.state("no_data", f"No window of an hour or more is ahead at {name} in {DAYS} days.", source(plan))
    for place, window in enumerate(windows):
        told = f"{when(plan, window)}: {plan.why(window)}"
        lead = f"The best time to work on {name} is" if not place else f"{name} could also be worked on"
        task.findings.state("job_window", f"{lead} {told}", source(plan))
    for note in plan.notes():
        task.findings.state("note", f"{name}: {note}", source(plan))


async def _tell_site(task: Task, scope: Scope, plan: SitePlan, action: str | None) -> None:
    """How likely jobs of a site succeed; all jobs answer where none of that kind ended."""
    if plan.record.belief is None and action:
        text = f"No {action} job in view ended {WHOLE}, so all jobs have to tell."
        task.findings.state("no_data", text, "jobs:count")
        plan, action = await task.sources.jobs.plan(scope, plan.site), None
    name, kind = clean(plan.site.name, 80), f"{action} job" if action else "job"
    chance, own, others = plan.record.whole(), plan.record.here, plan.record.elsewhere
    if chance is None:
        task.findings.state("no_data", f"No job in view ended {WHOLE}, so nothing tells.", "jobs:count")
        return
    cases = f"{own.succeeded} of {count(own.jobs, kind)} of this site succeeded {WHOLE}"
    if not own.jobs:
        cases = f"no {kind} of this site ended {WHOLE}"
    wider = (
        f", and {others.succeeded} of {count(others.jobs, kind)} of other sites in view succeeded"
        if others.jobs
        else ""
    )
    task.findings.state("job_chance", f"A {kind} at {name} succeeds {_percent(chance)}: {cases}{wider}.", "jobs:count")
    for note in plan.notes()[-1:] if plan.silent else ():
        task.findings.state("note", f"{name}: {note}", source(plan))


async def _tell_chance(task: Task, scope: Scope, device: DeviceName, action: str | None) -> None:
    """How likely a job for a device succeeds that begins now, with the jobs behind it."""
    found = await task.sources.jobs.chance(scope, device, None, action)
    if found.probability is None and action:
        text = f"No {action} job in view ended {WHOLE}, so all jobs have to tell."
        task.findings.state("no_data", text, "jobs:count")
        found, action = await task.sources.jobs.chance(scope, device, None, None), None
    only = View(sites=task.question.view.sites, devices=(device.id,))
    states = await task.homepot.devices.states(only, in_service_only=False, limit=1)
    proofs = [prove_state(task, state) for state in states]
    label, kind = title(device.name, device.device_id), f"{action} job" if action else "job"
    chance = _chance(found)
    if chance is None:
        task.findings.state("no_data", f"No job in view ended {WHOLE}, so nothing tells.", "jobs:count")
        return
    cases = listing(f"{one.succeeded} of {one.jobs} {one.text}" for one in reversed(found.cases) if one.jobs)
    fact = (
        f"A {kind} for {label} succeeds {_percent(chance)}: {WHOLE}, of {count(found.jobs, kind)}, {cases} succeeded."
    )
    proof = task.findings.prove("job_chance", fact, "jobs:count", device_id=device.device_id)
    task.findings.claim(fact, proof)
    for concern in found.concerns:
        task.findings.claim(f"{label}: {concern}", *proofs, proof)


def _chance(found: JobChance) -> Chance | None:
    if found.probability is None or found.low is None or found.high is None:
        return None
    return Chance(found.probability, found.low, found.high)


def _percent(chance: Chance) -> str:
    ends = (f"{100 * end:.0f} %" for end in chance)
    probability, low, high = ends
    return f"with a probability of {probability} (90 % interval: {low} to {high})"
