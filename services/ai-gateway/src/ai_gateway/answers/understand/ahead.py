"""Whether a question is about what is to come, and how far ahead it looks. Its words are in lower case."""

import re
from typing import Final

WEEK_H: Final = 168.0
FARTHEST_H: Final = 720.0
_FAILS: Final = r"(?:fail\w*|break\w*|die|dies|dying|crash\w*|outages?)"
COMES: Final = (
    r"\b(?:will|'ll|going to|about to|due to|likely to|may|might|could)\b.{0,40}\b(?:fail|break|die|crash)\b|"
    r"\bnext (?:to )?(?:fail|break|die)|\b(?:fails?|breaks?|dies|crashes)\b.{0,10}\bnext\b|\bpredict|\bforecasts?\b|\boutlook\b|"
    r"\bcan\b.{0,60}\b(?:tomorrow|tonight|soon|next|still)\b.{0,20}\b(?:fail|break|die|crash)\b|"
    r"\b(?:failures|outages)\b.{0,40}\bexpect\w*|\bexpect\w*\b.{0,40}\b(?:failures|outages)\b|"
    r"\b(?:fails?|failing|failures?)\b.{0,20}\b(?:next|tomorrow|tonight|soon|within (?!the (?:last|past)))|"
    rf"\b(?:chances?|probabilit\w+|likelihood|odds|risk|how (?:likely|probable))\b.{{0,80}}\b{_FAILS}\b|"
    r"\b(?:will|can|does)\b.{0,60}\b(?:survive|hold out|make it)\b|\bhow long (?:will|does|do|can)\b.{0,60}\blasts?\b"
)
"""Asks which failures come."""
_COMES: Final = re.compile(rf"{COMES}|\bfail\w*\b.{{0,20}}\b(?:this week|this month)\b")
_NUMBER: Final = re.compile(r"\bhow many\b|\bnumber of\b|\bexpect\w*\b|\bforecasts?\b|\boutlook\b")
_TO_COME: Final = r"(?:will|'ll|might|may|could|(?:is|are|be) (?:going|about|due) to)"
WHEN: Final = (
    r"\bwhen (?:is|are|will|does|do|would|might)\b.{0,80}\b(?:full|fill\w*|run\w* out|reach\w*|exceed\w*|cross\w*|hit\w*|at (?:its|their|the) limit)\b|"
    r"\bhow (?:soon|long)\b.{0,80}\b(?:full|fill\w*|run\w* out|reach\w*|exceed\w*)\b|"
    rf"\b{_TO_COME}\b.{{0,60}}\b(?:be full|fill up|fill|run (?:out|full)|reach (?:its|their) limit)\b"
)
"""Asks when a quantity reaches its end."""
_WHEN: Final = re.compile(WHEN)
_IN: Final = re.compile(
    r"\b(?:in|within|over|during|for(?= (?:the )?(?:next |coming )?(?:\d|an? |one|two|three|four))) (?:the )?(?:next |coming )?(\d{1,3}|an?|one|two|three|four)? ?(hour|day|week|month)s?\b"
)
_WORDS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, None: 1}
_UNIT_H: Final = {"hour": 1.0, "day": 24.0, "week": WEEK_H, "month": FARTHEST_H}
_SPOKEN: Final = (
    (r"\btoday\b|\btonight\b", 24.0),
    (r"\btomorrow\b", 48.0),
    (r"\bnext week(?:'?s)?\b", 2 * WEEK_H),
    (r"\b(?:this|next) month\b", FARTHEST_H),
)


def asks_what_fails(text: str) -> bool:
    """Whether it asks which failures come, rather than what is wrong now."""
    return bool(_COMES.search(text))


def asks_number(text: str) -> bool:
    """Whether it asks how many failures come."""
    return bool(_NUMBER.search(text))


def asks_when_full(text: str) -> bool:
    """Whether it asks when a quantity reaches its limit."""
    return bool(_WHEN.search(text))


def horizon_h(text: str, before: str = "") -> float:
    """Hours ahead that it speaks of, at most `FARTHEST_H`; as an earlier question did, or a week, where it names none."""
    return _named_h(text) or _named_h(before) or WEEK_H


def _named_h(text: str) -> float | None:
    if found := _IN.search(text):
        amount = _WORDS[found[1]] if found[1] in _WORDS else int(found[1])
        return min(max(amount, 1) * _UNIT_H[found[2]], FARTHEST_H)
    return next((hours for words, hours in _SPOKEN if re.search(words, text)), None)
