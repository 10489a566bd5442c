"""When a risk becomes an announcement, goes on and is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from ai_gateway.health.types import Anomaly
from ai_gateway.prediction.rising import Outcomes, Risen, Rules, rising
from ai_gateway.prediction.types import HOURS, Fleet, LimitAhead, Moved, Outlook
from dev.evals.rounds import NO_HISTORY

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
RULES = Rules(0.5, 20)
FLAPPING = (Moved("number of flapping in 7 days", 4.0, 0.6), Moved("hours since the last change", 9.0, -0.4))


def seen(*signs: tuple[int, str, str | None, str, datetime], over: bool = True) -> Outcomes:
    columns = list(zip(*signs, strict=True)) or [()] * 5
    names = ("devices", "kinds", "metrics", "severities", "at")
    told: dict[str, Any] = dict(zip(names, columns, strict=True))
    at = [at.timestamp() for at in told["at"]]
    return Outcomes({**told, "at": at, "ended": [one + 600 if over else None for one in at]})


def disk(hours: float, high: float | None = 200.0) -> LimitAhead:
    return LimitAhead("disk_percent", 90.0, 80.0, 2.0, hours, hours / 2, high, 14)


def round_of(
    *weeks: float,
    running: list[Anomaly] | None = None,
    limits: tuple[LimitAhead, ...] = (),
    came: Outcomes | None = None,
    basis: str = "model",
    rules: Rules = RULES,
    now: datetime = NOW,
) -> Risen:
    count = len(weeks)
    risk = np.minimum(np.array(weeks)[:, None] * np.array(HOURS) / 168, 1.0)
    cases = np.full(count, 200), np.full(count, 90)
    found = Outlook(basis, 1, risk, risk / 2, np.minimum(2 * risk, 1), *cases, [FLAPPING] * count, [limits] * count)
    fleet = Fleet(NO_HISTORY, np.arange(count), np.full(count, 7))
    return rising(fleet, found, running or [], came or seen(), rules, now)


def test_a_likely_failure_is_announced_once_with_what_raises_it() -> None:
    (event,) = round_of(0.2, 0.6).events
    assert (event.device, event.site, event.kind, event.metric, event.severity) == (1, 7, "risk", None, "warning")
    assert event.started_at == NOW
    assert event.detail == (
        "It fails within 7 days with a probability of 60.0% (30.0% to 100.0%); of 200 comparable cases 90 did.\n"
        "Raised by: number of flapping in 7 days (4)."
    )
    later = NOW + timedelta(hours=1)
    again = round_of(0.2, 0.6, running=[event], now=later)
    assert (again.begun, again.events[0].started_at, again.events[0].last_at) == (0, NOW, later)


def test_lifetimes_and_priors_announce_no_failure() -> None:
    assert round_of(0.9, basis="lifetimes").events == []
    assert round_of(0.9, basis="prior").events == []


def test_a_risk_that_wavers_is_one_event_and_ends_well_below_the_threshold() -> None:
    (event,) = round_of(0.6).events
    (wavering,) = round_of(0.26, running=[event]).events
    assert wavering.ended_at is None
    (worse,) = round_of(0.9, running=[wavering]).events
    assert worse.score > event.score
    assert worse.detail.startswith("It fails within 7 days with a probability of 90.0%")
    (over,) = round_of(0.24, running=[worse], now=NOW + timedelta(days=1)).events
    assert over.ended_at == NOW + timedelta(days=1)
    assert over.detail.endswith("\nThe risk fell to 24.0% within 7 days.")


@pytest.mark.parametrize("sign", [("silence", None, "warning"), ("checks", None, "info"), ("drift", "cpu", "critical")])
def test_the_failure_ends_its_announcement_and_none_begins_on_the_next_day(sign: tuple[str, str | None, str]) -> None:
    (event,) = round_of(0.9).events
    failed = NOW + timedelta(hours=30)
    came = seen((0, *sign, failed))
    (over,) = round_of(0.9, running=[event], came=came, now=NOW + timedelta(hours=31)).events
    assert over.ended_at == failed
    assert over.detail.endswith("\nIt came.")
    assert round_of(0.9, came=came, now=failed + timedelta(hours=23)).events == []
    assert round_of(0.9, came=came, now=failed + timedelta(hours=25)).begun == 1
    still = seen((0, *sign, failed), over=False)
    assert round_of(0.9, came=still, now=failed + timedelta(days=9)).events == []


def test_what_was_not_announced_does_not_end_it() -> None:
    (event,) = round_of(0.9).events
    small = seen((0, "deviation", "cpu_percent", "warning", NOW + timedelta(hours=1)))
    before = seen((0, "silence", None, "critical", NOW - timedelta(hours=30)))
    for came in (small, before):
        assert round_of(0.9, running=[event], came=came, now=NOW + timedelta(hours=2)).events[0].ended_at is None


def test_a_limit_ahead_is_announced_without_a_model_and_ends_when_it_recedes_or_is_reached() -> None:
    (event,) = round_of(0.1, limits=(disk(100),), basis="prior").events
    assert (event.metric, event.value, event.upper, event.severity) == ("disk_percent", 80.0, 90.0, "warning")
    assert "reaches 90 % in about 4 days" in event.detail
    assert round_of(0.1, limits=(disk(100, high=None),)).events == []
    assert round_of(0.1, limits=(disk(100, high=400.0),)).events == []
    assert round_of(0.1, limits=(disk(200),)).events == []
    (wavering,) = round_of(0.1, limits=(disk(240),), running=[event]).events
    assert wavering.ended_at is None
    (cleaned,) = round_of(0.1, running=[event]).events
    assert cleaned.detail.endswith("The limit is no longer near.")
    reached = seen((0, "limit", "disk_percent", "warning", NOW + timedelta(hours=90)))
    (over,) = round_of(0.1, limits=(disk(5),), running=[event], came=reached).events
    assert over.ended_at == NOW + timedelta(hours=90)


def test_a_round_announces_no_more_than_it_may_and_the_riskiest_first() -> None:
    risen = round_of(0.6, 0.9, 0.7, 0.1, rules=Rules(0.5, 2))
    assert ([one.device for one in risen.events], risen.begun, risen.postponed) == ([1, 2], 2, 1)
    following = round_of(0.6, 0.9, 0.7, 0.1, running=risen.events, rules=Rules(0.5, 2))
    assert ([one.device for one in following.events], following.postponed) == ([1, 2, 0], 0)
    assert round_of(0.9, rules=Rules(0.5, 0)).events == []


def test_a_device_that_left_service_is_announced_no_longer() -> None:
    (event,) = round_of(0.1, 0.9).events
    (over,) = round_of(0.1, running=[event]).events
    assert over.ended_at == NOW
    assert over.detail.endswith("no longer in service.")
