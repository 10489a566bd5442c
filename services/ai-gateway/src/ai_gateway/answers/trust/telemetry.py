"""Gate B: what the telemetry is worth. Shares, never counts, so that a fleet of any size can pass."""

from collections.abc import Sequence
from typing import Final

from ai_gateway.answers.trust.checks import share, unasked, within
from ai_gateway.answers.trust.grounds import Grounds
from ai_gateway.answers.trust.types import Check, Proof
from ai_gateway.answers.understand.intent import Intent
from ai_gateway.homepot.scoped.soundness import DeviceSoundness
from ai_gateway.kit.text import count, number

ON_READINGS: Final = frozenset(
    {Intent.ANOMALIES, Intent.AT_RISK, Intent.HISTORY, Intent.METRICS, Intent.COMPARISON, Intent.COURSE, Intent.CHECKS}
)
"""Intents whose answers are as good as the telemetry."""
SILENT: Final = frozenset({"offline", "never seen"})


def data_integrity(grounds: Grounds) -> list[Check]:
    """B: the telemetry of the devices in question is fresh, whole, without gaps, and possible."""
    rows = grounds.devices or ()
    if grounds.question.intent is not Intent.STATUS and grounds.question.intent not in ON_READINGS:
        return [unasked("B.freshness", "Freshness", "The answer rests on recorded events, not on telemetry.")]
    checks = [_freshness(grounds, rows)]
    if grounds.question.intent is Intent.STATUS:
        return checks
    heard = [row for row in rows if row.readings]
    return [*checks, _readings(grounds, heard), _completeness(grounds, heard), *_course(grounds, heard)]


def _freshness(grounds: Grounds, rows: Sequence[DeviceSoundness]) -> Check:
    """What is silent counts against the answer only if the answer does not say so."""
    total, fresh = (rows[0].devices, rows[0].fresh) if rows else (0, 0)
    asked = grounds.question.intent is Intent.STATUS
    told = total - fresh if asked else min(total - fresh, len(_told_silent(grounds)))
    words = f"{fresh} of {count(total, 'device')} heard of in the last {number(grounds.limits.fresh_s)} s"
    if told:
        words += (
            ", the silence of the others is what was asked for"
            if asked
            else f"; the answer tells that {told} are silent"
        )
    return share("B.freshness", "Freshness", fresh + told, total, words, grounds, "last_heartbeat_at", "devices")


def _told_silent(grounds: Grounds) -> set[str]:
    stated = {item.device_id for item in grounds.findings.evidence if item.kind in {"device_state", "signal"}}
    return {key for key, one in grounds.findings.devices.items() if one.status in SILENT and key in stated}


def _readings(grounds: Grounds, heard: Sequence[DeviceSoundness]) -> Check:
    online = [row for row in heard if row.connectivity == "online"]
    fresh = [row for row in online if within(row.newest_at, grounds.now, grounds.limits.fresh_s)]
    words = f"{len(fresh)} of {count(len(online), 'online device')} looked at sent readings that lately"
    return share("B.readings_freshness", "Fresh readings", len(fresh), len(online), words, grounds, "timestamp")


def _completeness(grounds: Grounds, heard: Sequence[DeviceSoundness]) -> Check:
    expected, filled = sum(row.expected for row in heard), sum(row.filled for row in heard)
    share = filled / expected if expected else 1.0
    least = grounds.limits.least_filled
    message = (
        f"{100 * share:.1f} % of {count(expected, 'value')} of the last {number(grounds.limits.window_s)} s are there."
    )
    proof = Proof(
        "B.completeness", table="device_metrics", observed=round(share, 4), threshold=least, row_count=expected
    )
    return Check("B.completeness", "Completeness", passed=share >= least, message=message, evidence=[proof])


def _course(grounds: Grounds, heard: Sequence[DeviceSoundness]) -> list[Check]:
    """Continuity and validity, device by device."""
    limits = grounds.limits
    whole = [row for row in heard if row.longest_gap_s <= limits.gap_s]
    gap = max((row.longest_gap_s for row in heard), default=0.0)
    possible = [row for row in heard if not row.impossible]
    gaps = f"{len(whole)} of {count(len(heard), 'device')} without a gap over {number(limits.gap_s)} s; the longest {gap:.0f} s"
    values = f"{len(possible)} of {count(len(heard), 'device')} sent possible values alone"
    return [
        share("B.continuity", "Continuity", len(whole), len(heard), gaps, grounds, "timestamp"),
        share("B.validity", "Validity", len(possible), len(heard), values, grounds, None),
    ]
