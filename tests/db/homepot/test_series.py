"""One device's readings in stretches, against plain SQL and against rows made for it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from ai_gateway.homepot.scoped.series import SERIES
from ai_gateway.homepot.scoped.view import Period, View
from ai_gateway.homepot.store import HomepotStore

LOBBY, LOBBY_SITE = 1, 1
NEVER_HEARD = "New Kiosk North"
LEAST_S = 120.0


@pytest.fixture
def readings(homepot_admin_url: str, now: datetime) -> Iterator[int]:
    """Readings of a device that has no others: one a minute for an hour, twenty minutes of it missing, and odd values."""
    columns = "timestamp, device_id, cpu_percent, network_latency_ms, error_rate, transaction_count, extra_metrics"
    with psycopg.connect(homepot_admin_url) as homepot:
        (device,) = homepot.execute("SELECT id FROM devices WHERE name = %s", (NEVER_HEARD,)).fetchone()
        for minute in [*range(60, 40, -1), *range(20, -1, -1)]:
            at = (now - timedelta(minutes=minute)).replace(tzinfo=None)
            odd = minute == 50
            values = (at, device, 140.0 if odd else float(minute), -5.0 if odd else 20.0, 0.5, minute)
            extra = json.dumps({"temperature_celsius": "hot" if odd else 40.5})
            homepot.execute(
                f"INSERT INTO device_metrics ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s)",  # noqa: S608
                (*values, extra),
            )
    yield device
    with psycopg.connect(homepot_admin_url) as homepot:
        homepot.execute("DELETE FROM device_metrics WHERE device_id = %s", (device,))


async def test_stretches_hold_what_was_measured_in_them(fleet: HomepotStore, readings: int, now: datetime) -> None:
    hour = Period(now - timedelta(hours=1), now)
    slices = await fleet.series.slices(View(devices=(readings,)), hour, width_s=600, checked=True)
    assert [one.at for one in slices] == [now - timedelta(minutes=minutes) for minutes in (60, 50, 20, 10)]
    cpu = SERIES.index("cpu_percent")
    first = slices[0]  # the 59th to the 51st minute: what came at the very start belongs to the stretch before
    assert (first.readings, first.samples[cpu], first.low[cpu], first.high[cpu]) == (9, 9, 51.0, 59.0)
    second = slices[1]  # with the odd one: 140 % is no CPU, -5 ms no latency, “hot” no temperature
    odd = [SERIES.index(name) for name in ("cpu_percent", "network_latency_ms", "temperature_celsius")]
    assert second.readings == 10
    assert [second.samples[place] for place in odd] == [9, 9, 9]
    assert second.high[cpu] == 49.0
    as_written = (await fleet.series.slices(View(devices=(readings,)), hour, width_s=600))[1]
    assert (as_written.samples[cpu], as_written.high[cpu]) == (10, 140.0)
    assert as_written.low[SERIES.index("network_latency_ms")] == -5.0
    assert second.samples[SERIES.index("transaction_count")] == 10
    assert slices[-1].readings == 11  # the reading of this very moment is the period's last
    assert all(one.samples[SERIES.index("disk_percent")] == 0 for one in slices)
    assert all(one.total[SERIES.index("disk_percent")] is None for one in slices)


async def test_gaps(fleet: HomepotStore, readings: int, now: datetime) -> None:
    view = View(devices=(readings,))
    heard = await fleet.series.gaps(view, Period(now - timedelta(minutes=55), now), least_s=LEAST_S, limit=5)
    assert heard is not None
    assert (heard.readings, heard.usual_s) == (35, 60.0)
    assert heard.before_at == now - timedelta(minutes=55)
    assert (heard.first_at, heard.last_at) == (now - timedelta(minutes=54), now)
    assert [(gap.ended_at, gap.seconds) for gap in heard.longest] == [(now - timedelta(minutes=20), 21 * 60.0)]
    short = await fleet.series.gaps(view, Period(now - timedelta(minutes=10), now), least_s=LEAST_S, limit=5)
    assert short is not None
    assert short.longest == ()


async def test_a_device_outside_of_the_view_is_not_read(fleet: HomepotStore) -> None:
    period = fleet.last(days=1)
    inside, outside = View(sites=(LOBBY_SITE,), devices=(LOBBY,)), View(sites=(2,), devices=(LOBBY,))
    assert await fleet.series.slices(inside, period, width_s=3600)
    assert await fleet.series.slices(outside, period, width_s=3600) == []
    assert await fleet.series.gaps(outside, period, least_s=LEAST_S, limit=5) is None


async def test_a_device_that_was_never_heard(fleet: HomepotStore, homepot_admin_url: str) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        (device,) = homepot.execute("SELECT id FROM devices WHERE name = %s", (NEVER_HEARD,)).fetchone()
    heard = await fleet.series.gaps(View(devices=(device,)), fleet.last(days=30), least_s=LEAST_S, limit=5)
    assert heard is not None
    assert (heard.readings, heard.first_at, heard.before_at, heard.usual_s, heard.longest) == (0, None, None, None, ())
