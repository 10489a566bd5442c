"""A question's words as the rules know them: contractions written out, and misspelt words of the field put right."""

import re
from collections.abc import Callable
from typing import Final

from rapidfuzz.distance import OSA

from ai_gateway.answers.understand.vocabulary import COMMON

FIELD: Final = frozenset(
    """
    acknowledged active alarm alarms alert alerts anomalies anomaly average changed compare condition configuration
    connected critical devices device disconnected errors error failed failing firmware gateway gateways happened healthy
    highest history incident incidents inactive latency lowest maintenance memory network offline online overheating
    overview pending problem problems reporting resolved sensor sensors severity similar status suspended tablet tablets
    temperature terminal terminals unhealthy unusual version warning warnings which yesterday
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Words that decide what a question asks; a letter too few or two swapped must not lose it."""
RIGHT: Final = (
    COMMON | FIELD | {"alter", "filed", "filled", "reboot", "reboots", "rebooted", "rebooting", "table", "tables"}
)
"""Words that are right as they are."""
SHORT: Final = 5
LONG: Final = 9
"""Words below this many letters may miss one letter but have none wrong; from `LONG` on two may be wrong."""
_CONTRACTIONS: Final = (
    (re.compile(r"\bwhich of (?:my|our|your|the|all|these) (?:\d+ )?(?=[a-z]+s\b)", re.IGNORECASE), "which "),
    (re.compile(r"\bcan['\u2019]?t\b|\bcannot\b", re.IGNORECASE), "can not"),
    (
        re.compile(
            r"(\d|\b[ap]m|day|noon|night|morning|\bh) till (?=\d|now\b|today\b|yesterday\b|noon\b|\w+day\b)",
            re.IGNORECASE,
        ),
        r"\1 until ",
    ),
    (re.compile(r"\b(is it|would it be) save (?=to\b)", re.IGNORECASE), r"\1 safe "),
    (re.compile(r"\bwon['\u2019]t\b", re.IGNORECASE), "will not"),
    (
        re.compile(r"\b(is|are|was|were|has|have|had|do|does|did|should|could|would)n['\u2019]?t\b", re.IGNORECASE),
        r"\1 not",
    ),
    (
        re.compile(
            r"\b(more|fewer|less|worse|better|\w+er)((?: \w+){0,4}) then "
            r"(?=(?:usual|normal|before|expected|ever|always|yesterday|today|last|this|other|the others?)\b|"
            r"(?:\d+|an?|one|two|three|four|five|six) ?(?:%|seconds?|minutes?|mins?|hours?|days?|weeks?|months?|ms|degrees|times)(?!\w)|\d+(?:\.\d+)*\W*$)",
            re.IGNORECASE,
        ),
        r"\1\2 than ",
    ),
)
_A_STORE: Final = re.compile(r"\b(?:shops?|branch(?:es)?|outlets?)\b", re.IGNORECASE)
"""What people call a site."""
_WORD: Final = re.compile(r"(?<![\w'\u2019\"\u201c-])[a-z]{4,}(?![\w'\u2019\"\u201d-])")
"""Small letters alone: what is written as a name, or quoted, is one."""


def plain_words(text: str, known: Callable[[str], bool]) -> str:
    """The question with contractions written out and misspelt words of the field put right.

    ``known``: whether a word is part of a name, and so right as it is.
    """
    for pattern, words in _CONTRACTIONS:
        text = pattern.sub(words, text)
    text = text[:1].lower() + text[1:] if text[1:2].islower() and not known(text.split(" ", 1)[0].lower()) else text
    text = _A_STORE.sub(lambda found: found[0] if known(found[0].lower()) else _store(found[0]), text)
    return _WORD.sub(lambda found: found[0] if known(found[0]) else _spelled(found[0]), text)


def _store(word: str) -> str:
    return "stores" if word.lower() in {"shops", "branches", "outlets"} else "store"


def _spelled(word: str) -> str:
    if word in RIGHT:
        return word
    allowed = 2 if len(word) >= LONG else 1
    near = [(OSA.distance(word, right, score_cutoff=allowed), right) for right in FIELD if _may_mean(word, right)]
    return min((one for one in near if one[0] <= allowed), default=(0, word))[1]


def _may_mean(word: str, right: str) -> bool:
    """Short words are often others: “weak” is no “week”. One that lacks a letter is nothing else."""
    return word[0] == right[0] and (len(right) > len(word) if len(word) < SHORT else abs(len(right) - len(word)) <= 1)
