"""What an incident is called, and the text by which memory finds its like."""

from collections.abc import Sequence
from typing import Final

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import RISK
from ai_gateway.incidents.category import ALERT
from ai_gateway.incidents.types import Cause, Member, Scope
from ai_gateway.kit.text import capital, clean, number
from ai_gateway.memory.recipe import describe

BY_KIND: Final = {
    "silence": "no heartbeat",
    "flapping": "keeps going offline and coming back",
    "checks": "health checks fail",
    RISK: "likely to fail soon",
}
BY_KIND_AND_DEVICES: Final = {
    "silence": "no heartbeat from several devices",
    "flapping": "several devices keep going offline and coming back",
    "checks": "health checks fail on several devices",
    RISK: "several devices likely to fail soon",
}
GROWING: Final = {"disk_percent": "disk is filling up", "memory_percent": "memory keeps growing"}
MOST_TITLES: Final = 3


def title_of(lead: Member, scope: Scope) -> str:
    """A line without names, numbers of devices or values, which belong to whoever reads it, and change."""
    if lead.kind == ALERT:
        return clean(lead.text, 80) or "Alert without a title"
    many = scope != "device"
    if lead.kind == RISK and lead.metric is not None:
        limit = f"{clean(metric_named(lead.metric).label, 60)} about to reach its limit"
        return capital(f"{limit}{' on several devices' if many else ''}")
    what = (BY_KIND_AND_DEVICES if many else BY_KIND).get(lead.kind) or _course(lead)
    where = " on several devices" if many and lead.kind not in BY_KIND else ""
    after = " after the same change" if scope == "change" else ""
    return capital(f"{what}{where}{after}")


def _course(lead: Member) -> str:
    """What the leading metric does."""
    if lead.metric is None:
        return "unusual readings"
    label = clean(metric_named(lead.metric).label, 60)
    if lead.kind == "drift" and lead.metric in GROWING and _above(lead):
        return GROWING[lead.metric]
    if lead.value is None or (lead.expected is None and lead.upper is None and lead.lower is None):
        return f"high {label}"
    return f"{label} {'above' if _above(lead) else 'below'} its usual range"


def _above(lead: Member) -> bool:
    bound = lead.expected if lead.expected is not None else lead.upper if lead.upper is not None else lead.lower
    return lead.value is None or bound is None or lead.value >= bound


def describe_incident(title: str, category: str, members: Sequence[Member], cause: Cause | None) -> str:
    """The text that is embedded: the symptom first, then its figures, HOMEPOT's own words, and the cause."""
    figures = [text for member in members if member.source == "anomaly" if (text := figures_of(member))]
    alerts = [clean(member.text, 120) for member in members if member.source == "alert"]
    said = list(dict.fromkeys(text for text in (*figures, *alerts) if text))[: 2 * MOST_TITLES]
    because = [cause.text] if cause is not None and cause.kind != "none" else []
    return describe(title, " ".join(text if text.endswith(".") else f"{text}." for text in (*said, *because)), category)


def figures_of(member: Member) -> str | None:
    """A member's worst value and what was expected of it, e.g. ``CPU 97 %, 31 % expected``."""
    if member.metric is None or member.value is None:
        return None
    metric = metric_named(member.metric)
    unit = f" {metric.unit}" if metric.unit else ""
    seen = f"{clean(metric.label, 60)} {number(member.value)}{unit}"
    return seen if member.expected is None else f"{seen}, {number(member.expected)}{unit} expected"
