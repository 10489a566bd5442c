"""What the rows on devices are worth, against plain SQL, in the caller's view, and on old databases."""

from collections.abc import Callable
from datetime import datetime

import pytest

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.scoped.soundness import DeviceSoundness, SoundnessReader, Windows
from ai_gateway.homepot.scoped.view import View
from dev.homepot.load import load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.homepot.schema import strip_to_old
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import OWN_ROWS, WINDOW_S, Opener, Sql

WINDOWS = Windows(fresh_s=300, readings_s=3600, changes_s=86400 * 7, most=50)
Reading = Callable[..., SoundnessReader]


def reader(
    database: HomepotDatabase, now: datetime, keep_s: float = 0.0, windows: Windows = WINDOWS
) -> SoundnessReader:
    return SoundnessReader(database, lambda: now, WINDOW_S, windows, keep_s)


@pytest.fixture
async def rows(open_homepot: Opener, homepot_url: str, now: datetime) -> dict[int, DeviceSoundness]:
    return {row.id: row for row in await reader(await open_homepot(homepot_url), now).read(View())}


async def test_every_device_in_service_is_looked_at_once(rows: dict[int, DeviceSoundness], sql: Sql) -> None:
    served = sql(
        "SELECT d.id FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.is_active"
        " AND d.lifecycle_state IN ('active', 'pending') AND s.is_active AND s.lifecycle_state = 'active'"
    )
    assert set(rows) == {row["id"] for row in served}
    assert {row.devices for row in rows.values()} == {len(served)}


async def test_readings_are_those_of_the_window(rows: dict[int, DeviceSoundness], sql: Sql, now: datetime) -> None:
    expected = sql(
        'SELECT device_id, count(*) AS n, max("timestamp") AS newest, count(cpu_percent) + count(memory_percent)'
        " + count(disk_percent) + count(network_latency_ms) AS filled FROM device_metrics"
        ' WHERE "timestamp" > %(now)s::timestamptz - interval \'1 hour\' AND "timestamp" <= %(now)s::timestamptz GROUP BY 1',
        now=now,
    )
    for row in expected:
        if row["device_id"] in rows:
            one = rows[row["device_id"]]
            assert (one.readings, one.filled) == (row["n"], row["filled"])
            assert one.newest_at is not None
            assert one.newest_at.replace(tzinfo=None) == row["newest"]
    assert sum(one.readings for one in rows.values()) > 0
    assert all(one.filled <= one.expected for one in rows.values())
    silent = next(one for one in rows.values() if one.connectivity == "offline")
    assert silent.fresh < silent.devices


async def test_rollbacks_are_counted(rows: dict[int, DeviceSoundness], sql: Sql, now: datetime) -> None:
    back = sql(
        "SELECT d.id, count(*) AS n FROM configuration_history h JOIN devices d ON h.entity_type = 'device'"
        " AND h.entity_id = d.device_id WHERE h.was_rolled_back"
        " AND GREATEST(h.\"timestamp\", h.rolled_back_at) >= %(now)s::timestamptz - interval '7 days' GROUP BY 1",
        now=now,
    )
    assert back
    assert {one.id: one.rollbacks for one in rows.values() if one.rollbacks} == {
        row["id"]: row["n"] for row in back if row["id"] in rows
    }


async def test_the_view_bounds_what_is_read(open_homepot: Opener, homepot_url: str, now: datetime) -> None:
    look = reader(await open_homepot(homepot_url), now)
    assert await look.read(View(sites=())) == []
    of_one = await look.read(View(sites=(1,)))
    assert await look.read(View(sites=(2,), devices=(of_one[0].id,))) == []
    (named,) = await look.read(View(sites=(1,), devices=(of_one[0].id,)))
    assert (named.devices, named.device_id) == (1, of_one[0].device_id)


async def test_a_sample_is_bounded_and_unchanging(open_homepot: Opener, homepot_url: str, now: datetime) -> None:
    database = await open_homepot(homepot_url)
    few = Windows(fresh_s=300, readings_s=3600, changes_s=86400, most=5)
    first, again = [await reader(database, now, windows=few).read(View()) for _ in range(2)]
    assert len(first) == 5
    assert first == again
    assert first[0].devices > 5


async def test_what_was_read_serves_for_a_while(open_homepot: Opener, homepot_url: str, now: datetime) -> None:
    look = reader(await open_homepot(homepot_url), now, keep_s=60)
    first = await look.read(View())
    assert await look.read(View()) is first
    assert await look.read(View(sites=(1,))) is not first


async def test_it_works_on_an_old_deployment(postgres: EmbeddedPostgres, open_homepot: Opener, now: datetime) -> None:
    url = postgres.create_database("homepot_old_soundness")
    load_csv(url, OWN_ROWS, now, anchor="telemetry")
    strip_to_old(url)
    rows = await reader(await open_homepot(create_reader(url, TRIAL_PASSWORD)), now).read(View())
    assert rows
    assert {row.lifecycle_state for row in rows} == {"active"}
