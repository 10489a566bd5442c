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


def asks_effect(text: str) -> bool:
    """Whether ``text`` (lower case) asks what a change or an update did."""
    return bool(_ASKS_EFFECT.search(text))


def read_deed(text: str, rest: str) -> str | None:
    """The verb of an order, such as ``restart``. ``rest``: the text with its names blanked. Both in lower case."""
    found = _ORDER.search(text) or _ORDER_TO_NAMED.search(rest)
    return found[1] if found else None
