"""Health falls with everything that is wrong, is explained by its parts, and is never made up."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from ai_gateway.health import score
from ai_gateway.health.book import Book, moment
from ai_gateway.health.fleet import Fleet
from ai_gateway.health.standing import DeviceStanding, Parts, SiteStanding, Standing, parts_of
from ai_gateway.health.types import SEVERITIES, Anomaly, HealthPart
from ai_gateway.homepot.telemetry import Alerted
from tests.unit.health.pages import NOW, fleet

AT = datetime(2026, 11, 18, tzinfo=UTC)
INF = float("inf")


def anomaly(
    severity: str = "warning", worst: float = 1.5, *, device: int = 1, metric: str | None = "cpu_percent"
) -> Anomaly:
    return Anomaly(
        device=device,
        site=0,
        kind="deviation" if metric else "silence",
        metric=metric,
        started_at=AT,
        last_at=AT,
        ended_at=None,
        severity=severity,
        score=worst,
        value=97.25,
        expected=26.0,
        lower=10.0,
        upper=40.0,
        explained=(),
        detail=None if metric else "Not heard since noon",
    )


@pytest.mark.parametrize("severity", SEVERITIES)
def test_an_anomaly_weighs_more_the_higher_its_score(severity: str) -> None:
    weights = [score.anomaly_part(anomaly(severity, worst)).weight for worst in (1.0, 1.01, 2.0, 10.0, 1e6, INF)]
    assert all(low < high for low, high in pairwise(weights[:-1]))
    assert all(0 < weight < 1 for weight in weights)


def test_an_anomaly_weighs_more_the_more_severe_it_is_whatever_its_score() -> None:
    ranges = [[score.anomaly_part(anomaly(one, worst)).weight for worst in (1.0, INF)] for one in SEVERITIES]
    assert all(high < low for (_, high), (low, _) in pairwise(ranges))


@pytest.mark.parametrize(("severity", "word"), [("info", "healthy"), ("warning", "warning"), ("critical", "critical")])
@pytest.mark.parametrize("worst", [1.0, 3.0, INF])
def test_one_anomaly_alone_gives_the_word_of_its_severity(severity: str, word: str, worst: float) -> None:
    value = score.score([score.anomaly_part(anomaly(severity, worst))])
    assert score.status(value, known=True) == word


def test_each_further_part_lowers_health_and_it_stays_between_0_and_1() -> None:
    parts: list[HealthPart] = []
    values = [score.score(parts)]
    more = [anomaly("info"), anomaly("warning", 9), anomaly("critical", 2), *[anomaly("critical", INF)] * 20]
    for one in more:
        parts.append(score.anomaly_part(one))
        values.append(score.score(parts))
    parts += [score.check_part(), score.alert_part(3, 1)]
    values.append(score.score(parts))
    assert values[0] == 1
    assert all(low < high for high, low in pairwise(values))
    assert values[-1] > 0


def test_parts_say_what_they_are_of() -> None:
    assert score.anomaly_part(anomaly()).text == "CPU 97.25 %, expected 26 %"
    assert score.anomaly_part(anomaly(metric=None)).text == "Not heard since noon"
    assert score.alert_part(1, 0).text == "1 active alert"
    assert score.alert_part(2, 1).text == "2 active alerts, 1 critical"
    assert score.alert_part(2, 1).weight > score.alert_part(1, 1).weight > score.alert_part(1, 0).weight


@pytest.mark.parametrize(
    ("value", "known", "word"),
    [
        (1.0, True, "healthy"),
        (0.81, True, "healthy"),
        (0.8, True, "warning"),
        (0.4, True, "warning"),
        (0.39, True, "critical"),
        (1.0, False, "unknown"),
        (0.81, False, "unknown"),
        (0.5, False, "warning"),
        (0.1, False, "critical"),
    ],
)
def test_words_and_no_health_without_knowledge(value: float, word: str, *, known: bool) -> None:
    assert score.status(value, known=known) == word


def assess(
    standing: Standing, one: Fleet, parts: dict[int, Parts], known: list[bool] | None = None
) -> tuple[list[DeviceStanding], list[SiteStanding]]:
    return standing.assess(one, parts, np.array([True] * len(one.devices) if known is None else known))


def test_only_changes_are_told() -> None:
    standing, one = Standing(), fleet(1, 2, 101)
    assert [row.device for row in assess(standing, one, {})[0]] == [1, 2, 101]
    assert assess(standing, one, {})[0] == []
    part = (score.anomaly_part(anomaly("critical", 2.0)),)
    (changed,) = assess(standing, one, {2: part})[0]
    assert changed == (2, 0, pytest.approx(0.225), "critical", part)
    assert assess(standing, one, {2: part})[0] == []
    other = (score.anomaly_part(anomaly("critical", 2.0, metric="disk_percent")),)
    assert [row.parts for row in assess(standing, one, {2: other})[0]] == [other]
    assert [row.status for row in assess(standing, one, {})[0]] == ["healthy"]
    assert [row.status for row in assess(standing, one, {}, [True, False, True])[0]] == ["unknown"]
    moved = Fleet(one_of(one, sites=[0, 5, 1]))
    assert [(row.device, row.site) for row in assess(standing, moved, {}, [True, False, True])[0]] == [(2, 5)]
    standing.forget(np.array([1]))
    assert [row.device for row in assess(standing, moved, {}, [True, False, True])[0]] == [1]


def one_of(one: Fleet, sites: list[int]):  # noqa: ANN201 - HOMEPOT's columns
    from ai_gateway.homepot.telemetry import Devices  # noqa: PLC0415

    return Devices(
        one.devices.tolist(),
        sites,
        ["till"] * len(sites),
        [NOW] * len(sites),
        [False] * len(sites),
        [True] * len(sites),
    )


def test_a_site_is_the_mean_of_its_known_devices_and_counts_them_all() -> None:
    parts = {2: (score.anomaly_part(anomaly("critical", 2.0)), score.check_part()), 101: (score.check_part(),)}
    sites = assess(Standing(), fleet(1, 2, 3, 101), parts, [True, True, False, False])[1]
    assert sites[0] == (0, pytest.approx((1 + 0.225 * 0.95) / 2), 3, (1, 0, 1, 1), 1)
    assert sites[1] == (1, None, 1, (0, 0, 0, 1), 0)
    assert assess(Standing(), fleet(), {}) == ([], [])


def test_parts_come_from_anomalies_checks_and_alerts_of_devices_in_service() -> None:
    book = Book()
    for device in (1, 2, 9):
        book.open(anomaly(device=device), NOW)
    alerted = [Alerted(device=2, alerts=2, severe=1), Alerted(device=8, alerts=1, severe=0)]
    found = parts_of(fleet(1, 2, 3), book, alerted, np.array([False, True, True]))
    assert {device: [part.kind for part in parts] for device, parts in found.items()} == {
        1: ["anomaly"],
        2: ["alert", "anomaly", "check"],
        3: ["check"],
    }
    assert parts_of(fleet(), Book(), [], np.zeros(0, bool)) == {}
    assert moment(NOW).tzinfo is UTC
