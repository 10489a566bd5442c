"""Whether a question asks for a deed: “restart the lobby terminal”, which no question can do, or for what one did."""

import re
from typing import Final

_CHANGE: Final = r"(?:updat\w+|upgrad\w+|chang\w+|firmware|version|release|patch\w*|rollout|\d+\.\d+(?:\.\d+)*)"
_HARM: Final = r"(?:problems?|issues?|troubles?|errors?|alerts?|incidents?|failures?|worse)"
EFFECT: Final = (
    rf"\b(?:did|does|do|has|have|is|was|were|are)\b.{{0,40}}\b{_CHANGE}\b.{{0,40}}\b(?:caus\w+|break|broke\w*|harm\w*|to blame|responsible|(?:the|at) fault)\b|"
    rf"\b(?:any|what|which|more|new)\b.{{0,20}}\b{_HARM}\b.{{0,30}}\b(?:since|after|from|caused by|due to|because of)\b.{{0,20}}\b{_CHANGE}\b|"
    r"\b(?:did|does|has|was) (?:that|this|it)\b.{0,20}\b(?:caus\w+|break|broke)\b|"
    rf"\b(?:side ?effects?|consequences) of\b.{{0,20}}\b{_CHANGE}\b"
)
"""Asks what a change or an update did."""
_ASKS_EFFECT: Final = re.compile(EFFECT)
_VERB: Final = (
    r"^\W*(?:please |can you |could you |would you |now |go and )*(restart|reboot|delete|remove|erase|wipe|turn (?:on|off)|"
    r"switch (?:on|off)|shut ?down|disable|enable|reset|update|upgrade|install|resolve|acknowledge|close|clear|create|"
    r"stop|start|roll ?back|reconfigure|deploy|ignore|dismiss|cancel|abort|retry|re-?run)\b"
)
_ORDER: Final = re.compile(rf"{_VERB}(?: (?:the|all|every|this|that|my|our|it|a|an)\b| device| alert)")
_ORDER_TO_NAMED: Final = re.compile(rf"{_VERB}  ")
"""The same before a name, which was read and blanked."""


_ALONE: Final = r"(?! (?:by )?(?:itself|themselves)\b| on (?:its|their) own\b| again and again\b)"
_BY_US: Final = r"(?:did|have|has|had) (?:we|you|i|they|any ?one|any ?body|some ?one|some ?body|the \w+)\b.{0,30}\b"
DONE: Final = (
    ("restart", "restarted", rf"(?:restarted|rebooted|power[- ]?cycled)\b{_ALONE}|{_BY_US}(?:restart|reboot)(?:ed)?\b"),
    ("update", "updated", r"(?:was|were|is|are|got|been) (?:already |just |last )?(?:updated|upgraded)\b(?! to\b)"),
    ("backup", "backed up", rf"backed up\b|{_BY_US}back up\b"),
    ("ping", "pinged", rf"pinged\b|{_BY_US}ping\b"),
)
"""By a part of HOMEPOT's word for it, what was done to devices, in words, and how a question says it."""
HELPED: Final = (
    r"\b(?:help|helps|helped|useful|any use|effect|improve|improved|solve[ds]?|fix(?:ed|es)?|better)\b|"
    r"\b(?:did|does|has) (?:it|this|that) work"
)
_HELPED: Final = re.compile(HELPED)
_A_DEED: Final = re.compile(r"\b(?:restart|reboot|power[- ]?cycl)\w*\b")
_DID: Final = re.compile(r"\b(?:did|does|has|have|was|were|is|are)\b")


def read_done(text: str) -> tuple[str, str] | None:
    """A part of HOMEPOT's word for what was done to devices, and its word here, where ``text`` (lower case) asks for that."""
    for part, done, pattern in DONE:
        if re.search(rf"\b(?:{pattern})", text):
            return part, done
    return ("restart", "restarted") if _A_DEED.search(text) and _DID.search(text) and asks_helped(text) else None


def asks_helped(text: str) -> bool:
    """Whether ``text`` (lower case) asks if something helped."""
    return bool(_HELPED.search(text))


def asks_effect(text: str) -> bool:
    """Whether ``text`` (lower case) asks what a change or an update did."""
    return bool(_ASKS_EFFECT.search(text))


def read_deed(text: str, rest: str) -> str | None:
    """The verb of an order, such as ``restart``. ``rest``: the text with its names blanked. Both in lower case."""
    found = _ORDER.search(text) or _ORDER_TO_NAMED.search(rest)
    return found[1] if found else None
