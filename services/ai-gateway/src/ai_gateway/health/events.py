"""Trouble that shows in events, not in readings: flapping, health checks that keep failing, and silence."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.book import STALE_S, Book, Running, moment
from ai_gateway.health.detect.slots import Slots
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.habits import Habits
from ai_gateway.health.types import Anomaly

FLAPPING, CHECKS, SILENCE = "flapping", "checks", "silence"

FLAP_WINDOW_S: Final = 3600.0
FLAP_CHANGES: Final = 4
"""Changes between reachable and not, within the window, from which a device flaps."""
KEPT_CHANGES: Final = 16
FAIL_RUN: Final = 3
"""Checks that fail one after the other before it is more than chance."""
PASS_RUN: Final = 3
SILENT_WINDOWS: Final = 5.0
"""Heartbeats may be late by this many online windows, or by `SILENT_GAPS` of the device's usual pauses."""
SILENT_GAPS: Final = 4.0
UNKNOWN_HABITS_S: Final = 6 * 3600.0
LEAST_FLEET: Final = 20
"""From so many devices on, all of them silent at once means that HOMEPOT hears nothing, not that all have failed."""
CRITICAL: Final = 3.0
ROUNDING_S: Final = 0.001

Indices = NDArray[np.int64]
Times = NDArray[np.float64]


def severity(score: float) -> str:
    """Events are worth a look at once; at `CRITICAL` times what is tolerated they are critical."""
    return "critical" if score >= CRITICAL else "warning"


class Events:
    """Remembers of each device its last changes of connectivity, its run of failed checks, and when it is heard."""

    def __init__(self, book: Book, online_window_s: float) -> None:
        """Args: online_window_s: how old the last heartbeat of an online device may be."""
        self._book = book
        self._window_s = online_window_s
        self.habits = Habits()
        self.tracks = Slots(
            {
                "up": np.array(-1, np.int8),
                "changes": np.full(KEPT_CHANGES, np.nan),
                "fails": np.array(0, np.int32),
                "failed_at": np.array(np.nan),
                "checked_at": np.array(np.nan),
                "passes": np.array(0, np.int32),
                "heard": np.array(np.nan),
                "pause": np.array(np.nan, np.float32),
            }
        )

    def states(self, fleet: Fleet, index: Indices, at: Times, up: NDArray[np.bool_]) -> None:
        """Take up changes of connectivity in order; ``index``: places in the fleet."""
        working = fleet.in_maintenance(index, at)
        for row, place in enumerate(self.tracks.rows(fleet.devices[index]).tolist()):
            before, now = int(self.tracks.arrays["up"][place]), int(up[row])
            self.tracks.arrays["up"][place] = now
            if before not in {-1, now} and not working[row]:
                self._changed(fleet, int(index[row]), place, float(at[row]))

    def _changed(self, fleet: Fleet, index: int, place: int, at: float) -> None:
        """One change more: open or worsen when there are many within the window."""
        changes = self.tracks.arrays["changes"][place]
        changes[:-1] = changes[1:]
        changes[-1] = at
        recent = changes[changes > at - FLAP_WINDOW_S]
        one = self._book.of(int(fleet.devices[index])).get((FLAPPING, None))
        if one and at - one.bad_at > FLAP_WINDOW_S:
            self._book.close(one)
            one = None
        if one is None and len(recent) < FLAP_CHANGES:
            return
        count, tolerated = len(recent), FLAP_CHANGES - 1
        detail = f"{count} changes between reachable and unreachable within {FLAP_WINDOW_S / 60:g} minutes"
        band = (float(count), 0.0, 0.0, float(tolerated))
        found = self._anomaly(fleet, index, FLAPPING, float(recent.min()), count / tolerated, band, detail)
        self._raise(one, found, at)

    def checks(self, fleet: Fleet, index: Indices, at: Times, healthy: NDArray[np.bool_], codes: Indices) -> None:
        """Take up health checks in order. ``codes``: HTTP status, 0 where there is none."""
        places = self.tracks.rows(fleet.devices[index])
        fails = self.tracks.arrays["fails"]
        relevant = np.isin(places, np.unique(np.r_[places[~healthy], places[fails[places] > 0]]))
        relevant &= ~fleet.in_maintenance(index, at)
        for row in np.flatnonzero(relevant).tolist():
            self._checked(
                fleet, int(index[row]), int(places[row]), float(at[row]), int(codes[row]), ok=bool(healthy[row])
            )

    def _checked(self, fleet: Fleet, index: int, place: int, at: float, code: int, *, ok: bool) -> None:
        arrays = self.tracks.arrays
        one = self._book.of(int(fleet.devices[index])).get((CHECKS, None))
        if at - arrays["checked_at"][place] > STALE_S:
            arrays["fails"][place] = 0
            if one:
                self._book.close(one)
                one = None
        arrays["checked_at"][place] = np.fmax(arrays["checked_at"][place], at)
        if ok:
            arrays["passes"][place] += 1
            if one:
                one.seen_at = max(one.seen_at, at)
            if arrays["passes"][place] >= PASS_RUN or one is None:
                arrays["fails"][place] = 0
                if one:
                    self._book.close(one)
            return
        arrays["failed_at"][place] = at if arrays["fails"][place] == 0 else arrays["failed_at"][place]
        arrays["fails"][place] += 1
        arrays["passes"][place] = 0
        run = int(arrays["fails"][place])
        if run >= FAIL_RUN:
            tolerated = FAIL_RUN - 1
            detail = f"{run} health checks failed" + (f", last with HTTP status {code}" if code else "")
            band = (float(run), 0.0, 0.0, float(tolerated))
            since = float(arrays["failed_at"][place])
            self._raise(one, self._anomaly(fleet, index, CHECKS, since, run / tolerated, band, detail), at)

    def silence(self, fleet: Fleet, seen_at: Times, gaps: Times, now: float) -> None:
        """Look who should have been heard by now.

        Args:
            fleet: devices in service, with their heartbeats.
            seen_at: by device of the fleet, its newest reading.
            gaps: by device, its usual pause between readings.
            now: seconds since 1970.
        """
        heard, pause = self._heard(fleet, seen_at, now)
        now = self._moment(heard, now)
        allowed = np.fmax(self._window_s * SILENT_WINDOWS, SILENT_GAPS * np.fmax(gaps, pause))
        silent_s = self._silent_s(fleet, heard, allowed, now)
        silent = silent_s > allowed
        on = np.array(
            [place for place in fleet.index(np.array(self._book.devices(), np.int64)) if place >= 0], np.int64
        )
        for place in np.union1d(on, np.flatnonzero(silent)).tolist():
            one = self._book.of(int(fleet.devices[place])).get((SILENCE, None))
            if one and heard[place] > one.anomaly.started_at.timestamp() + ROUNDING_S:
                self._book.close(one, float(heard[place]))
                one = None
            if silent[place]:
                usual = float(np.nan_to_num(np.fmax(gaps[place], pause[place])))
                band = (float(silent_s[place]), usual, 0.0, float(allowed[place]))
                detail = f"Not heard since {moment(float(heard[place])):%Y-%m-%d %H:%M} UTC"
                score = float(silent_s[place] / allowed[place])
                self._raise(one, self._anomaly(fleet, place, SILENCE, float(heard[place]), score, band, detail), now)

    def _silent_s(self, fleet: Fleet, heard: Times, allowed: Times, now: float) -> Times:
        """How long each device has not been heard, of the time in which it should have been.

        That is: its site is open, it is usually heard at this time of the day, and nobody works on it. Where the site has
        hours but the device's habits are not known yet, it takes `UNKNOWN_HABITS_S`, as hours have no time zone.
        """
        silent_s = np.zeros(len(heard))
        index = np.flatnonzero(now - heard > allowed)
        since = heard[index]
        usual, known = self.habits.usual(fleet.devices[index], now)
        found = fleet.open_s(index, since, now, usual)
        found[~known & fleet.has_hours(index) & (found < UNKNOWN_HABITS_S)] = 0
        found[fleet.in_maintenance(index, np.full(len(index), now))] = 0
        silent_s[index] = found
        return silent_s

    def forget_pauses(self) -> None:
        """State was taken up again: when a device was heard last is as old as that, and no pause."""
        self.tracks.arrays["heard"][:] = np.nan

    def _heard(self, fleet: Fleet, seen_at: Times, now: float) -> tuple[Times, Times]:
        """When each device was last heard, by heartbeat or reading, and its usual pause between heartbeats."""
        places = self.tracks.rows(fleet.devices)
        heard, pause = self.tracks.arrays["heard"], self.tracks.arrays["pause"]
        newest = np.fmin(np.fmax(fleet.heard, seen_at), now)
        step, usual = newest - heard[places], pause[places]
        smooth = np.where(np.isnan(usual), step, usual + 0.1 * (np.fmin(step, 2 * usual) - usual))
        pause[places] = np.where(step > 0, smooth, usual)
        heard[places] = np.fmax(heard[places], newest)
        told = np.flatnonzero(np.isfinite(newest))
        self.habits.note(fleet.devices[told], newest[told])
        return heard[places], pause[places].astype(np.float64)

    def _moment(self, heard: Times, now: float) -> float:
        """Now, or when HOMEPOT last heard anything of a large fleet, if that is long ago."""
        if len(heard) < LEAST_FLEET or not np.isfinite(heard).any():
            return now
        return min(now, float(np.nanmax(heard)) + self._window_s)

    def close_stale(self, now: float) -> None:
        """End what has come to rest without an event that says so."""
        for one in [one for one in self._book.running() if one.anomaly.kind == FLAPPING]:
            if now - one.bad_at > FLAP_WINDOW_S:
                self._book.close(one)
        self._book.close_stale(now, [CHECKS])

    def failing(self, devices: Indices) -> NDArray[np.bool_]:
        """Whether each device's newest health check failed."""
        places = self.tracks.rows(devices)
        fails, passes = self.tracks.arrays["fails"][places], self.tracks.arrays["passes"][places]
        found: NDArray[np.bool_] = (fails > 0) & (passes == 0)
        return found

    @staticmethod
    def _anomaly(
        fleet: Fleet,
        index: int,
        kind: str,
        since: float,
        score: float,
        band: tuple[float, float, float, float],
        detail: str,
    ) -> Anomaly:
        """``band``: value, expected, lower, upper."""
        value, expected, lower, upper = band
        return Anomaly(
            device=int(fleet.devices[index]),
            site=int(fleet.sites[index]),
            kind=kind,
            metric=None,
            started_at=moment(since),
            last_at=moment(since),
            ended_at=None,
            severity=severity(score),
            score=score,
            value=value,
            expected=expected,
            lower=lower,
            upper=upper,
            explained=(),
            detail=detail,
        )

    def _raise(self, one: Running | None, found: Anomaly, at: float) -> None:
        if one is None:
            self._book.open(found, at)
            one = self._book.of(found.device)[found.kind, found.metric]
        self._book.go_on(one, at, found)
