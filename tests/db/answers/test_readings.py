"""Sums over a period: those of the worker's hours and HOMEPOT's rows beside them are those of all rows read at once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from ai_gateway.answers.findings import Findings
from ai_gateway.answers.gather import readings
from ai_gateway.answers.gather.readings import Sums, read_sums, valid_range
from ai_gateway.answers.gather.sources import Task
from ai_gateway.answers.understand.vocabulary import METRIC_BY_COLUMN
from ai_gateway.health.catalogue import METRICS
from ai_gateway.health.hours import by_hour
from ai_gateway.health.reader import HealthReader
from ai_gateway.health.store import HealthStore, PageResult
from ai_gateway.health.types import Batch, HourSums
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.kit.db import create_pool
from ai_gateway.kit.errors import Unavailable
from tests.db.conftest import Sql

NAMES = [metric.name for metric in METRICS]
HISTORY = timedelta(hours=60)
COLUMNS = ", ".join(
    "(extra_metrics ->> 'temperature_celsius')::float8 AS temperature_celsius"
    if name == "temperature_celsius"
    else name
    for name in NAMES
)


class Nobody(HealthReader):
    """A database of the gateway's own that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    async def hour_sums(self, *_: Any, **__: Any) -> HourSums | None:
        self.asked += 1
        raise Unavailable("database", "down")


class Scanned(NamedTuple):
    """Readings up to the row ``after``, but for the rows ``gaps``."""

    batch: Batch
    sites: NDArray[np.int64]
    after: int
    gaps: list[int]


@pytest.fixture(scope="module")
def scanned(sql: Sql, now: datetime) -> Scanned:
    """Four fifths of the rows; the others, and 60 among them, come after the last scan."""
    rows = sql(
        f"SELECT m.id, m.device_id, d.site_id, extract(epoch FROM m.timestamp)::float8 AS at, {COLUMNS}"  # noqa: S608
        " FROM device_metrics m JOIN devices d ON d.id = m.device_id WHERE m.timestamp > %(since)s ORDER BY m.id",
        since=(now - HISTORY).replace(tzinfo=None),
    )
    after = rows[len(rows) * 4 // 5]["id"]
    early = [row for row in rows if row["id"] <= after]
    gaps = {row["id"] for row in early[:: len(early) // 60]}
    taken = [row for row in early if row["id"] not in gaps]
    values = np.array([[row[name] for name in NAMES] for row in taken], np.float64).astype(np.float32)
    column = {name: np.array([row[name] for row in taken]) for name in ("device_id", "site_id", "at")}
    batch = Batch(column["device_id"].astype(np.int64), column["at"], values)
    return Scanned(batch, column["site_id"].astype(np.int64), after, sorted(gaps))


@pytest.fixture
async def health(database_url: str) -> AsyncIterator[HealthStore]:
    pool = create_pool(database_url, name="health", max_size=3, statement_timeout_ms=5000)
    await pool.open(wait=True, timeout=10)
    store = HealthStore(pool)
    yield store
    await store.release()
    await pool.close()


@pytest.fixture
async def summed(health: HealthStore, scanned: Scanned, now: datetime) -> HealthStore:
    """Hours and position as the worker's scan leaves them."""
    gaps = [[row, 0.0] for row in scanned.gaps]
    position = {"readings": {"place": [scanned.after, 0], "gaps": gaps, "late": []}}
    hours = by_hour(scanned.batch, scanned.sites)
    assert await health.acquire()
    await health.save_page(PageResult(position=position, now=now, hours=hours, metrics=NAMES), "test")
    return health


def task(fleet: HomepotStore, reader: HealthReader, now: datetime) -> Task:
    return Task(None, SimpleNamespace(homepot=fleet, health=reader), Findings(now, 30), now)


async def assert_same(
    fleet: HomepotStore, reader: HealthReader, view: View, metrics: list[str], period: Period
) -> Sums:
    """The sums with the reader's hours are those without any; returned are the last metric's."""
    asked = [METRIC_BY_COLUMN[name] for name in metrics]
    found = await read_sums(task(fleet, reader, period.until), view, asked, period)
    plain = await read_sums(task(fleet, Nobody(), period.until), view, asked, period)
    for one, other in zip(found, plain, strict=True):
        for name in ("devices", "sites", "types", "samples"):
            assert getattr(one, name).tolist() == getattr(other, name).tolist()
        for name in ("totals", "lows", "highs"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6)
        assert (one.mean() or 0) == pytest.approx(other.mean() or 0, rel=1e-6)
    return plain[-1]


BASIC = ["cpu_percent", "memory_percent", "network_latency_ms"]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (timedelta(hours=24), timedelta()),
        (timedelta(hours=30, minutes=17), timedelta(hours=7, minutes=3)),
        (timedelta(hours=72), timedelta(hours=1)),  # from before the first scan
        (timedelta(hours=4, minutes=59), timedelta()),
    ],
)
async def test_any_period(
    fleet: HomepotStore, summed: HealthStore, now: datetime, since: timedelta, until: timedelta
) -> None:
    period = Period(now - since, now - until)
    sums = await assert_same(fleet, summed, View(), BASIC, period)
    assert len(sums.devices) > 20


async def test_a_period_that_begins_and_ends_on_the_hour(
    fleet: HomepotStore, summed: HealthStore, now: datetime
) -> None:
    until = now.replace(minute=0, second=0)
    await assert_same(fleet, summed, View(), ["cpu_percent"], Period(until - timedelta(hours=20), until))


@pytest.mark.parametrize("metric", [metric.name for metric in METRICS])
async def test_any_metric(fleet: HomepotStore, summed: HealthStore, now: datetime, metric: str) -> None:
    sums = await assert_same(fleet, summed, View(), [metric], Period(now - timedelta(hours=26), now))
    assert sums.samples.sum() > 100


async def test_any_view(fleet: HomepotStore, summed: HealthStore, sql: Sql, now: datetime) -> None:
    (site,) = sql("SELECT id FROM sites WHERE name = 'Building A'")
    (gone,) = sql("SELECT id FROM devices WHERE lifecycle_state = 'suspended' LIMIT 1")
    (till,) = sql("SELECT id FROM devices WHERE name = 'Checkout 3'")
    period = Period(now - timedelta(hours=24), now)
    for view, one_site in (
        (View(sites=(site["id"],)), True),
        (View(sites=(site["id"],), types=("pos_terminal",)), True),
        (View(types=("gateway", "iot_sensor")), False),
        (View(devices=(till["id"], gone["id"])), False),
        (View(sites=()), True),
    ):
        sums = await assert_same(fleet, summed, view, ["cpu_percent", "memory_percent"], period)
        assert set(sums.sites.tolist()) <= {site["id"]} or not one_site


async def test_many_devices_are_read_otherwise_but_alike(
    fleet: HomepotStore, summed: HealthStore, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "FEW", 3)
    await assert_same(fleet, summed, View(), ["cpu_percent"], Period(now - timedelta(hours=24), now))


async def test_the_hours_are_used(fleet: HomepotStore, summed: HealthStore, now: datetime) -> None:
    period, cpu = Period(now - timedelta(hours=24), now), METRIC_BY_COLUMN["cpu_percent"]
    (plain,) = await read_sums(task(fleet, Nobody(), now), View(), [cpu], period)
    async with summed._transaction() as connection:
        await connection.execute("UPDATE ai_reading_hours SET total = array_fill(0, ARRAY[array_length(total, 1)])")
    (found,) = await read_sums(task(fleet, summed, now), View(), [cpu], period)
    assert found.samples.tolist() == plain.samples.tolist()
    assert found.totals.sum() < plain.totals.sum() * 0.7


async def test_a_device_that_is_named_is_read_itself(fleet: HomepotStore, sql: Sql, now: datetime) -> None:
    (till,) = sql("SELECT id FROM devices WHERE name = 'Checkout 3'")
    reader, cpu = Nobody(), METRIC_BY_COLUMN["cpu_percent"]
    period = Period(now - timedelta(days=1), now)
    (sums,) = await read_sums(task(fleet, reader, now), View(devices=(till["id"],)), [cpu], period)
    assert sums.devices.tolist() == [till["id"]]
    assert reader.asked == 0


async def test_hours_that_are_far_behind_are_not_used(
    fleet: HomepotStore, summed: HealthStore, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with summed._transaction() as connection:
        await connection.execute("UPDATE ai_reading_hours SET samples = array_fill(7, ARRAY[array_length(samples, 1)])")
    monkeypatch.setattr(readings, "MOST_BEHIND", 10)
    await assert_same(fleet, summed, View(), ["cpu_percent"], Period(now - timedelta(hours=24), now))


async def test_without_any_scan_rows_are_read(fleet: HomepotStore, health: HealthStore, now: datetime) -> None:
    await assert_same(fleet, health, View(), ["cpu_percent"], Period(now - timedelta(hours=24), now))


@pytest.mark.parametrize(("metric", "length"), [("error_rate", timedelta(days=1)), ("cpu_percent", timedelta(hours=3))])
async def test_hours_are_not_asked_for_what_they_do_not_hold(
    fleet: HomepotStore, now: datetime, metric: str, length: timedelta
) -> None:
    reader = Nobody()
    (sums,) = await read_sums(task(fleet, reader, now), View(), [METRIC_BY_COLUMN[metric]], Period(now - length, now))
    assert len(sums.devices) > 10
    assert reader.asked == 0


def test_the_valid_range_is_the_catalogues() -> None:
    assert valid_range(METRIC_BY_COLUMN["cpu_percent"]) == (0, 100)
    assert valid_range(METRIC_BY_COLUMN["network_latency_ms"]) == (0, float("inf"))
