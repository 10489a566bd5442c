"""What prediction announces becomes an incident before the failure, and ends with it or without."""

from ai_gateway.health.store import HealthStore
from ai_gateway.incidents.job import IncidentJob
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.kit.db import Pool
from ai_gateway.prediction.store import PredictionStore
from tests.db.incidents.conftest import Clock, World, at

CLAIM = "It fails within 7 days with a probability of 60.0% (45.0% to 78.0%); of 200 comparable cases 90 did."
REASON = "Raised by: number of flapping in 7 days (4)."


async def test_an_announcement_is_an_incident_with_its_drivers_as_cause(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    risk = {"kind": "risk", "value": None, "expected": None}
    world.anomaly(11, 0, metric=None, detail=f"{CLAIM}\n{REASON}", **risk)
    clock.at(1)
    assert await job.run() == 1
    (incident,) = await store.incidents(None)
    told = (incident.status, incident.kind, incident.category, incident.title)
    assert told == ("open", "risk", "connectivity", "Likely to fail soon")  # what raises it says what it is about
    assert (incident.cause.kind, incident.cause.text) == ("risk", REASON)
    assert [one.text for one in incident.cause.evidence] == [CLAIM, REASON]
    assert {one.source for one in incident.cause.evidence} == {"ai_predictions/11"}
    world.own(
        "UPDATE ai_anomaly_logs SET ended_at = started_at + interval '2 hours',"
        " detail = detail || E'\\nThe risk fell to 20.0% within 7 days.'"
    )
    clock.at(180)
    await job.run()
    (incident,) = await store.incidents(None)
    assert (incident.status, incident.resolution) == ("resolved", "The risk fell to 20.0% within 7 days.")
    assert [one.text for one in incident.cause.evidence] == [CLAIM, REASON]


async def test_the_trouble_that_was_announced_joins_and_leads(
    job: IncidentJob, world: World, clock: Clock, store: IncidentStore
) -> None:
    detail = "Its disk is at 80 % and reaches 90 % in about 5 days (between 4 days and 6 days)."
    world.anomaly(11, 0, metric="disk_percent", kind="risk", value=80.0, expected=None, upper=90.0, detail=detail)
    clock.at(1)
    await job.run()
    (before,) = await store.incidents(None)
    assert (before.kind, before.category, before.title) == ("risk", "storage", "Disk about to reach its limit")
    later = 5 * 24 * 60
    world.anomaly(11, later, metric="disk_percent", kind="limit", value=91.0, severity="critical")
    clock.at(later + 1)
    await job.run()
    (incident,) = await store.incidents(None)
    assert (incident.id, incident.kind, incident.severity, incident.anomalies) == (before.id, "limit", "critical", 2)


async def test_what_is_announced_is_no_anomaly_no_sign_and_not_the_scans_to_end(world: World, pool: Pool) -> None:
    world.anomaly(11, 0, metric=None, kind="risk", detail=CLAIM)
    world.anomaly(12, 0)
    reader = HealthStore(pool)
    assert [row.anomaly.device for row in await reader.anomalies(None)] == [12]
    assert await reader.count_anomalies(None) == 1
    assert (await PredictionStore(pool).signs(at(-10), at(10)))["devices"] == [12]
    await reader.acquire()
    await reader.close_others([])
    await reader.release()
    assert world.rows("SELECT device FROM ai_anomaly_logs WHERE ended_at IS NULL") == [{"device": 11}]
    assert [one.device for one in await PredictionStore(pool).running_risks()] == [11]
