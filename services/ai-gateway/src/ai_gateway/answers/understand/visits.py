"""Whether a question asks for a plan of visits, or whether a moment suits work. Its words are in lower case."""

import re
from typing import Final

_PUSH: Final = r"(?:updat|upgrad|restart|reboot|patch|deploy|roll\w* out|install|push|reconfigur|maint[ae]n|servic)\w*"
_SOON: Final = r"\b(?:now|right away|immediately|already|today|tonight|tomorrow|this (?:morning|afternoon|evening|weekend)|at the moment)\b"
_GOOD: Final = r"(?:safe|ok|okay|fine|wise|advisable|alright|risky|sensible|good idea)"
SUITS: Final = (
    rf"\b{_GOOD} (?:\w+ )?(?:to|for)\b.{{0,40}}\b{_PUSH}\b|"
    rf"\b(?:is|would) (?:it|this|that|now)\b.{{0,20}}\b(?:good|bad|right|wrong) (?:time|moment|day|idea)\b.{{0,30}}\b{_PUSH}\b|"
    rf"(?<!how )(?<!when )\b(?:can|could|may|should|shall) (?:i|we|one|they)\b(?! fix).{{0,60}}\b{_PUSH}\b.{{0,60}}{_SOON}|"
    rf"(?<!how )(?<!when )\b(?:can|could|may|should|shall) (?:i|we|one|they)\b.{{0,40}}{_SOON}.{{0,60}}\b{_PUSH}\b|"
    r"(?<!how )(?<!when )\b(?:can|may|should|shall) (?:i|we)\b.{0,30}\b(?:updat|upgrad|patch|deploy|roll out|restart|reboot)\w*|"
    rf"\b(?:wait|hold off|postpone|delay)\b.{{0,40}}\b{_PUSH}\b|\b(?:speaks?|says?|argues?|is) against\b.{{0,40}}\b{_PUSH}\b|"
    rf"\b(?:now|today|tonight|tomorrow)\b.{{0,20}}\b(?:good|right|bad|safe|suitable)\b.{{0,30}}\b(?:time|moment|day)\b"
)
"""Asks whether a moment, now where none is named, suits work."""
_SUITS: Final = re.compile(SUITS)
_WHEN: Final = re.compile(r"\bwhen\b|\bwhat time\b|\b(?:best|next) (?:time|window|moment)\b")
_MAKE: Final = r"(?:plan|schedul|organi[sz]|arrang|prepar|propos|suggest|mak|giv|draw|creat)\w*"
_WORK: Final = r"(?:maintenance|visits?|servicing|service (?:visits?|trips?|calls?)|trips?|rounds|tour|technicians?|field work|week)"
PLAN: Final = (
    rf"\b(?:plan|schedul|organi[sz]|arrang)\w*\b.{{0,40}}\b{_WORK}\b|\b(?:maintenance|visit|service|work) (?:plan|schedule)\b|"
    rf"\b{_MAKE}\b.{{0,30}}\bplan\b|"
    r"\bmaintenance\b.{0,20}\b(?:due|planned|ahead|coming up|upcoming|needed|necessary|to do|next week|this week)\b|"
    r"\b(?:due|upcoming|planned|necessary)\b.{0,15}\bmaintenance\b|\bnext maintenance\b(?! windows?)|"
    r"\b(?:where|which sites?|whom?|what sites?)\b.{0,30}\b(?:i|we|technicians?|engineers?|someone|somebody)\b.{0,20}"
    r"\b(?:send|visit|drive|go)\b|"
    r"\b(?:take care of|see to|look after|get done|do)\b.{0,30}\b(?:before|until|by) (?:the )?(?:weekend|holidays?|end of the week)\b"
)
"""Asks what to see to at which site, and when."""
_PLAN: Final = re.compile(PLAN)
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NOW: Final = re.compile(r"\bnow\b|\bat the moment\b")
_TONIGHT: Final = re.compile(r"\btonight\b|\bthis evening\b")
_TOMORROW: Final = re.compile(r"\btomorrow\b")
_TODAY: Final = re.compile(r"\btoday\b|\bthis (?:morning|afternoon)\b")


def asks_plan(text: str) -> bool:
    """Whether it asks for visits."""
    return bool(_PLAN.search(text))


def asks_moment(text: str) -> str | None:
    """The moment that it asks of, in its own words; ``None`` where it asks for a time instead of naming one."""
    if _WHEN.search(text) or not _SUITS.search(text):
        return None
    return moment_named(text) or "now"


def moment_named(text: str) -> str | None:
    """``tonight``, ``tomorrow``, ``today``, a weekday or ``now``; ``None`` where it names none."""
    named = (("tonight", _TONIGHT), ("tomorrow", _TOMORROW), ("today", _TODAY))
    days = ((day, re.compile(rf"\b{day}\b")) for day in WEEKDAYS)
    return next((words for words, pattern in (*named, *days, ("now", _NOW)) if pattern.search(text)), None)
