"""What the worker remembers of sites: what really changed something, once, as long as it lasts, and hardly anything by chance."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.homepot.scoped.view import View
from ai_gateway.homepot.store import HomepotStore
from ai_gateway.insights import remember
from ai_gateway.kit.errors import Unavailable
from dev.simulation.fleet import METRICS
from dev.simulation.past import DAYS, Device, change, error, write_past
from tests.db.insights.conftest import Clock, MakeJob, Past, Remembered
from tests.db.memory.conftest import FaultyEmbedder

Keep = Callable[..., None]
CPU, MEMORY, DISK = (METRICS.index(name) for name in ("cpu_percent", "memory_percent", "disk_percent"))
SITES = 4


def shifted(past: Past, device: Device, since: datetime, metric: int, by: float) -> np.ndarray:
    """The readings, with a metric of a device higher from a moment on."""
    hours = past.hours.copy()
    number, first = past.at(device, since)
    hours[number, first:, metric, 1] += by * hours[number, first:, metric, 0]
    return hours


def till(past: Past) -> Device:
    """A point of sale that is not alone at its site."""
    return next(one for one in past.devices if one.type == "pos_terminal")


def configured(past: Past, key: str, at: datetime, *, kind: str = "device", old: object = 2, new: object = 40) -> None:
    write_past(past.url, [], [change(kind, key, at, "spool_retries", old, new)], anew=False)


def of_change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in rows if "spool_retries" in one["description"]]


async def test_a_change_after_which_something_really_rose_is_remembered_once(
    idle: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep, clock: Clock
) -> None:
    device, at = till(idle), idle.end - timedelta(hours=40)
    configured(idle, device.device_id, at)
    keep_readings(shifted(idle, device, at, CPU, 25))
    job = make_job()
    clock.now = at + timedelta(hours=23)
    await job.run()
    assert not of_change(remembered())  # the day after it is not over
    for day in range(4):
        clock.now = idle.end + timedelta(days=1.1 * day)
        await job.run()
    (found,) = of_change(remembered())
    assert found["title"] == "CPU rose after spool_retries was changed"
    assert "spool_retries was changed from 2 to 40. CPU went from" in found["description"]
    assert "without the change" in found["description"]
    assert found["cause"] == "spool_retries was changed from 2 to 40."
    assert (found["device_id"], found["device_type"], found["site"]) == (device.device_id, device.type, device.site)
    assert (found["severity"], found["category"], found["resolution"]) == ("warning", "configuration", None)
    assert (found["occurred_at"], found["resolved_at"]) == (at, None)
    assert not [one for one in idle.devices if one.device_id in found["description"]]


async def test_a_rollback_is_what_ended_it(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep, clock: Clock
) -> None:
    device, at = till(bare), bare.end - timedelta(days=3)
    configured(bare, device.device_id, at)
    keep_readings(shifted(bare, device, at, MEMORY, 20))
    job = make_job()
    await job.run()
    with psycopg.connect(bare.url) as homepot:
        homepot.execute(
            "UPDATE configuration_history SET was_rolled_back = true, rolled_back_at = %s, rollback_reason = 'Tills froze'",
            ((bare.end + timedelta(hours=3)).replace(tzinfo=None),),
        )
    clock.pass_days(1.1)
    await job.run()
    (found,) = remembered()
    assert found["title"] == "Memory rose after spool_retries was changed"
    assert "It was rolled back: Tills froze." in found["description"]
    assert found["resolution"] == "Changed spool_retries back to 2."
    assert found["resolved_at"] == bare.end + timedelta(hours=3)


async def test_the_same_setting_set_back_by_hand_ends_it_too(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep
) -> None:
    device, at = till(bare), bare.end - timedelta(days=6)
    back = at + timedelta(days=3)
    configured(bare, device.device_id, at)
    configured(bare, device.device_id, back, old=40, new=2)
    hours = shifted(bare, device, at, CPU, 25)
    number, until = bare.at(device, back)
    hours[number, until:] = bare.hours[number, until:]
    keep_readings(hours)
    await make_job().run()
    found = {one["title"]: one for one in remembered()}
    assert found["CPU rose after spool_retries was changed"]["resolved_at"] == back
    assert found["CPU rose after spool_retries was changed"]["resolution"] == "Changed spool_retries back to 2."
    helped = found["CPU fell after spool_retries was changed"]
    assert (helped["severity"], helped["resolved_at"]) == ("info", None)


async def test_a_change_of_many_devices_is_one_finding(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep
) -> None:
    site = till(bare).site
    changed = [one for one in bare.devices if one.site == site and one.type == "pos_terminal"][:3]
    at, hours = bare.end - timedelta(days=3), bare.hours.copy()
    for device in changed:
        configured(bare, device.device_id, at)
        number, first = bare.at(device, at)
        hours[number, first:, CPU, 1] += 25 * hours[number, first:, CPU, 0]
    keep_readings(hours)
    await make_job().run()
    (found,) = remembered()
    assert " of 3 changed alike showed it" in found["description"]
    assert (found["device_id"], found["device_type"]) == (None, "pos_terminal")


async def test_errors_that_begin_with_a_change_are_told_and_one_burst_is_not(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep
) -> None:
    tills = [one for one in bare.devices if one.type == "pos_terminal"]
    at = bare.end - timedelta(days=3, minutes=20)
    bad, burst = tills[0], next(one for one in tills if one.site != tills[0].site)
    for device in (bad, burst):
        configured(bare, device.device_id, at)
    steady = [error(bad, at + timedelta(minutes=12 * number), 0) for number in range(1, 120)]
    once = [error(burst, at + timedelta(hours=3, seconds=10 * number), 0) for number in range(60)]
    write_past(bare.url, [*steady, *once], [], anew=False)
    keep_readings(bare.hours)
    await make_job().run()
    (found,) = remembered()
    assert found["site"] == bad.site
    assert found["title"] == "Errors logged an hour rose after spool_retries was changed"
    assert "Errors logged an hour went from 0 to " in found["description"]


async def test_a_site_that_is_busier_every_week_did_not_change(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep, clock: Clock
) -> None:
    """A change of the whole site has no unchanged devices beside it: the same days a week before say what is usual."""
    device, hours = till(bare), bare.hours.copy()
    at = bare.end - timedelta(days=3)
    of_site = [number for number, one in enumerate(bare.devices) if one.site == device.site]
    _, first = bare.at(device, at)
    for week in range(5):
        busy = slice(first - 168 * week, first - 168 * week + 24)
        hours[of_site, busy, CPU, 1] += 25 * hours[of_site, busy, CPU, 0]
    configured(bare, device.site_id, at, kind="site")
    keep_readings(hours)
    await make_job().run()
    assert remembered() == []
    hours = bare.hours.copy()
    hours[of_site, first:, CPU, 1] += 25 * hours[of_site, first:, CPU, 0]
    keep_readings(hours)
    clock.pass_days(1.1)
    await make_job().run()
    (found,) = remembered()
    assert "Against the same days a week before" in found["description"]
    assert found["device_id"] is None


async def test_a_trend_is_one_memory_while_it_lasts_and_then_has_ended(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep, clock: Clock, embedder: FaultyEmbedder
) -> None:
    device, hours = till(bare), bare.hours.copy()
    number, first = bare.at(device, bare.end - timedelta(days=40))
    growth = 0.6 / 24 * np.arange(hours.shape[1] - first)
    hours[number, first:, DISK, 1] += growth * hours[number, first:, DISK, 0]
    keep_readings(hours)
    job = make_job()
    for day in range(4):
        clock.now = bare.end - timedelta(days=6 - 2 * day)
        await job.run()
    (found,) = remembered()
    assert found["title"] == "Disk rising day after day"
    assert "By 0.6 % a day (90 %: " in found["description"]
    assert (found["category"], found["device_id"], found["resolved_at"]) == ("storage", device.device_id, None)
    assert len(set(embedder.texts)) == len(embedder.texts)  # what did not change is not embedded again
    keep_readings(bare.hours)  # somebody cleaned up
    for day in range(1, 5):
        clock.now = bare.end + timedelta(days=1.1 * day)
        await make_job().run()
    (ended,) = remembered()
    assert (ended["id"], ended["resolved_at"]) == (found["id"], bare.end)


async def test_an_error_that_comes_more_and_more_often_stands_out(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep
) -> None:
    of_site = [one for one in bare.devices if one.site == till(bare).site]
    old = [error(of_site[0], bare.end - timedelta(days=29), 1)]
    late = [error(of_site[number % 5], bare.end - timedelta(days=number % 6, hours=3), 2) for number in range(30)]
    write_past(bare.url, [*old, *late], [])
    keep_readings(bare.hours)
    await make_job().run()
    (found,) = remembered()
    assert found["title"] == "Error VAL001 comes more and more often: Invalid configuration parameter detected"
    assert found["category"] == "configuration"
    assert "30 of 30 in 30 days came in the last 7, on 5 devices" in found["description"]


async def test_by_chance_hardly_anything_is_found(
    idle: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep, clock: Clock
) -> None:
    """A healthy month of four sites, with about 40 changes at each that did nothing; docs/memory.md has what many months say."""
    keep_readings(idle.hours, DAYS)
    job = make_job()
    for day in range(30, -1, -3):
        clock.now = idle.end - timedelta(days=day)
        await job.run()
    found = remembered()
    print(f"{len(found)} findings in {SITES} site-months: {[one['description'] for one in found]}")  # noqa: T201
    assert len(found) <= SITES / 2


async def test_it_goes_on_behind_the_last_site_and_looks_once_a_day(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, clock: Clock, embedder: FaultyEmbedder
) -> None:
    read: list[int] = []

    async def note(_: object, __: object, site: int) -> list[object]:
        read.append(site)
        return []

    monkeypatch.setattr(remember.FindingJob, "_found", note)
    monkeypatch.setattr(remember, "SITES", 3)
    await make_job().run()
    assert read == [1, 2, 3]
    await make_job().run()  # another process
    await make_job().run()
    assert read == [1, 2, 3, 4]
    clock.pass_days(1.1)
    await make_job(0).run()
    assert len(read) == SITES  # switched off
    await make_job().run()
    assert read[SITES:] == [1, 2, 3]
    assert embedder.texts == []


async def test_a_site_that_cannot_be_read_holds_up_the_others_three_rounds_at_most(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    async def slow(_: object, __: object, site: int) -> list[object]:
        read.append(site)
        if site == 2:
            raise Unavailable("homepot", "too slow")
        return []

    monkeypatch.setattr(remember.FindingJob, "_found", slow)
    job = make_job()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await job.run()
    await job.run()
    assert read == [1, 2, 2, 2, 3, 4]


async def test_while_the_embedder_is_down_a_site_waits(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep, embedder: FaultyEmbedder
) -> None:
    device, at = till(bare), bare.end - timedelta(days=3)
    configured(bare, device.device_id, at)
    keep_readings(shifted(bare, device, at, CPU, 25))
    embedder.fails_on = "spool_retries"
    job = make_job()
    with pytest.raises(PartDown):
        await job.run()
    assert remembered() == []
    embedder.fails_on = None
    await job.run()
    assert len(remembered()) == 1


async def test_of_a_site_out_of_service_everything_ends(
    bare: Past, make_job: MakeJob, remembered: Remembered, keep_readings: Keep, clock: Clock
) -> None:
    device, at = till(bare), bare.end - timedelta(days=3)
    configured(bare, device.device_id, at)
    keep_readings(shifted(bare, device, at, CPU, 25))
    await make_job().run()
    with psycopg.connect(bare.url) as homepot:
        homepot.execute("UPDATE sites SET is_active = false WHERE id = %s", (device.site,))
    try:
        clock.pass_days(3.5)
        await make_job().run()
    finally:
        with psycopg.connect(bare.url) as homepot:
            homepot.execute("UPDATE sites SET is_active = true WHERE id = %s", (device.site,))
    (found,) = remembered()
    assert found["resolved_at"] == bare.end


async def test_errors_are_counted_by_the_hour_in_the_callers_sites(bare: Past, homepot: HomepotStore) -> None:
    device, begin = till(bare), bare.end - timedelta(days=5)
    minutes = (0, 59, 60, 200, 24 * 60)
    write_past(bare.url, [error(device, begin + timedelta(minutes=one), 0) for one in minutes], [], anew=False)
    asked = [(device.id, begin - timedelta(days=3)), (device.id, begin)]
    found = await homepot.errors.by_hour(View(sites=(device.site,)), asked, 24)
    assert sorted(zip(found.numbers, found.places, found.errors, strict=True)) == [(1, 0, 2), (1, 1, 1), (1, 3, 1)]
    elsewhere = next(one.site for one in bare.devices if one.site != device.site)
    assert (await homepot.errors.by_hour(View(sites=(elsewhere,)), asked, 24)).errors == []
    assert (await homepot.errors.by_hour(View(), [], 24)).errors == []
