"""Figures of one device over a period, from stretches made by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from ai_gateway.health.analysis import (
    SPANS,
    Slice,
    Stat,
    chart,
    from_hours,
    from_readings,
    heard_by_hour,
    possible,
    quality,
    regrouped,
    silences,
    totals,
    trends,
    uptime,
)
from ai_gateway.health.types import DeviceHour
from ai_gateway.homepot.scoped.series import SERIES, Gap, Heard, SeriesSlice

SINCE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=10)
WINDOW_S = 120.0


def at(hours: float) -> datetime:
    return SINCE + timedelta(hours=hours)


def row(hours: float, **values: tuple[int, float, float, float]) -> SeriesSlice:
    """A stretch of readings; each value: samples, sum, lowest, highest."""
    columns = [values.get(name, (0, None, None, None)) for name in SERIES]
    samples, total, low, high = zip(*columns, strict=True)
    return SeriesSlice(at(hours), max(samples), samples, total, low, high)


def heard(**changes: object) -> Heard:
    """Heard each minute for the whole period, and before it."""
    values: dict[str, object] = {
        "readings": 600,
        "first_at": at(1 / 60),
        "last_at": UNTIL,
        "before_at": SINCE,
        "usual_s": 60.0,
        "longest": (),
    }
    return Heard(**{**values, **changes})


def piece(hours: float, **means: float) -> Slice:
    return Slice(at(hours), 1, {name: Stat(1, mean, mean, mean) for name, mean in means.items()})


def test_ratios_become_percentages_and_percentages_stay() -> None:
    ratios = from_readings([row(0, error_rate=(2, 0.03, 0.01, 0.02)), row(1, error_rate=(1, 0.5, 0.5, 0.5))])
    assert ratios[0].stats["error_rate"] == pytest.approx((2, 3.0, 1.0, 2.0))
    percents = from_readings([row(0, error_rate=(1, 0.5, 0.5, 0.5)), row(1, error_rate=(1, 7.0, 7.0, 7.0))])
    assert percents[0].stats["error_rate"].mean == 0.5


@pytest.mark.parametrize("high", [140.0, float("nan"), float("inf")])
def test_values_that_cannot_be_are_noticed(high: float) -> None:
    assert possible(from_readings([row(0, cpu_percent=(2, 120.0, 0.0, 100.0))]))
    assert not possible(from_readings([row(0, cpu_percent=(2, 120.0, 0.0, high))]))
    assert not possible(from_readings([row(0, network_latency_ms=(2, 15.0, -5.0, 20.0))]))
    assert not possible(from_readings([row(0, queue_depth=(2, 15.0, 0.0, high))])) or high == 140.0


def test_what_was_not_measured_is_not_there() -> None:
    (only,) = from_readings([row(0, cpu_percent=(3, 60.0, 10.0, 30.0))])
    assert set(only.stats) == {"cpu_percent"}
    assert only.stats["cpu_percent"].mean == 20.0


def test_hours_of_metrics_that_came_later_are_short() -> None:
    hours = [DeviceHour(at(0), (60,), (600.0,), (5.0,), (20.0,)), DeviceHour(at(1), (0, 4), (0.0, 8.0), (0, 1), (0, 3))]
    first, second = from_hours(["cpu_percent", "fan_rpm"], hours)
    assert first == Slice(at(0), 60, {"cpu_percent": Stat(60, 600.0, 5.0, 20.0)})
    assert second == Slice(at(1), 4, {"fan_rpm": Stat(4, 8.0, 1, 3)})


def test_stretches_are_joined_by_weight() -> None:
    slices = [
        Slice(at(0), 3, {"cpu_percent": Stat(3, 30.0, 5.0, 15.0)}),
        Slice(at(0.5), 1, {"cpu_percent": Stat(1, 50.0, 50.0, 50.0), "disk_percent": Stat(1, 7.0, 7.0, 7.0)}),
        Slice(at(2), 1, {"cpu_percent": Stat(1, 1.0, 1.0, 1.0)}),
    ]
    hourly = regrouped(slices, SINCE, 3600)
    assert [one.at for one in hourly] == [at(0), at(2)]
    assert hourly[0].readings == 4
    assert chart(hourly, "cpu_percent") == [(at(0), 20.0, 5.0, 50.0), (at(2), 1.0, 1.0, 1.0)]
    assert chart(hourly, "disk_percent") == [(at(0), 7.0, 7.0, 7.0)]
    assert totals(hourly)["cpu_percent"] == Stat(5, 81.0, 1.0, 50.0)


def test_no_period_has_more_points_than_a_chart_can_show() -> None:
    for span in SPANS.values():
        now = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
        points = (now - span.starts(now)).total_seconds() / span.width_s
        assert points <= 289, span.name


def test_only_moves_that_matter_are_trends() -> None:
    slices = [piece(0, cpu_percent=20, disk_percent=50, queue_depth=1)]
    slices += [piece(9, cpu_percent=25, disk_percent=60, queue_depth=9)]
    assert [(one.metric, one.first, one.last) for one in trends(slices, SINCE, UNTIL)] == [("disk_percent", 50, 60)]


def test_a_device_that_was_always_heard_was_always_up() -> None:
    assert uptime(heard(), SINCE, UNTIL, WINDOW_S) == 100.0
    assert silences(heard(), SINCE, UNTIL, WINDOW_S) == []


def test_a_gap_counts_from_the_online_window_on() -> None:
    gap = heard(longest=(Gap(at(5), 3600 + 180),))  # three usual intervals of 60 s are 180 s
    (down,) = silences(gap, SINCE, UNTIL, WINDOW_S)
    assert (down.until, down.seconds) == (at(5), 3600.0)
    assert uptime(gap, SINCE, UNTIL, WINDOW_S) == 90.0
    often = heard(usual_s=5.0, longest=(Gap(at(5), 3600 + 120),))  # here the online window is longer
    assert uptime(often, SINCE, UNTIL, WINDOW_S) == 90.0


def test_a_device_that_fell_silent_is_down_until_now() -> None:
    silent = heard(last_at=at(5) - timedelta(seconds=180))
    assert uptime(silent, SINCE, UNTIL, WINDOW_S) == 50.0


def test_a_device_silent_since_before_the_period_was_never_up() -> None:
    gone = Heard(0, None, None, SINCE - timedelta(days=3), None, ())
    assert uptime(gone, SINCE, UNTIL, WINDOW_S) == 0.0
    told = quality(gone, SINCE, UNTIL, WINDOW_S, "readings")
    assert (told.samples, told.coverage, told.gap_count) == (0, 0.0, 1)
    assert told.last_reading_age_s == timedelta(days=3, hours=10).total_seconds()


def test_a_new_device_counts_from_its_first_reading_on() -> None:
    new = heard(before_at=None, first_at=at(8), readings=121)
    assert uptime(new, SINCE, UNTIL, WINDOW_S) == 100.0
    assert quality(new, SINCE, UNTIL, WINDOW_S, "readings").coverage == 100.0


def test_of_a_device_that_was_never_heard_nothing_is_said() -> None:
    never = Heard(0, None, None, None, None, ())
    assert uptime(never, SINCE, UNTIL, WINDOW_S) is None
    told = quality(never, SINCE, UNTIL, WINDOW_S, "readings")
    assert (told.coverage, told.last_reading_at, told.gaps) == (None, None, ())


def test_coverage_is_the_share_of_the_readings_that_the_interval_promises() -> None:
    assert quality(heard(readings=450), SINCE, UNTIL, WINDOW_S, "readings").coverage == 75.0
    assert quality(heard(readings=900), SINCE, UNTIL, WINDOW_S, "readings").coverage == 100.0


def test_by_the_hour_only_whole_hours_of_silence_are_seen() -> None:
    hours = [Slice(at(hour), 60, {}) for hour in (0, 1, 4, 5, 6, 7, 8, 9)]
    found = heard_by_hour(hours, UNTIL, SINCE)
    assert (found.readings, found.usual_s, found.longest) == (480, 60.0, (Gap(at(4), 7200.0),))
    assert uptime(found, SINCE, UNTIL, WINDOW_S) == pytest.approx(80.5)
    assert heard_by_hour([], None, None) == Heard(0, None, None, None, None, ())
