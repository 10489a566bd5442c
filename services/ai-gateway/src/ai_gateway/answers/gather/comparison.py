"""Answer questions like “Compare Building A with Harbour Mall”, “Is terminal 1 slower than terminal 2?”."""

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.answers.gather.course import tell_no_sum
from ai_gateway.answers.gather.metrics import asks_total, gather_metrics
from ai_gateway.answers.gather.periods import gather_periods
from ai_gateway.answers.gather.presence import asks_uptime, tell_presence
from ai_gateway.answers.gather.readings import Sums, read_sums
from ai_gateway.answers.gather.sources import Task, kind_words, title
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.vocabulary import METRICS, Metric
from ai_gateway.homepot.scoped.devices import DeviceCount
from ai_gateway.homepot.scoped.tallies import EventCount
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.text import capital, clean, count, listing, number

Kind = Literal["device", "device_type", "site_id"]

MOST = 6
_COLUMNS: Final[dict[Kind, str]] = {"device": "devices", "device_type": "types", "site_id": "sites"}
"""What each kind of thing is called in `Sums`."""
_BY_TYPE: Final = re.compile(
    r"\b(?:per|by|each|every) (?:device )?(?:type|kind)s?\b|\bwhich (?:device )?(?:type|kind)s?\b"
)
BASIC = tuple(metric for metric in METRICS if metric.column in {"cpu_percent", "memory_percent", "network_latency_ms"})
_PREFERENCE = (
    (r"\boffline\b|\bdown\b|\bsilent\b", "offline"),
    (r"\berrors?\b(?! rate)", "errors"),
    (r"\balerts?\b|\balarms?\b|\bworse\b|\bbetter\b|\bproblems?\b|\bissues?\b", "alerts"),
    (r"\bhow many\b|\bnumber of\b|\bmore devices\b|\bbigger\b|\blarger\b", "devices"),
)


AGGREGATES: Final[dict[str, Callable[[Sums, NDArray[np.bool_]], float | None]]] = {
    "max": lambda sums, chosen: float(sums.highs[chosen].max()) if chosen.any() else None,
    "min": lambda sums, chosen: float(sums.lows[chosen].min()) if chosen.any() else None,
}
_WORDS: Final = {"max": "highest", "min": "lowest"}


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
    many: bool = False


async def gather_comparison(task: Task) -> None:
    """Compare two times, or devices, sites or types that the question names; otherwise the sites in view."""
    if task.question.against and task.question.time_range:
        await gather_periods(task, task.question.time_range, task.question.against)
        return
    if asks_uptime(task.question.asked):
        await tell_presence(task, task.range())
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
    if task.question.metric and asks_total(task, task.question.metric):
        tell_no_sum(task, task.question.metric)
    chosen = task.range()
    metrics = (task.question.metric,) if task.question.metric else BASIC
    what, ranked = _ranked(task, await _measure(task, kind, things, metrics, chosen), metrics, chosen)
    sides = [side for _, _, side in ranked[:MOST]]
    proofs = [_prove(task, side, metrics, chosen) for side in sides]
    task.findings.claim(_verdict(task, what, ranked), *proofs)
    for side, proof in zip(sides, proofs, strict=True):
        task.findings.claim(_sentence(side, metrics, chosen, _word(task)), proof)


async def _things(task: Task) -> tuple[Kind, list[Thing]]:
    """What is compared, and by which column of the rows that are read."""
    question = task.question
    if len(question.devices) > 1:
        devices = question.devices[:MOST]
        return "device", [Thing(title(d.name, d.device_id), d.id, d.device_id) for d in devices]
    if len(question.types) > 1:
        return "device_type", _types(question.types)
    if _BY_TYPE.search(question.asked):
        counts = await task.homepot.devices.counts(question.view)
        return "device_type", _types({row.device_type for row in counts if row.in_service})
    sites = [(site.name, site.id) for site in question.sites]
    if question.unknown and len(sites) < 2:  # noqa: PLR2004 - what it is to be compared with is not known
        return "site_id", []
    if len(sites) < 2:  # noqa: PLR2004 - with one site or none, every site in view
        counts = await task.homepot.devices.counts(
            View(sites=question.scope if sites else question.view.sites, types=question.view.types)
        )
        sites = sorted({(row.site_name, row.site_id) for row in counts if row.in_service})
    return "site_id", [Thing(clean(name, 80), site) for name, site in sites]


def _types(kinds: Iterable[str]) -> list[Thing]:
    return [Thing(f"{kind_words(kind)}s", kind) for kind in sorted(kinds)]


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
        task.homepot.devices.counts(view),
        task.homepot.alerts.totals(view),
        task.homepot.errors.totals(view, chosen.period),
        read_sums(task, view, metrics, chosen.period),
    )
    means = {metric.column: found for metric, found in zip(metrics, sums, strict=True)}
    figure = AGGREGATES.get(task.question.aggregate or "mean", Sums.mean)
    return [_side(kind, thing, counts, alerts, errors, means, figure) for thing in things]


def _side(
    kind: Kind,
    thing: Thing,
    counts: list[DeviceCount],
    alerts: list[EventCount],
    errors: list[EventCount],
    sums: dict[str, Sums],
    figure: Callable[[Sums, NDArray[np.bool_]], float | None],
) -> Side:
    own = [row for row in counts if getattr(row, kind) == thing.key]
    in_service = [row for row in own if row.in_service]
    means = {column: figure(one, getattr(one, _COLUMNS[kind]) == thing.key) for column, one in sums.items()}
    return Side(
        name=thing.name,
        devices=sum(row.devices for row in in_service),
        offline=sum(row.devices for row in in_service if row.connectivity != "online"),
        alerts=sum(row.events for row in alerts if getattr(row, kind) == thing.key),
        errors=sum(row.events for row in errors if getattr(row, kind) == thing.key),
        metrics={column: mean for column, mean in means.items() if mean is not None},
        device_id=thing.device_id,
        condition=own[0].condition if own else "",
        many=kind == "device_type",
    )


def _prove(task: Task, side: Side, metrics: tuple[Metric, ...], chosen: TimeRange) -> tuple[str, ...]:
    if side.device_id:
        task.findings.concern(side.device_id, side.name.rsplit(" (", 1)[0], side.condition)
    return task.findings.prove(
        "comparison", _sentence(side, metrics, chosen, _word(task)), "computed", device_id=side.device_id
    )


def _word(task: Task) -> str:
    """What of a metric is compared."""
    return _WORDS.get(task.question.aggregate or "", "average")


def _sentence(side: Side, metrics: tuple[Metric, ...], chosen: TimeRange, word: str) -> str:
    means = [
        f"{word} {metric.label} {number(side.metrics[metric.column])}{metric.unit}"
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


def _ranked(
    task: Task, sides: list[Side], metrics: tuple[Metric, ...], chosen: TimeRange
) -> tuple[str, list[tuple[float | None, str, Side]]]:
    """By what is compared: a metric if one was named, else offline devices, errors or alerts; each with its figure in words."""
    lowest = -1 if task.question.lowest else 1
    if task.question.metric:
        metric = metrics[0]
        values = [side.metrics.get(metric.column) for side in sides]
        mean = "" if task.question.aggregate in _WORDS else "average "
        what = f"{mean}{metric.label} {chosen.words}"
        shown = [f"{number(value)}{metric.unit}" if value is not None else "no readings" for value in values]
    else:
        text = task.question.asked
        kind = next((kind for pattern, kind in _PREFERENCE if re.search(pattern, text)), "alerts")
        what = {
            "offline": "devices not online",
            "errors": f"logged warnings and errors {chosen.words}",
            "alerts": "active alerts",
            "devices": "devices in service",
        }[kind]
        values = [float(getattr(side, kind)) for side in sides]
        shown = [number(value) for value in values if value is not None]
    ranked = [*zip(values, shown, sides, strict=True)]
    return what, sorted(ranked, key=lambda one: (one[0] is None, -lowest * (one[0] or 0.0)))


def _verdict(task: Task, what: str, ranked: list[tuple[float | None, str, Side]]) -> str:
    """Who has the most, or the least, and the others after it."""
    (_, first, side), last = ranked[0], ranked[-1]
    if sum(value is not None for value, _, _ in ranked) < 2:  # noqa: PLR2004 - it takes two
        return f"There are not enough readings to compare: {what}."
    if first == last[1]:
        same = "the same" if task.question.metric else "as many"
        return f"{listing((one.name for _, _, one in ranked), most=MOST)} have {same} {what}: {first}."
    measured, lowest = bool(task.question.metric), task.question.lowest
    best = [one.name for value, _, one in ranked if value == ranked[0][0]]
    verb = "have" if side.many or len(best) > 1 else "has"
    most = ("lowest" if lowest else "highest") if measured else ("fewest" if lowest else "most")
    others = listing((f"{one.name} {value}" for _, value, one in ranked[len(best) :]), most=MOST)
    return f"{capital(listing(best))} {verb} the {most} {what}: {first}; {others}."
