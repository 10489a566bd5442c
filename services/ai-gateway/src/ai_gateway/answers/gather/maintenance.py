"""“Plan my maintenance for next week”: the visits of the maintenance plan, put into sentences. Nothing is scheduled."""

from typing import Final

from ai_gateway.access.scope import Scope
from ai_gateway.answers.gather.anomalies import gather_signs
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.ahead import WEEK_H, horizon_h
from ai_gateway.kit.queries import Page
from ai_gateway.kit.text import capital, clean, count, listing, number
from ai_gateway.maintenance.wire import MaintenancePlan, PlannedDevice, VisitView
from ai_gateway.prediction.words import NOTABLE, period

HORIZONS: Final = (48.0, 72.0, WEEK_H, 2 * WEEK_H)
LISTED: Final = 8
SOURCE: Final = "ai_predictions, site_operating_schedules"
_KINDS: Final = {
    "maintenance": "a maintenance window",
    "quiet": "open, outside of the peak hours",
    "closed": "closed",
    "peak": "in the peak hours",
    "unknown": "no schedule is known",
}


async def gather_maintenance(task: Task) -> None:
    """The visits within the time asked for, the earliest first; then what is wrong already, which waits for no plan."""
    asked = horizon_h(task.question.text.lower(), task.question.asked)
    hours = next((one for one in HORIZONS if one >= asked), HORIZONS[-1])
    scope = await task.sources.jobs.within(task.question.scope)
    found = await task.sources.maintenance.within(scope, _sites(task, scope), hours, NOTABLE, Page(LISTED, 0))
    if found.stale:
        text = f"No visit can be planned by what is ahead: {found.detail}"
        task.findings.state("no_data", text, SOURCE)
    else:
        _tell(task, found)
    await gather_signs(task)


def _sites(task: Task, scope: Scope) -> tuple[int, ...] | None:
    """HOMEPOT's integers of the sites that the question is about; ``None`` means all."""
    view = task.question.view
    if view.devices is not None:
        return tuple({one.site_id for one in scope.names.devices if one.id in view.devices})
    return view.sites


def _tell(task: Task, found: MaintenancePlan) -> None:
    visits = sorted(found.visits, key=lambda one: (one.start, one.site_id))
    where, ahead = task.question.where, period(found.horizon_hours)
    if not visits:
        risk = (
            "no device stands out" if found.caveat else f"no device has a probability of {NOTABLE:.0%} or more to fail"
        )
        text = f"no visit is due{where} within {ahead}: {risk}, and no quantity reaches its limit by then by its daily means."
        text = f"{text} {found.caveat}" if found.caveat else text
        task.findings.state("visit", capital(text), SOURCE)
    else:
        verb = "is" if found.count == 1 else "are"
        first = listing(f"{_place(one)} on {one.local}" for one in visits)
        fact = f"{count(found.count, 'visit')} {verb} due{where} within {ahead}, for {count(found.devices, 'device')}: {first}"
        more = f", and {found.count - len(visits)} more" if found.count > len(visits) else ""
        proofs = [task.findings.prove("visit", _visit(one), SOURCE, at=one.start) for one in visits]
        task.findings.claim(f"{fact}{more}. Nothing is scheduled by asking.", *proofs)
        for visit, proof in zip(visits, proofs, strict=True):
            for device in visit.devices:
                if device.device.name:
                    task.findings.concern(device.device.device_id, clean(device.device.name, 80), "planned")
            task.findings.claim(_visit(visit), proof)
        if found.caveat:
            task.findings.state("visit", found.caveat, SOURCE)
    for note in found.notes:
        task.findings.state("note", note, SOURCE)


def _place(visit: VisitView) -> str:
    return clean(visit.site_name or visit.site_id, 80)


def _visit(visit: VisitView) -> str:
    what = listing(_device(one) for one in visit.devices)
    return (
        f"{_place(visit)}, {visit.local} ({visit.time_zone}; {_KINDS[visit.kind]}): {what} It avoids"
        f" {number(visit.avoided.expected)} failures (90 % interval: {number(visit.avoided.low)} to"
        f" {number(visit.avoided.high)})."
    )


def _device(one: PlannedDevice) -> str:
    return f"{title(one.device.name or '', one.device.device_id)}: {one.action}"
