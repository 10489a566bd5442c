"""The days ahead of a site by its own clock: open, busy, closed or being worked on. Pure functions."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ai_gateway.health.schedule import HALF_HOUR_S, SLOT_S, Week
from ai_gateway.health.types import SiteHour

Kind = Literal["maintenance", "closed", "quiet", "peak", "unknown"]
HALF_HOUR: Final = timedelta(seconds=HALF_HOUR_S)
_SLOTS: Final = HALF_HOUR_S // SLOT_S
_HALF_HOURS: Final = 48
BUSY_FROM: Final = 0.5
"""Share of the busiest hour's transactions from which an hour is called busy where no schedule tells."""


class Hour(NamedTuple):
    """One hour of the site's day; what is not known is absent.

    ``reach``: share (0-1) of its devices that usually report in it. ``busy``: its transactions as a share of the busiest hour's.
    """

    reach: float | None
    busy: float | None


class Stretch(NamedTuple):
    """A stretch of one kind, in UTC."""

    start: datetime
    end: datetime
    kind: Kind


def usual_hours(rows: Sequence[SiteHour], devices: int, zone: ZoneInfo) -> list[Hour]:
    """The 24 hours of a usual day, by the site's clock, from its last days. ``devices``: how many the rows are of."""
    nothing = [Hour(None, None)] * 24
    if not rows or not devices:
        return nothing
    first, last = rows[0].hour, rows[-1].hour
    hours = int((last - first) / timedelta(hours=1)) + 1
    seen, heard, sold = [0] * 24, [0] * 24, [0.0] * 24
    for number in range(hours):  # an hour without a row counts: nobody was heard in it
        seen[(first + timedelta(hours=number)).astimezone(zone).hour] += 1
    for row in rows:
        place = row.hour.astimezone(zone).hour
        heard[place] += row.devices
        sold[place] += row.transactions
    usual = [total / times if times else 0.0 for total, times in zip(sold, seen, strict=True)]
    most = max(usual)
    return [
        Hour(heard[place] / (seen[place] * devices), usual[place] / most if most else None)
        if seen[place]
        else nothing[place]
        for place in range(24)
    ]


def stretches(week: Week | None, hours: Sequence[Hour], zone: ZoneInfo, since: datetime, days: int) -> list[Stretch]:
    """The time from ``since`` on for so many days, in stretches of one kind and one local day at most, oldest first.

    Without a schedule (``week`` absent) the hours' transactions tell what is busy.
    """
    begin, until = since.astimezone(zone).date(), since + timedelta(days=days)
    kinds, found = _kinds(week, hours), list[Stretch]()
    for day in (begin + timedelta(days=number) for number in range(days + 2)):
        marks, first = _marks(day, zone), day.weekday() * _HALF_HOURS
        there = [place for place in range(_HALF_HOURS) if marks[place] < marks[place + 1]]  # clocks may go forward
        for kind, run in groupby([(kinds[first + place], place) for place in there], itemgetter(0)):
            places = [place for _, place in run]
            start, end = max(marks[places[0]], since), min(marks[places[-1] + 1], until)
            if start < end:
                found.append(Stretch(start, end, kind))
    return found


def kind_at(week: Week | None, hours: Sequence[Hour], zone: ZoneInfo, at: datetime) -> Kind:
    """What the site is at a moment."""
    local = at.astimezone(zone)
    return _kinds(week, hours)[local.weekday() * _HALF_HOURS + 2 * local.hour + local.minute // 30]


@lru_cache(maxsize=1024)  # a plan asks for the same days of many sites
def _marks(day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The 49 ends of a day's half hours in UTC; those that clocks pass over lie where they go on."""
    marks = [_moment(day, place, zone) for place in range(_HALF_HOURS + 1)]
    return tuple(accumulate(reversed(marks), min))[::-1]


def _moment(day: date, place: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(place, _HALF_HOURS)
    local = datetime.combine(day + timedelta(days=days), time(rest // 2, rest % 2 * 30), zone)
    return local.astimezone(UTC)


def _kinds(week: Week | None, hours: Sequence[Hour]) -> list[Kind]:
    """Of each half hour of the week from Monday on."""
    if week is None:
        day = [hours[place // 2].busy for place in range(_HALF_HOURS)]
        return 7 * ["unknown" if busy is None else "peak" if busy >= BUSY_FROM else "quiet" for busy in day]
    is_open, maintenance, peak = (part.reshape(-1, _SLOTS) for part in week)
    conditions = [maintenance.all(axis=1), ~is_open.any(axis=1), peak.any(axis=1)]
    found: list[Kind] = np.select(conditions, ["maintenance", "closed", "peak"], "quiet").tolist()
    return found
