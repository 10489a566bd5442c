"""The time range that a question speaks of."""

import re
from datetime import UTC, datetime, timedelta

from ai_gateway.answers.understand import dates, day_times
from ai_gateway.answers.understand.day_times import AROUND, DAYS, NUMBERS, Reader, TimeRange, clock, day_of, midnight
from ai_gateway.homepot.scoped.view import Period

MAX_DAYS = 366
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hr": timedelta(hours=1),
    "h": timedelta(hours=1),
    "day": timedelta(days=1),
    "d": timedelta(days=1),
    "week": timedelta(weeks=1),
    "w": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_AMOUNT = rf"(\d{{1,4}}|{'|'.join(NUMBERS)})"
_UNIT = r"(seconds?|minutes?|mins?|hours?|hrs?|h|days?|d|weeks?|w|months?|years?)"


def is_past(time_range: TimeRange, now: datetime) -> bool:
    """Whether it ended before now; the moment at which the question was read is now."""
    return time_range.period.until < now - timedelta(minutes=1)


def read_time_range(text: str, now: datetime) -> TimeRange | None:
    """The first time range in ``text`` (lower case), or ``None`` if it names none."""
    for pattern, reader in _PATTERNS:
        if (found := pattern.search(text)) and (time_range := reader(found, now)):
            return time_range
    return None


def read_longer(text: str) -> timedelta | None:
    """The least length in “silent for more than two hours”; ``None`` if ``text`` (lower case) names none."""
    found = _LONGER.search(text)
    return _amount(found[1]) * _UNITS[_unit(found[2])] if found else None


def last(now: datetime, length: timedelta, words: str) -> TimeRange:
    """The stretch of ``length`` up to now."""
    most = timedelta(days=MAX_DAYS)
    return TimeRange(Period(now - min(length, most), now), words if length <= most else f"in the last {MAX_DAYS} days")


def read_against(text: str, now: datetime) -> tuple[TimeRange, TimeRange] | None:
    """The two times that ``text`` (lower case) compares, as in “today than yesterday”; ``None`` if it names fewer.

    Of two that overlap, as “this week” and “last week”, the later named is as long a stretch before the other; so is
    what “before” means after one.
    """
    found = sorted(_all(text, now), key=lambda one: one[0])
    ranges = [time_range for _, time_range in found]
    if not ranges and _BEFORE.search(text):
        ranges = [last(now, timedelta(days=1), "in the last 24 hours")]
    if not ranges:
        return None
    first = ranges[0]
    second = next((one for one in ranges[1:] if one.words != first.words), None)
    if second is None:
        if found and _THAN.search(text[: found[0][0]]):
            return _since(first, now)
        return (first, as_long_before(first)) if _BEFORE.search(text) else None
    overlap = second.period.since < first.period.until and first.period.since < second.period.until
    return first, as_long_before(first) if overlap else second


def _since(than: TimeRange, now: datetime) -> tuple[TimeRange, TimeRange]:
    """What “more than yesterday” or “than last week” compares: the same length of time up to now, and what was before."""
    length = than.period.until - than.period.since
    if than.period.until >= now:
        return than, as_long_before(than)
    if than.period.until == midnight(now) and length == timedelta(days=1):
        return TimeRange(Period(midnight(now), now), "today (UTC)"), than
    days = max(round(length / timedelta(days=1)), 1)
    return last(now, length, f"in the last {days} day{'' if days == 1 else 's'}"), than


def _all(text: str, now: datetime) -> list[tuple[int, TimeRange]]:
    """Every time range and where it stands; what one pattern has read, another does not."""
    found = []
    for pattern, reader in _PATTERNS:
        for one in pattern.finditer(text):
            if time_range := reader(one, now):
                found.append((one.start(), time_range))
                text = _blanked(text, one)
    return found


def as_long_before(time_range: TimeRange) -> TimeRange:
    """The stretch of the same length that ends where it begins."""
    period = time_range.period
    length = period.until - period.since
    return TimeRange(Period(period.since - length, period.since), "in as long a time before that")


def likewise_before(time_range: TimeRange) -> TimeRange:
    """What a time compares with: the same hours of the day before, as devices follow the day; of longer times, as long a stretch."""
    period, day = time_range.period, timedelta(days=1)
    if period.until - period.since > day:
        return as_long_before(time_range)
    return TimeRange(Period(period.since - day, period.until - day), "in the same hours of the day before")


def strip_time(text: str, now: datetime) -> str:
    """``text`` with its time expressions blanked, so that their numbers and names are not taken for others."""
    for pattern, reader in _PATTERNS:
        for found in pattern.finditer(text):
            if reader(found, now):
                text = _blanked(text, found)
    return text


def _blanked(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]}{' ' * len(found[0])}{text[found.end() :]}"


def _rolling(found: re.Match[str], now: datetime) -> TimeRange:
    amount = _amount(found[1])
    unit = _unit(found[2])
    plural = "" if amount == 1 else "s"
    words = f"in the last {unit}" if amount == 1 else f"in the last {amount} {unit}{plural}"
    return last(now, amount * _UNITS[unit], words)


def _rolling_one(found: re.Match[str], now: datetime) -> TimeRange:
    return last(now, _UNITS[_unit(found[1])], f"in the last {_unit(found[1])}")


def _half_hour(_: re.Match[str], now: datetime) -> TimeRange:
    return last(now, timedelta(minutes=30), "in the last 30 minutes")


def _short(found: re.Match[str], now: datetime) -> TimeRange:
    return _rolling(found, now)


def _amount(text: str) -> int:
    return int(text) if text.isdigit() else NUMBERS[text]


def _unit(text: str) -> str:
    word = text.rstrip("s") or text
    return {"h": "hour", "hr": "hour", "d": "day", "w": "week", "min": "minute"}.get(word, word)


def _today(_: re.Match[str], now: datetime) -> TimeRange:
    return TimeRange(Period(midnight(now), now), "today (UTC)")


def _yesterday(found: re.Match[str], now: datetime) -> TimeRange:
    start = midnight(now) - timedelta(days=1)
    if found[0].startswith("since"):
        return TimeRange(Period(start, now), "since yesterday (UTC)")
    return TimeRange(Period(start, start + timedelta(days=1)), "yesterday (UTC)")


def _weekend(_: re.Match[str], now: datetime) -> TimeRange:
    """The latest weekend that began: Saturday and Sunday, or as much of them as is over."""
    start = midnight(now) - timedelta(days=(now.weekday() - DAYS.index("saturday")) % 7)
    return TimeRange(Period(start, min(start + timedelta(days=2), now)), f"on the weekend of {start:%Y-%m-%d} (UTC)")


def _this_week(_: re.Match[str], now: datetime) -> TimeRange:
    return TimeRange(Period(midnight(now) - timedelta(days=now.weekday()), now), "this week (since Monday, UTC)")


def _this_month(_: re.Match[str], now: datetime) -> TimeRange:
    return TimeRange(Period(midnight(now).replace(day=1), now), "this month (UTC)")


def _weekday(found: re.Match[str], now: datetime) -> TimeRange:
    back = (now.weekday() - DAYS.index(found[2])) % 7 or 7
    start = midnight(now) - timedelta(days=back)
    name = found[2].capitalize()
    if found[1] in {"since", "from"}:
        return TimeRange(Period(start, now), f"since {name} (UTC)")
    return TimeRange(Period(start, start + timedelta(days=1)), f"on {name} (UTC)")


def _between(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“between 9:00 and 10:30 yesterday”; of today where no day is named. Bare numbers need a day, or are no times."""
    before, hour, minute, half, until, past, other, after = found.groups()
    start, end = clock(hour, minute, half or other), clock(until, past, other)
    if (
        start is None
        or end is None
        or end <= start
        or not (minute or half or past or other or before or after or " until " in found[0] or _of_the_past(found))
    ):
        return None
    word = before or after or "today"
    day = midnight(now) if word.startswith("this ") else day_of(word, now)
    if day is None or day + start > now:
        return None
    name = {0: "today", 1: "yesterday"}.get((midnight(now) - day).days, f"on {day:%Y-%m-%d}")
    words = f"between {day + start:%H:%M} and {day + end:%H:%M} {name} (UTC)"
    return TimeRange(Period(day + start, min(day + end, now)), words)


def _of_the_past(found: re.Match[str]) -> bool:
    """Whether bare numbers are hours: “what did it do between 9 and 10”, but not “between 9 and 10 %”."""
    return bool(_WAS.search(found.string)) and not _UNIT_OF_A_VALUE.match(found.string[found.end() :])


def _at_clock(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“at 12:30”: what was recorded within ten minutes of it; of yesterday where it is still to come."""
    before, hour, minute, half, after = found.groups()
    moment = clock(hour, minute, half)
    ends = not found.string[found.end() :].strip(" ?.!")  # “at 9” is a time where nothing follows that may be counted
    if moment is None or not (minute or half or before or after or (ends and _WAS.search(found.string))):
        return None
    yesterday = "yesterday" in {before, after} or midnight(now) + moment > now
    at = midnight(now) - timedelta(days=int(yesterday)) + moment
    words = f"around {at:%H:%M} {'yesterday' if yesterday else 'today'} (UTC)"
    return TimeRange(Period(at - AROUND, min(at + AROUND, now)), words)


def _since_clock(found: re.Match[str], now: datetime) -> TimeRange | None:
    """“since 8 am”: today's, or yesterday's where that is still to come."""
    since = clock(found[1], found[2], found[3])
    if since is None or not (found[2] or found[3]):
        return None
    start = midnight(now) + since
    day = "today" if start <= now else "yesterday"
    start = start if start <= now else start - timedelta(days=1)
    return TimeRange(Period(start, now), f"since {start:%H:%M} {day} (UTC)")


def _month(found: re.Match[str], now: datetime) -> TimeRange | None:
    month = dates.MONTHS.index(found[2][:3]) + 1
    year = int(found[3]) if found[3] else now.year - (month > now.month)
    start = dates.date_of(year, month, 1)
    if start is None or start > now:
        return None
    since = found[1] == "since"
    end = now if since else min(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC), now)
    return TimeRange(Period(start, end), f"{'since' if since else 'in'} {start:%B %Y} (UTC)")


def _of_date(read: dates.Reader) -> Reader:
    """The day that a date names, or all since it began."""

    def read_day(found: re.Match[str], now: datetime) -> TimeRange | None:
        dated = read(found, now)
        start = dated.start
        if start is None:
            return None
        end = now if dated.since else start + timedelta(days=1)
        return TimeRange(Period(start, end), f"{'since' if dated.since else 'on'} {start:%Y-%m-%d} (UTC)")

    return read_day


_OF_A_DAY = rf"(yesterday|today|this morning|this afternoon|(?:last )?(?:{'|'.join(DAYS)})|\d{{4}}-\d{{2}}-\d{{2}})"
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?(?: ?(am|pm))?"
_WAS = re.compile(r"\b(?:was|were|did|happened|had)\b.* (?:at|between|from) \d")
_UNIT_OF_A_VALUE = re.compile(r" ?(?:%|percent|ms|degrees|°|c\b)")
_NAME_OF_MONTH = (
    r"(january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_LONGER = re.compile(rf"\b(?:(?:longer|more|older) than|over|at least) (?:the (?:last|past) )?{_AMOUNT} ?{_UNIT}\b")
_THAN = re.compile(
    r"\b(?:than|compar\w+(?: [\w'-]+){0,6} (?:to|with|against)|versus|vs|against) (?:in |on |during |the )*$"
)
_BEFORE = re.compile(
    r"\b(?:th[ea]n|with|to|and|versus|vs) (?:in |during )?(?:usual\w*|normal\w*|expected|(?:the )?(?:(?:hour|day|week|month|time|period) )?before|the previous one)\b"
)
_PATTERNS: list[tuple[re.Pattern[str], Reader]] = [
    *day_times.PATTERNS,
    (
        re.compile(
            rf"\b(?:{_OF_A_DAY} )?(?:between|from) {_TIME} (?:and|to|until) {_TIME}"
            rf"(?: utc)?(?: (?:on )?{_OF_A_DAY})?\b"
        ),
        _between,
    ),
    (
        re.compile(
            rf"\b(?:(yesterday|today|this morning|this afternoon) )?(?:at|around|about) {_TIME}(?: ?(?:h|uhr|o'clock))?(?: utc)?"
            r"(?: (yesterday|today|this morning|this afternoon))?\b(?! ?(?:%|percent|ms|degrees|°))"
        ),
        _at_clock,
    ),
    (re.compile(rf"\b(?:since|after|from) {_TIME}\b(?![-/]| ?%)"), _since_clock),
    (re.compile(rf"\b(in|during|since|for) (?:last )?{_NAME_OF_MONTH}(?: (\d{{4}}))?\b(?! \d)"), _month),
    (re.compile(rf"\b(?:last|past|previous|within|in) (?:the )?(?:last |past )?{_AMOUNT} ?{_UNIT}\b"), _rolling),
    (re.compile(rf"\b(?:for|since) (?:the )?(?:last |past )?{_AMOUNT} ?{_UNIT}\b"), _rolling),
    (re.compile(r"\b(?:last|past|previous) (hour|day|week|month|year)\b"), _rolling_one),
    (re.compile(rf"\b{_AMOUNT} ?{_UNIT} ago\b"), _rolling),
    (re.compile(r"\b(?:last|past|in the|within) half (?:an |a )?(?:hour|hr)\b"), _half_hour),
    (re.compile(r"\b(\d{1,4})(h|d|w|hrs?|min)\b"), _short),
    *((pattern, _of_date(read)) for pattern, read in dates.PATTERNS),
    (
        re.compile(
            r"(?<!next )(?<!every )(?<!each )(?<!before )(?<!until )(?<!by )\b(?:(on|since|last|from|this|past) )?(monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
        ),
        _weekday,
    ),
    (re.compile(r"\b(?:since )?yesterday\b"), _yesterday),
    (re.compile(r"\btoday\b|\bthis (?:morning|afternoon|evening)\b"), _today),
    (re.compile(r"\b(?:(?:on|over|at|during|since) )?(?:the |last |this |past )weekend\b"), _weekend),
    (re.compile(r"\bthis week\b"), _this_week),
    (re.compile(r"\bthis month\b"), _this_month),
]
