"""What a question asks, once its names, its metric and its time are known beside its words."""

import re
from datetime import datetime

from ai_gateway.answers.understand.course import (
    asks_course,
    asks_since,
    asks_than_then,
    asks_trend,
    asks_usual,
    asks_which_site_moved,
    asks_who_moved,
)
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.intent import Intent, out_of_scope, read_intent
from ai_gateway.answers.understand.names import Found
from ai_gateway.answers.understand.period import read_against, read_time_range
from ai_gateway.answers.understand.vocabulary import TYPE_WORDS, UPTIME, Metric
from ai_gateway.homepot.names import DeviceName

_WELL_BEING = re.compile(
    r"\b(?:is|are) (?:everything|all|things|we|it all)(?: \w+){0,2} (?:good|ok|okay|fine|well|alright|healthy|normal|working|"
    r"running|up)\b|\ball (?:good|ok|okay|well|fine|in order)\b|\bhow(?:'s| is| are| goes) (?:everything|all|things|it going|we doing)\b|"
    r"\bhow (?:healthy|well|good) (?:is|are)\b|\b(?:any news|anything on fire|what(?:'s| is) new)\b|"
    r"\bwhat (?:should|must|do) (?:i|we) (?:need to |have to )?(?:know|watch)\b|\banything (?:i|we) (?:should|need to|must|have to) know\b"
)
"""Asks how all is, not for what is well."""
_WENT = re.compile(
    r"\b(?:went|gone|go|goes|dropped|come|came|going) (?:offline|down|off|back|online|up)\b|\bdropped out\b|\b(?:was|were|had|any)\b.{0,20}\b(?:power (?:cut|outage|failure|loss)|blackout|outages?)\b|"
    r"\bhow (?:often|many times)\b.{0,60}\b(?:offline|down|online|unreachable|silent)\b"
)
_IS_IT_WELL = re.compile(
    r"(?:^|\b(?:if|whether) (?:[\w'-]+ ){1,6})(?:is|are)\b.{0,80}\b(?:ok|okay|fine|alright|all right|well|healthy|in order)\b"
)
_A_TYPE = re.compile(rf"\b(?:{'|'.join(TYPE_WORDS)})\b")
_SITUATION = re.compile(r"\b(?:the|our) situation\b|\bsituation report\b|^\W*how bad is (?:it|that|this)\b")
_NEWS = re.compile(r"\bany news\b|\bwhat(?:'s| is) new\b|\banything new\b")
_WRONG = re.compile(r"\bwhat(?:'s| is) (?:wrong|the (?:matter|problem|issue|trouble))\b")
_SINCE_WHEN = re.compile(r"\bsince when\b|\b(?:for )?how long\b")
_HAD = re.compile(r"\b(?:had|was|were|did|been)\b")
_PER_GROUP = re.compile(
    r"\b(?:per|by|for each|for every|each|every) (?:site|store|building|(?:device )?(?:type|kind))\b|\b(?:site by site|of each (?:type|kind))\b"
)

_WHICH_SITE = re.compile(
    r"^(?!.*\d).*\b(?:which|what|(?:slow|fast|hott|cold|warm|cool|full|busi)est) (?:site|store|building)\b"
)
"""A site by its metric; with a limit beside it, it is about the devices past that."""


_OF_A_METRIC = {Intent.UNKNOWN, Intent.METRICS, Intent.STATUS, Intent.COMPARISON, Intent.ANOMALIES}
"""Kinds that a metric's own course goes before, where a metric is asked of."""
_ALL = re.compile(r"\b(?:everything|things|all|fleet|overall|devices)\b")
_TOO = re.compile(
    r"\btoo (?:hot|warm|cold|cool|slow|high|low|full|busy|much)\b|\b(?:cold|cool|warm|hot|fast|quick) enough\b"
)
_COUNTED = re.compile(
    r"\b(?:alerts?|alarms?|warnings|errors?|jobs?|deployments?|updates?|rollouts?|changes?|config\w*)\b"
)
"""What is counted in two times to compare them."""


def well_being(text: str) -> bool:
    """Whether the question is how all is, not what is well."""
    return bool(_WELL_BEING.search(text))


def is_it_well(text: str) -> bool:
    """Whether it asks if what it names is well, as in “are the sensors fine?”: of those that are not, too."""
    return bool(_IS_IT_WELL.search(text))


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
    if out_of_scope(text):
        return Intent.UNKNOWN
    of_two_times = re.search(UPTIME, text) and read_against(text, now)
    intent = Intent.COMPARISON if of_two_times else _of_itself(read_intent(text), text, metric, devices, found)
    if metric and intent is Intent.COMPARISON and time and _than_then(text, now):
        intent = intent if _two_things(found, devices, text) else Intent.COURSE
    if intent is Intent.COURSE:
        return intent
    if (intent is Intent.UNKNOWN and _SITUATION.search(text)) or (time and _NEWS.search(text)):
        intent = Intent.HISTORY if time else Intent.STATUS
    if intent is Intent.SIMILAR and len(devices) == 1 and _WRONG.search(text):
        intent = Intent.HISTORY  # that tells what helped before, too
    of_a_type = intent is Intent.UNKNOWN and is_it_well(text) and _A_TYPE.search(text)
    if of_a_type or (well_being(text) and intent in {Intent.UNKNOWN, Intent.ANOMALIES}):
        intent = Intent.STATUS
    past = time is not None and time.period.until < now
    was = past and intent is Intent.ANOMALIES and bool(_HAD.search(text))
    if metric and (was or intent in {Intent.UNKNOWN, Intent.METRICS, Intent.STATUS}):
        return Intent.COMPARISON if _PER_GROUP.search(text) or _WHICH_SITE.search(text) else Intent.METRICS
    intent = _named(intent, devices, found, text)
    if intent is Intent.HISTORY and not devices and _SINCE_WHEN.search(text):
        return Intent.STATUS  # of those in a state, not of all that happened
    had = intent is Intent.ANOMALIES and past and _HAD.search(text)
    if had or (intent is Intent.STATUS and ((past and devices) or _WENT.search(text))):
        return Intent.HISTORY  # how it was is no question about how it is
    return intent


def _of_itself(
    intent: Intent, text: str, metric: Metric | None, devices: tuple[DeviceName, ...], found: Found
) -> Intent:
    """Let a comparison with what is usual, or was before, be one of a thing with itself."""
    if _two_things(found, devices, text):
        return intent
    if _is_course(intent, text, metric, devices):
        return Intent.COURSE
    if intent is Intent.UNKNOWN and _ALL.search(text) and asks_course(text):
        return Intent.ANOMALIES
    if intent is Intent.COMPARISON and asks_usual(text) and not (metric or _COUNTED.search(text)):
        return Intent.HISTORY if devices else Intent.ANOMALIES  # what is unusual of it?
    return intent


def _is_course(intent: Intent, text: str, metric: Metric | None, devices: tuple[DeviceName, ...]) -> bool:
    """Whether it asks how a metric, or all, has moved."""
    if metric is None:
        return asks_which_site_moved(text) or (asks_trend(text) and not (devices or _COUNTED.search(text)))
    if devices and _TOO.search(text):
        return True
    if asks_since(text) and (asks_course(text) or intent is Intent.COMPARISON):
        return True
    return intent in _OF_A_METRIC and (asks_course(text) or asks_who_moved(text))


def _than_then(text: str, now: datetime) -> bool:
    """Whether it compares the present with a time; of two that it names, both are told."""
    before, _, _ = text.partition(" than ")
    return asks_than_then(text) and read_time_range(before, now) is None


def _two_things(found: Found, devices: tuple[DeviceName, ...], text: str) -> bool:
    """Whether there is something else to compare with."""
    return (len(devices) > 1 or len(found.sites) > 1) and bool(re.search(r"\bthan\b|\bvs\b|\bversus\b|\bcompar", text))


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
