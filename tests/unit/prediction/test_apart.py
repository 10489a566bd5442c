"""Whether history tells devices apart, and who is named where it does not."""

from datetime import UTC, datetime

import pytest

from ai_gateway.prediction.apart import standing_out, too_short
from ai_gateway.prediction.types import HOURS, LimitAhead, Prediction

DISK = LimitAhead("disk_percent", 90.0, 80.0, 2.0, 120.0, 96.0, 150.0, 14)


def risky(device: int, week: float, *limits: LimitAhead, basis: str = "lifetimes") -> Prediction:
    risk = tuple(min(week * hours / 168, 1.0) for hours in HOURS)
    return Prediction(
        device=device,
        site=1,
        as_of=datetime(2026, 11, 20, tzinfo=UTC),
        basis=basis,
        model=None,
        hours=HOURS,
        risk=risk,
        low=tuple(one / 2 for one in risk),
        high=tuple(min(2 * one, 1.0) for one in risk),
        cases=60,
        failed=17,
        drivers=(),
        limits=limits,
    )


def names(found: list[Prediction]) -> list[int]:
    return [one.device for one in found]


@pytest.mark.parametrize("basis", ["lifetimes", "prior"])
def test_a_base_rate_that_all_share_singles_out_nobody_however_high(basis: str) -> None:
    assert standing_out([risky(one, 0.4, basis=basis) for one in range(5)], 168, 0.2) == []


def test_a_base_rate_names_who_lies_above_the_others_and_who_wears() -> None:
    found = [risky(0, 0.6), risky(1, 0.2), risky(2, 0.2), risky(3, 0.1, DISK)]
    assert names(standing_out(found, 168, 0.2)) == [0, 3]
    assert names(standing_out(found, 72, 0.2)) == [0]  # the limit is five days away
    assert names(standing_out(found, 168, 0.7)) == [3]


def test_a_model_names_whoever_has_the_risk() -> None:
    found = [risky(one, 0.4, basis="model") for one in range(3)]
    assert names(standing_out(found, 168, 0.2)) == [0, 1, 2]
    assert standing_out(found, 168, 0.5) == standing_out([], 168, 0.2) == []


def test_too_short_a_history_says_how_much_there_is_and_how_much_it_takes() -> None:
    told = "There is not enough history to tell devices apart: "
    assert too_short("lifetimes", 17, 7) == (
        f"{told}17 failures in 7 days are on record, and a model of this fleet takes 30 failures and 40 days."
    )
    assert str(too_short("prior", 1, None)).startswith(f"{told}1 failure is on record, ")
    assert too_short("model", 17, 7) is too_short(None, 0, 7) is None
