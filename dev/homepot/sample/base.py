"""Rows of tenants, users, memberships, sites, schedules and devices."""

import hashlib
from datetime import datetime, time
from typing import Any

from dev.homepot.pg import as_json
from dev.homepot.sample.world import Device, Site, World

Rows = list[dict[str, Any]]

ADMIN_ID = 1
SUNDAY = 6
SILENT_STATES_DAYS = {"suspended": 20.0, "unpaired": 62.0, "inactive": 9.0}
ARCHIVED_DAYS = 40.0
STATUS = {
    "suspended": "offline",
    "unpaired": "unpaired",
    "inactive": "offline",
    "never_heard": "unknown",
    "maintenance": "maintenance",
}
LIFECYCLE = {"suspended": "suspended", "unpaired": "unpaired", "never_heard": "pending"}
HEALTH = {
    "Checkout 3": "warning",
    "Server Room Sensor": "warning",
    "Parts Counter POS": "Warning",  # a case variant on purpose
    "Fuel Pump POS": "error",
    "Workshop Terminal": "maintenance",
    "New Kiosk North": "unknown",
}
PUSH = {"Android": "fcm", "Windows": "wns", "iPadOS": "apns"}


def base_rows(world: World) -> dict[str, Rows]:
    """Everything that telemetry refers to, by table in loading order."""
    return {
        "alembic_version": [{"version_num": "20260817_add_site_lifecycle_state"}],
        "tenants": _tenants(world),
        "users": [_user(world, number, user) for number, user in enumerate(world.users, start=1)],
        "sites": [_site(world, site) for site in world.sites],
        "tenant_memberships": _tenant_memberships(world),
        "site_memberships": _site_memberships(world),
        "site_operating_schedules": [_day(site, day) for site in world.sites for day in range(7)],
        "devices": [_device(world, device) for device in world.devices],
    }


def made_up(*parts: object) -> str:
    """A value for a column that holds a hash in HOMEPOT; it opens nothing."""
    return "made-up-" + hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def last_heartbeat(world: World, device: Device) -> datetime | None:
    """When the device was last heard at the sample's "now"."""
    if device.state == "never_heard":
        return None
    if device.site.archived:
        return world.ago(days=ARCHIVED_DAYS)
    if not device.living:
        return world.ago(days=SILENT_STATES_DAYS[device.state])
    if fault := device.fault("silent"):
        return world.now - fault.since
    return world.ago(seconds=world.phase(device))


def stamps(created: datetime, updated: datetime) -> dict[str, Any]:
    """The two columns that most tables share."""
    return {"created_at": created, "updated_at": updated}


def _tenants(world: World) -> Rows:
    """The sample's moment is kept in a tenant's settings, where the ticker finds it."""
    sample = {"now": world.now.isoformat(), "seed": world.seed}
    return [
        {
            "id": number,
            "name": tenant["name"],
            "slug": tenant["slug"],
            "settings": as_json({"region": tenant["region"], "sample": sample}),
            "is_active": True,
            **stamps(world.ago(days=400), world.ago(days=30)),
        }
        for number, tenant in enumerate(world.tenants, start=1)
    ]


def _tenant_id(world: World, slug: str | None) -> int | None:
    slugs = [tenant["slug"] for tenant in world.tenants]
    return slugs.index(slug) + 1 if slug else None


def _user(world: World, number: int, user: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "username": user["username"],
        "email": user["email"],
        "full_name": user["full_name"],
        "hashed_password": made_up("password", user["username"]),
        "api_key": made_up("api-key", user["username"]),
        "role": "Client",
        "is_active": user.get("is_active", True),
        "is_admin": user.get("is_admin", False),
        "tenant_id": _tenant_id(world, user.get("tenant")),
        **stamps(world.ago(days=390), world.ago(days=12)),
    }


def _site(world: World, site: Site) -> dict[str, Any]:
    facts = site.facts
    return {
        "id": site.id,
        "site_id": site.site_id,
        "name": site.name,
        "description": facts["description"],
        "location": facts["location"],
        "latitude": facts["latitude"],
        "longitude": facts["longitude"],
        "tenant_id": site.tenant_id,
        "is_active": not site.archived,
        "is_monitored": None if site.id == len(world.sites) else True,
        "lifecycle_state": "archived" if site.archived else "active",
        "bootstrap_key_hash": made_up("bootstrap", site.site_id),
        **stamps(world.ago(days=380), world.ago(days=ARCHIVED_DAYS if site.archived else 5)),
    }


def _tenant_memberships(world: World) -> Rows:
    members = [(1, 1, "admin"), (1, 2, "admin")]
    members += [
        (number, tenant, "viewer")
        for number, user in enumerate(world.users, start=1)
        if (tenant := _tenant_id(world, user.get("tenant"))) is not None
    ]
    when = stamps(world.ago(days=390), world.ago(days=390))
    return [
        {"id": i, "user_id": user, "tenant_id": tenant, "role": role, **when}
        for i, (user, tenant, role) in enumerate(members, start=1)
    ]


def _site_memberships(world: World) -> Rows:
    ids = {site.name: site.id for site in world.sites}
    found = [(number, ids[user["site"]]) for number, user in enumerate(world.users, start=1) if "site" in user]
    when = stamps(world.ago(days=200), world.ago(days=200))
    return [
        {"id": i, "user_id": user, "site_id": site, "role": "viewer", **when}
        for i, (user, site) in enumerate(found, start=1)
    ]


def _day(site: Site, day: int) -> dict[str, Any]:
    """Local opening hours: 0 is Monday; Sunday 02:00-05:00 is the maintenance window."""
    sunday = day == SUNDAY
    return {
        "id": (site.id - 1) * 7 + day + 1,
        "site_id": site.id,
        "day_of_week": day,
        "open_time": time(2, 0) if sunday else time(8, 0),
        "close_time": time(5, 0) if sunday else time(20, 0),
        "is_closed": sunday,
        "is_maintenance_window": sunday,
        "expected_transaction_volume": 0 if sunday else 400 + 50 * day,
        "peak_hours_start": None if sunday else time(12, 0),
        "peak_hours_end": None if sunday else time(14, 0),
        "notes": "Maintenance 2-5 AM" if sunday else "Regular weekday",
        "special_considerations": "null",
    }


def _device(world: World, device: Device) -> dict[str, Any]:
    heard = last_heartbeat(world, device)
    permitted = {"network_monitoring": True, "process_monitoring": device.type != "tablet"}
    return {
        "id": device.id,
        "device_id": device.device_id,
        "name": device.name,
        "device_type": device.type,
        "status": STATUS.get(device.state, "online"),
        "lifecycle_state": LIFECYCLE.get(device.state, "active"),
        "health_state": HEALTH.get(device.name, "healthy"),
        "site_id": device.site.id,
        "enrollment_method": "emulated" if device.simulated else "pre-provisioned",
        "enrollment_token": made_up("enrolment", device.device_id),
        "lifecycle_epoch_id": device.id,
        "ip_address": f"10.{device.site.id}.1.{device.id + 9}",
        "mac_address": f"02:42:0a:{device.site.id:02x}:01:{device.id:02x}",
        "os_details": device.os,
        "local_ip": f"10.{device.site.id}.1.{device.id + 9}",
        "wan_ip": f"203.0.113.{device.site.id}",
        "firmware_version": device.firmware,
        "last_seen": heard,
        "last_heartbeat_at": heard,
        "peripherals": "null",
        "device_permissions": as_json(permitted),
        "capabilities": "null" if device.type == "iot_sensor" else as_json({"command_execution": True, **permitted}),
        "push_token": made_up("push", device.device_id),
        "push_channel": _push_channel(device),
        "config": as_json({"agent_version": "1.4.0", "device_source": "emulator" if device.simulated else "agent"}),
        "api_key_hash": made_up("device-key", device.device_id),
        "is_active": device.living or device.state == "never_heard",
        "is_monitored": (True, False, None)[device.id % 3],
        "is_simulated": device.simulated,
        **stamps(enrolled(world, device), heard or enrolled(world, device)),
    }


def _push_channel(device: Device) -> str | None:
    return next((channel for name, channel in PUSH.items() if device.os.startswith(name)), None)


def enrolled(world: World, device: Device) -> datetime:
    """When the device was first paired."""
    return world.ago(days=1) if device.state == "never_heard" else world.ago(days=370 - 3 * device.id)
