"""Days, parts of days and shifts that a text (lower case) names: “since Monday noon”, “yesterday evening”, “the last 3 shifts”."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from ai_gateway.homepot.scoped.view import Period

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY: Final = timedelta(days=1)
SHIFT: Final = timedelta(hours=8)
"""HOMEPOT keeps no shifts: these are the usual ones, and every answer says so."""
_SHIFTS: Final = {"early": 6, "morning": 6, "day": 6, "late": 14, "afternoon": 14, "evening": 14, "night": 22}
_PARTS: Final = {
    "morning": (6, 12),
    "noon": (12, 12),
    "midday": (12, 12),
    "lunchtime": (12, 14),
    "afternoon": (12, 18),
    "evening": (18, 22),
    "night": (20, 30),
    "midnight": (0, 0),
}
"""Hours at which each begins and ends; those of the night go on into the next day."""
AROUND: Final = timedelta(minutes=10)
"""What “at 12:30” takes in on both sides: devices report every few seconds to every ten minutes."""
NUMBERS: Final = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
} | {"a": 1, "an": 1, "few": 3, "couple of": 2, "several": 3}


class TimeRange(msgspec.Struct, frozen=True):
    """A period with the words for it, e.g. ``in the last 24 hours``."""

    period: Period
    words: str


Reader = Callable[[re.Match[str], datetime], TimeRange | None]


class _Moment(NamedTuple):
    """The beginning and end of a part of a day, and its words. A moment begins where it ends."""

    start: datetime
    end: datetime
    words: str


def midnight(at: datetime) -> datetime:
    """The beginning of the day (UTC)."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def clock(hour: str, minute: str | None, half: str | None) -> timedelta | None:
    """A time of day; ``None`` for one that no clock shows."""
    shown = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
    length = timedelta(hours=shown, minutes=int(minute or 0))
    return length if length <= DAY and int(minute or 0) < 60 else None  # noqa: PLR2004 - minutes


def day_of(word: str, now: datetime) -> datetime | None:
    """The beginning of ``today``, ``yesterday``, the latest day of that name before today, or a date; ``None`` of none that exists."""
    word = word.removeprefix("last ").removeprefix("the ")
    if word in DAYS:
        return midnight(now) - timedelta(days=(now.weekday() - DAYS.index(word)) % 7 or 7)
    if word in _NEAR:
        return midnight(now) - timedelta(days=_NEAR[word])
    try:
        return datetime.fromisoformat(word).replace(tzinfo=UTC)
    except ValueError:
        return None


_NEAR: Final = {"today": 0, "this": 0, "yesterday": 1, "day before yesterday": 2}


def _day_words(word: str, day: datetime) -> str:
    name = word.removeprefix("last ").removeprefix("the ")
    return f"{name.capitalize() if name in DAYS else ''} {day:%Y-%m-%d}".strip()


def _at(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“Since Monday noon”, “yesterday evening”, “on Friday at 14:00”."""
    since, word, part, hour, minute, half = found.groups()
    day = day_of(word, now)
    if day is None:
        return None
    if (moment := _moment(day, word, part, clock(hour, minute, half) if hour else None)) is None or moment.start > now:
        return None
    if since in {"since", "from", "after"}:
        return TimeRange(Period(moment.start, now), f"since {_moment_words(word, day, moment.start)}")
    if moment.start == moment.end:
        return TimeRange(Period(moment.start - AROUND, min(moment.start + AROUND, now)), f"around {moment.words}")
    return TimeRange(Period(moment.start, min(moment.end, now)), moment.words)


def _moment(day: datetime, word: str, part: str | None, at: timedelta | None) -> _Moment | None:
    if part:
        first, last = (timedelta(hours=hours) for hours in _PARTS[part])
    elif at is not None:
        first = last = at
    else:
        return None
    start, end, name = day + first, day + last, _day_words(word, day)
    if first == last:
        return _Moment(start, end, _moment_words(word, day, start))
    return _Moment(start, end, f"in the {part} of {name} ({start:%H:%M}-{end:%H:%M} UTC)")


def _moment_words(word: str, day: datetime, at: datetime) -> str:
    return f"{at:%H:%M} yesterday (UTC)" if word == "yesterday" else f"{_day_words(word, day)} {at:%H:%M} (UTC)"


def _since_part(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“Since noon”: today's, or yesterday's where that is still to come."""
    start = midnight(now) + timedelta(hours=_PARTS[found[1]][0])
    start = start if start <= now else start - DAY
    return TimeRange(Period(start, now), f"since {start:%Y-%m-%d %H:%M} (UTC)")


def _night(_: re.Match[str], now: datetime) -> TimeRange:
    start = midnight(now) - timedelta(hours=4)
    return TimeRange(Period(start, min(now, start + timedelta(hours=10))), "last night (20:00-06:00 UTC)")


def _days(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“From Monday to Wednesday”: whole days, the last one too."""
    if _COMPARED.search(found.string):
        return None  # “the difference between yesterday and today” is of two times
    first, last = day_of(found[1], now), day_of(found[2], now) if found[2] != "now" else midnight(now)
    if first is None or last is None:
        return None
    if first > last and found[1] in DAYS:
        first -= 7 * DAY
    if first > last or first > now:
        return None
    words = f"from {_day_words(found[1], first)} to {_day_words(found[2].replace('now', 'today'), last)} (UTC)"
    return TimeRange(Period(first, min(last + DAY, now)), words)


def _from_to(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“Between yesterday 8:00 and today 6:00”; of the same day where the second names none."""
    first, hour, minute, half, second, until, past, other = found.groups()
    start, end = day_of(first, now), day_of(second or first, now)
    since, to = clock(hour, minute, half), clock(until, past, other)
    if (
        start is None
        or end is None
        or since is None
        or to is None
        or not start + since < end + to
        or start + since > now
    ):
        return None
    start, end = start + since, end + to
    return TimeRange(Period(start, min(end, now)), f"from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} (UTC)")


def _before_yesterday(_: re.Match[str], now: datetime) -> TimeRange:
    start = midnight(now) - 2 * DAY
    return TimeRange(Period(start, start + DAY), f"the day before yesterday ({start:%Y-%m-%d}, UTC)")


def _day_before(found: re.Match[str], now: datetime) -> TimeRange:
    """“And the day before?”: the day before the one of which the words before speak, or yesterday."""
    said = found.string[: found.start()]
    days = 2 if "yesterday" in said else 1
    start = midnight(now) - days * DAY
    return TimeRange(Period(start, start + DAY), f"on {start:%Y-%m-%d} (UTC)")


def _last_shifts(found: re.Match[str], now: datetime) -> TimeRange:
    amount = NUMBERS.get(found[1] or "one") or int(found[1])
    words = f"in the last {amount} shifts" if amount > 1 else "in the last shift"
    note = f"taken as {number_of(amount)}, as no shifts are on record"
    return TimeRange(Period(now - amount * SHIFT, now), f"{words} ({note})")


def number_of(shifts: int) -> str:
    """``24 hours``."""
    return f"{shifts * SHIFT // timedelta(hours=1)} hours"


def _named_shift(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“In the night shift”: the latest that began, or that of a day; it ends 8 hours later, or now."""
    name, word = found[1], found[2] or ""
    day = day_of(word, now) if word else midnight(now)
    if day is None:
        return None
    start = day + timedelta(hours=_SHIFTS[name])
    if start > now:
        start -= DAY
    words = f"in the {name} shift of {start:%Y-%m-%d} (taken as {start:%H:%M}-{start + SHIFT:%H:%M} UTC, as no shifts are on record)"
    return TimeRange(Period(start, min(start + SHIFT, now)), words)


_COMPARED: Final = re.compile(r"\b(?:compar|differ)\w*")
_A_DAY: Final = rf"(today|yesterday|(?:last )?(?:{'|'.join(DAYS)})|\d{{4}}-\d{{2}}-\d{{2}})"
_PART: Final = rf"({'|'.join(_PARTS)})"
_CLOCK: Final = r"(\d{1,2})(?:(?:[:.](\d{2}))|(?= ?(?:am|pm|h|uhr|o'clock)\b))(?: ?(am|pm))?"
PATTERNS: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = (
    (
        re.compile(r"\b(?:last|past|previous) (?:(\d|one|two|three|four|five|six|seven|few|couple of) )?shifts?\b"),
        _last_shifts,
    ),
    (
        re.compile(
            rf"\b(?:(?:last|this|in|during|on) )?(?:the )?({'|'.join(_SHIFTS)}) shift(?: (?:of |on )?{_A_DAY})?\b"
        ),
        _named_shift,
    ),
    (
        re.compile(
            rf"\b(?:between|from|since) {_A_DAY} (?:at )?{_CLOCK} (?:and|to|till|until) (?:{_A_DAY} )?(?:at )?{_CLOCK}\b"
        ),
        _from_to,
    ),
    (re.compile(rf"\b(?:between|from) {_A_DAY} (?:and|to|till|until|through|-) {_A_DAY[:-1]}|now)\b"), _days),
    (re.compile(r"\b(?:the )?day before yesterday\b"), _before_yesterday),
    (re.compile(r"(?:\b(?:and|what about|how about)|^\W*) (?:on )?the (?:day before|previous day)\W*$"), _day_before),
    (
        re.compile(
            rf"\b(?:(since|from|after|on|at) )?(?:the )?(yesterday|(?:last )?(?:{'|'.join(DAYS)})|\d{{4}}-\d{{2}}-\d{{2}}|this(?= (?:afternoon|evening)))"
            rf"(?:,? (?:at |around |in the |during the )?(?:{_PART}|{_CLOCK}))\b"
        ),
        _at,
    ),
    (re.compile(r"\b(?:since|after) (noon|midday|midnight|lunchtime)\b"), _since_part),
    (re.compile(r"\blast night\b|\bovernight\b|\b(?:in|during|over|this) (?:the )?night\b(?! shift)"), _night),
)
"""How they are said, and how each is read."""
