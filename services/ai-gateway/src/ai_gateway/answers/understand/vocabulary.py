"""The words of the field: what people call types, states, severities, categories and metrics."""

import re
from typing import Final, NamedTuple

TOKEN: Final = re.compile(r"[a-z0-9]+")


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, in lower case: ``Linux POS 1-1`` → ``linux pos 1 1``."""
    return TOKEN.findall(text.lower())


class Metric(NamedTuple):
    """A quantity of ``device_metrics``. ``limit``: seed threshold from which a value is unusual."""

    column: str
    label: str
    unit: str
    limit: float | None
    words: str


UPTIME: Final = r"\b(?:up-?time|availability)\b"
"""In which share of a time devices were there."""

METRICS: Final = (
    Metric("cpu_percent", "CPU", " %", 90.0, r"cpu|processor"),
    Metric("memory_percent", "memory", " %", 90.0, r"memory|ram"),
    Metric("disk_percent", "disk", " %", 90.0, r"disks?|storage|fuller|(?:free|disk|drive) space"),
    Metric(
        "network_latency_ms",
        "network latency",
        " ms",
        200.0,
        r"latenc(?:y|ies)|slow\w*|fast(?:er|est)|quick(?:er|est)|ping|response times?|network delay",
    ),
    Metric("error_rate", "error rate", " %", 5.0, r"error[- ]rates?"),
    Metric(
        "temperature_celsius",
        "temperature",
        " °C",
        60.0,
        r"temperatures?|temps?|hot(?:test)?|hotter|warm(?:est|er)?|cold(?:est|er)?|cool(?:est|er)|overheat\w*|degrees?|celsius",
    ),
    Metric(
        "transaction_count",
        "transactions",
        "",
        None,
        r"transactions?(?: counts?)?(?! volumes?)|busier|busiest (?:pos|till|terminal|checkout|kiosk|shop|store|site)\w*|sells?|selling|sold",
    ),
    Metric(
        "transaction_volume",
        "transaction volume",
        "",
        None,
        r"transaction volumes?|sales(?: volumes?)?|turnover|revenue|takings",
    ),
    Metric("active_connections", "active connections", "", None, r"(?:active )?connections"),
    Metric("queue_depth", "queue depth", "", None, r"queues?(?: depth| length)?"),
)
COUNTED: Final = frozenset({"transaction_count", "transaction_volume"})
"""Of these a reading may tell what came since the one before or since a start; HOMEPOT does not say which."""
METRIC_BY_COLUMN: Final = {metric.column: metric for metric in METRICS}
_LONGEST_FIRST: Final = sorted(METRICS, key=lambda metric: -len(metric.words))


_SAID_OF: Final = r"(?:in|is|are|or|and|either)"
_NO_EVENT: Final = r"(?![- ](?:alerts?|alarms?|logs?|codes?|messages?|rates?|events?)|\w)"
"""“in error or warning” are states of devices, “critical and warning alerts” are none."""


def metrics_in(text: str) -> tuple[Metric, ...]:
    """Every metric that a text (lower case) names, in the order of the table."""
    named = []
    for metric in _LONGEST_FIRST:
        pattern = re.compile(rf"\b(?:{metric.words})\b")
        if pattern.search(text):
            named.append(metric)
            text = pattern.sub(" ", text)  # an “error rate” is found before an “error”
    return tuple(metric for metric in METRICS if metric in named)


CONDITIONS: Final[dict[str, tuple[str, ...]]] = {
    r"unhealthy|unwell|not (?:healthy|ok|okay|fine|well|working)|sick|broken": (
        "error",
        "warning",
        "offline",
        "never_seen",
    ),
    r"offline|disconnected|unreachable|not (?:online|connected|report(?:ed|ing)?|respond(?:ed|ing)?|check(?:ed|ing) in)|silent|"
    r"not (?:been )?(?:seen|heard (?:of|from))|gone quiet|stopped reporting|down(?! to| by)|no data|no heartbeats?|"
    r"lost contact": ("offline", "never_seen"),
    r"never (?:been |came |come |gone |went )?(?:seen|heard|reported|connected|sent|online|worked|started)|never-seen": (
        "never_seen",
    ),
    r"(?<!including )(?<!including the )(?:out of service|not in service|retired)": (
        "suspended",
        "unpaired",
        "inactive",
        "retired",
    ),
    rf"(?:in |an? )?error (?:state|status|condition)|{_SAID_OF} error{_NO_EVENT}|(?:in|with) errors? state|faulty|failed state": (
        "error",
    ),
    rf"(?:in |an? )?warning (?:state|status|condition)|{_SAID_OF} warning{_NO_EVENT}": ("warning",),
    r"under maintenance|in maintenance|maintenance (?:mode|state)": ("maintenance",),
    r"pending": ("pending",),
    r"suspended": ("suspended",),
    r"unpaired": ("unpaired",),
    r"inactive|decommissioned|deactivated|disabled": ("inactive",),
    r"online|connected|reachable|up and running": ("online",),
    r"healthy|fine|ok": ("healthy",),
}
OUT_OF_SERVICE: Final = frozenset({"suspended", "unpaired", "inactive", "retired"})

SEVERITIES: Final[dict[str, tuple[str, ...]]] = {
    r"non[- ]?critical|not critical|(?:less|other) than critical": (
        "error",
        "high",
        "warning",
        "medium",
        "low",
        "info",
    ),
    r"critical|severe|urgent": ("critical",),
    r"high[- ](?:severity|priority)": ("high", "critical"),
    r"warning": ("warning",),
    r"medium": ("medium",),
    r"low[- ](?:severity|priority)": ("low",),
    r"info|informational": ("info",),
}
CATEGORIES: Final = ("network", "hardware", "software", "security")
ALERT_STATUSES: Final[dict[str, tuple[str, ...]]] = {
    r"(?<!un)(?<!not )(?:acknowledged|acked)(?:,| and| but| yet)+ (?:still )?(?:not (?:yet )?(?:resolved|closed|fixed|solved)|open|unresolved)": (
        "acknowledged",
    ),
    r"unacknowledged|un-?acked|(?:nobody|no one|noone|not|never)(?: \w+){0,2} (?:acknowledged|acked)|not acknowledged": (
        "active",
    ),
    r"not (?:yet )?(?:resolved|closed|fixed|solved)|unsolved|unfixed|"
    r"(?:nobody|no one|noone|never)(?: \w+){0,2} (?:resolved|closed|fixed|solved)": ("active", "acknowledged"),
    r"acknowledged|acked": ("acknowledged",),
    r"resolved|closed|fixed|solved|(?:did|have|do|has|could) (?:we|you|they|i|the \w+) (?:resolve|close|fix|solve)": (
        "resolved",
    ),
    r"ignored|dismissed": ("ignored",),
    r"(?<!are )(?<!were )\ball alerts\b|any status": ("active", "acknowledged", "resolved", "ignored"),
    r"unresolved": ("active", "acknowledged"),
}

UNSOLVED: Final = ("active", "acknowledged")
EVERY_STATUS: Final = ("active", "acknowledged", "resolved", "ignored")

TYPE_WORDS: Final[dict[str, str]] = {
    r"pos terminals?|pos devices?|pos|point[- ]of[- ]sale|tills?|cash registers?|terminals?|checkouts?": "pos_terminal",
    r"iot sensors?|sensors?": "iot_sensor",
    r"gateways?|routers?": "gateway",
    r"tablets?": "tablet",
    r"kiosks?": "kiosk",
    r"printers?": "printer",
    r"cameras?": "camera",
}

COMMON: Final = frozenset(
    """
    a about above access account across active actual actually after again against ago ai alert alerts alarm alarms all
    already also always am amount an and announce anomalies anomaly anomalous another answer any anyone anything are
    area as ask at attention average avg back bad be because been before behave behaving behaviour being below best better
    boss ceo director between both brief briefly broken but by call called came can cannot cause caused causes change changed changes
    check checks chart clear close closed come company compare compared comparison condition config configuration
    connected connection connections could count cpu critical current currently data date day days decommissioned deploy
    deployed deployment describe detail details detected device devices did differ difference different disk do does
    doing done down due during each early either error errors estate even event events ever every everything exact exactly
    explain fail failed failing fails failure failures fast faulty few find fine firmware first fix fixed flapping fleet
    following for found from full future gateway gateways general get give given go going good got great had happen
    happened happening happens hardware has have having he health healthy heartbeat heartbeats heat hello help helped
    hey hi high higher highest history hot hour hours how hows i id ids if im in incident incidents info information
    inventory ip is issue issues it its job jobs just keep kind know last late latency latest least less let like likely
    list listed location log logged logs long longest look looking lot low lower lowest machine machines maintenance
    make many matter max maximum may me mean means memory message metric metrics might min minimum minute minutes month
    months more most much must my name names near need needs network never new newest next night no none normal not
    nothing now number numbers of off offline often ok old on once one ones online only open operating or os other our
    out outage outages outstanding over overall overheated overheating overview own past pattern patterns people per
    percent percentage performance performing period please point possible predict prediction present prevent previous
    previously print priority probably problem problems produce put question queue quick quickly ram rank rate
    reading readings ready real really reason recent recently recommend recommended reliable report reported reporting
    reports resolve resolved responding response restart restarted result results right risk risks rollback rolled run running
    mttr same sample say second security see seem seems seen send sensor sensors serious service severity she should show
    showing shows sick silent similar simulated since site sites situation slow slowest so software solve solved some something
    soon spike spikes stable start started state states statistics stats status still stop stopped stops storage store
    stores such suffer sum summarise summarize summary suspended system systems tablet tablets tell temperature
    terminal terminals than thank thanks that the their them then there these they thing things think this those time
    times to today together tomorrow top total transaction transactions trend trends trouble troubled try two type types
    uncommon under unhealthy unknown unpaired until unusual unwell up update updated updates uptime urgent us usage use
    used user users usual usually utilisation utilization value values version versions very volume want wants warning
    warnings was we week weeks well went were what whats when where whether which while who whole whose why will with
    within without work worked working works worse worst would wrong yes yesterday yet you your
    january february march april june july august september october november december monday tuesday wednesday thursday friday saturday sunday technician manager site-wide homepot pos
    ahead avoid before busier busiest climb climbed climbing cooler decreased decreasing drop dropped dropping expected faster fell
    grow growing grown higher hotter hottest improve improved improving increase increased increasing maintain odds plan planned
    quicker replace restarting riskier riskiest rise risen rising slower soonest survive suitable technicians trip unusually
    visit visits warmer weekend weekends worsening
    somebody someone anybody nobody everybody everyone noone anyway
    chance chances deployments install installed likelihood moment patch probability probable reboot rollout rollouts safe safest schedule scheduled succeed success upgrade upgrades updating window windows
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Words that are no part of a device's or site's name by themselves."""
