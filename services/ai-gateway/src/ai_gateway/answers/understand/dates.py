"""Days that a text (lower case) names by their dates: “2026-11-19”, “19 November”, “Nov 19th”, “19.11.2026”; also such as no calendar has."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

YEARS: Final = range(1900, 3000)
"""Those that a date may have: what is reckoned from it, as the same time before, stays within Python's calendar."""
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME: Final = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may(?! (?:fail|break|die|need|be|have|go|run|stop)\b)|june?|"
    r"july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DEFAULT: Final = "the last 24 hours"
_DAY: Final = r"(\d{1,2})"
_CLOCK: Final = re.compile(r"\b(at|around|about|since|after|before|until) (\d{1,2}):(\d{2})\b")


class Dated(NamedTuple):
    """A date as it is written. ``since``: what comes after it is meant, too."""

    since: bool
    year: int
    month: int
    day: int

    @property
    def start(self) -> datetime | None:
        """Its beginning; ``None`` where no calendar shows it, or of a year that no record can be of."""
        return date_of(self.year, self.month, self.day)


class NoDate(NamedTuple):
    """A date or time that does not exist, as it is written."""

    text: str
    day: str | None = None
    """The last day of the month, where there is that; else the last 24 hours are taken."""

    @property
    def words(self) -> str:
        """What is taken, in words with their verb."""
        return f"{self.day}, the last day of that month, is" if self.day else f"{_DEFAULT} are"


Reader = Callable[[re.Match[str], datetime], Dated]


def date_of(year: int, month: int, day: int) -> datetime | None:
    """The beginning of a day; ``None`` for one that no calendar shows, or of a year that no record can be of."""
    try:
        return datetime(year, month, day, tzinfo=UTC) if year in YEARS else None
    except ValueError:
        return None


def only_dates(text: str, now: datetime) -> tuple[str, NoDate | None]:
    """The text with its dates written as ``2026-11-19``, and the first of them that does not exist.

    For such as 30 February it is the last day of that month; where there is no such month or time of day, “the last 24 hours”.
    """
    missing: list[NoDate] = []
    for pattern, read in PATTERNS:

        def real(found: re.Match[str], read: Reader = read) -> str:
            dated = read(found, now)
            if dated.start:
                return f"{found[1]} {dated.start:%Y-%m-%d}" if found[1] else f"{dated.start:%Y-%m-%d}"
            day = _last_day(dated)
            missing.append(NoDate(found[0].removeprefix(found[1] or "").strip(), day))
            return f"{'since' if dated.since else 'on'} {day}" if day else f"in {_DEFAULT}"

        text = re.sub(pattern.pattern, real, text, flags=re.IGNORECASE)
    return _only_clocks(text, missing), next(iter(missing), None)


def _only_clocks(text: str, missing: list[NoDate]) -> str:
    def real(found: re.Match[str]) -> str:
        if int(found[2]) <= 24 and int(found[3]) < 60:  # noqa: PLR2004 - hours of a day, minutes of an hour
            return found[0]
        missing.append(NoDate(f"{found[2]}:{found[3]}"))
        return f"in {_DEFAULT}"

    return re.sub(_CLOCK.pattern, real, text, flags=re.IGNORECASE)


def _last_day(dated: Dated) -> str | None:
    """The last day of its month, where it names a day after that."""
    first = date_of(dated.year, dated.month, 1)
    if first is None or dated.day < 1:
        return None
    return f"{(first + timedelta(days=31)).replace(day=1) - timedelta(days=1):%Y-%m-%d}"


def _iso(found: re.Match[str], _: datetime) -> Dated:
    return Dated(_since(found), int(found[2]), int(found[3]), int(found[4]))


def _day_first(found: re.Match[str], now: datetime) -> Dated:
    month = MONTHS.index(found[3][:3].lower()) + 1
    return Dated(_since(found), _year(found[4], month, int(found[2]), now), month, int(found[2]))


def _month_first(found: re.Match[str], now: datetime) -> Dated:
    month = MONTHS.index(found[2][:3].lower()) + 1
    return Dated(_since(found), _year(found[4], month, int(found[3]), now), month, int(found[3]))


def _numbers(found: re.Match[str], now: datetime) -> Dated:
    """“19.11.2026” and “19/11”: the day is first, but in “11/19”, which has no other meaning."""
    day, month = int(found[2]), int(found[3])
    if month > len(MONTHS) >= day:
        day, month = month, day
    return Dated(_since(found), _year(found[4], month, day, now), month, day)


def _of_the_month(found: re.Match[str], now: datetime) -> Dated:
    """“On the 18th”: the latest."""
    day = int(found[2])
    at = now if day <= now.day else now.replace(day=1) - timedelta(days=1)
    return Dated(_since(found), at.year, at.month, day)


def _since(found: re.Match[str]) -> bool:
    return (found[1] or "").lower() == "since"


def _year(said: str | None, month: int, day: int, now: datetime) -> int:
    """The year that is said, or that of the latest such day."""
    return int(said) if said else now.year - ((month, day) > (now.month, now.day))


PATTERNS: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = (
    (re.compile(r"\b(?:(on|since|from) )?(\d{4})-(\d{1,2})-(\d{1,2})\b"), _iso),
    (
        re.compile(rf"\b(?:(on|since|from) (?:the )?)?{_DAY}(?:st|nd|rd|th)? (?:of )?{_NAME}\.?(?: (\d{{4}}))?\b"),
        _day_first,
    ),
    (
        re.compile(
            rf"\b(?:(on|since|from) )?{_NAME}\.? {_DAY}(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b"
            r"(?![:%]| ?(?:%|percent|am\b|pm\b|minutes?\b|hours?\b|days?\b|weeks?\b|devices?\b|alerts?\b|errors?\b|times?\b))"
        ),
        _month_first,
    ),
    (re.compile(rf"\b(on|since|from) the {_DAY}(?:st|nd|rd|th)\b(?! of)"), _of_the_month),
    (re.compile(rf"\b(?:(on|since|from) (?:the )?)?{_DAY}[./]{_DAY}[./](\d{{4}})\b"), _numbers),
    (re.compile(rf"\b(on|since|from) (?:the )?{_DAY}[./]{_DAY}\b(?![./]?\d)()"), _numbers),
)
"""How dates are written, and how each is read."""
