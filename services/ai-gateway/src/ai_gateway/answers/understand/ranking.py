"""Words that rank: which figure, from which end, how many."""

import re
from typing import Literal

Aggregate = Literal["latest", "mean", "max", "min"]
Order = Literal["newest", "oldest"]

_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_FIRST = "top|bottom|first|last|latest|newest|most recent|oldest|earliest|worst|best|highest|lowest"
_AMOUNT = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
_TOP = re.compile(
    rf"\b(?:{_FIRST}) ({_AMOUNT})\b|\b({_AMOUNT}) (?:{_FIRST})\b|"
    rf"\b({_AMOUNT}) most \w+|\b(?:the|which|what) ({_AMOUNT}) \w+s\b(?=.* (?:most|least|fewest|{_FIRST})\b)"
)
_ORDERS: tuple[tuple[Order, str], ...] = (
    (
        "oldest",
        r"\b(?:oldest|earliest)\b|\blongest[- ](?:open|standing|running|lasting|unresolved|active)\b|\bopen (?:the )?longest\b",
    ),
    ("newest", r"\b(?:sorted|ordered) by (?:time|date|age)\b|\b(?:newest|latest|most recent(?:ly)?|last)\b"),
)
_AGGREGATES: tuple[tuple[Aggregate, str], ...] = (
    ("mean", r"\baverages?\b|\bavg\b|\bmean\b|on average"),
    ("max", r"\bmax\w*\b|\bpeak\w*\b|\b(?:worst|highest)\b.{0,40}\bwhen\b"),
    ("min", r"\bmin(?:imum)?\b"),
)
_LOWEST = re.compile(
    r"\blowest\b|\bbottom\b|\bleast\b|\bfewest\b|\bminimum\b|\bcoolest\b|\bcoldest\b|\bfastest\b|\bquickest\b"
)
_RANKING = re.compile(
    r"\b(?:sorted|ranked|in order|ordered by)\b|\bwhich\b.{0,80}\b(?:most|highest|lowest|least|fewest|hottest|fullest|busiest|slowest|worst)\b|\b(?:top|bottom) \d+|\b(?:most|highest|lowest|hottest|fullest|busiest|slowest|coldest|coolest|fastest|quickest)\b"
)


def read_aggregate(text: str) -> Aggregate | None:
    """The figure that is asked for; ``None`` where none is named."""
    return next((name for name, pattern in _AGGREGATES if re.search(pattern, text)), None)


def read_top(text: str) -> int | None:
    """How many are asked for: “top 5”, “the last three”."""
    top = _TOP.search(text)
    return _number(next(one for one in top.groups() if one)) if top else None


def read_order(text: str) -> Order | None:
    """Whether the newest, or the oldest, come first."""
    return next((order for order, pattern in _ORDERS if re.search(pattern, text)), None)


def asks_lowest(text: str) -> bool:
    """Whether the lowest are asked for."""
    return bool(_LOWEST.search(text))


def asks_ranking(text: str, *, of_many: bool) -> bool:
    """Whether the first are asked for, or the extreme ``of_many``: whose it is belongs to the answer."""
    return bool(_RANKING.search(text)) or (of_many and read_aggregate(text) in {"max", "min"})


def _number(word: str) -> int:
    return _NUMBERS.get(word) or int(word)
