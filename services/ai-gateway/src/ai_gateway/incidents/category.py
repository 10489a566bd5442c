"""What an anomaly or alert is about: its category, and the symptom by which trouble of several devices is the same.

Rules, in the order in which they are tried (docs/incidents.md has them as a table):

* an anomaly's kind ``silence`` and ``flapping`` is connectivity, ``checks`` is application; any other has its metric's
  category from `health.catalogue`; a metric that nobody described is performance;
* a failure that is announced (``risk``) without a metric is what the words of its reasons say;
* an alert is what its title says, by the words below, and only if it says nothing what its category says.
"""

import re
from typing import Final

from ai_gateway.health.catalogue import BY_NAME
from ai_gateway.health.types import RISK

BY_KIND: Final = {"silence": "connectivity", "flapping": "connectivity", "checks": "application"}
BY_METRIC_WORD: Final = (
    (re.compile(r"temp|celsius|therm|fan"), "temperature"),
    (re.compile(r"latency|network|packet|signal|wifi|link"), "connectivity"),
    (re.compile(r"volt|power|battery|watt"), "power"),
    (re.compile(r"disk|storage|inode|filesystem"), "storage"),
    (re.compile(r"error|transaction|queue|request|response|service"), "application"),
)
"""For metrics that the catalogue lacks."""

ALERT: Final = "alert"
"""The kind of an alert whose title names no symptom that detectors know."""
_RULES: Final = (
    (r"power|battery|\bups\b|voltage|brown-?out|mains", ALERT, None, "power"),
    (r"flap|keeps disconnecting|reconnect|unstable|restored repeatedly|\bup and down\b", "flapping", None, None),
    (
        r"heartbeat|offline|unreachable by|not responding|stopped reporting|silent|not reachable|connection lost",
        "silence",
        None,
        None,
    ),
    (r"overheat|temperature|°c|thermal|\bfan\b", "limit", "temperature_celsius", None),
    (r"health check|checks? fail", "checks", None, None),
    (r"latency|slow network|network slow|packet loss", "limit", "network_latency_ms", None),
    (r"\bdisk|storage|drive|inode", "limit", "disk_percent", None),
    (r"\bmemory|\bram\b|out of memory", "limit", "memory_percent", None),
    (r"\bcpu\b|processor", "limit", "cpu_percent", None),
    (r"authenti|login|unauthori[sz]ed|intrusion|malware|certificate|security|tamper", ALERT, None, "security"),
    (r"config", ALERT, None, "configuration"),
    (r"error rate|error burst|errors? jumped", "limit", "error_rate", None),
    (r"job|firmware|payment|service|application|\bapp\b|transaction", ALERT, None, "application"),
)
RULES: Final = tuple((re.compile(words), kind, metric, category) for words, kind, metric, category in _RULES)
"""Words of an alert's title, and the kind, metric and category that they mean; the first that is found decides."""
BY_ALERT_CATEGORY: Final = {
    "network": "connectivity",
    "hardware": "performance",
    "software": "application",
    "security": "security",
}
"""HOMEPOT's words for a category, used where the title says nothing."""
BY_ALERT_SEVERITY: Final = {"critical": "critical", "high": "critical", "low": "info", "info": "info"}
"""HOMEPOT's words for a severity; all others (warning, medium, error) are a warning."""


def category_of(kind: str, metric: str | None, text: str | None = None) -> str:
    """The category of an anomaly. ``text``: its detail; of an announced failure, what raises the risk says what it is about."""
    if kind in BY_KIND:
        return BY_KIND[kind]
    if kind == RISK and metric is None:
        return read_alert("\n".join((text or "").split("\n")[1:]), "hardware")[2]
    if metric is None:
        return "performance"
    if metric in BY_NAME:
        return BY_NAME[metric].category
    return next((category for words, category in BY_METRIC_WORD if words.search(metric)), "performance")


def read_alert(title: str, category: str) -> tuple[str, str | None, str]:
    """Kind, metric and category of an alert, from its title or, failing that, HOMEPOT's category."""
    text = title.lower()
    for words, kind, metric, known in RULES:
        if words.search(text):
            return kind, metric, known or category_of(kind, metric)
    return ALERT, None, BY_ALERT_CATEGORY.get(category, "application")


ALIKE: Final = {"transaction_volume": "transaction_count"}
"""Metrics that tell the same trouble as another one."""


def symptom_of(kind: str, metric: str | None, category: str) -> str:
    """By what trouble of two devices is the same: connectivity and power as a whole, otherwise the metric or the kind."""
    return category if category in {"connectivity", "power"} else ALIKE.get(metric or "", metric) or kind
