"""Whether a question asks how something has moved, or how it stands against what is usual. Its words are in lower case."""

import re
from typing import Final

USUAL: Final = (
    r"\bth[ea]n (?:\w+ )?(?:usual\w*|normal\w*|before|ever|expected|always|average|it (?:was|is|used|should)|in the past|typical)\b|"
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
_OF_MANY: Final = re.compile(r"\b(?:which|what|who) (?:devices?|sites?|terminals?|sensors?|\w+s)\b|\bwhen did\b")
"""Asks whose it is, or when it was."""


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
    return bool(_USUAL.search(text) or _MOVED.search(text)) and not _OF_MANY.search(text)
