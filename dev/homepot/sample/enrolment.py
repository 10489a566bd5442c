"""Rows of lifecycle epochs and events, device credentials and enrolment intents."""

from datetime import datetime, timedelta
from typing import Any

from dev.homepot.sample.base import ADMIN_ID, SILENT_STATES_DAYS, enrolled, last_heartbeat, made_up, stamps
from dev.homepot.sample.world import Device, World

Rows = list[dict[str, Any]]


def enrolment_rows(world: World) -> dict[str, Rows]:
    """The four tables' rows; device_assignments stays empty, as it does in real enrolments."""
    return {
        "lifecycle_epochs": [_epoch(world, device) for device in world.devices],
        "device_lifecycle_events": _lifecycle_events(world),
        "device_credentials": [_credential(world, device) for device in world.living],
        "enrolment_intents": [_intent(world)],
    }


def _epoch(world: World, device: Device) -> dict[str, Any]:
    claimed = enrolled(world, device)
    ended = world.ago(days=SILENT_STATES_DAYS["unpaired"]) if device.state == "unpaired" else None
    return {
        "id": device.id,
        "epoch_id": world.uuid("epoch", device.id),
        "device_id": device.id,
        "site_id": device.site.id,
        "tenant_id": device.site.tenant_id,
        "claimed_at": claimed,
        "ended_at": ended,
        "claim_token_hash": made_up("claim", device.device_id),
        "enrolment_method": "pre-provisioned",
        **stamps(claimed, ended or claimed),
    }


def _lifecycle_events(world: World) -> Rows:
    changes: list[tuple[Device, str | None, str, datetime]] = [
        (device, None, "pending", enrolled(world, device)) for device in world.devices
    ]
    changes += [
        (device, "pending", "active", enrolled(world, device) + timedelta(minutes=4))
        for device in world.devices
        if device.state != "never_heard"
    ]
    changes += [
        (device, "active", device.state, last_heartbeat(world, device) or world.now)
        for device in world.devices
        if device.state in {"suspended", "unpaired"}
    ]
    changes.sort(key=lambda change: (change[3], change[0].id))
    return [
        {
            "id": number,
            "event_id": world.uuid("lifecycle", number),
            "device_id": device.id,
            "epoch_id": device.id,
            "from_state": before,
            "to_state": after,
            "triggered_by_user_id": ADMIN_ID,
            "triggered_by_device_id": None,
            "reason": "Enrolment" if after in {"pending", "active"} else "Out of service",
            "idempotency_key": None,
            "created_at": moment,
        }
        for number, (device, before, after, moment) in enumerate(changes, start=1)
    ]


def _credential(world: World, device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "credential_id": world.uuid("credential", device.id),
        "device_id": device.id,
        "key_hash": made_up("credential", device.device_id),
        "created_at": enrolled(world, device),
        "rotated_at": None,
        "revoked_at": None,
        "is_active": True,
    }


def _intent(world: World) -> dict[str, Any]:
    device = world.device("Harbour Mall", "New Kiosk North")
    return {
        "id": 1,
        "intent_id": world.uuid("intent", device.id),
        "site_id": device.site.id,
        "tenant_id": device.site.tenant_id,
        "enrolment_method": "pre-provisioned",
        "expected_device_identity": "SN-AND-0511",
        "claim_token_hash": made_up("intent", device.device_id),
        "expires_at": world.now + timedelta(days=2),
        "consumed_at": None,
        "creator_id": ADMIN_ID,
        "status": "pending",
        "idempotency_key": "intent-0511",
        **stamps(world.ago(days=1), world.ago(days=1)),
    }
