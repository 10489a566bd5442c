"""Flapping, health checks that keep failing, and silence: what opens, what does not, and when it is over."""

import numpy as np
import pytest

from ai_gateway.health.book import STALE_S, Book
from ai_gateway.health.events import CHECKS, FAIL_RUN, FLAPPING, LEAST_FLEET, PASS_RUN, SILENCE, SILENT_WINDOWS, Events
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.types import Anomaly
from ai_gateway.homepot.telemetry import Devices, OpeningDay
from tests.unit.health.pages import NOW, fleet

WINDOW_S = 120.0
DUE_S = WINDOW_S * SILENT_WINDOWS


class Seen:
    """What happens to a fleet; times in minutes after `NOW`."""

    def __init__(self, one: Fleet | None = None) -> None:
        self.fleet = one or fleet(1, 2)
        self.book = Book()
        self.events = Events(self.book, WINDOW_S)

    def states(self, *changes: tuple[float, bool], index: int = 0) -> "Seen":
        at, up = np.array([NOW + 60 * one[0] for one in changes]), np.array([one[1] for one in changes], bool)
        self.events.states(self.fleet, np.full(len(changes), index), at, up)
        return self

    def checks(self, *checks: tuple[float, bool], index: int = 0, code: int = 504) -> "Seen":
        at, ok = np.array([NOW + 60 * one[0] for one in checks]), np.array([one[1] for one in checks], bool)
        self.events.checks(self.fleet, np.full(len(checks), index), at, ok, np.full(len(checks), code))
        return self

    def silence(self, minute: float, heard: float | list[float], gap: float = np.nan) -> "Seen":
        n = len(self.fleet.devices)
        self.fleet.heard[:] = NOW + 60 * np.array(heard)
        self.events.silence(self.fleet, np.full(n, np.nan), np.full(n, gap), NOW + 60 * minute)
        return self

    @property
    def on(self) -> list[Anomaly]:
        return [one.anomaly for one in self.book.running()]

    @property
    def ended(self) -> list[Anomaly]:
        return [one for one in self.book.changed() if one.ended_at]


def minute(at: object) -> float:
    return round((at.timestamp() - NOW) / 60, 3)  # type: ignore[attr-defined]


def flips(count: int, every: float, begin: float = 0) -> list[tuple[float, bool]]:
    """The first tells the state, each further one changes it."""
    return [(begin + place * every, place % 2 == 0) for place in range(count + 1)]


def test_four_changes_within_an_hour_are_flapping() -> None:
    assert Seen().states(*flips(3, 15)).on == []
    (found,) = Seen().states(*flips(4, 15)).on
    assert (found.kind, found.metric, found.device, found.severity) == (FLAPPING, None, 1, "warning")
    assert (found.value, found.upper, found.score) == (4.0, 3.0, pytest.approx(4 / 3))
    assert minute(found.started_at) == 15
    assert "4 changes" in str(found.detail)


def test_slow_changes_and_rows_that_change_nothing_are_not_flapping() -> None:
    assert Seen().states(*flips(30, 21)).on == []
    assert Seen().states(*[(place, True) for place in range(30)]).on == []


def test_fast_flapping_is_critical() -> None:
    (found,) = Seen().states(*flips(12, 2)).on
    assert (found.severity, found.value) == ("critical", 12.0)


def test_flapping_goes_on_over_a_pause_and_ends_after_an_hour_of_rest() -> None:
    seen = Seen().states(*flips(6, 10), (110, True), (115, False))
    assert len(seen.on) == 1
    seen.events.close_stale(NOW + 60 * 170)
    assert len(seen.on) == 1
    seen.events.close_stale(NOW + 60 * 176)
    assert [minute(one.ended_at) for one in seen.ended] == [115]


def test_flapping_ends_by_the_clock_or_by_the_next_change_alike() -> None:
    by_row = Seen().states(*flips(4, 10), (200, False))
    by_clock = Seen().states(*flips(4, 10))
    by_clock.events.close_stale(NOW + 60 * 190)
    by_clock.states((200, False))
    assert by_row.book.changed() == by_clock.book.changed()


def test_the_first_state_that_is_told_is_no_change() -> None:
    assert Seen().states((0, False)).states((1, False), index=1).on == []


def test_three_failed_checks_in_a_row_are_an_anomaly_since_the_first_of_them() -> None:
    assert Seen().checks((0, False), (4, False), (8, True), (12, False), (16, False)).on == []
    (found,) = Seen().checks((0, True), (4, False), (8, False), (12, False)).on
    assert (found.kind, found.value, found.upper, found.severity) == (CHECKS, 3.0, FAIL_RUN - 1, "warning")
    assert (minute(found.started_at), minute(found.last_at)) == (4, 12)
    assert found.detail == "3 health checks failed, last with HTTP status 504"


def test_a_long_run_is_critical_and_one_that_passes_in_between_is_no_end() -> None:
    seen = Seen().checks(*[(4 * place, False) for place in range(6)], (24, True), (28, False))
    (found,) = seen.on
    assert (found.severity, found.value, minute(found.last_at)) == ("critical", 7.0, 28)


def test_checks_that_pass_end_it() -> None:
    seen = Seen().checks(*[(place, False) for place in range(4)], *[(10 + place, True) for place in range(PASS_RUN)])
    assert [minute(one.ended_at) for one in seen.ended] == [3]
    assert seen.on == []


def test_checks_that_stop_end_it_by_the_clock_or_by_the_next_check_alike() -> None:
    later = STALE_S / 60 + 10
    by_row = Seen().checks(*[(place, False) for place in range(4)], (later, False))
    by_clock = Seen().checks(*[(place, False) for place in range(4)])
    by_clock.events.close_stale(NOW + 60 * later)
    by_clock.checks((later, False))
    assert by_row.book.changed() == by_clock.book.changed()
    assert by_row.on == []


def test_whether_the_newest_check_failed() -> None:
    seen = Seen().checks((0, False)).checks((0, False), (1, True), index=1)
    assert seen.events.failing(np.array([1, 2])).tolist() == [True, False]


def test_a_device_that_should_have_been_heard_is_silent_since_it_was_heard() -> None:
    assert Seen().silence(DUE_S / 60, 0).on == []
    seen = Seen().silence(DUE_S / 60 + 1, [0, 10])
    (found,) = seen.on
    assert (found.device, found.kind, found.value, found.upper) == (1, SILENCE, DUE_S + 60, DUE_S)
    assert minute(found.started_at) == 0
    assert found.detail == "Not heard since 2026-11-18 14:00 UTC"
    assert found.severity == "warning"


def test_silence_grows_and_ends_when_the_device_is_heard_again() -> None:
    seen = Seen().silence(20, [0, 19]).silence(60, [0, 59])
    assert seen.on[0].severity == "critical"
    assert seen.on[0].value == 3600
    seen.silence(70, [65, 69])
    assert [minute(one.ended_at) for one in seen.ended] == [65]
    assert len(seen.book.changed()) == 1


def test_a_device_that_reports_seldom_may_be_quiet_for_longer() -> None:
    assert Seen().silence(100, 0, gap=1800).on == []
    assert len(Seen().silence(121, 0, gap=1800).on) == 2


def test_a_device_that_was_never_heard_is_not_silent() -> None:
    assert Seen(fleet(1, heard=None)).silence(600, float("nan")).on == []


def hours(closes: float) -> list[OpeningDay]:
    """Site 0 is open from 8:00 every day."""
    return [OpeningDay(0, day, 8 * 3600.0, closes * 3600, closed=False, maintenance=False) for day in range(7)]


def known_habits(seen: Seen, until_hour: float, days: int = 3) -> Seen:
    """The devices were heard from 8:00 to some hour on each of the last days."""
    at = [
        NOW - 14 * 3600 - day * 86_400 + hour * 1800
        for day in range(1, days)
        for hour in range(16, int(until_hour * 2))
    ]
    for device in seen.fleet.devices:
        seen.events.habits.note(np.full(len(at), device), np.array(at))
    return seen


def test_only_time_in_which_the_site_is_open_counts() -> None:
    seen = known_habits(Seen(fleet(1, 2, days=hours(14.1))), until_hour=24)
    assert seen.silence(12 * 60, 0).on == []  # 02:00: six of these minutes were open
    assert len(seen.silence(18 * 60 + 5, 0).on) == 2  # 08:05


def test_a_device_that_is_switched_off_before_the_hours_end_as_every_day_is_not_silent() -> None:
    seen = known_habits(Seen(fleet(1, days=hours(20))), until_hour=14.5)
    assert seen.silence(6 * 60, 0.4 * 60).on == []  # 20:00, heard until 14:24
    assert seen.silence(18 * 60 + 3, 0.4 * 60).on == []  # 08:03: nine minutes in all
    assert len(seen.silence(18 * 60 + 11, 0.4 * 60).on) == 1


def test_until_habits_are_known_hours_may_be_of_another_time_zone() -> None:
    seen = Seen(fleet(1, days=hours(24)))
    assert seen.silence(5.9 * 60, 0).on == []
    assert len(seen.silence(6.1 * 60, 0).on) == 1
    assert len(Seen(fleet(1)).silence(20, 0).on) == 1


def test_what_is_taken_up_again_is_no_pause() -> None:
    seen = Seen()
    for minutes in range(10):
        seen.silence(minutes, minutes)
    seen.events.forget_pauses()
    seen.silence(300, 300)
    assert seen.events.tracks.take(np.array([1]))["pause"][0] == 60
    assert len(seen.silence(311, 300).on) == 2


def test_a_device_in_maintenance_may_be_off() -> None:
    assert Seen(fleet(1, resting=True)).silence(600, 0).on == []


def large(count: int) -> Fleet:
    return Fleet(
        Devices(list(range(count)), [1] * count, ["till"] * count, [NOW] * count, [False] * count, [True] * count)
    )


def test_when_nobody_is_heard_it_is_homepot_that_hears_nothing() -> None:
    assert Seen(large(LEAST_FLEET)).silence(300, 0).on == []
    assert len(Seen(large(LEAST_FLEET)).silence(300, [299.0] + [0.0] * (LEAST_FLEET - 1)).on) == LEAST_FLEET - 1
    assert len(Seen(large(3)).silence(300, 0).on) == 3


@pytest.mark.parametrize("seed", range(6))
def test_events_do_not_depend_on_how_rows_were_cut(seed: int) -> None:
    chance = np.random.default_rng(seed)
    at = np.cumsum(chance.exponential(6, 300)).tolist()
    rows = [(minute_, bool(chance.random() < 0.5)) for minute_ in at]
    whole, cut = Seen().states(*rows).checks(*rows), Seen()
    for row in rows:
        cut.states(row)
    start = 0
    while start < len(rows):
        end = start + int(chance.integers(1, 40))
        cut.checks(*rows[start:end])
        start = end
    assert whole.book.changed() == cut.book.changed()
    assert {one.kind for one in whole.book.changed()} == {FLAPPING, CHECKS}
