"""Answer questions like “Compare Building A with Harbour Mall”, “Is terminal 1 slower than terminal 2?”."""

import asyncio
import re

import msgspec

from ai_gateway.answers.gather.metrics import gather_metrics
from ai_gateway.answers.gather.sources import Task, kind_words, title
from ai_gateway.answers.period import TimeRange
from ai_gateway.answers.vocabulary import METRICS, Metric
from ai_gateway.homepot.types import View
from ai_gateway.kit.text import clean, count, listing, number

MOST = 6
BASIC = tuple(metric for metric in METRICS if metric.column in {"cpu_percent", "memory_percent", "network_latency_ms"})
_PREFERENCE = (
    (r"\boffline\b|\bdown\b|\bsilent\b", "offline"),
    (r"\berrors?\b(?! rate)", "errors"),
    (r"\balerts?\b|\balarms?\b|\bworse\b|\bbetter\b|\bproblems?\b|\bissues?\b", "alerts"),
    (r"\bhow many\b|\bnumber of\b|\bmore devices\b|\bbigger\b|\blarger\b", "devices"),
)


class Side(msgspec.Struct, frozen=True):
    """One of the things compared, in numbers."""

    name: str
    devices: int
    offline: int
    alerts: int
    errors: int
    metrics: dict[str, float]
    device_id: str | None = None
    condition: str = ""


async def gather_comparison(task: Task) -> None:
    """Compare devices, sites or types that the question names; otherwise the sites in view."""
    views = await _views(task)
    if len(views) < 2:  # noqa: PLR2004 - it takes two
        if task.question.metric:
            await gather_metrics(task)
            return
        task.findings.state(
            "no_data", "There is only one thing to compare in view; name two devices or sites.", "computed"
        )
        return
    chosen = task.range()
    metrics = (task.question.metric,) if task.question.metric else BASIC
    sides = await asyncio.gather(*(_measure(task, name, view, device, metrics, chosen) for name, view, device in views))
    proofs = [_prove(task, side, metrics, chosen) for side in sides]
    task.findings.claim(_verdict(task, list(sides), metrics, chosen), *proofs)
    for side, proof in zip(sides, proofs, strict=True):
        task.findings.claim(_sentence(side, metrics, chosen), proof)


async def _views(task: Task) -> list[tuple[str, View, str | None]]:
    question = task.question
    if len(question.devices) > 1:
        devices = question.devices[:MOST]
        return [
            (title(d.name, d.device_id), View(sites=question.view.sites, devices=(d.id,)), d.device_id) for d in devices
        ]
    if len(question.types) > 1:
        return [(kind_words(kind), View(sites=question.view.sites, types=(kind,)), None) for kind in question.types]
    sites = [(site.name, site.id) for site in question.sites]
    if question.unknown and len(sites) < 2:  # noqa: PLR2004 - what it is to be compared with is not known
        return []
    if len(sites) < 2:  # noqa: PLR2004 - with one site or none, every site in view
        counts = await task.homepot.device_counts(
            View(sites=question.scope if sites else question.view.sites, types=question.view.types)
        )
        sites = sorted({(row.site_name, row.site_id) for row in counts if row.in_service})
    return [(clean(name, 80), View(sites=(site,), types=question.view.types), None) for name, site in sites[:MOST]]


async def _measure(
    task: Task, name: str, view: View, device_id: str | None, metrics: tuple[Metric, ...], chosen: TimeRange
) -> Side:
    counts, alerts, errors, means = await asyncio.gather(
        task.homepot.device_counts(view),
        task.homepot.alert_counts(view),
        task.homepot.error_totals(view, chosen.period),
        _means(task, view, metrics, chosen),
    )
    in_service = [row for row in counts if row.in_service]
    return Side(
        name=name,
        devices=sum(row.devices for row in in_service),
        offline=sum(row.devices for row in in_service if row.connectivity != "online"),
        alerts=sum(row.alerts for row in alerts),
        errors=errors.events,
        metrics=means,
        device_id=device_id,
        condition=counts[0].condition if counts else "",
    )


async def _means(task: Task, view: View, metrics: tuple[Metric, ...], chosen: TimeRange) -> dict[str, float]:
    """The mean of each metric that has readings."""
    if metrics == BASIC:
        found = msgspec.structs.asdict(await task.homepot.metric_means(view, chosen.period))
    else:
        summaries = [await task.homepot.metric_stats(view, metric.column, chosen.period) for metric in metrics]
        found = {metric.column: one.mean for metric, one in zip(metrics, summaries, strict=True)}
    return {column: mean for column, mean in found.items() if mean is not None}


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
