"""Codes of errors that a question names: “what does PAY504 mean?”. A code is no name of a device."""

import re
from collections.abc import Callable
from typing import Final

from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.vocabulary import TYPE_WORDS, tokens

MOST: Final = 3
_SNAKE: Final = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_LETTERED: Final = r"(?=[\w-]*[A-Za-z])(?=[\w-]*\d{2})[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*"
_ANY: Final = rf"(?:{_SNAKE}|{_LETTERED}|\d{{3,6}}(?!-\d))"
_KIND: Final = r"(?:error|fault|exception|code|errors? with|codes?:)"
_LEADS: Final = (
    rf"\b{_KIND}(?: (?:code|number|no\.?|is|was|called|named))* [\"'\u201c]?({_ANY})\b(?! (?:times?|hours?|days?|minutes?)\b)",
    rf"\b({_SNAKE}|{_LETTERED})[\"'\u201d]? (?:errors?|faults?|exceptions?|codes?|means?)\b",
    rf"\bmeaning of (?:the |an? |error |code )*({_ANY})\b",
    rf"\b(?:logs?|logged|logging|throws?|threw|raises?|shows|showing|sees?|seeing|gets?|getting|got|fix|solve|handle|"
    rf"caus(?:e|es|ed|ing)|caused by|behind|explain|with|(?:do|done|know|known) about) (?:the |an? |this |error |code )*({_SNAKE}|(?-i:(?=[A-Z0-9_-]+\b){_LETTERED}))\b",
    rf"\b({_SNAKE}|(?-i:(?=[A-Z0-9_-]+\b){_LETTERED}))[\"'\u201d]? (?:first |last |ever |still |again )?(?:occur|happen|appear|start|began|begin|come|came|show|log)\w*\b",
    rf"^\W*(?:(?:and|or|but|also|what about|how about) )?({_SNAKE}|(?-i:(?=[A-Z0-9_-]+\b){_LETTERED}))(?=\W*$|\W+(?:on|at|in|for|from|again|since|today)\b)",
    rf"\b(?:what|which)(?: is|'s| are| does| do| devices?| ones?)?.{{0,30}} ({_SNAKE})\b",
)
_PATTERNS: Final = tuple(
    re.compile(one, re.IGNORECASE) for one in (pattern.replace(_SNAKE, f"(?-i:{_SNAKE})") for pattern in _LEADS)
)
_CAPITALS: Final = rf"({_SNAKE}|(?=[A-Z0-9_]+\b){_LETTERED})"
_FURTHER: Final = re.compile(rf"(?:,|\b(?:and|or|nor)) {_CAPITALS}\b|\b{_CAPITALS}(?:,| and| or| nor)(?!\w)")
"""A further code beside one that is known to be a code."""
_PUBLIC: Final = re.compile(r"(?:device|site|job)-", re.IGNORECASE)
_JOB: Final = re.compile(r"\bjob-[0-9a-f]{6,32}\b", re.IGNORECASE)
_NUMBERED_KIND: Final = re.compile(rf"(?:{'|'.join(TYPE_WORDS)})[-_]?\d+", re.IGNORECASE)
_LEAVES_ROOM: Final = frozenset(
    {
        Intent.UNKNOWN,
        Intent.STATUS,
        Intent.HISTORY,
        Intent.SIMILAR,
        Intent.ANOMALIES,
        Intent.ALERTS,
        Intent.JOBS,
        Intent.METRICS,
    }
)


def read_jobs(text: str) -> tuple[tuple[str, ...], str]:
    """Ids of jobs that the question names, in small letters, and the question with them blanked."""
    found = tuple(dict.fromkeys(one[0].lower() for one in _JOB.finditer(text)))
    return found[:MOST], _JOB.sub(lambda one: " " * len(one[0]), text)


def read_codes(text: str, known: Callable[[str], bool]) -> tuple[tuple[str, ...], str]:
    """Codes that the question names, in capitals, and the question with them blanked.

    ``known``: whether a word is part of a device's or site's name, and so no code.
    """
    found: dict[str, None] = {}
    for pattern in _PATTERNS:
        for one in pattern.finditer(text):
            code = one[1]
            if _PUBLIC.match(code) or _NUMBERED_KIND.fullmatch(code) or any(map(known, tokens(code)[-1:])):
                continue
            found[code.upper()] = None
            text = f"{text[: one.start(1)]}{' ' * len(code)}{text[one.end(1) :]}"
    for one in [*_FURTHER.finditer(text)] if found else ():
        code, start = one[1] or one[2], one.start(1 if one[1] else 2)
        if not any(map(known, tokens(code)[-1:])):
            found[code] = None
            text = f"{text[:start]}{' ' * len(code)}{text[start + len(code) :]}"
    return tuple(found)[:MOST], text


def intent_of_code(intent: Intent, asked: Intent, *, devices: bool) -> Intent:
    """A question with a code is about logged errors, unless its words say that it asks for something else.

    Args:
        intent: as settled by all that the question names.
        asked: as its words alone have it.
        devices: whether it names some; then “why” and “since when” are about them.
    """
    told = intent is Intent.HISTORY and asked is Intent.HISTORY and devices
    return Intent.ERRORS if intent in _LEAVES_ROOM and not told else intent
