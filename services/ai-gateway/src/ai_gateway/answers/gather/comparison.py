"""Answer questions like “Compare Building A with Harbour Mall”, “Is terminal 1 slower than terminal 2?”."""

import asyncio
import re
from typing import Any, Final, Literal

import msgspec

from ai_gateway.answers.gather.metrics import gather_metrics
from ai_gateway.answers.gather.periods import gather_periods
from ai_gateway.answers.gather.readings import Sums, read_sums
from ai_gateway.answers.gather.sources import Task, kind_words, title
from ai_gateway.answers.period import TimeRange
from ai_gateway.answers.vocabulary import METRICS, Metric
from ai_gateway.homepot.types import DeviceCount, EventCount, View
from ai_gateway.kit.text import clean, count, listing, number

Kind = Literal["device", "device_type", "site_id"]

MOST = 6
_COLUMNS: Final[dict[Kind, str]] = {"device": "devices", "device_type": "types", "site_id": "sites"}
"""What each kind of thing is called in `Sums`."""
BASIC = tuple(metric for metric in METRICS if metric.column in {"cpu_percent", "memory_percent", "network_latency_ms"})
_PREFERENCE = (
    (r"\boffline\b|\bdown\b|\bsilent\b", "offline"),
    (r"\berrors?\b(?! rate)", "errors"),
    (r"\balerts?\b|\balarms?\b|\bworse\b|\bbetter\b|\bproblems?\b|\bissues?\b", "alerts"),
    (r"\bhow many\b|\bnumber of\b|\bmore devices\b|\bbigger\b|\blarger\b", "devices"),
)


class Thing(msgspec.Struct, frozen=True):
    """One of the things compared. ``key``: HOMEPOT's integer of a device or site, or a type."""

    name: str
    key: Any
    device_id: str | None = None


class Side(msgspec.Struct, frozen=True):
    """A thing in numbers."""

    name: str
    devices: int
    offline: int
    alerts: int
    errors: int
    metrics: dict[str, float]
    device_id: str | None = None
    condition: str = ""


async def gather_comparison(task: Task) -> None:
    """Compare two times, or devices, sites or types that the question names; otherwise the sites in view."""
    if task.question.against and task.question.time_range:
        await gather_periods(task, task.question.time_range, task.question.against)
        return
    kind, things = await _things(task)
    if len(things) < 2:  # noqa: PLR2004 - it takes two
        if task.question.metric:
            await gather_metrics(task)
            return
        task.findings.state(
            "no_data", "There is only one thing to compare in view; name two devices or sites.", "computed"
        )
        return
    chosen = task.range()
    metrics = (task.question.metric,) if task.question.metric else BASIC
    sides = await _measure(task, kind, things, metrics, chosen)
    proofs = [_prove(task, side, metrics, chosen) for side in sides]
    task.findings.claim(_verdict(task, sides, metrics, chosen), *proofs)
    for side, proof in zip(sides, proofs, strict=True):
        task.findings.claim(_sentence(side, metrics, chosen), proof)


async def _things(task: Task) -> tuple[Kind, list[Thing]]:
    """What is compared, and by which column of the rows that are read."""
    question = task.question
    if len(question.devices) > 1:
        devices = question.devices[:MOST]
        return "device", [Thing(title(d.name, d.device_id), d.id, d.device_id) for d in devices]
    if len(question.types) > 1:
        return "device_type", [Thing(kind_words(kind), kind) for kind in question.types]
    sites = [(site.name, site.id) for site in question.sites]
    if question.unknown and len(sites) < 2:  # noqa: PLR2004 - what it is to be compared with is not known
        return "site_id", []
    if len(sites) < 2:  # noqa: PLR2004 - with one site or none, every site in view
        counts = await task.homepot.device_counts(
            View(sites=question.scope if sites else question.view.sites, types=question.view.types)
        )
        sites = sorted({(row.site_name, row.site_id) for row in counts if row.in_service})
    return "site_id", [Thing(clean(name, 80), site) for name, site in sites[:MOST]]


def _whole(task: Task, kind: Kind, things: list[Thing]) -> View:
    """All that is compared, in one view: each table is read once."""
    view, keys = task.question.view, tuple(thing.key for thing in things)
    if kind == "device":
        return View(sites=view.sites, devices=keys)
    return View(sites=view.sites, types=keys) if kind == "device_type" else View(sites=keys, types=view.types)


async def _measure(
    task: Task, kind: Kind, things: list[Thing], metrics: tuple[Metric, ...], chosen: TimeRange
) -> list[Side]:
    view = _whole(task, kind, things)
    counts, alerts, errors, sums = await asyncio.gather(
        task.homepot.device_counts(view),
        task.homepot.alert_totals(view),
        task.homepot.error_totals(view, chosen.period),
        read_sums(task, view, metrics, chosen.period),
    )
    means = {metric.column: found for metric, found in zip(metrics, sums, strict=True)}
    return [_side(kind, thing, counts, alerts, errors, means) for thing in things]


def _side(
    kind: Kind,
    thing: Thing,
    counts: list[DeviceCount],
    alerts: list[EventCount],
    errors: list[EventCount],
    sums: dict[str, Sums],
) -> Side:
    own = [row for row in counts if getattr(row, kind) == thing.key]
    in_service = [row for row in own if row.in_service]
    means = {column: one.mean(getattr(one, _COLUMNS[kind]) == thing.key) for column, one in sums.items()}
    return Side(
        name=thing.name,
        devices=sum(row.devices for row in in_service),
        offline=sum(row.devices for row in in_service if row.connectivity != "online"),
        alerts=sum(row.events for row in alerts if getattr(row, kind) == thing.key),
        errors=sum(row.events for row in errors if getattr(row, kind) == thing.key),
        metrics={column: mean for column, mean in means.items() if mean is not None},
        device_id=thing.device_id,
        condition=own[0].condition if own else "",
    )


def _prove(task: Task, side: Side, metrics: tuple[Metric, ...], chosen: TimeRange) -> tuple[str, ...]:
    if side.device_id:
        task.findings.concern(side.device_id, side.name.rsplit(" (", 1)[0], side.condition)
    return task.findings.prove("comparison", _sentence(side, metrics, chosen), "computed", device_id=side.device_id)


def _sentence(side: Side, metrics: tuple[Metric, ...], chosen: TimeRange) -> str:
    means = [
        f"average {metric.label} {number(side.metrics[metric.column])}{metric.unit}"
        for metric in metrics
        if metric.column in side.metrics
    ]
    state = (
        f"{side.condition.replace('_', ' ')}"
        if side.device_id
        else f"{count(side.devices, 'device')} in service, {side.offline} not online"
    )
    facts = [
        state,
        count(side.alerts, "active alert"),
        f"{count(side.errors, 'logged warning or error', 'logged warnings and errors')} {chosen.words}",
        *means,
    ]
    return f"{side.name}: {listing(facts)}."


def _verdict(task: Task, sides: list[Side], metrics: tuple[Metric, ...], chosen: TimeRange) -> str:
    """Say who has more of what was asked: a metric if one was named, else offline devices, errors or alerts."""
    if task.question.metric:
        metric = metrics[0]
        known = [(side.metrics[metric.column], side.name) for side in sides if metric.column in side.metrics]
        if len(known) < 2:  # noqa: PLR2004 - it takes two
            return f"There are not enough {metric.label} readings {chosen.words} to compare."
        shown = [(value, f"{number(value)}{metric.unit}", name) for value, name in known]
        return _ordered(shown, f"average {metric.label} {chosen.words}", "highest", "the same")
    text = task.question.text.lower()
    what = next((kind for pattern, kind in _PREFERENCE if re.search(pattern, text)), "alerts")
    words = {
        "offline": "devices not online",
        "errors": f"logged warnings and errors {chosen.words}",
        "alerts": "active alerts",
        "devices": "devices in service",
    }
    shown = [(float(getattr(side, what)), str(getattr(side, what)), side.name) for side in sides]
    return _ordered(shown, words[what], "most", "as many")


def _ordered(values: list[tuple[float, str, str]], what: str, most: str, same: str) -> str:
    ranked = sorted(values, key=lambda entry: -entry[0])
    if ranked[0][1] == ranked[-1][1]:
        return f"{listing(name for _, _, name in ranked)} have {same} {what}: {ranked[0][1]}."
    others = listing(f"{name} {shown}" for _, shown, name in ranked[1:])
    return f"{ranked[0][2]} has the {most} {what}: {ranked[0][1]}; {others}."
