"""“Which devices are at risk?”, “Which terminals will fail this week?”, “When is the disk of … full?”: from stored predictions.

The numbers are the worker's; here they are only put into sentences. Without a round of late, signs of trouble answer alone.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ai_gateway.answers.gather.alike import gather_alike
from ai_gateway.answers.gather.anomalies import gather_signs, tell_signs_of
from ai_gateway.answers.gather.foresight import MOST
from ai_gateway.answers.gather.history import tell_states
from ai_gateway.answers.gather.insight import BEHIND, read_insight
from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.ahead import asks_number, asks_what_fails, asks_when_full, horizon_h
from ai_gateway.answers.understand.vocabulary import Metric
from ai_gateway.health.catalogue import metric_named
from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import be, capital, clean, count, listing, number
from ai_gateway.prediction.apart import standing_out
from ai_gateway.prediction.counts import counts_of
from ai_gateway.prediction.types import LimitAhead, Prediction
from ai_gateway.prediction.words import (
    LIKELY,
    NOTABLE,
    NOTHING,
    action,
    basis_words,
    between,
    limit_words,
    percent,
    period,
    raised_by,
    reasoning,
    within,
)

LISTED: Final = 12
NO_ROUND: Final = "what the worker predicts: it told no risks of late, or its database is down"


class Foreseen(NamedTuple):
    """A device in view and its risk."""

    device: DeviceState
    risk: Prediction


async def gather_at_risk(task: Task) -> None:
    """What comes, if that is asked; else signs of trouble, and with them the devices whose risk is notable."""
    text = task.question.asked
    metric = task.question.metric
    if asks_when_full(text) and metric is not None:
        await _gather_limits(task, metric)
        return
    hours, named = horizon_h(task.question.text.lower(), text), bool(task.question.devices)
    if asks_what_fails(text):
        found = await _foreseen(task, hours)
        await (gather_signs(task) if found is None else _gather_failures(task, found, hours))
    else:
        found, _ = await asyncio.gather(_foreseen(task, hours, least=0.0 if named else NOTABLE), gather_signs(task))
        for one in (found or [] if named else _to_name(found or [], hours))[:LISTED]:
            _tell(task, one, hours)
        if found and named:
            await _tell_caveat(task, found[0])
    if found is None:
        task.findings.gaps.insert(0, NO_ROUND)
    elif found and len(task.question.devices) == 1:
        await gather_alike(task, found[0].device)


def _to_name(found: Sequence[Foreseen], hours: float) -> list[Foreseen]:
    """Those with a notable risk by a model; by a base rate those that stand out of it."""
    named = {one.device for one in standing_out([one.risk for one in found], hours, NOTABLE)}
    return [one for one in found if one.device.id in named]


async def _tell_caveat(task: Task, one: Foreseen) -> None:
    if caveat := await task.sources.foresight.caveat(one.risk, task.now):
        task.findings.state("prediction", caveat, "ai_predictions", at=one.risk.as_of)


async def _foreseen(task: Task, hours: float, metric: str | None = None, least: float = 0.0) -> list[Foreseen] | None:
    view = task.question.view
    risks = await task.sources.foresight.read(view, hours, task.now, metric, least, exact=task.question.scope is None)
    if not risks:
        return None if risks is None else []
    only = View(sites=view.sites, devices=tuple(risk.device for risk in risks), types=view.types)
    states = {state.id: state for state in await task.homepot.devices.states(only, limit=len(risks))}
    return [Foreseen(states[risk.device], risk) for risk in risks if risk.device in states]


async def _gather_failures(task: Task, found: Sequence[Foreseen], hours: float) -> None:
    """Each named device's own chance; of many those with a notable one, or, by a base rate, those that stand out of it."""
    if task.question.devices and found:
        await _gather_chances(task, found, hours)
        return
    question, findings = task.question, task.findings
    total = await task.homepot.devices.in_service(question.view)
    caveat = await task.sources.foresight.caveat(found[0].risk, task.now) if found else None
    chosen = _to_name(found, hours)
    shown = chosen[: question.top or LISTED]
    ids = [_prove(task, one, hours) for one in shown or found[:1]]
    told = [f"{title(one.device.name, one.device.device_id)} {_chance(one, hours)}" for one in shown]
    names = f": {listing(told, most=LISTED)}" if told else ""
    least = "at least " if len(chosen) >= MOST else ""
    many = f"{least}{count(len(chosen), 'device')} of {total} in service{question.where}"
    if caveat:
        verb = "stands" if len(chosen) == 1 else "stand"
        fact = f"{caveat.rstrip('.')}; {many} {verb} out{names}"
        findings.claim(f"{fact}{_shared(found, chosen, hours)}.", *ids)
    else:
        verb = "has" if len(chosen) == 1 else "have"
        fact = f"{many} {verb} a probability of {percent(NOTABLE)} or more to fail within {period(hours)}"
        findings.claim(f"{fact}{names}{_otherwise(found, chosen, hours)}.", *ids)
    _tell_number(task, found, hours)
    for one in shown:
        _tell(task, one, hours)
    if caveat:
        await gather_signs(task)  # what is wrong now says more than a base rate


def _tell_number(task: Task, found: Sequence[Foreseen], hours: float) -> None:
    """How many are expected to fail; the direct answer where that is asked. Not of a part of what is in view."""
    if not 0 < len(found) < MOST:
        return
    expected, low, high = (side[0] for side in counts_of([one.risk for one in found], hours))
    text = (
        f"about {number(expected)} of {count(len(found), 'device')}{task.question.where} {be(2)} expected to fail within"
        f" {period(hours)} (90 % interval: {low:.0f} to {min(high, len(found)):.0f})."
    )
    task.findings.state("prediction", capital(text), "ai_predictions", at=found[0].risk.as_of)
    if asks_number(task.question.asked):
        task.findings.claims.insert(0, task.findings.claims.pop())


def _shared(found: Sequence[Foreseen], chosen: Sequence[Foreseen], hours: float) -> str:
    """What all who do not stand out have in common."""
    rest = [one for one in found if one not in chosen]
    if not rest:
        return ""
    middle = within(sorted(rest, key=lambda one: _probability(one, hours))[len(rest) // 2].risk, hours)
    return (
        f"; {'each' if not chosen else 'each of the others'} has about {percent(middle.risk[0])} to fail within"
        f" {period(hours)} {_interval(middle)}, by {basis_words(middle)}"
    )


def _otherwise(found: Sequence[Foreseen], chosen: Sequence[Foreseen], hours: float) -> str:
    if not found:
        return "; the worker has told no device's risk there yet"
    first = found[0]
    if not chosen:
        return f"; the likeliest is {title(first.device.name, first.device.device_id)} with {_chance(first, hours)}"
    sure = sum(_probability(one, hours) >= LIKELY for one in chosen)
    return f"; {sure or 'none'} of them will more likely than not"


async def _gather_chances(task: Task, found: Sequence[Foreseen], hours: float) -> None:
    """How likely each device that is named fails by then, with the cases behind it; then how it is now."""
    for one in found[:LISTED]:
        risk, label = within(one.risk, hours), title(one.device.name, one.device.device_id)
        task.findings.concern(one.device.device_id, clean(one.device.name, 80), one.device.condition)
        fact = f"{label} fails within {period(hours)} with a probability of {percent(risk.risk[0])} {_interval(risk)}"
        blind = "" if risk.basis == "model" else ", which does not look at how it is now"
        task.findings.claim(f"{fact}, by {basis_words(risk)}{blind}.", _prove(task, one, hours))
    await _tell_caveat(task, found[0])
    insight = await read_insight(task)
    if insight is None:
        task.findings.gaps.remove(BEHIND)  # how likely it is does not rest on what the worker finds
    await tell_states(task, insight)
    for one in found[:LISTED]:
        risk, proof = within(one.risk, hours), _prove(task, one, hours)
        for words in (*raised_by(risk.drivers), *(limit_words(limit) for limit in risk.limits)):
            task.findings.claim(f"{clean(one.device.name, 80)}: {words}", proof)
        if risk.basis == "model" and risk.risk[0] >= NOTABLE:
            task.findings.advise(f"{title(one.device.name, one.device.device_id)}: {action(risk, 0)}", proof)


def _tell(task: Task, one: Foreseen, hours: float) -> None:
    """A device's risk with its reasons, and what to do about it."""
    device, risk = one.device, within(one.risk, hours)
    proof = _prove(task, one, hours)
    task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    where = f"{title(device.name, device.device_id)} at {clean(device.site_name, 80)}"
    task.findings.claim(f"{where}: {reasoning(risk, 0)}", proof)
    if risk.risk[0] >= NOTABLE and action(risk, 0) != NOTHING:
        task.findings.advise(f"{title(device.name, device.device_id)}: {action(risk, 0)}", proof)


def _prove(task: Task, one: Foreseen, hours: float) -> tuple[str, ...]:
    """Add a stored risk to the evidence, once."""
    source = f"ai_predictions:{one.device.id}"
    known = next((proof.id for proof in task.findings.evidence if proof.source == source), None)
    if known is not None:
        return (known,)
    risk = within(one.risk, hours)
    text = (
        f"{title(one.device.name, one.device.device_id)} at {clean(one.device.site_name, 80)}, as of"
        f" {rfc3339(risk.as_of)}: {reasoning(risk, 0)} {capital(_interval(risk).strip('()'))}. {action(risk, 0)}"
    )
    return task.findings.prove("prediction", text, source, at=risk.as_of, device_id=one.device.device_id)


def _interval(risk: Prediction) -> str:
    """Of a prediction for one time."""
    return f"(90 % interval: {percent(risk.low[0])} to {percent(risk.high[0])})"


def _probability(one: Foreseen, hours: float) -> float:
    return between(one.risk.hours, one.risk.risk, hours)


def _chance(one: Foreseen, hours: float) -> str:
    return percent(_probability(one, hours))


async def _gather_limits(task: Task, metric: Metric) -> None:
    """When the metric reaches its limit on each device in view; the soonest first."""
    named = bool(task.question.devices)
    found = await _foreseen(task, horizon_h(""), None if named else metric.column)
    if found is None:
        task.findings.gaps.append(NO_ROUND)
        text = "The worker has predicted nothing of late, so nothing can be said of when a limit is reached."
        task.findings.state("no_data", text, "ai_predictions")
        return
    there = await tell_signs_of(task, metric.column)
    ahead = [(one, limit) for one in found for limit in one.risk.limits if limit.metric == metric.column]
    ahead.sort(key=lambda pair: (pair[1].hours, pair[0].device.name))
    told = {one.device.id for one, _ in ahead}
    for one, limit in ahead[: task.question.top or LISTED]:
        _tell_limit(task, one, limit)
    for one in [one for one in found if named and one.device.id not in told | there]:
        text = (
            f"{title(one.device.name, one.device.device_id)}: its {metric.label} is on no steady way to its limit within"
            f" 60 days, by its daily means as of {rfc3339(one.risk.as_of)}."
        )
        _state(task, one, text)
    if not task.findings.claims:
        where = task.question.where or " in view"
        text = f"No device{where} is on a steady way to the limit of its {metric.label} within 60 days."
        task.findings.state("no_data", text, "ai_predictions")


def _tell_limit(task: Task, one: Foreseen, limit: LimitAhead) -> None:
    known = metric_named(limit.metric)
    latest = "perhaps never" if limit.high is None else _day(one, limit.high)
    text = (
        f"{title(one.device.name, one.device.device_id)} at {clean(one.device.site_name, 80)}: its {known.label} is at"
        f" {number(limit.level)} {known.unit} and moves by {number(abs(limit.per_day))} a day; it reaches its limit of"
        f" {limit.limit:g} {known.unit} around {_day(one, limit.hours)} (earliest {_day(one, limit.low)}, latest {latest})"
        f"{_full(one, limit)}."
    )
    _state(task, one, text)


def _full(one: Foreseen, limit: LimitAhead) -> str:
    """When it is at the end of what it can be, where it goes on like that."""
    end = metric_named(limit.metric).high
    if end is None or end != 100 or limit.per_day <= 0:  # noqa: PLR2004 - percent
        return ""
    hours = limit.hours + (end - limit.limit) / limit.per_day * 24
    return f", and at this rate is full around {_day(one, hours)}"


def _day(one: Foreseen, hours: float) -> str:
    at: datetime = one.risk.as_of + timedelta(hours=hours)
    return f"{at:%Y-%m-%d}"


def _state(task: Task, one: Foreseen, text: str) -> None:
    device = one.device
    task.findings.concern(device.device_id, clean(device.name, 80), device.condition)
    source = f"ai_predictions:{device.id}"
    task.findings.state("prediction", capital(text), source, at=one.risk.as_of, device_id=device.device_id)
