"""Small helpers for sentences that code writes."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

MAX_QUOTE = 160
NOT_BLANK = r"[^\s\x00]"
"""What a text that a person or a file sends must hold, for wire types: NUL is no word, as Postgres does not keep it."""
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f<>`]+"
)
_DOUBLE_QUOTES = re.compile('["\u201c-\u201f\u00ab\u00bb\u2033\uff02]')
_SPACES = re.compile(r"\s+")


def tidy(text: str | None, limit: int = MAX_QUOTE) -> str:
    """One line, no control or direction marks, no markup, cut to length."""
    plain = _SPACES.sub(" ", _UNSAFE.sub(" ", text or "")).strip()
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def clean(text: str | None, limit: int = MAX_QUOTE) -> str:
    """Make text from HOMEPOT's rows fit to quote: tidy, and with no double quotes, so that a quotation ends where code ends it."""
    return _DOUBLE_QUOTES.sub("'", tidy(text, limit))


def number(value: float) -> str:
    """A number with at most one decimal, and none if it is whole: ``95``, ``12.5``."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:.1f}"


def count(amount: int, noun: str, plural: str | None = None) -> str:
    """``1 device``, ``3 devices``, ``no devices``."""
    word = noun if amount == 1 else plural or f"{noun}s"
    return f"{amount or 'no'} {word}"


def be(amount: int) -> str:
    """``is`` or ``are``."""
    return "is" if amount == 1 else "are"


def listing(items: Iterable[str], most: int = 10) -> str:
    """``a, b and c``; past ``most`` the rest is counted."""
    names = list(items)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def some_of(names: list[str], amount: int) -> str:
    """All the names given, and how many of ``amount`` they leave out."""
    more = amount - len(names)
    return f"{', '.join(names)} and {more} more" if more > 0 else listing(names, most=len(names))


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest fitting unit: ``40 s ago``, ``3 h ago``."""
    if moment is None:
        return "never"
    return f"{span(now - moment)} ago" if moment <= now else "just now"


def span(length: timedelta) -> str:
    """A length of time in one unit: ``40 s``, ``12 min``, ``3 h``, ``2 days``."""
    seconds = int(length.total_seconds())
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86_400} days"


def duration(seconds: float) -> str:
    """How long something took, in up to two units: ``40 s``, ``45 min``, ``3 h 20 min``, ``2 days 4 h``."""
    if round(seconds) < 120:  # noqa: PLR2004 - two minutes
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    hours, days = minutes // 60, minutes // 1440
    parts = ((days, "days"), (hours % 24, "h")) if days > 1 else ((hours, "h"), (minutes % 60, "min"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


def capital(sentence: str) -> str:
    """The sentence with a capital first letter, unless it starts with a name such as ``emu-ios-1``."""
    first = sentence.split(" ", 1)[0]
    return sentence if not first.rstrip(",").isalpha() else sentence[:1].upper() + sentence[1:]
