"""What callers read of incidents and do about them, within their sites."""

from uuid import uuid4

import pytest

from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.incidents.types import Incident
from ai_gateway.kit.db import Pool
from ai_gateway.kit.errors import Problem, Unavailable
from tests.db.incidents.conftest import Clock, World, at


def devices(incidents: list[Incident]) -> list[list[int]]:
    return [[one.device for one in incident.devices] for incident in incidents]


@pytest.fixture
async def some(job: IncidentJob, world: World, clock: Clock) -> None:
    """Five incidents: of sites 1, 2 and 4, one over, one acknowledged, and one of sites 1 to 3 after a roll-out."""
    world.anomaly(11, 0, severity="critical")
    world.anomaly(22, 10, 20, metric="disk_percent")
    world.anomaly(41, 20, metric="disk_percent")
    world.alert(42, 30, "No heartbeat for 2 hours", status="acknowledged")
    for device in (12, 23, 31):
        world.change(device, 35, "firmware_version", "2.5.0")
        world.anomaly(device, 40, metric="error_rate", severity="info")
    world.alert(12, 41, "High Error Rate: 9%", severity="low")
    clock.at(60)
    await job.run()


@pytest.mark.usefixtures("some")
async def test_the_unresolved_come_first_then_the_worst_then_the_newest(store: IncidentStore) -> None:
    assert devices(await store.incidents(None)) == [[42], [11], [41], [12, 23, 31], [22]]


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"statuses": ["resolved"]}, [[22]]),
        ({"statuses": ["acknowledged"]}, [[42]]),
        ({"severities": ["critical"]}, [[42], [11]]),
        ({"categories": ["storage"]}, [[41], [22]]),
        ({"devices": [23, 41]}, [[41], [12, 23, 31]]),
        ({"devices": []}, []),
        ({"since": at(21)}, [[42], [11], [41], [12, 23, 31]]),
        ({"limit": 1, "offset": 1}, [[11]]),
    ],
)
async def test_they_are_filtered_and_paged(store: IncidentStore, filters: dict, found: list[list[int]]) -> None:
    assert devices(await store.incidents(None, **filters)) == found
    counted = {name: value for name, value in filters.items() if name not in {"limit", "offset"}}
    assert await store.count(None, **counted) == (len(found) if counted else 5)


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("sites", "found"),
    [
        ((1,), [[11], [12]]),
        ((3,), [[31]]),
        ((2, 3), [[23, 31], [22]]),
        ((4,), [[42], [41]]),
        ((5,), []),
        ((), []),
    ],
)
async def test_only_what_belongs_to_the_callers_sites_is_seen(
    store: IncidentStore, sites: tuple[int, ...], found: list[list[int]]
) -> None:
    incidents = await store.incidents(sites)
    assert devices(incidents) == found
    assert await store.count(sites) == len(found)
    for incident in incidents:
        whole = await store.incident(incident.id, sites)
        assert {member.site for member in whole.members} <= set(sites)
        assert (whole.anomalies, whole.alerts) == tuple(
            sum(member.source == source for member in whole.members) for source in ("anomaly", "alert")
        )
    changed = await store.changed_since(0, sites)
    assert sorted(devices(list(changed.incidents))) == sorted(found)
    assert devices(await store.incidents(sites, devices=[11, 12, 22, 23, 31, 41, 42])) == found


@pytest.mark.usefixtures("some")
async def test_nobody_reads_or_acts_on_incidents_of_other_sites(store: IncidentStore) -> None:
    (theirs, *_) = await store.incidents((4,))
    assert await store.incident(theirs.id, (1, 2)) is None
    assert await store.acknowledge(theirs.id, (1, 2), at(70)) is None
    assert await store.resolve(theirs.id, (1, 2), at(70), "Mine now.") is None
    assert await store.incident(uuid4(), None) is None
    assert (await store.incident(theirs.id, None)).revision == theirs.revision


@pytest.mark.usefixtures("some")
async def test_who_sees_a_part_of_an_incident_may_not_close_it_for_the_others(store: IncidentStore) -> None:
    (wide,) = await store.incidents(None, categories=["configuration"])
    for sites in ((1,), (1, 2), (2, 3)):
        with pytest.raises(Problem, match="sites that this key does not see") as refused:
            await store.acknowledge(wide.id, sites, at(70))
        assert refused.value.status == 403
        with pytest.raises(Problem):
            await store.resolve(wide.id, sites, at(70), None)
    assert (await store.resolve(wide.id, (1, 2, 3), at(70), "Rolled back.")).status == "resolved"


@pytest.mark.usefixtures("some")
async def test_acts_are_stored_once(store: IncidentStore, job: IncidentJob, clock: Clock) -> None:
    (incident, *_) = await store.incidents((1,))
    noticed = await store.acknowledge(incident.id, (1,), at(70))
    assert (noticed.status, noticed.acknowledged_at, noticed.members != ()) == ("acknowledged", at(70), True)
    assert (await store.acknowledge(incident.id, (1,), at(71))).revision == noticed.revision
    closed = await store.resolve(incident.id, (1,), at(80), None)
    assert (closed.status, closed.resolved_at, closed.resolution) == ("resolved", at(80), None)
    told = await store.resolve(incident.id, (1,), at(90), "Restarted it.")
    assert (told.resolved_at, told.resolution) == (at(80), "Restarted it.")
    assert told.revision > closed.revision
    assert (await store.resolve(incident.id, (1,), at(95), None)).revision == told.revision
    assert (await store.acknowledge(incident.id, (1,), at(96))).status == "resolved"
    clock.at(100)
    await job.run()
    assert (await store.incident(incident.id, None)).revision == told.revision


@pytest.mark.usefixtures("some")
async def test_a_live_view_hears_each_change_once_and_in_order(store: IncidentStore) -> None:
    start = await store.changed_since(None, None)
    assert start.incidents == ()
    assert (await store.changed_since(start.position, None)).incidents == ()
    first, second, *_ = await store.incidents(None)
    await store.resolve(second.id, None, at(70), None)
    await store.acknowledge(first.id, None, at(70))
    heard = await store.changed_since(start.position, None)
    assert heard.incidents[0].id == second.id
    assert heard.position == heard.incidents[-1].revision > start.position
    page = await store.changed_since(0, None, limit=2)
    rest = await store.changed_since(page.position, None)
    assert len(page.incidents) + len(rest.incidents) == 5
    assert page.incidents[-1].revision < rest.incidents[0].revision


async def test_without_its_database_it_says_so(store: IncidentStore, pool: Pool) -> None:
    await pool.close()
    with pytest.raises(Unavailable, match="incidents cannot be read"):
        await store.incidents(None)
