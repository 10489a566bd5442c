import numpy as np
import pytest

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.detect.scale import Scale

SCALE = Scale([metric_named("transaction_count"), metric_named("cpu_percent"), metric_named("network_latency_ms")])


def test_only_counts_and_ratios_are_judged_on_another_scale() -> None:
    values = np.array([[20.0, 35.0, 80.0]])
    assert SCALE.to(values)[0, 0] != 20.0
    assert SCALE.to(values)[0, 1] == 35.0
    assert SCALE.to(values)[0, 2] != 80.0


def test_back_is_the_inverse() -> None:
    values = np.array([[0.0, 1.0, 0.0], [3.0, 1.0, 25.0], [1e6, 1.0, 1e5], [np.nan, 1.0, np.nan]])
    np.testing.assert_allclose(SCALE.back(SCALE.to(values)), values, rtol=1e-6, atol=1e-9)


def test_nothing_below_no_count_and_nothing_endless_comes_back() -> None:
    judged = np.array([[-50.0, 0.0, -50.0], [1e9, 0.0, 1e9]], np.float32)
    back = SCALE.back(judged)
    assert back[0].tolist() == [0.0, 0.0, 0.0]
    assert np.isfinite(back).all()


@pytest.mark.parametrize("level", [5.0, 20.0, 80.0])
def test_spread_does_not_depend_on_the_level(level: float) -> None:
    """Counts whose rate varies by a third, of which the scale's own formula gives a standard deviation of about 1."""
    rng = np.random.default_rng(5)
    counts = rng.poisson(level * rng.gamma(10.0, 0.1, 20_000)).astype(np.float64)
    judged = Scale([metric_named("transaction_count")]).to(counts[:, None])
    assert judged.std() == pytest.approx(1.0, abs=0.12)


def test_the_same_factor_is_as_far_on_any_level() -> None:
    """Far above what matters, twice the latency is as much more on a quick line as on a slow one."""
    quick, slow = (
        Scale([metric_named("network_latency_ms")])
        .to(np.array([[600.0], [1200.0], [6000.0], [12_000.0]]))
        .reshape(2, 2)
    )
    assert np.diff(quick) == pytest.approx(np.diff(slow), rel=0.05)
