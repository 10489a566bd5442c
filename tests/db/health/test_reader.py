"""What routes and answers read of health: within the caller's sites, the worst first, in pages."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from ai_gateway.health.store import HealthStore
from ai_gateway.kit.errors import Unavailable
from ai_gateway.wiring import create_own_pool
from tests.conftest import SettingsFactory
from tests.db.health.conftest import NOW, Sql


@pytest.fixture
async def store(settings_for: SettingsFactory, own: Sql) -> AsyncIterator[HealthStore]:
    """Two sites: 1 with devices 1-4, 2 with devices 5 and 6."""
    own("INSERT INTO ai_metrics (position, name) VALUES (1, 'cpu_percent'), (2, 'humidity')")
    own("INSERT INTO ai_site_health SELECT s, %(now)s, 0.5, 4, 1, 1, 1, 1, 2 FROM generate_series(1, 2) AS s", now=NOW)
    rows = [(1, 1, 0.9), (2, 1, 0.2), (3, 1, None), (4, 1, 0.6), (5, 2, 0.1), (6, 2, 1.0)]
    for device, site, score in rows:
        status = "unknown" if score is None else "healthy" if score > 0.8 else "critical" if score < 0.4 else "warning"
        own(
            "INSERT INTO ai_device_health VALUES (%(device)s, %(site)s, %(score)s, %(status)s,"
            ' \'[{"name": "cpu_percent", "kind": "anomaly", "weight": 0.5, "text": "CPU"}]\')',
            device=device,
            site=site,
            score=score,
            status=status,
        )
        for hours in (0, 1, 2):
            own(
                "INSERT INTO ai_reading_hours VALUES (%(hour)s, %(device)s, %(site)s, '{6,0}', '{60,0}',"
                " '{5,Infinity}', '{20,-Infinity}', %(latest)s, %(hour)s)",
                hour=NOW - timedelta(hours=hours),
                device=device,
                site=site,
                latest=[10.0 + device, float("nan")],
            )
    anomalies = [
        (1, 1, "info", 1.5, 10, None),
        (1, 1, "warning", 9.0, 300, 200),
        (2, 1, "critical", 2.0, 60, None),
        (2, 1, "critical", 4.0, 2000, 1900),
        (5, 2, "critical", 3.0, 30, None),
    ]
    for device, site, severity, score, begun, ended in anomalies:
        own(
            "INSERT INTO ai_anomaly_logs (device, site, kind, metric, started_at, last_at, ended_at, detected_at,"
            " severity, score, value, explained) VALUES (%(device)s, %(site)s, 'deviation', 'cpu_percent', %(begun)s,"
            " coalesce(%(ended)s::timestamptz, %(now)s), %(ended)s, %(now)s, %(severity)s, %(score)s, 97,"
            ' \'[{"metric": "cpu_percent", "value": 97, "expected": 20, "lower": 10, "upper": 30, "score": 4}]\')',
            device=device,
            site=site,
            severity=severity,
            score=score,
            begun=NOW - timedelta(minutes=begun),
            ended=None if ended is None else NOW - timedelta(minutes=ended),
            now=NOW,
        )
    pool = create_own_pool(settings_for())
    await pool.open(wait=True, timeout=10)
    yield HealthStore(pool)
    await pool.close()


async def devices(store: HealthStore, sites: tuple[int, ...] | None, **filters: object) -> list[int]:
    return [one.device for one in await store.device_health(sites, **filters)]  # type: ignore[arg-type]


async def scores(store: HealthStore, sites: tuple[int, ...] | None, **filters: object) -> list[float]:
    found = await store.anomalies(sites, **filters)  # type: ignore[arg-type]
    filters.pop("limit", None)
    filters.pop("offset", None)
    return [row.anomaly.score for row in found]


async def test_devices_come_the_worst_first_and_unknown_ones_last(store: HealthStore) -> None:
    assert await devices(store, None) == [5, 2, 4, 1, 6, 3]
    assert await devices(store, (1,)) == [2, 4, 1, 3]
    assert await devices(store, None, devices=[1, 5, 99]) == [5, 1]
    assert await devices(store, (1,), devices=[1, 5]) == [1]
    assert await devices(store, None, statuses=["critical", "unknown"]) == [5, 2, 3]
    assert await devices(store, None, limit=2, offset=1) == [2, 4]


async def test_a_device_says_why_and_what_it_read_last(store: HealthStore) -> None:
    (one,) = await store.device_health(None, devices=[2])
    assert (one.site, one.as_of, one.status, one.latest, one.latest_at) == (
        1,
        NOW,
        "critical",
        {"cpu_percent": 12.0},
        NOW,
    )
    assert [(part.name, part.kind, part.weight, part.text) for part in one.parts] == [
        ("cpu_percent", "anomaly", 0.5, "CPU")
    ]


async def test_a_device_without_readings_is_told_too(store: HealthStore, own: Sql) -> None:
    own("DELETE FROM ai_reading_hours WHERE device = 3")
    (one,) = await store.device_health(None, devices=[3])
    assert (one.score, one.status, one.latest, one.latest_at) == (None, "unknown", {}, None)


async def test_anomalies_come_the_worst_first(store: HealthStore) -> None:
    assert await scores(store, None) == [4.0, 3.0, 2.0, 9.0, 1.5]
    assert await scores(store, (1,)) == [4.0, 2.0, 9.0, 1.5]
    assert await scores(store, None, open_only=True) == [3.0, 2.0, 1.5]
    assert await scores(store, (1,), open_only=True, severities=["critical"]) == [2.0]
    assert await scores(store, None, devices=[1]) == [9.0, 1.5]
    assert await scores(store, None, since=NOW - timedelta(hours=24)) == [3.0, 2.0, 9.0, 1.5]
    assert await scores(store, None, since=NOW - timedelta(minutes=100)) == [3.0, 2.0, 1.5]
    assert await scores(store, None, limit=2, offset=2) == [2.0, 9.0]


@pytest.mark.parametrize("filters", [{}, {"open_only": True}, {"devices": [1]}, {"severities": ["critical"]}])
async def test_the_count_is_of_all_pages(store: HealthStore, filters: dict[str, object]) -> None:
    for sites in (None, (1,), (2,), ()):
        whole = await scores(store, sites, **filters, limit=500)
        assert await store.count_anomalies(sites, **filters) == len(whole)  # type: ignore[arg-type]


async def test_an_anomaly_is_whole(store: HealthStore) -> None:
    (row,) = await store.anomalies((2,))
    one = row.anomaly
    assert (row.detected_at, row.incident, one.device, one.site, one.kind) == (NOW, None, 5, 2, "deviation")
    assert (one.started_at, one.last_at, one.ended_at) == (NOW - timedelta(minutes=30), NOW, None)
    assert (one.explained[0].expected, one.explained[0].upper, one.value, one.expected) == (20.0, 30.0, 97.0, None)


async def test_hours_of_one_metric(store: HealthStore) -> None:
    async def hours(
        sites: tuple[int, ...] | None, since: datetime, until: datetime = NOW, metric: str = "cpu_percent"
    ) -> list[tuple[int, int]]:
        found = await store.reading_hours(sites, metric, since, until, devices=[1, 5])
        assert all((one.samples, one.total, one.low, one.high) == (6, 60, 5, 20) for one in found)
        return [(one.device, round((NOW - one.hour) / timedelta(hours=1))) for one in found]

    assert await hours(None, NOW - timedelta(hours=2)) == [(1, 2), (5, 2), (1, 1), (5, 1)]
    assert await hours((2,), NOW - timedelta(minutes=61)) == [(5, 2), (5, 1)]
    assert await hours((1,), NOW - timedelta(hours=1), NOW + timedelta(hours=1)) == [(1, 1), (1, 0)]
    assert await hours(None, NOW - timedelta(hours=2), metric="humidity") == []
    assert await hours(None, NOW - timedelta(hours=2), metric="nonsense") == []


async def test_no_sites_is_nothing_and_sites_are_only_ones_own(store: HealthStore) -> None:
    since = NOW - timedelta(days=1)
    assert await store.device_health(()) == []
    assert await store.site_health(()) == []
    assert await store.anomalies(()) == []
    assert await store.count_anomalies(()) == 0
    assert await store.reading_hours((), "cpu_percent", since, NOW) == []
    assert {one.site for one in await store.site_health((2,))} == {2}
    assert {one.site for one in await store.site_health(None)} == {1, 2}


async def test_without_its_database_it_says_so(store: HealthStore) -> None:
    await store._pool.close()
    with pytest.raises(Unavailable, match="health of devices cannot be told"):
        await store.site_health(None)
