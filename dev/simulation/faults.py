"""The faults that can be injected: what each is, how large, when it may begin, and what an operator should be told."""

from typing import Final, NamedTuple

import msgspec

HOUR_S: Final = 3_600.0


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of configuration or firmware of one device, as configuration_history has it. ``at``: Unix seconds."""

    at: float
    device: int
    parameter: str
    old: str
    new: str
    reason: str


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The label of one injected fault. Times are Unix seconds, devices and sites HOMEPOT's integers.

    ``size``: the largest change it makes to ``metric``, in standard deviations of that metric's noise (`course.noise_of`)
    of its first device; 0 where it is seen in no metric. ``changes``: what caused it and is on record; empty: nothing is,
    so that whoever names a cause is wrong. ``scope``: as an incident's.
    """

    kind: str
    devices: tuple[int, ...]
    site: int
    metric: str | None
    category: str
    started: float
    ended: float
    size: float
    scope: str = "device"
    changes: tuple[Change, ...] = ()


class Recipe(NamedTuple):
    """How a kind is made. ``types``: of devices it may hit. ``hours``: how long it lasts.

    ``begins``: local hours of day between which it begins; with ``open_site`` while its site is open. ``amount``: from and
    to, drawn evenly: points added at once, points an hour, °C, or a factor; see `effects`.
    """

    metric: str | None
    category: str
    types: tuple[str, ...]
    hours: float
    begins: tuple[float, float]
    amount: tuple[float, float] = (0.0, 0.0)
    open_site: bool = True
    scope: str = "device"
    change: tuple[str, str, str, str] | None = None


TILL: Final = ("pos_terminal",)
SCREENS: Final = ("pos_terminal", "tablet")
ANY: Final = ("pos_terminal", "gateway", "tablet")
ALL_DAY: Final = (9.5, 16.0)
FIRMWARE: Final = ("firmware_version", "2.4.1", "2.5.{}", "Firmware update")
TLS: Final = ("payment_tls_profile", "legacy", "strict-{}", "Security hardening")
"""Parameter, old value, new value, reason. The number is the fault's: the same change twice would be one trouble."""

RECIPES: Final[dict[str, Recipe]] = {
    "level_limit": Recipe("cpu_percent", "performance", ANY, 1.5, ALL_DAY, (94, 96)),
    "deviation": Recipe("memory_percent", "performance", SCREENS, 2, ALL_DAY, (8, 12)),
    "out_of_season": Recipe(
        "cpu_percent", "performance", ("tablet", "gateway"), 1.5, (0.5, 1.0), (0.9, 1.1), open_site=False
    ),
    "broken_relation": Recipe("cpu_percent", "performance", TILL, 1.5, (14.5, 15.0), (14, 18)),
    "memory_leak": Recipe(
        "memory_percent", "performance", SCREENS, 16, (6, 9), (1.6, 2.4), open_site=False, change=FIRMWARE
    ),
    "disk_filling": Recipe("disk_percent", "storage", ANY, 40, (0, 23), (0.35, 0.6), open_site=False),
    "temperature_drift": Recipe(
        "temperature_celsius", "temperature", ("iot_sensor",), 12, (1, 12), (0.9, 1.4), open_site=False
    ),
    "overheating": Recipe("temperature_celsius", "temperature", ("iot_sensor", *TILL), 2, ALL_DAY, (28, 40)),
    "error_rate": Recipe("error_rate", "application", SCREENS, 2, ALL_DAY, (2.5, 4)),
    "error_burst": Recipe("error_rate", "application", TILL, 0.75, ALL_DAY, (9, 14), change=TLS),
    "transactions_collapse": Recipe("transaction_count", "application", TILL, 2, (11, 13), (0.03, 0.1)),
    "site_latency": Recipe("network_latency_ms", "connectivity", ANY, 1, ALL_DAY, (120, 260), scope="site"),
    "change": Recipe("error_rate", "configuration", TILL, 3, ALL_DAY, (2.5, 4), scope="change", change=FIRMWARE),
    "flapping": Recipe(None, "connectivity", ANY, 2.5, ALL_DAY),
    "failed_checks": Recipe(None, "application", TILL, 0.75, ALL_DAY),
    "silence": Recipe(None, "connectivity", ANY, 3, ALL_DAY),
}
"""By kind. The tenth of a unit tells nothing: amounts are those that HOMEPOT's own samples and the issue name."""
KINDS: Final = tuple(RECIPES)

ALERTED: Final = {
    "level_limit": ("High CPU: 95.2%", "hardware"),
    "site_latency": ("High Latency: 212ms", "network"),
    "overheating": ("High Temperature: 62.1°C", "hardware"),
    "failed_checks": ("Health Check Failing: payment gateway timeout", "software"),
}
"""Of which HOMEPOT raises an alert of its own, with its title and category."""
ALERT_AFTER_S: Final = 240.0
CHANGE_LEADS_S: Final = 600.0
"""How long before the trouble the change was made; with several devices one after the other, within half an hour."""
FLAP_CYCLE_S: Final = 1_200.0
FLAP_DOWN_S: Final = 420.0
ERRORS_LOGGED: Final = 42
