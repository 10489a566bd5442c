"""Rows of alerts: sixty days of resolved ones with what helped, and those that are open now."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dev.homepot.sample.world import World

HERE = Path(__file__).parents[1]

Rows = list[dict[str, Any]]


def alert_rows(world: World) -> Rows:
    """All alerts, oldest first, so that ids follow time."""
    rows = [_resolved(world, facts) for facts in precedents()]
    rows += [_open(world, facts) for facts in open_alerts()]
    rows.sort(key=lambda row: (row["timestamp"], row["device_id"] or ""))
    return [{"id": number, **row} for number, row in enumerate(rows, start=1)]


def precedents() -> Rows:
    """The resolved alerts as precedents.toml tells them, with their fault `kind`."""
    return _read("precedents.toml")


def open_alerts() -> Rows:
    """The other alerts as open_alerts.toml tells them."""
    return _read("open_alerts.toml")


def precedent_ids(world: World) -> dict[str, list[int]]:
    """Ids in `alerts` of the resolved ones by fault kind: what a search by symptoms should find."""
    ids = {(row["timestamp"], row["title"]): row["id"] for row in alert_rows(world)}
    found: dict[str, list[int]] = {}
    for facts in precedents():
        found.setdefault(facts["kind"], []).append(ids[_raised_at(world, facts), facts["title"]])
    return {kind: sorted(numbers) for kind, numbers in found.items()}


def _read(name: str) -> Rows:
    alerts: Rows = tomllib.loads((HERE / name).read_text(encoding="utf-8"))["alert"]
    return alerts


def _raised_at(world: World, facts: dict[str, Any]) -> datetime:
    return world.naive_ago(days=facts["days"])


def _resolved(world: World, facts: dict[str, Any]) -> dict[str, Any]:
    at = _raised_at(world, facts)
    return {
        **_common(world, facts, at),
        "status": facts.get("status", "resolved"),
        "resolved_at": at + timedelta(minutes=facts["lasted"]),
        "resolved_by": facts["by"],
        "resolution_notes": facts["notes"],
        "ai_recommendation": None,
        "ai_confidence": None,
    }


def _open(world: World, facts: dict[str, Any]) -> dict[str, Any]:
    advised = facts.get("fault") == "cpu_runaway"
    return {
        **_common(world, facts, world.naive_ago(minutes=facts["minutes"])),
        "status": facts["status"],
        "resolved_at": None,
        "resolved_by": None,
        "resolution_notes": None,
        "ai_recommendation": "Check for runaway processes or background updates." if advised else None,
        "ai_confidence": 0.62 if advised else None,
    }


def _common(world: World, facts: dict[str, Any], at: datetime) -> dict[str, Any]:
    device = world.device(facts["site"], facts["device"]) if "device" in facts else None
    return {
        "timestamp": at,
        "device_id": device.device_id if device else None,
        "site_id": next(site.id for site in world.sites if site.name == facts["site"]),
        "title": facts["title"],
        "description": facts["description"],
        "severity": facts["severity"],
        "category": facts["category"],
    }
