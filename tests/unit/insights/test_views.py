"""Error patterns that grow, jobs by the hour, like sites, costs and findings."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.wire import DeviceRef
from ai_gateway.homepot.scoped.errors import ErrorPattern
from ai_gateway.homepot.scoped.planning import JobEnds
from ai_gateway.insights.costs import Amounts, costs
from ai_gateway.insights.findings import MOST_OF_A_KIND, findings
from ai_gateway.insights.likeness import TOO_FEW, UNSCANNED, compared
from ai_gateway.insights.store import LikeSite
from ai_gateway.insights.trends import Trend
from ai_gateway.insights.views import error_views, job_success, late_share, matters, trend_view
from ai_gateway.insights.wire import Counts, Finding, LikeSites, Overall

NOW = datetime(2026, 11, 26, tzinfo=UTC)
LOBBY = DeviceRef("DEVICE-1", "Lobby Terminal", "SITE-1", "Building A")
ZONE = ZoneInfo("UTC")
WEEK = 7 / 30


def pattern(
    events: int, late: int, text: str = "Timeout after # s", *, days: int = 0, late_days: int = 0
) -> ErrorPattern:
    times = NOW - timedelta(days=29), NOW
    return ErrorPattern(
        "error", "network", "NET1", text, events, 3, late, days or events, late_days or late, *times, 500
    )


def test_an_error_grows_if_the_last_week_had_more_than_its_share_by_test() -> None:
    found = error_views([pattern(100, 24), pattern(100, 50), pattern(3, 3), pattern(10, 0)], WEEK)
    assert [one.growing for one in found] == [
        False,
        True,
        False,
        False,
    ]  # three of three may be chance among four patterns


def test_a_burst_of_one_device_is_no_growth() -> None:
    (burst,) = error_views([pattern(100, 95, days=6, late_days=1)], WEEK)
    assert not burst.growing
    assert burst.last_week == 95


def test_a_log_that_is_young_cannot_tell() -> None:
    one = msgspec.structs.replace(pattern(40, 40), first_at=NOW - timedelta(days=8))
    assert late_share([one], NOW) == pytest.approx(7 / 8)
    assert late_share([pattern(1, 1), one], NOW) == pytest.approx(7 / 29)
    assert late_share([], NOW) == 1
    (found,) = error_views([one], 1.0)
    assert not found.growing


def test_quotes_and_marks_of_a_message_do_not_end_its_quotation() -> None:
    (one,) = error_views([pattern(1, 0, 'Say "ignore\u202e all" <b>')], WEEK)
    assert '"' not in one.pattern
    assert "\u202e" not in one.pattern


def test_hours_with_few_jobs_are_held_to_what_all_say() -> None:
    ends = JobEnds(
        [1] * 41, ["a"] * 41, [3600 * (24 * day + 9) for day in range(40)] + [3600 * 14], [True] * 40 + [False]
    )
    found = job_success(ends, ZONE)
    assert [(one.hour, one.jobs, one.succeeded) for one in found.hours] == [(9, 40, 40), (14, 1, 0)]
    assert 0.5 < found.hours[1].probability < found.hours[0].probability
    assert found.probability is not None
    assert job_success(JobEnds([], [], [], []), ZONE).probability is None


def site(number: int, **changes: Any) -> LikeSite:
    return msgspec.structs.replace(LikeSite(number, 100, 0.9, 2, 10, 1.5), **changes)


def test_a_site_is_measured_beside_those_like_it() -> None:
    like = compared([site(1, score=0.5, incidents=40, failures=None), *(site(number) for number in range(2, 12))])
    found = {one.measure: one for one in like.measures}
    assert (like.sites, found["health_score"].worse_than, found["health_score"].median) == (10, 10, 0.9)
    assert (found["incidents_per_device"].value, found["incidents_per_device"].worse_than) == (0.4, 10)
    assert found["open_anomalies_per_device"].worse_than == 0  # as good as the others is not worse
    assert "failures_expected_per_device" not in found


def test_too_few_sites_are_no_comparison() -> None:
    assert compared([site(1), site(2), site(3)]) == LikeSites(2, [], TOO_FEW)
    assert compared([]).detail == UNSCANNED


def test_costs_are_those_of_the_rates_alone() -> None:
    amounts = Amounts(2.5, 4, 10, 1.2)
    assert costs(amounts, {}, "EUR") is None
    found = costs(amounts, {"silent_hour": 40.0, "visit": 100.0}, "EUR")
    assert found is not None
    assert [(one.item, one.cost, one.ahead) for one in found.items] == [
        ("silent_hour", 100.0, False),
        ("visit", 120.0, True),
    ]
    assert found.total == 100.0  # what is ahead has cost nothing yet
    assert found.items[0].text == "2.5 hours in which a device was silent, at 40 EUR each: 100.00 EUR."
    unknown = costs(amounts._replace(visit=None), {"visit": 100.0}, None)
    assert unknown is not None
    assert unknown.items == []


def trend(slope: float, metric: str = "memory_percent", device: DeviceRef = LOBBY) -> Any:
    return trend_view(Trend(0, slope, slope - 0.1, slope + 0.1, 30, 0.01), device, metric_named(metric), 30)


@pytest.mark.parametrize(
    ("metric", "change", "level", "expected"),
    [
        ("disk_percent", 1.9, 50, False),
        ("disk_percent", -2.0, 50, True),
        ("queue_depth", 0.3, 1, True),
        ("queue_depth", 0.1, 1, False),
    ],
)
def test_only_what_matters_is_told(metric: str, change: float, level: float, *, expected: bool) -> None:
    assert matters(metric_named(metric), change, level) is expected


def told(**parts: Any) -> list[Finding]:
    counts = Counts(**dict.fromkeys(Counts.__struct_fields__, 0) | {"devices": 10})
    values: dict[str, Any] = {
        "overall": Overall(score=0.95, status="healthy", as_of=NOW, stale=False),
        "counts": counts,
        "trends": [],
        "errors": [],
        "changes": [],
        "jobs": job_success(JobEnds([], [], [], []), ZONE),
        "like": LikeSites(0, [], None),
        "risks": [],
    }
    return findings(**{**values, **parts})


def test_a_quiet_month_has_no_finding() -> None:
    assert told() == []


def test_a_trend_for_the_worse_is_a_finding_and_one_for_the_better_is_none() -> None:
    (one,) = told(trends=[trend(0.5), trend(-0.5)])
    assert one.text == "Memory of Lobby Terminal is rising by 0.5 % a day (90 %: 0.4 to 0.6), over 30 days."
    assert (one.kind, one.severity, one.device_id) == ("trends", "warning", "DEVICE-1")
    assert len(told(trends=[trend(0.5)] * 9)) == MOST_OF_A_KIND


def test_an_old_scan_is_a_finding_itself() -> None:
    (one,) = told(overall=Overall(score=None, status="unknown", as_of=None, stale=True))
    assert "See that it runs" in one.text


def test_the_most_severe_comes_first() -> None:
    counts = Counts(**dict.fromkeys(Counts.__struct_fields__, 0) | {"devices": 10, "critical": 2, "warning": 1})
    found = told(counts=counts, trends=[trend(0.5)], errors=error_views([pattern(100, 60)], WEEK))
    assert [one.severity for one in found] == ["critical", "warning", "warning"]
    assert found[0].text.startswith("3 of 10 devices are unwell, 2 of them critical")
    assert '"Timeout after # s" is growing: 60 of 100' in found[2].text
