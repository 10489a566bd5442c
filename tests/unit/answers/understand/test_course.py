"""What asks for a course, for visits and for a moment, and what is expected by the days before."""

import pytest

from ai_gateway.answers.gather.usual import usual_of
from ai_gateway.answers.understand.ahead import WEEK_H, asks_what_fails, horizon_h
from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.visits import asks_moment, asks_plan
from ai_gateway.answers.understand.vocabulary import METRIC_BY_COLUMN
from tests.unit.answers.conftest import Asker

CPU, SALES = METRIC_BY_COLUMN["cpu_percent"], METRIC_BY_COLUMN["transaction_count"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Is Checkout 3 slower than usual?", Intent.COURSE),
        ("is the lobby terminal slower then normal", Intent.COURSE),
        ("did cpu on Checkout 3 go up this week", Intent.COURSE),
        ("is latency getting worse at Harbour Mall?", Intent.COURSE),
        ("memory of Checkout 1 rising?", Intent.COURSE),
        ("Is the temperature of the Server Room Sensor normal?", Intent.COURSE),
        ("Which device got slower today?", Intent.COURSE),
        ("which sites run hotter than yesterday", Intent.COURSE),
        ("what is the memory trend of Checkout 1", Intent.COURSE),
        ("since when is the Server Room Sensor hotter than usual", Intent.COURSE),
        ("is the fleet getting healthier", Intent.COURSE),
        ("are the alerts getting worse", Intent.ALERTS),
        ("Is Checkout 3 slower than Checkout 1?", Intent.COMPARISON),
        ("Does Harbour Mall have higher latency than Building A?", Intent.COMPARISON),
        ("Are there more alerts than usual?", Intent.COMPARISON),
        ("Is Checkout 3 worse than usual?", Intent.HISTORY),
        ("Which device has the highest cpu?", Intent.METRICS),
        ("When did the cpu of Checkout 3 go up?", Intent.HISTORY),
        ("what's the chance that Checkout 3 fails tomorrow?", Intent.AT_RISK),
        ("odds of Checkout 3 crashing this week", Intent.AT_RISK),
        ("which jobs failed within the last day", Intent.JOBS),
    ],
)
def test_one_thing_against_itself_is_no_comparison(ask: Asker, text: str, intent: Intent) -> None:
    assert ask(text).intent is intent


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("is it safe to update old town depot now", "now"),
        ("can i reboot it right now", "now"),
        ("may we update the firmware today", "today"),
        ("is tonight a good time to patch harbour mall", "tonight"),
        ("should we wait with the update", "now"),
        ("should i restart it tomorrow", "tomorrow"),
        ("when can i update building a", None),
        ("how can i update the firmware", None),
        ("what is the best time to reboot", None),
        ("should i replace the sensor", None),
    ],
)
def test_the_moment_that_is_asked_of(text: str, moment: str | None) -> None:
    assert asks_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("plan my maintenance for next week", True),
        ("make me a maintenance plan", True),
        ("schedule visits for the next two weeks", True),
        ("where do i send my technician tomorrow", True),
        ("what maintenance is due this week", True),
        ("which devices are under maintenance", False),
        ("next maintenance window of building a", False),
        ("which devices need maintenance", False),
    ],
)
def test_what_asks_for_visits(text: str, *, plan: bool) -> None:
    assert asks_plan(text) is plan


def test_a_follow_up_looks_as_far_as_it_says_else_as_far_as_before() -> None:
    assert horizon_h("and within a month?", "will it fail tomorrow and within a month?") == 720
    assert horizon_h("and the lobby terminal?", "will it fail tomorrow and the lobby terminal?") == 48
    assert horizon_h("which will fail?") == WEEK_H
    assert horizon_h("plan visits for the next two weeks") == 2 * WEEK_H


def test_what_failed_is_not_what_will() -> None:
    assert asks_what_fails("will it fail")
    assert asks_what_fails("probability of a failure")
    assert not asks_what_fails("which checks are failing within the last hour")


def test_what_is_expected_is_the_middle_of_the_days_and_no_narrower_than_what_matters() -> None:
    assert usual_of(CPU, [30.0, 31.0]) is None
    found = usual_of(CPU, [30.0, 31.0, 29.0, 30.0, 90.0])  # one odd day moves nothing
    assert found is not None
    assert (found.middle, found.low, found.high, found.days) == (30.0, 20.0, 40.0, 5)
    wide = usual_of(CPU, [5.0, 10.0, 15.0, 20.0])
    assert wide is not None
    assert wide.low == 0.0  # no CPU is below it
    assert wide.high == pytest.approx(12.5 + 3 * 1.4826 * 5)
    sales = usual_of(SALES, [40.0] * 7)
    assert sales is not None
    assert (sales.low, sales.high) == (36.0, 44.0)
