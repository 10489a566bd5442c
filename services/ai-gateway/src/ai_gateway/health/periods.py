"""Reads one device over a period: HOMEPOT's readings for hours and days, hourly summaries for weeks."""

import asyncio
from datetime import datetime, timedelta

import msgspec

from ai_gateway.health.analysis import HOUR, Slice, Span, from_hours, from_readings, heard_by_hour, possible, regrouped
from ai_gateway.health.reader import HealthReader, Sites
from ai_gateway.homepot.scoped.series import Heard
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.homepot.store import HomepotStore

MOST_GAPS = 1000
HOUR_S = 3600
NEVER = Heard(0, None, None, None, None, ())


class Readings(msgspec.Struct, frozen=True):
    """A device over a period. ``source``: what it was made of, in words."""

    slices: list[Slice]
    heard: Heard
    source: str


class PeriodReader:
    """Raises ``Unavailable`` while either database does not answer."""

    def __init__(self, homepot: HomepotStore, reader: HealthReader, window_s: float) -> None:
        """Args: homepot: readings. reader: hourly summaries. window_s: a shorter silence is no gap."""
        self._homepot = homepot
        self._reader = reader
        self._window = window_s

    async def read(self, sites: Sites, device: int, span: Span, now: datetime) -> Readings:
        """The device's readings from the start of ``span`` until ``now``, in stretches of its width."""
        since = span.starts(now)
        view = View(sites=sites, devices=(device,))
        if span.hourly:
            names, hours = await self._reader.device_hours(sites, device, since, now)
            if hours:
                return await self._by_hour(view, span, from_hours(names, hours), Period(since, now))
        slices, heard = await self._raw(view, Period(since, now), span.width_s)
        return Readings(slices, heard, "readings")

    async def _raw(self, view: View, period: Period, width_s: int) -> tuple[list[Slice], Heard]:
        slices, heard = await asyncio.gather(
            self._slices(view, period, width_s),
            self._homepot.series.gaps(view, period, least_s=self._window, limit=MOST_GAPS),
        )
        return slices, heard or NEVER

    async def _slices(self, view: View, period: Period, width_s: int) -> list[Slice]:
        slices = from_readings(await self._homepot.series.slices(view, period, width_s=width_s))
        if possible(slices):
            return slices
        return from_readings(await self._homepot.series.slices(view, period, width_s=width_s, checked=True))

    async def _by_hour(self, view: View, span: Span, hours: list[Slice], period: Period) -> Readings:
        """Summaries, and HOMEPOT's readings before the first and from the last on, which may be incomplete."""
        first, last = hours[0].at, hours[-1].at
        head = Period(period.since, first)
        (before, early), (after, late) = await asyncio.gather(
            self._raw(view, head, HOUR_S),
            self._raw(view, Period(last - timedelta(microseconds=1), period.until), HOUR_S),
        )
        whole = regrouped([*before, *hours[:-1], *after], period.since, HOUR_S)
        heard = heard_by_hour(whole, late.last_at or last + HOUR, early.before_at)
        return Readings(regrouped(whole, period.since, span.width_s), heard, "hourly summaries")
