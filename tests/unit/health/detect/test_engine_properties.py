import numpy as np
import pytest

from ai_gateway.health.detect import Engine
from ai_gateway.health.types import Batch, Verdicts
from tests.unit.health.detect.streams import METRICS, alarms, assert_same, engine, joined, part, quiet, stream

LONG = 640


@pytest.fixture(scope="module")
def messy() -> Batch:
    """Spikes, a level shift, gaps in single metrics, rows that come late, and devices with more rows than others."""
    values = quiet(LONG)
    values[500:504, 0] *= 3
    values[560:, 1, 2] += 30
    values[np.random.default_rng(1).random(values.shape) < 0.05] = np.nan
    values[200:260, 2] = np.nan
    batch = stream(values)
    keep = np.random.default_rng(2).random(len(batch.at)) < 0.9
    keep[len(keep) // 2 :] &= batch.device[len(keep) // 2 :] != 3
    at = batch.at.copy()
    at[600:606], at[606:612] = batch.at[606:612], batch.at[600:606]
    return part(Batch(batch.device, at, batch.values), keep)


@pytest.fixture(scope="module")
def whole(messy: Batch) -> Verdicts:
    return engine().score(messy)


def test_verdicts_do_not_depend_on_how_the_stream_was_cut(messy: Batch, whole: Verdicts) -> None:
    cuts = np.sort(np.random.default_rng(5).integers(0, len(messy.at), 60))
    stepwise = engine()
    pieces = [stepwise.score(part(messy, slice(a, b))) for a, b in zip([0, *cuts], [*cuts, len(messy.at)], strict=True)]
    assert_same(whole, joined(pieces))


def test_verdicts_do_not_depend_on_the_order_of_devices(messy: Batch, whole: Verdicts) -> None:
    order = np.argsort(-messy.device, kind="stable")
    shuffled = engine().score(part(messy, order))
    assert_same(shuffled, joined([whole._replace(**{f: getattr(whole, f)[order] for f in whole._fields})]))


def test_verdicts_of_a_device_do_not_depend_on_other_devices(messy: Batch, whole: Verdicts) -> None:
    mine = messy.device == 2
    assert_same(
        engine().score(part(messy, mine)), whole._replace(**{f: getattr(whole, f)[mine] for f in whole._fields})
    )


def test_restarting_from_a_snapshot_changes_nothing(messy: Batch, whole: Verdicts) -> None:
    for cut in (700, 1500):
        before, after = engine(), engine()
        first = before.score(part(messy, slice(0, cut)))
        known = np.array([3, 1, 2])
        after.restore(known, before.snapshot(known))
        assert_same(whole, joined([first, after.score(part(messy, slice(cut, None)))]))


def test_scores_are_neither_negative_nor_missing_after_the_warm_up(messy: Batch, whole: Verdicts) -> None:
    assert not (whole.score < 0).any()
    assert not (whole.metric_score < 0).any()
    for device in (1, 2, 3):
        mine = messy.device == device
        score = whole.score[mine]
        known = ~np.isnan(score)
        assert known.any()
        measured = (~np.isnan(messy.values[mine])).any(axis=1)
        assert known[np.argmax(known) :][measured[np.argmax(known) :]].all()


def test_forgotten_devices_start_anew() -> None:
    batch = stream(quiet(400, devices=2))
    one = engine()
    first = one.score(batch)
    one.forget(np.array([1, 99]))
    again = one.score(part(batch, batch.device == 1))
    np.testing.assert_array_equal(again.score, first.score[batch.device == 1])


def test_the_score_grows_with_the_deviation() -> None:
    sizes = np.linspace(0, 60, 30)
    values = np.repeat(quiet(400, devices=1), len(sizes), axis=1)
    values[-1, :, 0] += sizes
    score = engine().score(stream(values)).score[-len(sizes) :]
    assert (np.diff(score) >= 0).all()
    assert score[0] < 1 < score[-1]


def test_a_lower_sensitivity_raises_no_more_alarms() -> None:
    values = quiet(600, devices=3)
    rng = np.random.default_rng(4)
    values[rng.integers(300, 600, 60), rng.integers(0, 3, 60)] += rng.exponential(6, (60, 3))
    batch = stream(values)
    counts = [int((np.nan_to_num(engine(accepted).score(batch).score) > 1).sum()) for accepted in (0.2, 20.0)]
    assert counts[0] < counts[1]


def test_the_alarm_rate_really_met_is_told() -> None:
    one = engine()
    assert np.isnan(one.alarm_rate())
    values = quiet(400, devices=2)
    values[-3:, 0, 0] += 60
    score = one.score(stream(values)).score.reshape(400, 2)
    days = np.count_nonzero(~np.isnan(score)) / 1440
    assert one.alarm_rate() == pytest.approx(7 * sum(alarms(each) for each in score.T) / days, rel=1e-3)


def test_a_limit_holds_from_the_first_rows_on() -> None:
    values = np.full((6, 1, 3), [97.0, 40.0, 1.0])
    verdicts = engine().score(stream(values))
    assert np.isnan(verdicts.score[0])
    assert (verdicts.score[2:] > 1).all()
    one = Engine(METRICS, limits=lambda devices: np.full((len(devices), 3), np.nan, np.float32))
    assert np.isnan(one.score(stream(values)).score).all()


def test_one_value_past_its_limit_is_no_alarm_however_far_it_is() -> None:
    values = np.full((9, 1, 3), [20.0, 40.0, 1.0])
    values[5, 0, 0] = 1e6
    assert not (engine().score(stream(values)).score > 1).any()
    values[6, 0, 0] = 1e6
    assert engine().score(stream(values)).score[6] > 1
