"""Counts of the whole fleet are coarse for those who see a part of it."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ai_gateway.prediction.coarse import coarse, told
from ai_gateway.prediction.types import Prediction


@pytest.mark.parametrize(
    ("count", "told"), [(0, 0), (2, 0), (3, 5), (37, 35), (38, 40), (98, 100), (143, 140), (200, 200), (12_345, 12_000)]
)
def test_counts_are_rounded(count: int, told: int) -> None:
    assert coarse(count) == told


def test_one_case_more_or_less_seldom_shows() -> None:
    seen = [coarse(count) for count in range(300)]
    assert sum(one != another for one, another in pairwise(seen)) < 60


def test_only_who_sees_every_site_is_told_exact_counts() -> None:
    found = Prediction(
        device=1,
        site=1,
        as_of=datetime(2026, 11, 26, tzinfo=UTC),
        basis="model",
        model=1,
        hours=(168.0,),
        risk=(0.2,),
        low=(0.1,),
        high=(0.3,),
        cases=200,
        failed=43,
        drivers=(),
        limits=(),
    )
    assert (told(found, None).cases, told(found, None).failed) == (200, 43)
    assert (told(found, (1, 2)).cases, told(found, (1, 2)).failed) == (200, 45)
    assert told(found, (1,)).risk == found.risk
