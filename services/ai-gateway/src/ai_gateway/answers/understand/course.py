"""Whether a question asks how something has moved, or how it stands against what is usual. Its words are in lower case."""

import re
from typing import Final

USUAL: Final = (
    r"\bth[ea]n (?:\w+ )?(?:usual\w*|normal\w*|before|ever|expected|always|average|it (?:was|is|used|should)|in the past|typical)\b|"
    r"\bis (?:that|this|it) (?:ok|okay|expected|high|bad|too (?:high|hot|much))\b|"
    r"\b(?:as|like) (?:usual|normal|always|before)\b|\b(?:is|are|does|do|look\w*|seem\w*)\b.{0,60}\b(?:normal|unusual|typical)\b"
)
"""Asks how it stands against its own past: such a comparison has one thing in it."""
_THAN_THEN: Final = re.compile(
    r"\bth[ea]n (?:it was |in |during )?(?:the )?(?:last|previous|past|yesterday|(?:\w+) \w+ ago)\b"
)
_USUAL: Final = re.compile(USUAL)
_MOVED: Final = re.compile(
    r"\b(?:go|goes|going|gone|went|get|gets|getting|got|gotten|become|becomes|becoming|became|move|moves|moving|moved) "
    r"(?:\w+ )?(?:up|down|worse|better|higher|lower|slower|faster|hotter|warmer|colder|cooler|fuller|larger|smaller|quieter)\b|"
    r"\b(?:rise|rises|rising|rose|risen|increas\w+|decreas\w+|drop|drops|dropping|dropped|falls?|falling|fell|fallen|climb\w*|"
    r"grow|grows|growing|grown|grew|shrink\w*|shrank|worsen\w*|improv\w+|trends?|trending|deteriorat\w+|declin\w+)\b|\b(?:up|down)\W*$"
)
_WHOSE: Final = re.compile(
    r"^\W*who\b|\bwhose\b|\b(?:which|what)(?: of (?:the |my |our )?\w+| (?!is\b|was\b|does\b|has\b)(?:\w+ )?"
    r"(?:\w{2,}s|device|site|store|terminal|till|sensor|gateway|tablet|kiosk|one))\b"
)
_WHEN_DID: Final = re.compile(r"\bwhen did\b")
_SINCE: Final = re.compile(r"\bsince when\b|\bhow long\b|\bwhen did (?:it|that|this) (?:start|begin)\b")
_BETTER_OR_WORSE: Final = re.compile(
    r"\b(?:get|gets|getting|got|become|becoming|became|been|going|doing|looking|are|is)\b(?: \w+){0,3} (?:healthier|better|worse|more (?:reliable|stable)|less (?:reliable|stable)|sicker)\b(?! than)|"
    r"\b(?:improv|deteriorat|worsen)\w+\b|\bhealth trend\b|\btrend of (?:the |our )?(?:fleet|health)\b"
)
_UP: Final = re.compile(
    r"\b(?:up|higher|slower|hotter|warmer|fuller|larger|busier|ris\w+|rose|increas\w+|climb\w*|gr[oe]w\w*|more)\b"
)
_DOWN: Final = re.compile(
    r"\b(?:down|lower|faster|quicker|colder|cooler|smaller|quieter|drop\w*|f[ae]ll\w*|decreas\w+|shr[aiu]nk\w*|declin\w+|less|fewer)\b"
)
_WORSE: Final = re.compile(r"\b(?:worse|worsen\w*|deteriorat\w+)\b")
_BETTER: Final = re.compile(r"\b(?:better|improv\w+)\b")
_WHICH_SITE: Final = re.compile(r"\b(?:which|what) (?:sites?|stores?|buildings?)\b")
_WHICH_SITE_MOVED: Final = re.compile(
    _WHICH_SITE.pattern + r".{0,40}\b(?:improv\w+|worsen\w*|deteriorat\w+|"
    r"(?:get|gets|getting|got|gotten|become|becoming|became) (?:\w+ )?(?:better|worse|healthier))\b"
)


def asks_which_site(text: str) -> bool:
    """Whether it asks for a site, not for a device."""
    return bool(_WHICH_SITE.search(text))


def asks_which_site_moved(text: str) -> bool:
    """Whether it asks which site got better or worse."""
    return bool(_WHICH_SITE_MOVED.search(text))


def asks_worse(text: str) -> bool:
    """Whether it asks for what got worse."""
    return bool(_WORSE.search(text))


def asks_usual(text: str) -> bool:
    """Whether it compares with what is usual, or was before."""
    return bool(_USUAL.search(text))


def asks_than_then(text: str) -> bool:
    """Whether it compares with a time that it names: “than yesterday”."""
    return bool(_THAN_THEN.search(text))


def asks_moved(text: str) -> bool:
    """Whether it asks how something has moved."""
    return bool(_MOVED.search(text))


def asks_course(text: str) -> bool:
    """Whether it asks how one quantity has moved, or how it stands against what is usual."""
    return asks_change(text) and not (_WHOSE.search(text) or _WHEN_DID.search(text))


def asks_who_moved(text: str) -> bool:
    """Whether it asks whose quantity has moved, or is not as it was."""
    return (asks_change(text) or asks_than_then(text)) and bool(_WHOSE.search(text))


def asks_change(text: str) -> bool:
    """Whether it speaks of a movement, or of what is usual."""
    return bool(_USUAL.search(text) or _MOVED.search(text))


def asks_trend(text: str) -> bool:
    """Whether it asks if all gets better or worse."""
    return bool(_BETTER_OR_WORSE.search(text)) and not _WHOSE.search(text)


def asks_since(text: str) -> bool:
    """Whether it asks since when something is so."""
    return bool(_SINCE.search(text))


def read_direction(text: str, *, bad: str | None) -> int:
    """Where it has moved to by the question: 1 up, -1 down, 0 either. ``bad``: the direction that is worse, ``up`` or ``down``."""
    worse = -1 if bad == "down" else 1
    named = ((_UP, 1), (_DOWN, -1), (_WORSE, worse), (_BETTER, -worse))
    return next((direction for pattern, direction in named if pattern.search(text)), 0)
