"""Gates D, E and G: what may be done on the devices in question, and whether they are in order."""

from typing import Any

import msgspec

from ai_gateway.answers.trust.checks import each, share, unasked, within
from ai_gateway.answers.trust.grounds import Grounds
from ai_gateway.answers.trust.types import Check
from ai_gateway.kit.text import count, number

CHANGES = "configuration_history"


def permission(grounds: Grounds) -> list[Check]:
    """D: what may be done on the devices named is on record, and within what they can do."""
    if not grounds.named:
        return [unasked("D.device_identity", "Device identity available", "No device named: nothing to check.")]
    rows = [(row, _flags(row.capabilities), _flags(row.permissions)) for row in grounds.named]
    able = [row.device_id for row, can, _ in rows if can is None]
    allowed = [row.device_id for row, _, may in rows if may is None]
    beyond = {
        row.device_id: sorted(name for name, on in (may or {}).items() if on and not (can or {}).get(name))
        for row, can, may in rows
    }
    over = [device for device, names in beyond.items() if names]
    return [
        each("D.capabilities_defined", "Capabilities defined", able, "have no capabilities on record", "capabilities"),
        each(
            "D.permissions_defined",
            "Permissions defined",
            allowed,
            "have no permissions on record",
            "device_permissions",
        ),
        each(
            "D.permissions_within_capabilities",
            "Permissions within capabilities",
            over,
            "are permitted what they cannot do",
            "device_permissions",
        ),
    ]


def _flags(text: str | None) -> dict[str, Any] | None:
    """A JSON object of flags; ``None`` where none is on record."""
    try:
        found = msgspec.json.decode(text or "null")
    except msgspec.DecodeError:
        return None
    return found if isinstance(found, dict) else None


def lifecycle(grounds: Grounds) -> list[Check]:
    """E: the devices named are enrolled, in order or known not to be, and still hold a credential."""
    if not grounds.named:
        return [unasked("E.device_identity", "Device identity available", "No device named: nothing to check.")]
    inactive = [row.device_id for row in grounds.named if row.lifecycle_state != "active"]
    shown = grounds.findings.devices
    wrong = [
        row.device_id
        for row in grounds.named
        if row.health_state == "error" and not (row.device_id in shown and shown[row.device_id].status == "error")
    ]
    return [
        each("E.lifecycle_state", "Lifecycle state is active", inactive, "are not active", "lifecycle_state"),
        each("E.health_state", "Health state is told", wrong, "are in error, untold", "health_state"),
        _credentials(grounds),
    ]


def _credentials(grounds: Grounds) -> Check:
    """A device that never had a credential is judged by setting alone: HOMEPOT's own seeding gives none."""
    without = [
        row.device_id
        for row in grounds.named
        if not row.active_credentials and (row.credentials or grounds.limits.require_credentials)
    ]
    fault = "hold no active credential"
    return each("E.credential_health", "Credential health", without, fault, "is_active", "device_credentials")


def rollback(grounds: Grounds) -> list[Check]:
    """G: no change of configuration is unsettled, rolled back or failed that the answer does not tell of."""
    rows, limits = grounds.devices or (), grounds.limits
    told = any(item.source.startswith(CHANGES) for item in grounds.findings.evidence)
    settled = [row for row in rows if told or not within(row.changed_at, grounds.now, limits.settle_s)]
    whole = [row for row in rows if told or not (row.rollbacks or row.failures)]
    aside = "; the answer tells of changes" if told else ""
    recent = f"{len(settled)} of {count(len(rows), 'device')} unchanged in the last {number(limits.settle_s)} s{aside}"
    back = f"{len(whole)} of {count(len(rows), 'device')} without a rolled-back or failed change in the last {number(limits.change_window_s)} s{aside}"
    return [
        share(
            "G.recent_changes", "Settled configuration", len(settled), len(rows), recent, grounds, "timestamp", CHANGES
        ),
        share("G.rollbacks", "No rollback untold", len(whole), len(rows), back, grounds, "was_rolled_back", CHANGES),
    ]
