"""Why it probably happened, from HOMEPOT's records and the hourly readings."""

from datetime import timedelta

import pytest

from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.incidents.types import Cause
from tests.db.incidents.conftest import Clock, World, at

LATENCY = {"metric": "network_latency_ms"}


async def cause_of(job: IncidentJob, clock: Clock, store: IncidentStore) -> Cause:
    clock.at(5)
    await job.run()
    (incident,) = await store.incidents(None)
    assert incident.cause is not None
    return incident.cause


async def test_a_change_shortly_before_is_the_cause(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    row = world.change(11, -10, "payment_tls_min_version", "1.3", change_reason="Ticket SEC-412")
    world.change(12, -5, "max_connections", "20")
    world.anomaly(11, 0, metric="error_rate")
    cause = await cause_of(job, clock, store)
    assert (cause.kind, cause.at) == ("config", at(-10))
    assert cause.text == "payment_tls_min_version was changed from before to 1.3, 10 min before."
    assert cause.confidence > 0.9
    (evidence,) = cause.evidence
    assert evidence.source == f"configuration_history/{row}"
    assert evidence.text == 'payment_tls_min_version was changed from before to 1.3 ("Ticket SEC-412").'


@pytest.mark.parametrize("minutes", [1, -25 * 60])
async def test_a_change_at_another_time_is_not(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore, minutes: float
) -> None:
    world.change(11, minutes, "payment_tls_min_version", "1.3")
    world.anomaly(11, 0, metric="error_rate")
    assert (await cause_of(job, clock, store)).kind == "none"


async def test_what_cannot_do_harm_is_not(job: IncidentJob, world: World, clock: Clock, store: IncidentStore) -> None:
    world.command(11, -5, "ping")
    world.command(11, -5, "restart_pos_app", status="expired")
    world.job(1, -5, "collect_logs")
    world.job(1, -5, "Security Scan", device=11)
    world.anomaly(11, 0, metric="error_rate")
    cause = await cause_of(job, clock, store)
    assert (cause.kind, cause.confidence, cause.evidence) == ("none", 0.0, ())
    assert cause.text == "Nothing that was recorded in the 24 hours before explains it."


@pytest.mark.parametrize(
    ("made", "kind", "text"),
    [
        ("job", "firmware", "Job “Update firmware” (2.4.1) ran, 10 min before."),
        ("command", "command", "Command “restart_pos_app” was sent, 10 min before."),
        ("rollback", "rollback", "max_connections was rolled back, 10 min before."),
    ],
)
async def test_jobs_commands_and_rollbacks_are_causes_too(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore, made: str, kind: str, text: str
) -> None:
    world.homepot("UPDATE devices SET firmware_version = '2.4.1' WHERE id = 11")
    if made == "job":
        world.job(1, -10, "Update firmware", device=11)
    elif made == "command":
        world.command(11, -10, "restart_pos_app")
    else:
        back = {"was_rolled_back": True, "rolled_back_at": at(-10).replace(tzinfo=None), "rollback_reason": "Slow"}
        world.change(11, -2000, "max_connections", "20", **back)
    world.anomaly(11, 0)
    cause = await cause_of(job, clock, store)
    assert (cause.kind, cause.text) == (kind, text)


async def test_a_site_wide_change_that_harms_one_of_many_is_a_weak_cause(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    world.change(11, -10, "max_connections", "20", entity_type="site", entity_id="SITE-1")
    world.anomaly(11, 0)
    cause = await cause_of(job, clock, store)
    assert cause.kind == "config"
    assert cause.confidence < 0.5
    assert cause.text == "max_connections was changed from before to 20 for the whole site, 10 min before."
    assert "1 of 8 devices that had it are in this trouble." in [evidence.text for evidence in cause.evidence]


async def test_devices_of_several_sites_after_the_same_firmware_are_one_incident(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    for number, device in enumerate((11, 21, 22, 31, 41)):
        world.change(device, 5 * number - 10, "firmware_version", "2.5.0", change_reason="Firmware update")
        world.anomaly(device, 5 * number, metric="error_rate")
        clock.at(5 * number + 1)
        await job.run()
    other, change = await store.incidents(None)
    assert [one.device for one in other.devices] == [41]  # of another tenant
    assert [(one.device, one.site) for one in change.devices] == [(11, 1), (21, 2), (22, 2), (31, 3)]
    assert (change.scope, change.category, change.opened_at) == ("change", "configuration", at(0))
    assert change.title == "Error rate above its usual range on several devices after the same change"
    assert (change.cause.kind, change.cause.at) == ("firmware", at(-10))
    texts = [evidence.text for evidence in change.cause.evidence]
    assert "4 of 4 devices that had it are in this trouble." in texts
    assert "No devices in this trouble had it not." in texts


async def test_a_whole_site_at_once_points_at_what_it_shares(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    for device in range(11, 19):
        world.anomaly(device, 0, metric=None, severity="critical")
    cause = await cause_of(job, clock, store)
    assert (cause.kind, cause.confidence) == ("shared", 0.5)
    assert "the site's network or its line" in cause.text


async def test_a_disk_that_fills_up_says_since_when_and_how_fast(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    hours = [(hour, 60.0 if hour < -20 else 60 + (hour + 20) * 1.5) for hour in range(-40, 0)]
    fill(world, 11, "disk_percent", hours)
    world.anomaly(11, 0, metric="disk_percent", kind="drift", value=90.0, expected=60.0)
    clock.at(5)
    await job.run()
    (incident,) = await store.incidents(None)
    assert (incident.category, incident.title) == ("storage", "Disk is filling up")
    assert (incident.cause.kind, incident.cause.at) == ("filling", at(-19 * 60))
    assert incident.cause.text == (
        "Disk has been filling by 1.5 points an hour since 17 November 17:00 UTC; at this rate it is full in 8 h."
    )


async def test_firmware_before_memory_began_to_grow_is_its_cause(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    fill(world, 11, "memory_percent", [(hour, 50 + max(0, hour + 20) * 2.0) for hour in range(-40, 0)])
    world.change(11, -20 * 60 - 20, "firmware_version", "2.5.0")
    world.anomaly(11, 0, metric="memory_percent", kind="drift", value=90.0)
    cause = await cause_of(job, clock, store)
    assert cause.kind == "firmware"
    assert cause.text == "firmware_version was changed from before to 2.5.0, 80 min before."
    assert [evidence.kind for evidence in cause.evidence] == ["firmware", "growing"]


async def test_what_was_done_before_the_end_is_what_helped(job: IncidentJob, world: World, clock: Clock) -> None:
    world.anomaly(11, 0)
    clock.at(1)
    await job.run()
    world.job(1, 15, "Restart payment service", device=11)
    world.command(11, 19, "ping")
    world.anomaly(11, 0, 20)
    clock.at(30)
    await job.run()
    (incident,) = world.incidents()
    assert incident["status"] == "resolved"
    assert incident["resolution"] == "It ended 5 min after job “Restart payment service” ran."


def fill(world: World, device: int, metric: str, hours: list[tuple[int, float]]) -> None:
    """Hourly readings of one metric; hours are counted from `T0`."""
    world.rows("INSERT INTO ai_metrics (position, name) VALUES (1, %(metric)s) RETURNING 1", metric=metric)
    for hour, mean in hours:
        world.rows(
            "INSERT INTO ai_reading_hours (hour, device, site, samples, total, low, high, latest, latest_at) VALUES"
            " (%(hour)s, %(device)s, %(site)s, '{60}', ARRAY[%(total)s::float8], ARRAY[%(mean)s::real],"
            " ARRAY[%(mean)s::real], ARRAY[%(mean)s::real], %(hour)s) RETURNING 1",
            hour=at(0) + timedelta(hours=hour),
            device=device,
            site=device // 10,
            total=60 * mean,
            mean=mean,
        )
