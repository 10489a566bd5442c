"""Quantiles against scipy's, over all shapes that cases make."""

from itertools import product

import pytest
from scipy.special import betainc, betaincinv

from ai_gateway.kit.beta import cumulative, quantile

SIZES = (0.005, 0.5, 1.0, 3.7, 40.5, 900.0, 20_000.5)


@pytest.mark.parametrize(("a", "b"), [*product(SIZES, SIZES)])
def test_quantiles_are_scipys(a: float, b: float) -> None:
    for share in (0.05, 0.5, 0.95):
        assert quantile(share, a, b) == pytest.approx(betaincinv(a, b, share), abs=2e-9)
    for x in (0.0, 1e-6, 0.2, 0.5, 0.97, 1.0):
        assert cumulative(x, a, b) == pytest.approx(betainc(a, b, x), abs=1e-8)
