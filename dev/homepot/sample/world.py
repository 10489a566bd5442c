"""Who and what is in the sample fleet, with ids and randomness that depend on the seed alone."""

import hashlib
import tomllib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import numpy as np

from dev.homepot.facts import Fault, faults_of

FLEET = Path(__file__).parents[1] / "fleet.toml"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LIVING_STATES = {"normal", "maintenance"}


@dataclass(frozen=True)
class Site:
    """One site; `tenant_id` is the integer id."""

    id: int
    site_id: str
    name: str
    tenant_id: int
    facts: dict[str, Any]

    @property
    def archived(self) -> bool:
        """Whether the site is closed and hidden from ordinary users."""
        return bool(self.facts.get("archived", False))


@dataclass(frozen=True)
class Device:
    """One device; `levels` are the usual readings where they differ from its type's (percent, °C)."""

    id: int
    device_id: str
    name: str
    type: str
    os: str
    firmware: str
    site: Site
    state: str = "normal"
    simulated: bool = False
    percent_errors: bool = False
    levels: dict[str, float] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def living(self) -> bool:
        """Whether the device is in service, so that it reports unless a fault stops it."""
        return self.state in LIVING_STATES

    def fault(self, kind: str) -> Fault | None:
        """The present fault of that kind, if the device has it."""
        return next((fault for fault in self.faults if fault.kind == kind), None)


@dataclass(frozen=True)
class World:
    """The fleet at one moment; everything else derives from it."""

    now: datetime
    seed: int
    tenants: list[dict[str, Any]]
    users: list[dict[str, Any]]
    sites: list[Site]
    devices: list[Device]

    @classmethod
    def read(cls, now: datetime, seed: int) -> Self:
        """Read fleet.toml; raises ValueError for a `now` without a time zone."""
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        data = tomllib.loads(FLEET.read_text(encoding="utf-8"))
        slugs = [tenant["slug"] for tenant in data["tenants"]]
        sites: list[Site] = []
        devices: list[Device] = []
        for number, facts in enumerate(data["sites"], start=1):
            code = public_id("SITE", 2, seed, facts["name"])
            site = Site(number, code, facts["name"], slugs.index(facts["tenant"]) + 1, facts)
            sites.append(site)
            devices += [_device(len(devices) + i, site, d, seed) for i, d in enumerate(facts["devices"], start=1)]
        return cls(now.astimezone(UTC), seed, data["tenants"], data["users"], sites, devices)

    @property
    def living(self) -> list[Device]:
        """The devices in service."""
        return [device for device in self.devices if device.living]

    def device(self, site: str, name: str) -> Device:
        """The device of that name at that site; raises LookupError."""
        for device in self.devices:
            if (device.site.name, device.name) == (site, name):
                return device
        raise LookupError(f"no device {name!r} at {site!r}")

    def rng(self, *parts: object) -> np.random.Generator:
        """A random generator of its own for `parts`, so that one table's rows never shift another's."""
        return np.random.default_rng(_digest(self.seed, *parts))

    def ago(self, **parts: float) -> datetime:
        """The aware time that long before now (arguments as timedelta's)."""
        return self.now - timedelta(**parts)

    def naive_ago(self, **parts: float) -> datetime:
        """As `ago`, in UTC without a time zone, as half of HOMEPOT's tables keep it."""
        return self.ago(**parts).replace(tzinfo=None)

    def began(self, fault: Fault) -> float:
        """When the fault began, in Unix seconds."""
        return (self.now - fault.since).timestamp()

    def uuid(self, *parts: object) -> str:
        """A UUID for `parts`."""
        return str(uuid.UUID(int=_digest(self.seed, *parts), version=4))

    def phase(self, device: Device) -> float:
        """How many seconds before each full minute the device reports (5 to 55)."""
        return float(self.rng(device.device_id, "phase").uniform(5, 55))


def public_id(prefix: str, groups: int, *parts: object) -> str:
    """An id in HOMEPOT's form, such as SITE-7UBF-4WPU, that depends on `parts` alone."""
    number = _digest(prefix, *parts)
    blocks = []
    for _ in range(groups):
        block = ""
        for _ in range(4):
            number, index = divmod(number, len(ALPHABET))
            block += ALPHABET[index]
        blocks.append(block)
    return "-".join([prefix, *blocks])


def _device(number: int, site: Site, facts: dict[str, Any], seed: int) -> Device:
    return Device(
        id=number,
        device_id=public_id("DEVICE", 3, seed, site.name, facts["name"]),
        name=facts["name"],
        type=facts["type"],
        os=facts["os"],
        firmware=facts["firmware"],
        site=site,
        state=facts.get("state", "normal"),
        simulated=facts.get("simulated", False),
        percent_errors=facts.get("error_rate") == "percent",
        levels={name: float(facts[name]) for name in ("memory", "disk", "temperature") if name in facts},
        faults=tuple(faults_of(site.name, facts["name"])),
    )


def _digest(*parts: object) -> int:
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
