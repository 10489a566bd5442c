"""Rows of anomalies and alerts become incidents, and are followed to their end."""

import pytest

from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.store import IncidentStore
from tests.db.incidents.conftest import T0, Clock, World, at
from tests.unit.kit.asgi import sample


async def test_an_anomaly_and_the_alert_about_it_are_one_incident(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    anomaly = world.anomaly(11, 0, severity="critical", score=4.5, value=96.4)
    alert = world.alert(11, 3)
    clock.at(5)
    labels = {"category": "performance", "severity": "critical"}
    before = sample("ai_incidents_opened_total", **labels)
    assert await job.run() == 1
    assert sample("ai_incidents_opened_total", **labels) == before + 1
    assert sample("ai_incidents_open", severity="critical") == 1
    (incident,) = await store.incidents(None)
    told = (incident.status, incident.severity, incident.category, incident.scope, incident.title)
    assert told == ("open", "critical", "performance", "device", "CPU above its usual range")
    assert (incident.kind, incident.metric, incident.cause.kind) == ("deviation", "cpu_percent", "none")
    assert (incident.opened_at, incident.anomalies, incident.alerts) == (T0, 1, 1)
    assert [one.device for one in incident.devices] == [11]
    whole = await store.incident(incident.id, None)
    told = [(one.source, one.id, one.text, one.category) for one in whole.members]
    assert told == [("anomaly", anomaly, None, "performance"), ("alert", alert, "High CPU: 95%", "performance")]
    assert await job.run() == 0
    assert (await store.incident(incident.id, None)).revision == incident.revision


async def test_its_life_follows_its_anomalies(job: IncidentJob, world: World, clock: Clock) -> None:
    world.anomaly(11, 0)
    clock.at(1)
    await job.run()
    world.anomaly(11, 0, 20)
    clock.at(24)
    await job.run()
    (incident,) = world.incidents()
    assert (incident["status"], incident["last_at"]) == ("open", at(20))
    clock.at(25)
    before = sample("ai_incidents_resolved_total", category="performance", severity="warning")
    await job.run()
    (incident,) = world.incidents()
    assert (incident["status"], incident["resolved_at"], incident["reopened"]) == ("resolved", at(20), 0)
    assert sample("ai_incidents_resolved_total", category="performance", severity="warning") == before + 1
    world.anomaly(11, 80)
    clock.at(81)
    before = sample("ai_incidents_reopened_total", category="performance", severity="warning")
    await job.run()
    (again,) = world.incidents()
    assert (again["id"], again["status"], again["reopened"]) == (incident["id"], "open", 1)
    assert sample("ai_incidents_reopened_total", category="performance", severity="warning") == before + 1
    world.anomaly(11, 80, 90)
    clock.at(300)
    await job.run()
    world.anomaly(11, 151)
    await job.run()
    assert [row["status"] for row in world.incidents()] == ["resolved", "open"]


async def test_it_gets_worse_with_its_anomaly(job: IncidentJob, world: World, clock: Clock) -> None:
    world.anomaly(11, 0, severity="info", score=1.2)
    clock.at(1)
    await job.run()
    revision = world.incidents()[0]["revision"]
    world.anomaly(11, 0, severity="info", score=1.2, last_at=at(9))
    await job.run()
    (incident,) = world.incidents()
    assert (incident["last_at"], incident["revision"]) == (at(9), revision)
    world.anomaly(11, 0, severity="critical", score=1.6)
    await job.run()
    (incident,) = world.incidents()
    assert (incident["severity"], incident["revision"] > revision) == ("critical", True)


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.capitalize])
async def test_its_life_follows_homepots_alerts(job: IncidentJob, world: World, clock: Clock, spelling: object) -> None:
    alert = world.alert(11, 0, status=spelling("active"))
    clock.at(1)
    await job.run()
    assert world.incidents()[0]["status"] == "open"
    world.set_alert(alert, spelling("acknowledged"))
    clock.at(2)
    await job.run()
    (incident,) = world.incidents()
    assert (incident["status"], incident["acknowledged_at"]) == ("acknowledged", at(2))
    world.set_alert(alert, spelling("resolved"), 30, "Restarted the till.")
    clock.at(36)
    await job.run()
    (incident,) = world.incidents()
    ended = (incident["status"], incident["resolved_at"], incident["resolution"])
    assert ended == ("resolved", at(30), "Restarted the till.")


@pytest.mark.parametrize(
    "over",
    [
        "UPDATE alerts SET status = 'ignored'",
        "DELETE FROM alerts",
        "UPDATE devices SET lifecycle_state = 'suspended' WHERE id = 11",
        "UPDATE devices SET health_state = 'maintenance' WHERE id = 11",
        "UPDATE sites SET lifecycle_state = 'archived' WHERE id = 1",
    ],
)
async def test_an_alert_that_nobody_has_to_deal_with_any_more_ends(
    job: IncidentJob, world: World, clock: Clock, over: str
) -> None:
    world.alert(11, 0)
    await job.run()
    world.homepot(over)
    clock.at(10)
    await job.run()
    clock.at(15)
    await job.run()
    (incident,) = world.incidents()
    assert (incident["status"], incident["resolved_at"]) == ("resolved", at(10))


async def test_alerts_that_are_no_trouble_open_nothing(job: IncidentJob, world: World) -> None:
    world.homepot("UPDATE devices SET lifecycle_state = 'suspended' WHERE id = 12")
    world.homepot("UPDATE devices SET health_state = 'maintenance' WHERE id = 13")
    world.alert(12, 0)
    world.alert(13, 0)
    world.alert(11, 0, status="ignored")
    world.alert(99, 0)  # of a device that HOMEPOT does not know
    world.alert(11, -25 * 60, status="resolved", resolved_at=at(-24 * 60).replace(tzinfo=None))
    assert await job.run() == 0
    world.alert(14, -60, status="resolved", resolved_at=at(-30).replace(tzinfo=None))
    world.alert(15, -60 * 24 * 20)
    assert await job.run() == 2
    assert [(row["devices"], row["status"]) for row in world.incidents()] == [([15], "open"), ([14], "resolved")]


async def test_an_alert_that_becomes_visible_late_is_found(job: IncidentJob, world: World) -> None:
    world.alert(11, 0, id=105)
    await job.run()
    world.alert(12, 0, id=101)
    await job.run()
    assert sorted(row["devices"] for row in world.incidents()) == [[11], [12]]


async def test_an_alert_dated_in_the_future_began_now(job: IncidentJob, world: World) -> None:
    world.alert(11, 60 * 9)
    await job.run()
    assert world.incidents()[0]["opened_at"] == T0


async def test_an_alert_of_a_whole_site_has_no_device(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    world.alert(None, 0, "Site-wide network slowdown", category="network")
    clock.at(1)
    await job.run()
    (incident,) = await store.incidents((1,))
    assert (incident.scope, incident.devices, incident.category, incident.title) == (
        "site",
        (),
        "connectivity",
        "High network latency on several devices",
    )
    world.anomaly(11, 5, metric="network_latency_ms")
    clock.at(6)
    await job.run()
    (grown,) = await store.incidents((1,))
    assert (grown.id, [one.device for one in grown.devices]) == (incident.id, [11])


async def test_devices_of_a_site_become_one_incident_that_keeps_the_first_id(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    for number, device in enumerate((11, 12)):
        world.anomaly(device, number, metric="network_latency_ms")
    clock.at(2)
    await job.run()
    first, second = world.incidents()
    await store.acknowledge(second["id"], None, at(2))
    world.anomaly(13, 2, metric="network_latency_ms", severity="critical")
    clock.at(3)
    await job.run()
    (incident,) = await store.incidents(None)
    assert (incident.id, incident.absorbed, incident.scope) == (first["id"], (second["id"],), "site")
    assert [one.device for one in incident.devices] == [11, 12, 13]
    assert (incident.title, incident.cause.kind) == (
        "Network latency above its usual range on several devices",
        "shared",
    )
    assert (incident.status, incident.acknowledged_at) == ("acknowledged", at(2))
    assert (await store.incident(second["id"], None)).id == first["id"]
    assert (await store.acknowledge(second["id"], None, at(4))).id == first["id"]


async def test_an_earlier_member_that_comes_late_gives_its_id_and_the_old_one_is_still_found(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    world.alert(11, 5)
    clock.at(6)
    await job.run()
    (before,) = world.incidents()
    world.anomaly(11, 0)
    clock.at(7)
    await job.run()
    (after,) = world.incidents()
    assert after["id"] != before["id"]
    assert (await store.incident(before["id"], None)).id == after["id"]
    assert after["created_at"] == before["created_at"]
    assert after["revision"] > before["revision"]


async def test_a_person_closes_it_and_new_trouble_reopens_it(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    world.anomaly(11, 0)
    clock.at(1)
    await job.run()
    (incident,) = world.incidents()
    await store.resolve(incident["id"], None, at(10), "Known, leave it.")
    world.anomaly(11, 0, severity="critical", score=9.0)
    clock.at(200)
    await job.run()
    (closed,) = world.incidents()
    assert (closed["status"], closed["resolved_at"], closed["resolution"]) == ("resolved", at(10), "Known, leave it.")
    world.anomaly(11, 200, kind="limit")
    await job.run()
    (again,) = world.incidents()
    assert (again["id"], again["status"], again["reopened"]) == (incident["id"], "open", 1)
