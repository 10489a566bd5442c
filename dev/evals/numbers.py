"""The numbers that an answer states, apart from those in ids, names, times and evidence marks."""

import re
from collections.abc import Iterable
from typing import Final

TOLERANCE: Final = 0.051
"""Answers round to one decimal."""
_NOISE: Final = re.compile(
    r"\b(?:DEVICE|SITE)(?:-[A-Z0-9]{4}){2,3}\b|\d{4}-\d\d-\d\dT[\d:.]+Z?|\[E\d+\]|\([^()]*similarity[^()]*\)"
)
_NUMBER: Final = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")
_NONE: Final = re.compile(r"\b(?:no|none|nothing|zero|never)\b", re.IGNORECASE)
_WORDS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def stated_numbers(answer: str, names: Iterable[str]) -> list[float]:
    """Every number of an answer; ``no``, ``none`` and ``nothing`` count as 0. ``names`` are blanked first."""
    text = _NOISE.sub(" ", answer)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    found = [float(number.replace(",", "")) for number in _NUMBER.findall(text)]
    found += [float(value) for value, word in enumerate(_WORDS, 1) if re.search(rf"\b{word}\b", text, re.IGNORECASE)]
    return found + ([0.0] if _NONE.search(text) else [])


def is_stated(wanted: float, stated: Iterable[float]) -> bool:
    """Whether a number is among those stated: whole ones exactly, others as rounded to one decimal or to none."""
    if float(wanted).is_integer():
        return wanted in stated
    return any(abs(number - wanted) <= TOLERANCE or number == round(wanted) for number in stated)
