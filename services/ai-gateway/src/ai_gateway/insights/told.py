"""Which findings of a site are worth remembering, in memory's words: the symptom first, no device's name. Pure functions.

Devices of a site that show the same are one finding: what went wrong is remembered, not on how many devices it did.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from ai_gateway.access.scope import Scope
from ai_gateway.health.wire import DeviceRef
from ai_gateway.homepot.scoped.changes import ConfigChange
from ai_gateway.incidents.category import category_of, read_alert
from ai_gateway.insights.reading import PERIOD, Read
from ai_gateway.insights.views import WEEK, error_views, late_share, midnight
from ai_gateway.insights.wire import ChangeView, EffectView, ErrorPatternView, TrendView
from ai_gateway.kit.text import capital, clean, count, listing
from ai_gateway.memory.findings import Finding

MOST_ERRORS: Final = 5
"""Error patterns of a site that may stand out at once, the most frequent first."""
MOST_CHANGES: Final = 20
CHANCE: Final = 0.01
"""Of an error pattern that only seems to stand out, in a site: each day is another chance, so less than when somebody asks."""
SHOWN: Final = 4
"""Effects of a change that are told."""

Made = tuple[ConfigChange, ChangeView]


def worth_remembering(read: Read, scope: Scope, now: datetime) -> list[Finding]:
    """What a technician would want to find again; all of it passed a test.

    Changes of configuration that moved something, quantities that get worse day by day, and errors that come more and more often.
    """
    views = error_views(read.errors, late_share(read.errors, now), CHANCE)
    growing = [one for one in views if one.growing]
    return [
        *list(_changes(read, scope))[:MOST_CHANGES],
        *_trends(read.trends, scope, now),
        *(_error(one, now) for one in growing[:MOST_ERRORS]),
    ]


def _changes(read: Read, scope: Scope) -> Iterator[Finding]:
    """The same change made on several devices is one finding."""
    alike: dict[tuple[str, str | None, str | None], list[Made]] = defaultdict(list)
    for change, view in zip(read.changes, read.told, strict=False):
        alike[view.parameter, view.old, view.new].append((change, view))
    for same in alike.values():
        moved = [one for one in same if one[1].effects and one[1].held_to != "nothing"]
        if moved:
            yield _change(same, sorted(moved, key=lambda one: (-_clarity(one[1]), one[0].id)), read, scope)


def _change(same: Sequence[Made], moved: Sequence[Made], read: Read, scope: Scope) -> Finding:
    """``moved``: those of ``same`` that something followed, the clearest first."""
    change, view = moved[0]
    effects = sorted(view.effects, key=lambda one: (not one.bad, -_sure(one)))[:SHOWN]
    name = view.parameter or "a setting"
    what = f"{name} was changed from {view.old or 'nothing'} to {view.new or 'nothing'}"
    backs = [_back(one, seen, read) for one, seen in moved]
    back = max(one for one in backs if one) if all(backs) else None
    spread = f"{count(len(moved), 'device')} of {len(same)} changed alike showed it" if len(same) > 1 else ""
    reason = f"Reason for the change: {clean(change.change_reason)}" if change.change_reason else ""
    undone = (
        f"It was rolled back: {clean(change.rollback_reason) or 'no reason given'}" if change.was_rolled_back else ""
    )
    peers = count(view.compared_with, "device") + " without the change"
    beside = f"Against {peers if view.compared_with else 'the same days a week before'}"
    return Finding(
        subject=f"change/{_digest(view.parameter, view.old, view.new)}",
        title=f"{capital(_course(effects))} after {name} was changed",
        details=_said(what, *(_effect(one) for one in effects), beside, spread, reason, undone),
        category="configuration",
        severity="warning" if any(one.bad for one in effects) else "info",
        began_at=min(one.at for one, _ in moved),
        ended_at=back,
        cause=f"{what}.",
        resolution=f"Changed {name} back to {view.old or 'nothing'}." if back else None,
        **_whose([one.device for _, one in moved], scope),
    )


def _back(change: ConfigChange, view: ChangeView, read: Read) -> datetime | None:
    """When the setting was what it was before again."""
    if change.was_rolled_back:
        return change.rolled_back_at or change.at
    later = (
        other.at
        for other, seen in zip(read.changes, read.told, strict=False)
        if (other.device_id, seen.parameter, seen.new) == (change.device_id, view.parameter, view.old)
        and other.at > change.at
    )
    return min(later, default=None)


def _course(effects: Sequence[EffectView]) -> str:
    """``CPU and memory rose, transactions fell``: what is bad alone, if anything is."""
    told = [one for one in effects if one.bad] or effects
    rose = [one.label for one in told if one.change > 0]
    fell = [one.label for one in told if one.change < 0]
    return ", ".join(f"{listing(names)} {verb}" for names, verb in ((rose, "rose"), (fell, "fell")) if names)


def _effect(one: EffectView) -> str:
    """With its own means, and what is left of their difference."""
    unit = f" {one.unit}" if one.unit else ""
    went = f"{capital(one.label)} went from {one.before:.3g} to {one.after:.3g}{unit}"
    return f"{went}, {one.change:+.3g} by itself (90 %: {one.low:.3g} to {one.high:.3g})"


def _clarity(view: ChangeView) -> float:
    return max((_sure(one) + 1e6 * one.bad for one in view.effects), default=0.0)


def _sure(one: EffectView) -> float:
    """How many times the interval's width the change is."""
    return abs(one.change) / max(one.high - one.low, 1e-9)


def _trends(trends: Sequence[TrendView], scope: Scope, now: datetime) -> Iterator[Finding]:
    """Of each quantity that gets worse, over all devices of the site; ``trends``: the surest first."""
    alike: dict[tuple[str, str], list[TrendView]] = defaultdict(list)
    for one in trends:
        if one.bad:
            alike[one.metric, one.direction].append(one)
    for (metric, direction), same in alike.items():
        first = same[0]
        category = category_of("drift", metric)
        yield Finding(
            subject=f"trend/{metric}/{direction}",
            title=f"{capital(first.label)} {direction} day after day",
            details=_said(_slope(first), f"{count(len(same), 'device')} of the site did so" if len(same) > 1 else ""),
            category=category,
            severity="warning",
            began_at=midnight(now) - PERIOD,
            **_whose([one.device for one in same], scope),
        )


def _slope(one: TrendView) -> str:
    unit = f" {one.unit}" if one.unit else ""
    least, most = sorted((abs(one.low), abs(one.high)))
    return f"By {abs(one.per_day):.2g}{unit} a day (90 %: {least:.2g} to {most:.2g}), over {one.days} days"


def _error(one: ErrorPatternView, now: datetime) -> Finding:
    code = f" {one.error_code}" if one.error_code else ""
    return Finding(
        subject=f"error/{_digest(one.severity, one.category, one.error_code, one.pattern)}",
        title=f"Error{code} comes more and more often: {one.pattern}"[:160],
        details=_said(
            f"{one.last_week} of {one.count} in 30 days came in the last 7, on {count(one.devices, 'device')}"
        ),
        category=read_alert(one.pattern, one.category)[2],
        severity="critical" if one.severity == "critical" else "warning",
        began_at=max(one.first_at, now - WEEK),
    )


def _whose(devices: Sequence[DeviceRef | None], scope: Scope) -> dict[str, Any]:
    """The device that it is about if it is one, and the type that all have."""
    known = {one.device_id: scope.device(one.device_id) for one in devices if one}
    types = {one.device_type if one else None for one in known.values()}
    only = next(iter(known.values())) if len(known) == 1 else None
    return {
        "device_id": only.device_id if only else None,
        "device_name": only.name if only else None,
        "device_type": types.pop() if len(types) == 1 else None,
    }


def _said(*sentences: str) -> tuple[str, ...]:
    return tuple(one for one in sentences if one)


def _digest(*parts: str | None) -> str:
    """Stands for what was said, whatever its length."""
    return hashlib.sha256("\x1f".join(one or "" for one in parts).encode()).hexdigest()[:12]
