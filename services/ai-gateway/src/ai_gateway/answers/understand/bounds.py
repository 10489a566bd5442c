"""Limits that a question sets to a quantity: “above 80”, “at most 20 %”, “between 100 and 500 ms”."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ai_gateway.answers.understand.vocabulary import Metric

_NUMBER: Final = r"(-?\d+(?:\.\d+)?)"
_UNIT: Final = r"(?:%|percent|per cent|ms|milliseconds?|°? ?c(?:elsius)?|degrees?)"
_ONE_SIDED: Final = re.compile(
    r"(above|over|(?:more|greater|higher|hotter|warmer|slower|fuller|busier) than|exceed\w*|at least|>=?|"
    r"below|under|(?:less|lower|colder|cooler|faster|fewer) than|at most|<=?)"
    rf"\s*{_NUMBER}"
)
_BETWEEN: Final = re.compile(
    rf"\b(?:between|from) {_NUMBER} ?{_UNIT}? ?(?:and|to|-|\u2013) ?{_NUMBER}|"
    rf"(?<![\w.-]){_NUMBER} ?{_UNIT}? ?(?:to|-|\u2013) ?{_NUMBER} ?{_UNIT}(?!\w)"
)


class Bound(msgspec.Struct, frozen=True):
    """“above 80”: a limit, in the metric's unit. ``until``: the other end of “between 100 and 500”, both ends included."""

    above: bool
    inclusive: bool
    value: float
    until: float | None = None

    @property
    def words(self) -> str:
        """``above 80``, ``at least 80``, ``below 20``, ``at most 20`` or ``between 100 and 500``."""
        if self.until is not None:
            return f"between {self.value:g} and {self.until:g}"
        words = ("at least" if self.above else "at most") if self.inclusive else ("above" if self.above else "below")
        return f"{words} {self.value:g}"

    @property
    def sign(self) -> str:
        """``>``, ``>=``, ``<`` or ``<=``: how values compare with ``value``."""
        return f"{'>' if self.above else '<'}{'=' if self.inclusive else ''}"


def read_bound(text: str) -> Bound | None:
    """The limit that ``text`` (lower case, without its times) sets."""
    if found := _BETWEEN.search(text):
        low, high = sorted(float(one) for one in found.groups() if one is not None)
        return Bound(above=True, inclusive=True, value=low, until=high)
    sides = [_one_sided(found) for found in _ONE_SIDED.finditer(text)]
    lower = next((one for one in sides if one.above), None)
    upper = next((one for one in sides if not one.above), None)
    if lower and upper and lower.value <= upper.value:
        return Bound(above=True, inclusive=True, value=lower.value, until=upper.value)
    return sides[0] if sides else None


def _one_sided(found: re.Match[str]) -> Bound:
    above = not re.match(r"below|under|less|lower|colder|cooler|faster|fewer|at most|<", found[1])
    return Bound(above, bool(re.match(r"at least|at most|[<>]=", found[1])), float(found[2]))


def of_rest(bound: Bound | None) -> Bound | None:
    """The limit on what is used that a limit on what is free means, both in percent."""
    if bound is None:
        return None
    if bound.until is not None:
        return Bound(above=True, inclusive=True, value=100 - bound.until, until=100 - bound.value)
    return Bound(above=not bound.above, inclusive=bound.inclusive, value=100 - bound.value)


def bounds_of(text: str, metrics: Sequence[Metric]) -> list[tuple[Metric, Bound]]:
    """The limit that stands behind each metric's name in ``text`` (lower case), as in “CPU above 50 and memory above 40”."""
    places = sorted(
        (found.start(), metric) for metric in metrics if (found := re.search(rf"\b(?:{metric.words})\b", text))
    )
    ends = [*(start for start, _ in places), len(text)][1:]
    return [
        (metric, bound)
        for (start, metric), end in zip(places, ends, strict=True)
        if (bound := read_bound(text[start:end]))
    ]
