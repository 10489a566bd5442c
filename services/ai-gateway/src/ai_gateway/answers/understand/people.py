"""Whom a question of changes names: “what did Ada change yesterday?”, or of resolved alerts. A person is no device."""

import re
from collections.abc import Callable
from typing import Final

from ai_gateway.answers.understand.vocabulary import COMMON, tokens

_DOES: Final = r"(?:change|changed|configure|configured|reconfigure|reconfigured|edit|edited|touch|touched|alter|altered|roll|rolled|resolve|resolved|close|closed)"
_NOBODY: Final = frozenset(
    {"somebody", "someone", "anybody", "anyone", "nobody", "everybody", "everyone", "noone", "they", "people"}
)
_PATTERNS: Final = (
    re.compile(rf"\b(?:did|has|have) ([a-z][\w.+@-]+[a-z]) {_DOES}\b", re.IGNORECASE),
    re.compile(rf"\b(?:changes?|{_DOES})\b.{{0,40}}? (?:by|from) ([a-z][\w.+@-]+[a-z])\b", re.IGNORECASE),
    re.compile(
        r"\b(?:alerts?|alarms?|problems?|changes?) (?:did |has |have )?(?:resolved|resolve|closed|close|made) ([a-z][\w.+@-]+(?<!ly))\W*$",
        re.IGNORECASE,
    ),
    re.compile(rf"\bthat ([a-z][\w.+@-]+[a-z]) {_DOES}\b", re.IGNORECASE),
)


def read_person(text: str, known: Callable[[str], bool]) -> tuple[str | None, str]:
    """The person whose changes, or resolved alerts, are asked for, in small letters, and the question with that blanked.

    ``known``: whether a word is part of a device's or site's name, and so nobody's.
    """
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            name = found[1].lower()
            if name not in COMMON | _NOBODY and not any(
                word in COMMON or known(word) for word in tokens(name.split("@")[0])
            ):
                return name, f"{text[: found.start(1)]}{' ' * len(name)}{text[found.end(1) :]}"
    return None, text
