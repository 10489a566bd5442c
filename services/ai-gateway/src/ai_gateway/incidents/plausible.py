"""Whether something that was done can bring about trouble of a category: rules over names, 0 (cannot) to 1."""

import re
from typing import Final

from ai_gateway.homepot.history import RecordedChange

FIRMWARE: Final = re.compile(r"firmware|\bos.?(update|version)|image")
HARMLESS: Final = re.compile(
    r"\bping\b|status|health.?check|diagnos|collect|\blogs?\b|upload|scan|check|report|\bntp\b|sync.*time"
)
"""Jobs and commands that only look."""
RESTART: Final = re.compile(r"restart|reboot|shutdown|power")
DEPLOY: Final = re.compile(r"config|update|install|deploy|roll.?out|rotate|payment")
WORDS: Final = (
    (re.compile(r"tls|ssl|cert|cipher|auth|password|token|credential"), ("application", "security", "connectivity")),
    (
        re.compile(r"network|dns|proxy|vpn|mtu|wi.?fi|ssid|gateway|firewall|port|route|interface|ip_|heartbeat"),
        ("connectivity", "application"),
    ),
    (
        re.compile(r"connection|pool|thread|cache|worker|buffer|poll|interval|log_level|sampl|limit|timeout|batch"),
        ("performance", "application"),
    ),
    (re.compile(r"retention|quota|storage|disk|backup|log"), ("storage",)),
    (re.compile(r"power|sleep|brightness|fan|therm|cool|temp"), ("temperature", "power")),
    (re.compile(r"payment|pos|print|receipt|\bapp|service|api|endpoint|url"), ("application", "performance")),
)
"""Words of a parameter's name, and the categories that such a parameter is about."""
PHYSICAL: Final = frozenset({"temperature", "power"})
NOT_DONE: Final = frozenset({"pending", "queued", "cancelled", "expired"})

FITS, OPEN, UNLIKELY = 1.0, 0.6, 0.3
FIRMWARE_FITS: Final = 0.9
ROLLBACK: Final = 0.8
FAILED: Final = 0.3


def kind_of(change: RecordedChange) -> str:
    """``firmware``, ``rollback``, ``config``, ``job`` or ``command``."""
    if FIRMWARE.search(change.name.lower()):
        return "firmware"
    return {"set": "config", "rolled_back": "rollback"}.get(change.what, change.what)


def shareable(change: RecordedChange) -> bool:
    """Whether devices that had this done have something in common: configuration or firmware, and not a mere look."""
    name = change.name.lower()
    lasting = change.what in {"set", "rolled_back"} or bool(FIRMWARE.search(name) or DEPLOY.search(name))
    return lasting and change.what != "command" and acts(change) and change.value is not None


def acts(change: RecordedChange) -> bool:
    """Whether it did anything to the device."""
    return _effect(change) > FAILED


def plausibility(change: RecordedChange, category: str) -> float:
    """How well the change fits trouble of that category (0-1)."""
    return _fit(change, category) * _effect(change)


def _effect(change: RecordedChange) -> float:
    """Whether it did anything at all."""
    looks = HARMLESS.search(change.name.lower()) and (change.what != "set" or change.name.startswith("push_command:"))
    if looks or change.status in NOT_DONE:
        return 0.0
    if change.status == "failed":
        return FAILED
    return ROLLBACK if change.what == "rolled_back" else 1.0


def _fit(change: RecordedChange, category: str) -> float:
    name = change.name.lower()
    if FIRMWARE.search(name):
        return FIRMWARE_FITS if category not in PHYSICAL else OPEN
    if RESTART.search(name):
        return OPEN if category in {"connectivity", "application", "performance", "power"} else UNLIKELY
    about = [categories for words, categories in WORDS if words.search(name)]
    if about:
        return FITS if any(category in categories for categories in about) else UNLIKELY
    if category in PHYSICAL:
        return UNLIKELY
    return OPEN if change.what in {"set", "rolled_back"} or DEPLOY.search(name) else UNLIKELY
