"""The worker's job over rows as the scan leaves them: days, risks, models, and what a restart finds."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from prometheus_client import REGISTRY

from ai_gateway.kit.db import Pool
from ai_gateway.prediction.core.predictor import HorizonScore
from ai_gateway.prediction.job import LATE
from ai_gateway.prediction.store import PredictionStore
from ai_gateway.prediction.training import _better
from ai_gateway.prediction.types import HOURS
from tests.db.prediction.rows import NOW, Database, Homepot, Time, hire


async def test_without_history_every_device_gets_the_stated_prior_once_an_hour(database: Database, pool: Pool) -> None:
    database.fleet(3)
    clock = Time()
    assert await hire(pool, clock).run() == 3
    assert await hire(pool, clock).run() == 0
    found = await PredictionStore(pool).prediction(None, 1)
    assert found is not None
    assert (found.basis, found.failed, found.hours) == ("prior", 0, HOURS)
    year = 1 - (1 - found.risk[-1]) ** (8766 / 720)
    assert year == pytest.approx(1 - np.exp(-0.5), abs=0.01)
    assert all(low <= risk <= high for low, risk, high in zip(found.low, found.risk, found.high, strict=True))
    clock.now += timedelta(hours=1)
    database.run("DELETE FROM ai_device_health WHERE device = 2")
    assert await hire(pool, clock).run() == 2
    assert await PredictionStore(pool).prediction(None, 2) is None
    assert await PredictionStore(pool).prediction((7,), 1) is None


async def test_whole_days_are_made_of_hours_and_late_readings_change_them(database: Database, pool: Pool) -> None:
    database.fleet(2)
    midnight = NOW.replace(hour=0)
    filling = [midnight - timedelta(days=10) + timedelta(hours=hour) for hour in range(240)]
    database.hours(0, [60 + 2 * hour / 24 for hour in range(240)], filling)
    database.hours(1, [60.0] * 240, filling)
    database.hours(1, [1.0], [midnight])
    clock = Time()
    await hire(pool, clock).run()
    rows = database.run("SELECT day, total[1] / samples[1] FROM ai_reading_days WHERE device = 1 ORDER BY day")
    assert rows == [(midnight - timedelta(days=day), 60.0) for day in range(10, 0, -1)]
    limits = [await PredictionStore(pool).prediction(None, device) for device in (0, 1)]
    (disk,) = limits[0].limits if limits[0] else ()
    assert (disk.metric, disk.limit) == ("disk_percent", 90)
    assert disk.per_day == pytest.approx(2, abs=0.01)
    assert disk.hours == pytest.approx((90 - 79) / 2 * 24, abs=13)
    assert limits[1] is not None
    assert limits[1].limits == ()
    database.run(
        "UPDATE ai_reading_hours SET total = ARRAY[6 * 30.0] WHERE hour >= %s", (midnight - timedelta(days=1),)
    )
    clock.now += timedelta(days=1)
    await hire(pool, clock).run()
    assert database.run("SELECT total[1] / samples[1] FROM ai_reading_days WHERE device = 1 ORDER BY day DESC LIMIT 2")[
        1
    ] == (30.0,)


async def test_a_limit_ahead_is_announced_until_it_is_near_no_more(database: Database, pool: Pool) -> None:
    database.fleet(2)
    midnight = NOW.replace(hour=0)
    filling = [midnight - timedelta(days=10) + timedelta(hours=hour) for hour in range(240)]
    database.hours(0, [66 + 2 * hour / 24 for hour in range(240)], filling)
    database.hours(1, [60.0] * 240, filling)
    clock = Time()
    rows = "SELECT device, metric, started_at, ended_at IS NULL, detail FROM ai_anomaly_logs WHERE kind = 'risk'"
    await hire(pool, clock).run()
    ((device, metric, started, on, detail),) = database.run(rows)
    assert (device, metric, started, on) == (0, "disk_percent", NOW, True)
    assert detail.startswith("Its disk is at 84.958 % and reaches 90 %")
    clock.now += timedelta(hours=1)
    await hire(pool, clock).run()  # another worker goes on with it
    assert [row[2:4] for row in database.run(rows)] == [(NOW, True)]
    cleaned = [midnight + timedelta(hours=hour) for hour in range(48)]
    database.hours(0, [20.0] * 48, cleaned)
    clock.now += timedelta(days=2)
    await hire(pool, clock).run()
    ((*_, on, detail),) = database.run(rows)
    assert not on
    assert detail.endswith("The limit is no longer near.")


def history(devices: int, days: int) -> list[tuple[int, str, datetime]]:
    """A device goes silent at random; most times something else was odd on the day before."""
    rng = np.random.default_rng(0)
    rows = []
    for device in range(devices):
        for day in np.flatnonzero(rng.random(days) < 0.05).tolist():
            at = NOW - timedelta(days=days - day, hours=-2)
            rows += [(device, "silence", at)]
            rows += [(device, "deviation", at - timedelta(hours=5))] if rng.random() < 0.8 else []
    return rows


async def test_a_model_is_trained_beside_the_rounds_and_used_by_the_next_worker(database: Database, pool: Pool) -> None:
    devices = 30
    database.fleet(devices)
    database.anomalies(history(devices, 100))
    database.anomalies([(7, "deviation", NOW - timedelta(hours=4)), (8, "flapping", NOW - timedelta(days=170))])
    clock = Time()
    first = hire(pool, clock)
    assert await first.run() == devices
    told = await PredictionStore(pool).prediction(None, 7)
    assert told is not None
    assert told.basis == "lifetimes"
    await first.settle()
    ((status, failures, scores),) = database.run(
        "SELECT m.status, m.failures, count(s) FROM ai_prediction_models AS m"
        " JOIN ai_prediction_scores AS s ON s.model = m.id GROUP BY m.id"
    )
    assert (status, failures, scores) == ("active", sum(kind == "silence" for _, kind, _ in history(devices, 100)), 4)
    clock.now += timedelta(hours=1)
    second = hire(pool, clock)
    assert await second.run() == devices
    assert second._training is None
    ahead = [await PredictionStore(pool).prediction(None, device) for device in range(devices)]
    day = HOURS.index(24.0)
    by_risk = sorted((one for one in ahead if one), key=lambda one: -one.risk[day])
    assert {one.basis for one in by_risk} == {"model"}
    assert by_risk[0].device == 7
    assert any("deviation" in one.text for one in by_risk[0].drivers)
    count, page = await PredictionStore(pool).at_risk(None, 24.0, by_risk[0].risk[day] - 1e-6, 10, 0)
    assert (count, page[0].device) == (1, 7)


async def test_a_model_that_is_worse_on_later_data_never_replaces_the_one_in_use(
    database: Database, pool: Pool
) -> None:
    devices = 30
    database.fleet(devices)
    database.anomalies(history(devices, 100))
    clock = Time()
    job = hire(pool, clock)
    await job.run()
    await job.settle()
    # What announced silences is half gone from the part of the history that a new model is fitted to, and goes on announcing them.
    database.run(
        "DELETE FROM ai_anomaly_logs WHERE kind = 'deviation' AND device %% 2 = 0 AND started_at < %s",
        (NOW - timedelta(days=30),),
    )
    clock.now += timedelta(days=1, hours=1)
    await job.run()
    await job.settle()
    rows = database.run(
        "SELECT m.id, m.status, m.reason, s.log_loss, r.log_loss FROM ai_prediction_models AS m"
        " JOIN ai_prediction_scores AS s ON s.model = m.id AND s.hours = 168 AND NOT s.rival"
        " LEFT JOIN ai_prediction_scores AS r ON r.model = m.id AND r.hours = 168 AND r.rival ORDER BY m.id"
    )
    (first, *_), (_, _, reason, new, old) = rows
    assert [row[1] for row in rows] == ["active", "rejected"]
    assert new > old
    assert "worse than" in reason
    clock.now += timedelta(hours=1)
    await hire(pool, clock).run()
    told = await PredictionStore(pool).prediction(None, 7)
    assert told is not None
    assert (told.basis, told.model) == ("model", first)
    assert 0 <= REGISTRY.get_sample_value("ai_prediction_inputs_drifted_ratio") <= 1  # type: ignore[operator]


async def test_what_homepot_tells_is_asked_once_and_kept(database: Database, pool: Pool) -> None:
    database.fleet(2)
    clock = Time()
    homepot = Homepot((0, "failed_job", NOW - timedelta(days=3)), (1, "error_state", NOW + timedelta(minutes=30)))
    job = hire(pool, clock, homepot)
    await job.run()
    assert (len(homepot.asked), homepot.asked[0][0], homepot.asked[-1][1]) == (180, NOW - timedelta(days=180), NOW)
    clock.now += timedelta(hours=1)
    await job.run()
    assert homepot.asked[180:] == [(NOW - LATE, clock.now)]
    clock.now += timedelta(hours=1)
    await hire(pool, clock, homepot).run()
    assert homepot.asked[181] == (NOW - timedelta(minutes=30), clock.now)
    rows = database.run("SELECT device, kind, at FROM ai_device_happenings ORDER BY at")
    assert rows == [(0, "failed_job", NOW - timedelta(days=3)), (1, "error_state", NOW + timedelta(minutes=30))]
    clock.now += timedelta(days=178)
    assert await hire(pool, clock, Homepot(down=True)).run() == 2
    assert database.run("SELECT kind FROM ai_device_happenings") == [("error_state",)]


def score(loss: float) -> tuple[HorizonScore, ...]:
    return (HorizonScore(168.0, 1000, 100, 0.5, 0.01, loss),)


@pytest.mark.parametrize(
    ("new", "old", "better"),
    [
        (score(0.2), (), True),
        (score(0.4), (), False),
        (score(0.2), score(0.25), True),
        (score(0.25), score(0.2), False),
        ((HorizonScore(168.0, 1000, 0, float("nan"), 0.0, 0.0),), (), False),
    ],
)
def test_a_model_is_used_only_if_it_beats_the_base_rate_and_the_one_in_use(
    new: tuple[HorizonScore, ...], old: tuple[HorizonScore, ...], *, better: bool
) -> None:
    found, reason = _better(new, old)
    assert found is better
    assert reason
