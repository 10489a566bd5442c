"""One device for each kind of trouble, and for each thing that is no trouble, in one stream of two weeks."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from ai_gateway.health.catalogue import Metric, metric_named
from ai_gateway.health.detect import DETECTORS, Engine
from ai_gateway.health.types import Batch, Verdicts
from tests.unit.health.detect.streams import START, alarms

EVERY = 600.0
DAY = 144
DAYS = 14
AT = 10 * DAY
"""When trouble begins."""
METRICS = (
    *(metric_named(name) for name in ("cpu_percent", "memory_percent", "network_latency_ms")),
    *(Metric(name=name, label=name, unit="") for name in ("follower", "rhythm", "other")),
)
CPU, MEMORY, LATENCY, FOLLOWER, RHYTHM, OTHER = range(len(METRICS))
NAMES = (
    "quiet",
    "constant",
    "constant_shift",
    "shift",
    "gap",
    "clock",
    "missing",
    "spike",
    "relation",
    "drift",
    "season",
    "limit",
    "together",
)


class Seen(NamedTuple):
    score: NDArray[np.float32]
    metric_score: NDArray[np.float32]
    detector: NDArray[np.int8]

    def starts(self) -> NDArray[np.int64]:
        on = np.nan_to_num(self.score) > 1
        return np.flatnonzero(on & ~np.r_[False, on[:-1]])

    def blamed(self, row: int) -> tuple[str, int]:
        metric = int(np.nanargmax(self.metric_score[row]))
        return DETECTORS[self.detector[row, metric]], metric


def usual() -> NDArray[np.float64]:
    rng = np.random.default_rng(11)
    time, devices = DAYS * DAY, len(NAMES)
    noise = rng.normal(0, 1, (time, devices, len(METRICS)))
    hour = np.sin(np.arange(time) * 2 * np.pi / DAY)[:, None]
    values = np.array([35, 50, 40, 0, 100, 10]) + np.array([3, 1, 6, 0, 1, 1]) * noise
    kernel = np.exp(-np.arange(200) / 20)
    for device in range(devices):
        values[:, device, OTHER] += 2 * np.convolve(rng.normal(0, 1, time + 199), kernel, "valid")
    values[..., FOLLOWER] = 5 * values[..., OTHER] + 2 * noise[..., FOLLOWER]
    values[..., RHYTHM] += 40 * hour
    return values


def troubled() -> Batch:
    values, at = usual(), np.repeat(START + EVERY * np.arange(DAYS * DAY)[:, None], len(NAMES), axis=1)
    of = {name: k for k, name in enumerate(NAMES)}
    for name in ("constant", "constant_shift"):
        values[:, of[name]] = [35, 50, 40, 50, 100, 10]
    values[AT:, of["constant_shift"], LATENCY] = 140
    values[AT:, of["shift"], LATENCY] += 90
    at[AT:, of["gap"]] += 86400
    at[AT:, of["clock"]] -= 3600
    values[AT:, of["missing"], RHYTHM] = np.nan
    values[AT : AT + 3, of["spike"], LATENCY] += 150
    values[AT : AT + 30, of["relation"], FOLLOWER] = 90 - values[AT : AT + 30, of["relation"], FOLLOWER]
    values[AT:, of["drift"], MEMORY] += np.minimum(np.arange(4 * DAY) / DAY * 8, 28)
    values[AT : AT + DAY, of["season"], RHYTHM] = 200 - values[AT : AT + DAY, of["season"], RHYTHM]
    values[AT : AT + 20, of["limit"], CPU] = 97
    values[AT : AT + 3, of["together"]] += [14, 8, 30, 40, 12, 12]
    return Batch(
        np.tile(np.arange(len(NAMES)), DAYS * DAY), at.ravel(), values.reshape(-1, len(METRICS)).astype(np.float32)
    )


@pytest.fixture(scope="module")
def batch() -> Batch:
    return troubled()


@pytest.fixture(scope="module")
def verdicts(batch: Batch) -> Verdicts:
    return Engine(METRICS, sensitivity=2.0).score(batch)


@pytest.fixture(scope="module")
def seen(batch: Batch, verdicts: Verdicts) -> dict[str, Seen]:
    rows = {name: batch.device == k for k, name in enumerate(NAMES)}
    return {
        name: Seen(verdicts.score[mine], verdicts.metric_score[mine], verdicts.detector[mine])
        for name, mine in rows.items()
    }


@pytest.mark.parametrize("name", ["quiet", "constant", "gap", "clock", "missing"])
def test_what_is_no_trouble_raises_no_alarm(seen: dict[str, Seen], name: str) -> None:
    assert alarms(seen[name].score[4 * DAY :]) == 0
    assert not np.isnan(seen[name].score[4 * DAY :]).any()


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("constant_shift", LATENCY),
        ("shift", LATENCY),
        ("spike", LATENCY),
        ("relation", FOLLOWER),
        ("drift", MEMORY),
        ("season", RHYTHM),
        ("limit", CPU),
    ],
)
def test_trouble_is_found_and_the_right_metric_blamed(seen: dict[str, Seen], name: str, metric: int) -> None:
    starts = seen[name].starts()
    during = starts[starts >= AT]
    assert len(during) >= 1
    assert during[0] <= AT + (3 * DAY if name == "drift" else DAY)
    worst = np.nanmax(seen[name].metric_score[AT : during[0] + 3], axis=0)
    blamed = int(np.argmax(worst))
    assert blamed == metric or (name == "relation" and blamed == OTHER)  # of two that part, which one is wrong?


def test_several_metrics_a_little_odd_at_once_are_an_alarm(seen: dict[str, Seen]) -> None:
    assert (seen["together"].score[AT : AT + 3] > 1).any()


@pytest.mark.parametrize("name", ["constant_shift", "shift"])
def test_a_level_shift_is_an_alarm_that_ends(seen: dict[str, Seen], name: str) -> None:
    after = seen[name].score[AT:]
    assert 1 <= alarms(after) <= 3
    assert (after[2 * DAY :] <= 1).all()


def test_a_value_past_its_limit_is_named_so(seen: dict[str, Seen]) -> None:
    assert seen["limit"].blamed(AT + 10) == ("limit", CPU)


@pytest.mark.parametrize(
    ("name", "detector"),
    [("constant_shift", "deviation"), ("drift", "drift"), ("season", "season"), ("relation", "relation")],
)
def test_the_detector_that_found_it_is_named(seen: dict[str, Seen], name: str, detector: str) -> None:
    starts = seen[name].starts()
    assert detector in {seen[name].blamed(row)[0] for row in starts[starts >= AT]}


def test_the_band_holds_what_is_usual_and_not_what_is_not(batch: Batch, verdicts: Verdicts) -> None:
    quiet = (batch.device == NAMES.index("quiet")) & (batch.at > START + 4 * 86400)
    inside = (batch.values[quiet] >= verdicts.lower[quiet]) & (batch.values[quiet] <= verdicts.upper[quiet])
    assert inside.mean() > 0.999
    spike = np.flatnonzero(batch.device == NAMES.index("spike"))[AT]
    assert batch.values[spike, LATENCY] > verdicts.upper[spike, LATENCY] > verdicts.expected[spike, LATENCY]
