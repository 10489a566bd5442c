"""What a question asks, once its names, its metric and its time are known beside its words."""

import re
from datetime import datetime

from ai_gateway.answers.intent import Intent, out_of_scope, read_intent
from ai_gateway.answers.names import Found
from ai_gateway.answers.period import TimeRange
from ai_gateway.answers.vocabulary import Metric
from ai_gateway.homepot.types import DeviceName

_WELL_BEING = re.compile(
    r"\b(?:is|are) (?:everything|all|things|we|it all)(?: \w+){0,2} (?:good|ok|okay|fine|well|alright|healthy|normal|working|"
    r"running|up)\b|\ball (?:good|ok|okay|well|fine|in order)\b|\bhow(?:'s| is| are| goes) (?:everything|all|things|it going|we doing)\b|"
    r"\bhow (?:healthy|well|good) (?:is|are)\b|\b(?:any news|anything on fire|what(?:'s| is) new)\b|"
    r"\bwhat (?:should|must|do) (?:i|we) (?:need to |have to )?(?:know|watch)\b|\banything (?:i|we) (?:should|need to|must|have to) know\b"
)
"""Asks how all is, not for what is well."""
_WENT = re.compile(
    r"\b(?:went|gone|go|goes|dropped|come|came|going) (?:offline|down|off|back|online|up)\b|\bdropped out\b"
)
_SINCE_WHEN = re.compile(r"\bsince when\b|\b(?:for )?how long\b")
_PER_SITE = re.compile(r"\b(?:per|by|for each|for every|each|every) (?:site|store|building)\b|\bsite by site\b")

_WHICH_SITE = re.compile(r"^(?!.*\d).*\b(?:which|what) (?:site|store|building)\b")
"""A site by its metric; with a limit beside it, it is about the devices past that."""


def well_being(text: str) -> bool:
    """Whether the question is how all is, not what is well."""
    return bool(_WELL_BEING.search(text))


def went(text: str) -> bool:
    """Whether ``text`` (lower case) asks who changed between online and offline."""
    return bool(_WENT.search(text))


def settle(
    text: str,
    found: Found,
    devices: tuple[DeviceName, ...],
    metric: Metric | None,
    time: TimeRange | None,
    now: datetime,
) -> Intent:
    """The kind of question.

    Args:
        text: its words in lower case, with those that a follow-up leaves unsaid.
        found: what it names.
        devices: named by it, or by the request.
        metric: that it asks for.
        time: that it speaks of.
        now: the present.
    """
    intent = read_intent(text)
    if out_of_scope(text):
        return Intent.UNKNOWN
    if well_being(text) and intent in {Intent.UNKNOWN, Intent.ANOMALIES}:
        intent = Intent.STATUS
    if metric and intent in {Intent.UNKNOWN, Intent.METRICS, Intent.STATUS}:
        return Intent.COMPARISON if _PER_SITE.search(text) or _WHICH_SITE.search(text) else Intent.METRICS
    intent = _named(intent, devices, found, text)
    if intent is Intent.HISTORY and not devices and _SINCE_WHEN.search(text):
        return Intent.STATUS  # of those in a state, not of all that happened
    past = time is not None and time.period.until < now
    if intent is Intent.STATUS and ((past and devices) or _WENT.search(text)):
        return Intent.HISTORY  # how a device was is no question about how it is
    return intent


def _named(intent: Intent, devices: tuple[DeviceName, ...], found: Found, text: str) -> Intent:
    """Let what the question names decide where its words leave room."""
    if intent is Intent.UNKNOWN and devices:
        return Intent.HISTORY
    if intent is Intent.UNKNOWN and (found.sites or found.unknown):
        return Intent.STATUS
    if intent is Intent.ANOMALIES and len(devices) == 1:
        return Intent.HISTORY
    if intent is Intent.HISTORY and not devices:
        return Intent.ANOMALIES if re.search(r"\bwhy\b|wrong|going on|happening|diagnos|cause", text) else intent
    return intent
