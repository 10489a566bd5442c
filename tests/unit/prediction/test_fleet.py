"""The gateway's and HOMEPOT's rows as a history: what is a sign, what an outcome, and whose limits hold."""

from typing import Any

import numpy as np
import pytest

from ai_gateway.homepot.happenings import Happened, Installed
from ai_gateway.prediction.core.features import features
from ai_gateway.prediction.core.outcomes import outcomes
from ai_gateway.prediction.core.types import DAY, Instants
from ai_gateway.prediction.fleet import Told, fleet_of
from ai_gateway.prediction.outlook import outlook
from ai_gateway.prediction.types import Fleet
from tests.unit.prediction.histories import START

NOW = START + 30 * DAY
WATCHED = {"devices": [3, 5], "sites": [1, 1], "since": [START, START]}


def signs(*rows: tuple[int, int, str, str | None, str]) -> dict[str, Any]:
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    return dict(zip(("devices", "at", "kinds", "metrics", "severities"), map(list, columns), strict=True))


def told(until: int, *rows: tuple[int, str, int]) -> Told:
    kept = [row for row in rows if row[2] <= until]
    return Told(
        Happened(*([row[place] for row in kept] for place in range(3))),
        Installed([3, 5, 8], ["pos", "gateway", None], [START - 10 * DAY, None, None], [1, 1, None]),
    )


ROWS = (
    (3, "logged_error", START + 5 * DAY),
    (3, "failed_job", START + 12 * DAY),
    (5, "configuration", START + 20 * DAY),
    (5, "error_state", START + 25 * DAY),
    (8, "logged_error", START + 25 * DAY),
)


def known(fleet: Fleet, at: int) -> dict[str, list[float]]:
    found = features(fleet.history, Instants(np.arange(2), np.full(2, at)))
    return {name: column.tolist() for name, column in zip(found.names, found.values.T, strict=True)}


def test_errors_jobs_changes_and_age_are_features_and_an_error_state_is_a_failure() -> None:
    fleet = fleet_of(WATCHED, signs(), [], [], NOW, told(NOW, *ROWS))
    found = known(fleet, START + 13 * DAY)
    assert found["logged_error:since"][0] == 8 * 24
    assert found["failed_job:count:3"] == [1, 0]
    assert found["installed:since"][0] == 23 * 24
    assert np.isnan(found["installed:since"][1])
    ahead = outcomes(fleet.history, Instants(np.arange(2), np.full(2, START + 13 * DAY)))
    assert ahead.first.tolist() == [np.inf, 12 * DAY]
    assert fleet.types == ("pos", "gateway")


def test_what_was_known_at_a_moment_does_not_change_with_what_came_later() -> None:
    moment = START + 13 * DAY
    row = (3, START + 12 * DAY, "deviation", "disk_percent")
    then = fleet_of(WATCHED, signs((*row, "warning")), [], [], moment, told(moment, *ROWS))
    later = signs((*row, "critical"), (5, START + 14 * DAY, "silence", None, "warning"))
    now = fleet_of(WATCHED, later, [], [], NOW, told(NOW, *ROWS))
    assert known(then, moment).keys() == known(now, moment).keys()
    for name, column in known(then, moment).items():
        np.testing.assert_array_equal(known(now, moment)[name], column, err_msg=name)
    assert outcomes(now.history, Instants(np.array([0]), np.array([START + 11 * DAY]))).first[0] == DAY


def test_a_limit_of_a_devices_type_holds_over_the_built_in_one() -> None:
    days = [(START + day * DAY, np.array([3, 5]), np.full((2, 1), 50.0 + day)) for day in range(30)]
    fleet = fleet_of(WATCHED, signs(), ["disk_percent"], days, NOW, told(NOW))
    own = outlook(fleet, None, NOW).limits
    assert [[limit.limit for limit in one] for one in own] == [[90.0], [90.0]]
    pos, gateway = outlook(fleet, None, NOW, {"pos": {"disk_percent": 82.0}}).limits
    assert (pos[0].limit, gateway[0].limit) == (82.0, 90.0)
    assert gateway[0].hours - pos[0].hours == pytest.approx(8 * 24, abs=0.2)
    assert abs(pos[0].hours - 2.5 * 24) < 2 * 24


def test_the_end_of_a_certificate_and_of_a_battery_is_foreseen_and_a_renewal_is_believed() -> None:
    """They fall to their limits; device 5 has just got a new certificate."""
    names = ["battery_percent", "certificate_days_left"]
    days = [
        (START + day * DAY, np.array([3, 5]), np.array([[80.0 - day, 40.0 - day], [60.0, 40.0 - day]]))
        for day in range(30)
    ]
    days[-1][2][1, 1] = 365.0
    own, other = outlook(fleet_of(WATCHED, signs(), names, days, NOW, told(NOW)), None, NOW).limits
    left, battery = own
    assert (left.metric, left.limit, left.level) == ("certificate_days_left", 7.0, 11.0)
    assert left.hours == left.low == left.high == pytest.approx(4 * 24, abs=0.2)
    assert (battery.metric, battery.limit, battery.hours) == ("battery_percent", 20.0, pytest.approx(31 * 24, abs=0.2))
    assert other == ()
