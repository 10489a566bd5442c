"""The same rows make the same incidents, however they are cut into rounds, steps and workers, and whatever fails."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from ai_gateway.incidents.job import IncidentJob
from ai_gateway.kit.errors import Unavailable
from tests.db.incidents.conftest import Clock, World

Make = Callable[..., IncidentJob]
Happening = tuple[int, float, float | None, str | None]
"""Device, beginning and end in minutes, metric."""


def happenings(seed: int) -> list[Happening]:
    """Trouble of many devices over six hours: single devices, a whole site, a roll-out, flicker."""
    draw = random.Random(seed)  # noqa: S311 - a test's dice
    found: list[Happening] = [(device, 100 + device / 10, 160, "network_latency_ms") for device in range(11, 19)]
    found += [(device, 200 + device / 10, None, "error_rate") for device in (21, 22, 31)]
    for _ in range(40):
        start = draw.randint(0, 360)
        end = draw.choice([None, start + draw.randint(0, 90)])
        metric = draw.choice(["cpu_percent", "memory_percent", "network_latency_ms", None])
        found.append((draw.choice([11, 12, 21, 22, 31, 41, 42, 51]), start, end, metric))
    return list(
        {(device, start, metric): (device, start, end, metric) for device, start, end, metric in found}.values()
    )


def write(world: World, rows: list[Happening], now: float) -> None:
    """Anomalies as the scan would have left them at `now`."""
    for device, start, end, metric in rows:
        if start <= now:
            world.anomaly(device, start, end if end is not None and end <= now else None, metric)


def picture(world: World) -> list[dict[str, Any]]:
    """Everything about the incidents that must not depend on how one got there."""
    return world.rows(
        "SELECT i.id, i.status, i.severity, i.category, i.kind, i.metric, i.title, i.scope, i.site, i.opened_at,"
        " i.resolved_at, i.reopened, i.change, i.cause,"
        " ARRAY(SELECT (d.device, d.changes)::text FROM ai_incident_devices d WHERE d.incident = i.id ORDER BY 1) AS devices,"
        " ARRAY(SELECT concat_ws(' ', m.device, m.metric, m.started_at) FROM ai_anomaly_logs m WHERE m.incident = i.id"
        "  ORDER BY 1) AS anomalies,"
        " ARRAY(SELECT a.alert FROM ai_incident_alerts a WHERE a.incident = i.id ORDER BY 1) AS alerts"
        " FROM ai_incidents i ORDER BY i.id"
    )


ALERTS = ((1, 41, 30, None), (2, 11, 105, None), (3, None, 110, 200), (4, 22, 300, 310))
"""Number, device, beginning and end in minutes."""


def write_alerts(world: World, now: float) -> None:
    """Alerts as HOMEPOT would have them at `now`."""
    for number, device, start, end in ALERTS:
        if start <= now and not world.has_alert(number):
            world.alert(device, start, "Site-wide network slowdown" if device is None else "High CPU: 95%", id=number)
        if end is not None and end <= now:
            world.set_alert(number, "resolved", end)


def roll_out(world: World) -> None:
    for device in (21, 22, 31):
        world.change(device, 195, "firmware_version", "2.5.0")


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_few_minutes_or_only_once_afterwards(make_job: Make, world: World, clock: Clock, seed: int) -> None:
    rows = happenings(seed)
    roll_out(world)
    clock.at(460)
    write(world, rows, 460)
    write_alerts(world, 460)
    await make_job(page=1000).run()
    at_once = picture(world)
    assert 5 < len(at_once) < len(rows) / 2
    assert {row["scope"] for row in at_once} == {"device", "site", "change"}

    world.start_again()
    world.homepot("DELETE FROM alerts")
    for minutes in range(5, 465, 5):
        clock.at(minutes)
        write(world, rows, minutes)
        write_alerts(world, minutes)
        await make_job(page=3).run()
    assert picture(world) == at_once


async def test_in_any_order_of_arrival(make_job: Make, world: World, clock: Clock) -> None:
    rows = happenings(3)
    clock.at(460)
    write(world, rows, 460)
    await make_job().run()
    first = picture(world)
    world.start_again()
    random.Random(5).shuffle(rows)  # noqa: S311 - a test's dice
    for place in range(0, len(rows), 7):
        write(world, rows[place : place + 7], 460)
        await make_job(page=2).run()
    assert picture(world) == first


async def test_two_workers_at_once_make_nothing_twice(make_job: Make, world: World, clock: Clock) -> None:
    write(world, happenings(4), 460)
    roll_out(world)
    write_alerts(world, 460)
    clock.at(460)
    await asyncio.gather(*(make_job(page=5).run() for _ in range(3)))
    await make_job().run()
    anomalies = world.rows("SELECT count(*) AS n, count(incident) AS placed FROM ai_anomaly_logs")[0]
    assert anomalies["n"] == anomalies["placed"]
    before = picture(world)
    await make_job().run()
    assert picture(world) == before


async def test_a_step_that_fails_leaves_nothing_behind(make_job: Make, world: World, clock: Clock) -> None:
    write(world, happenings(4), 460)
    clock.at(460)
    world.own("ALTER TABLE ai_incident_devices ADD CONSTRAINT refuse CHECK (device <> 42)")
    with pytest.raises(psycopg.errors.CheckViolation):
        await make_job().run()
    assert world.incidents() == []
    assert world.rows("SELECT 1 FROM ai_anomaly_logs WHERE incident IS NOT NULL") == []
    world.own("ALTER TABLE ai_incident_devices DROP CONSTRAINT refuse")
    assert await make_job().run() > 5


async def test_without_homepot_it_waits_and_then_goes_on(
    make_job: Make, world: World, clock: Clock, database: Any
) -> None:
    world.anomaly(11, 0)
    clock.at(1)
    await database.catalogue()
    await database.pool.close()
    with pytest.raises(Unavailable):
        await make_job().run()
    assert world.incidents() == []


async def test_a_job_of_yesterday_that_is_forgotten_takes_its_incident_along(
    make_job: Make, world: World, clock: Clock
) -> None:
    world.anomaly(11, 0, 10)
    clock.at(60)
    await make_job().run()
    world.own("DELETE FROM ai_anomaly_logs")
    clock.at(60 * 24 * 89)
    await make_job().run()
    assert len(world.incidents()) == 1
    clock.at(60 * 24 * 91)
    await make_job().run()
    assert world.incidents() == []
