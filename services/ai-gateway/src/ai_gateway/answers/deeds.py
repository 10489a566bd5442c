"""Whether a question asks for a deed: “restart the lobby terminal”. There is none that a question can do."""

import re
from typing import Final

_VERB: Final = (
    r"^\W*(?:please |can you |could you |would you |now |go and )*(restart|reboot|delete|remove|erase|wipe|turn (?:on|off)|"
    r"switch (?:on|off)|shut ?down|disable|enable|reset|update|upgrade|install|resolve|acknowledge|close|clear|create|"
    r"stop|start|roll ?back|reconfigure|deploy|ignore|dismiss|cancel|abort|retry|re-?run)\b"
)
_ORDER: Final = re.compile(rf"{_VERB}(?: (?:the|all|every|this|that|my|our|it|a|an)\b| device| alert)")
_ORDER_TO_NAMED: Final = re.compile(rf"{_VERB}  ")
"""The same before a name, which was read and blanked."""


def read_deed(text: str, rest: str) -> str | None:
    """The verb of an order, such as ``restart``. ``rest``: the text with its names blanked. Both in lower case."""
    found = _ORDER.search(text) or _ORDER_TO_NAMED.search(rest)
    return found[1] if found else None
