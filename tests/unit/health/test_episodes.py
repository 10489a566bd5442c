"""Verdicts become anomalies: when they open, how they get worse, when they close."""

from typing import Any

import msgspec
import numpy as np
import pytest

from ai_gateway.health.book import STALE_S, Book
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.detect import DETECTORS
from ai_gateway.health.episodes import MOST_OPEN, MOST_SCORE, QUIET_ROWS, Episodes, severity
from ai_gateway.health.types import Anomaly, Batch, Verdicts
from tests.unit.health.pages import NOW

NAMES = ["cpu_percent", "memory_percent", "disk_percent", "network_latency_ms", "queue_depth", "humidity", "pressure"]
QUIET_S = 1800.0
Row = tuple[float, float, dict[str, float]]
"""Minutes after the start, the device's score, and the scores of metrics."""


class Stream:
    """One device's verdicts, fed row by row or all at once."""

    def __init__(self) -> None:
        self.book = Book()
        self.episodes = Episodes(self.book, QUIET_S)

    def feed(self, *rows: Row, device: int = 1) -> "Stream":
        n, m = len(rows), len(NAMES)
        score = np.array([row[1] for row in rows], np.float32)
        metric = np.full((n, m), np.nan, np.float32)
        for place, row in enumerate(rows):
            for name, value in row[2].items():
                metric[place, NAMES.index(name)] = value
        at = np.array([NOW + 60 * row[0] for row in rows])
        values = np.where(np.isnan(metric), np.nan, 50 + 10 * metric).astype(np.float32)
        band = np.where(np.isnan(metric), np.nan, np.float32(50))
        verdicts = Verdicts(score, metric, band, band - 10, band + 10, np.ones((n, m), np.int8))
        batch = Batch(np.full(n, device), at, values)
        self.episodes.feed(batch, verdicts, np.full(n, 4), NAMES, lambda _, name: metric_named(name))
        return self

    @property
    def all(self) -> list[Anomaly]:
        return self.book.changed()

    @property
    def on(self) -> list[Anomaly]:
        return [one.anomaly for one in self.book.running()]


def cpu(minute: float, score: float) -> Row:
    return (minute, score, {"cpu_percent": score})


def minutes(anomaly: Anomaly) -> tuple[float, float, float | None]:
    """Start, last trouble and end, in minutes."""
    times = (anomaly.started_at, anomaly.last_at, anomaly.ended_at)
    found = [None if at is None else round((at.timestamp() - NOW) / 60, 2) for at in times]
    return tuple(found)  # type: ignore[return-value]


def test_a_score_above_one_opens_an_anomaly_that_says_what_was_expected_and_seen() -> None:
    (found,) = Stream().feed(cpu(0, 0.9), (1, 1.5, {"cpu_percent": 1.5, "queue_depth": 0.4})).on
    assert (found.device, found.site, found.kind, found.metric) == (1, 4, DETECTORS[1], "cpu_percent")
    assert minutes(found) == (1, 1, None)
    assert (found.value, found.expected, found.lower, found.upper, found.score) == (65.0, 50.0, 40.0, 60.0, 1.5)
    assert [one.metric for one in found.explained] == ["cpu_percent", "queue_depth"]


@pytest.mark.parametrize("score", [1.0, 0.99, float("nan")])
def test_up_to_one_and_without_knowledge_nothing_opens(score: float) -> None:
    assert Stream().feed((0, score, {"cpu_percent": 5.0})).all == []


def test_a_row_that_no_metric_explains_alone_opens_at_the_one_that_explains_it_best() -> None:
    (found,) = Stream().feed((0, 1.4, {"cpu_percent": 0.5, "queue_depth": 0.8})).on
    assert (found.metric, found.score) == ("queue_depth", pytest.approx(1.4))


def test_a_row_without_any_score_of_a_metric_opens_nothing() -> None:
    assert Stream().feed((0, 1.4, {})).on == []


def test_each_metric_in_trouble_is_an_anomaly_up_to_a_bound() -> None:
    stream = Stream().feed((0, 3.0, {name: 2.0 + place for place, name in enumerate(NAMES)}))
    assert [one.metric for one in stream.on] == NAMES[: -MOST_OPEN - 1 : -1]
    assert stream.feed((1, 3.0, dict.fromkeys(NAMES, 2.0))).on[-1].metric == NAMES[-MOST_OPEN]


def test_it_keeps_its_worst_moment() -> None:
    (found,) = Stream().feed(cpu(0, 1.2), cpu(1, 4.0), cpu(2, 2.0)).on
    assert (found.score, found.value, minutes(found)) == (4.0, 90.0, (0, 2, None))
    assert found.severity == "critical"


def test_severity_never_falls_while_it_is_on() -> None:
    (found,) = Stream().feed(cpu(0, 4.5), cpu(1, 1.1)).on
    assert found.severity == "critical"


def test_it_goes_on_below_one_while_it_is_not_calm() -> None:
    (found,) = Stream().feed(cpu(0, 1.5), *(cpu(minute, 0.8) for minute in range(1, 90))).on
    assert minutes(found) == (0, 89, None)


def test_it_closes_after_a_quiet_stretch_at_the_moment_of_the_last_trouble() -> None:
    stream = Stream().feed(cpu(0, 1.5), cpu(5, 1.2), *(cpu(minute, 0.1) for minute in range(6, 36)))
    assert len(stream.on) == 1
    stream.feed(cpu(36, 0.1))
    assert stream.on == []
    assert minutes(stream.all[-1]) == (0, 5, 5)


def test_a_short_quiet_stretch_does_not_split_it() -> None:
    stream = Stream().feed(cpu(0, 1.5), cpu(10, 0.1), cpu(20, 0.1), cpu(29, 0.1), cpu(30, 1.5))
    assert [minutes(one) for one in stream.on] == [(0, 30, None)]
    assert len(stream.all) == 1


def test_a_device_that_reports_hourly_needs_several_calm_rows() -> None:
    stream = Stream().feed(cpu(0, 1.5), cpu(60, 0.1), cpu(120, 0.1), cpu(180, 1.5))
    assert [minutes(one) for one in stream.on] == [(0, 180, None)]
    stream.feed(*(cpu(180 + 60 * (row + 1), 0.1) for row in range(QUIET_ROWS)))
    assert stream.on == []


def test_trouble_that_comes_back_later_is_another_anomaly() -> None:
    stream = Stream().feed(cpu(0, 1.5), *(cpu(minute, 0.1) for minute in range(1, 40)), cpu(40, 1.5))
    assert [minutes(one) for one in stream.all] == [(0, 0, 0), (40, 40, None)]


def test_what_is_no_longer_reported_ends_by_the_clock_or_by_the_next_row_alike() -> None:
    later = STALE_S / 60 + 1
    by_row = Stream().feed(cpu(0, 1.5), cpu(later, 1.5))
    by_clock = Stream().feed(cpu(0, 1.5))
    by_clock.book.close_stale(NOW + 60 * later, DETECTORS)
    assert by_clock.on == []
    by_clock.feed(cpu(later, 1.5))
    assert (
        [minutes(one) for one in by_row.all]
        == [minutes(one) for one in by_clock.all]
        == [(0, 0, 0), (later, later, None)]
    )


def test_late_rows_neither_reopen_nor_end_it() -> None:
    stream = Stream().feed(cpu(100, 1.5), cpu(20, 0.1), cpu(21, 0.1), cpu(22, 0.1), cpu(30, 1.2))
    assert [minutes(one) for one in stream.on] == [(100, 100, None)]


def test_a_metric_that_is_well_closes_while_another_goes_on() -> None:
    both: dict[str, float] = {"cpu_percent": 2.0, "queue_depth": 2.0}
    rows: list[Row] = [(minute, 2.0, {"cpu_percent": 2.0, "queue_depth": 0.1}) for minute in range(1, 60)]
    stream = Stream().feed((0, 2.0, both), *rows)
    assert [one.metric for one in stream.on] == ["cpu_percent"]
    assert {one.metric: minutes(one)[2] for one in stream.all} == {"cpu_percent": None, "queue_depth": 0}


def test_numbers_are_finite_and_as_exact_as_they_were() -> None:
    (found,) = (
        Stream().feed((0, float("inf"), {"cpu_percent": float("inf"), "queue_depth": 0.0, "disk_percent": 0.13})).on
    )
    assert (found.score, found.value) == (MOST_SCORE, None)
    assert [(one.metric, one.score, one.value) for one in found.explained] == [
        ("cpu_percent", MOST_SCORE, None),
        ("disk_percent", 0.13, 51.3),
        ("queue_depth", 0.0, 50.0),
    ]
    assert msgspec.json.decode(msgspec.json.encode(found), type=Anomaly) == found


@pytest.mark.parametrize("seed", range(10))
def test_anomalies_do_not_depend_on_how_rows_were_cut(seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows: list[tuple[int, Row]] = []
    for minute in np.cumsum(chance.exponential(8, 400)).tolist():
        score = float(chance.choice([0.1, 0.8, 1.3, 3.0], p=[0.8, 0.1, 0.06, 0.04]))
        name = str(chance.choice(NAMES[:3]))
        rows.append((int(chance.integers(1, 4)), (round(minute, 2), score, {name: score})))
    whole, cut = Stream(), Stream()
    for device, row in rows:
        whole.feed(row, device=device)
    for device in (1, 2, 3):
        of_device = [row for owner, row in rows if owner == device]
        start = 0
        while start < len(of_device):
            end = start + int(chance.integers(1, 50))
            cut.feed(*of_device[start:end], device=device)
            start = end
    key: Any = lambda one: (one.device, one.metric, one.started_at)  # noqa: E731 - the order of both lists
    assert sorted(whole.all, key=key) == sorted(cut.all, key=key)
    assert len(whole.all) > 5


@pytest.mark.parametrize(
    ("name", "value", "score", "expected"),
    [
        ("cpu_percent", 95.0, 2.0, "critical"),
        ("cpu_percent", 95.0, 1.2, "warning"),
        ("cpu_percent", 60.0, 2.5, "warning"),
        ("cpu_percent", 60.0, 1.2, "info"),
        ("cpu_percent", None, 1.2, "info"),
        ("transaction_count", 0.0, 9.0, "warning"),
        ("humidity", 1e9, 1.5, "info"),
    ],
)
def test_severity(name: str, value: float | None, score: float, expected: str) -> None:
    assert severity(metric_named(name), value, score) == expected
