"""Words that narrow: types of devices, states, severities, categories."""

import re

from ai_gateway.answers.understand.vocabulary import ALERT_STATUSES, CATEGORIES, CONDITIONS, SEVERITIES, TYPE_WORDS

_WARNINGS = re.compile(r"\bwarnings\b")


def read_types(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """Types of ``known``, those in use, by their own names, and by the field's words in what is left of the text."""
    chosen = set()
    for kind in sorted(known, key=len, reverse=True):
        own = re.compile(rf"\b{kind.replace('_', '[ _-]')}s?\b")
        if own.search(text):
            chosen.add(kind)
            text = own.sub(" ", text)
    spoken = {kind for words, kind in TYPE_WORDS.items() if kind in known and re.search(rf"\b(?:{words})\b", text)}
    return tuple(sorted(chosen | spoken))


def read_conditions(text: str) -> tuple[str, ...]:
    """Every state that the words name; “online” and “healthy” only where no other state is asked for."""
    chosen: dict[str, None] = {}
    for pattern, conditions in CONDITIONS.items():
        whole = re.compile(rf"\b(?:{pattern})\b")
        if whole.search(text) and not (chosen and conditions[0] in {"online", "healthy"}):
            chosen.update(dict.fromkeys(conditions))
            text = whole.sub(" ", text)  # “not healthy” is found first, and holds no “healthy” then
    return tuple(chosen)


def read_severities(text: str) -> tuple[str, ...]:
    """The severities that the words name. “Warnings” by themselves are alerts of any; beside “critical” they are warnings."""
    chosen = _pick(SEVERITIES, text)
    return (
        (*chosen, "warning") if "critical" in chosen and _WARNINGS.search(text) and "warning" not in chosen else chosen
    )


def read_categories(text: str) -> tuple[str, ...]:
    """The categories of alerts and errors that the words name."""
    return tuple(category for category in CATEGORIES if re.search(rf"\b{category}\b", text))


def read_statuses(text: str) -> tuple[str, ...]:
    """The states of alerts that the words name; the active ones where they name none."""
    return _pick(ALERT_STATUSES, text) or ("active",)


def _pick(table: dict[str, tuple[str, ...]], text: str) -> tuple[str, ...]:
    """Every value that the words name; what an earlier row has read, as “not critical”, a later one does not see."""
    chosen: dict[str, None] = {}
    for pattern, values in table.items():
        whole = re.compile(rf"\b(?:{pattern})\b")
        if whole.search(text):
            chosen.update(dict.fromkeys(values))
            text = whole.sub(" ", text)
    return tuple(chosen)
