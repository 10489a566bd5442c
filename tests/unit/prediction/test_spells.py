"""How long devices ran without a failure, and the law of it while history is short."""

import numpy as np
import pytest

from ai_gateway.prediction.core.lifetime import PRIOR_LIFE_H, risk, risk_interval
from ai_gateway.prediction.core.types import DAY, HOUR, Events, History, Kind, Readings, Role
from ai_gateway.prediction.spells import law_of, spells

START = 1_600_000_000
END = START + 7 * DAY
NONE = np.empty(0, np.int64)


def fleet(failures: list[tuple[int, int]], devices: int = 43, sites: np.ndarray | None = None) -> History:
    """A week of so many devices, and the failures of them."""
    machine, at = (np.array(side, np.int64) for side in (zip(*failures, strict=True) if failures else ([], [])))
    return History(
        machines=tuple(str(one) for one in range(devices)),
        metrics=(),
        kinds=(Kind("sign", Role.ERROR, "sign"), Kind("silence", Role.FAILURE, "silence")),
        trait_names=(),
        readings=Readings(NONE, NONE, np.empty((0, 0))),
        events=Events(machine, at, np.ones(len(machine), np.int64)),
        traits=np.empty((devices, 0)),
        since=np.full(devices, START),
        until=np.full(devices, END),
        groups=sites,
    )


def week_of(history: History) -> tuple[np.ndarray, float, float]:
    """Everyone's risk of a week, and the ends of the first one's interval."""
    found = spells(history)
    law = law_of(found)
    ahead = risk(law, found.running, np.empty((len(found.running), 0)), 168.0)
    low, high = risk_interval(law, ahead)
    return ahead, float(low[0]), float(high[0])


def test_what_failed_before_the_watch_ended_no_spell() -> None:
    found = spells(fleet([(5, START - 40 * DAY), (5, START - DAY), (6, START + 2 * DAY)]))
    assert (len(found.lived), int(found.failed.sum())) == (44, 1)
    assert found.lived[found.failed].tolist() == [48.0]
    assert found.running[[5, 6]].tolist() == [168.0, 120.0]
    assert found.known.tolist().count(True) == 1


def test_one_trouble_that_shows_several_times_is_one_failure() -> None:
    hours = [50, 51, 70, 100]  # silence, an alert of it, and once more; then another, more than a day later
    found = spells(fleet([(0, START + hour * HOUR) for hour in hours]))
    assert found.failed.sum() == 2
    assert found.lived[found.failed].tolist() == [50.0, 30.0]
    assert found.running[0] == 68.0
    assert found.causes.tolist() == [1, 1]


def test_devices_of_a_site_that_fail_together_have_one_cause() -> None:
    sites = np.array([1, 1, 1, 2, *range(10, 49)])
    at = START + 3 * DAY
    found = spells(fleet([(0, at), (1, at + 600), (2, at + 3 * HOUR), (3, at)], sites=sites))
    assert sorted(found.causes.tolist()) == [1, 1, 2]
    alone = np.full(43, -1)  # of no site
    assert spells(fleet([(0, at), (1, at)], sites=alone)).causes.tolist() == [1, 1]


def test_a_young_fleet_has_one_rate_of_what_was_seen_and_the_prior() -> None:
    failing = [(device, END - 40 * 60 + device) for device in range(17)]
    ahead, low, high = week_of(fleet(failing))
    lived = sum((one - START) / 3600 for _, one in failing) + 26 * 168 + sum((END - one) / 3600 for _, one in failing)
    assert ahead == pytest.approx(1 - np.exp(-168 * 18 / (PRIOR_LIFE_H + lived)))
    assert low < ahead[0] < high


def test_failures_of_one_cause_make_an_interval_wider_and_move_nothing_else() -> None:
    failing = [(device, END - 40 * 60 + device) for device in range(17)]
    apart, together = np.arange(43), np.zeros(43, np.int64)
    one, low, high = week_of(fleet(failing, sites=apart))
    same, lower, higher = week_of(fleet(failing, sites=together))
    assert one == pytest.approx(same)
    assert lower < low < high < higher


def test_ages_tell_devices_apart_once_enough_spells_were_seen_whole() -> None:
    failing = [(device, START + day * DAY + device) for device in range(6) for day in (1, 3, 5)]
    ahead, _, _ = week_of(fleet(failing))
    assert np.ptp(ahead) > 0.01


def test_without_a_failure_the_prior_alone_tells() -> None:
    ahead, _, _ = week_of(fleet([], devices=1))
    assert ahead[0] == pytest.approx(1 - np.exp(-168 / (PRIOR_LIFE_H + 168)))
