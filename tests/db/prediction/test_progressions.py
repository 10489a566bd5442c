"""Past failures that began as a device's last days look: found by the round, kept with their sites, read within the caller's."""

from datetime import timedelta

import numpy as np
import pytest

from ai_gateway.kit.db import Pool
from ai_gateway.prediction.store import PredictionStore
from ai_gateway.prediction.types import Prediction
from tests.db.prediction.rows import NOW, Database, Time, hire

MIDNIGHT = NOW.replace(hour=0)
DAYS, AGO = 80, 20
FAILED = MIDNIGHT - timedelta(days=AGO)
MINE, OTHERS = 1, 2
SITES = {0: MINE, 1: OTHERS, 2: MINE, **dict.fromkeys(range(3, 12), MINE)}
"""Devices 0 and 1 failed, 2 fills up as they did, the others are as ever."""


@pytest.fixture
def filling(database: Database) -> Database:
    """Disks that filled by two points a day for twelve days, and were cleared when they had failed."""
    rng = np.random.default_rng(2)
    day = np.arange(DAYS)
    for device, site in SITES.items():
        database.run("INSERT INTO ai_device_health (device, site, status) VALUES (%s, %s, 'healthy')", (device, site))
        end = {0: DAYS - AGO, 1: DAYS - AGO, 2: DAYS + 2}.get(device, -1)
        course = np.where((day >= end - 14) & (day < end), 2.5 * (day - end + 14), 0)
        database.days(device, (50 + rng.normal(0, 0.3, DAYS) + course).tolist(), MIDNIGHT)
    for device in (0, 1):
        database.run(
            "INSERT INTO ai_anomaly_logs (device, site, kind, metric, started_at, last_at, ended_at, severity, score)"
            " VALUES (%s, %s, 'limit', 'disk_percent', %s, %s, %s, 'critical', 2)",
            (device, SITES[device], FAILED, FAILED, FAILED + timedelta(hours=5)),
        )
    return database


async def read(pool: Pool, device: int, *sites: int) -> Prediction:
    found = await PredictionStore(pool).prediction(sites or None, device)
    assert found is not None
    return found


async def test_a_round_keeps_the_failures_that_began_alike_and_each_caller_sees_those_of_his_sites(
    filling: Database, pool: Pool
) -> None:
    await hire(pool, Time()).run()
    found = (await read(pool, 2)).progressions
    assert found is not None
    assert sorted((one.device, one.site, one.at, one.kind, one.metric) for one in found.past) == [
        (0, MINE, FAILED, "critical", "disk_percent"),
        (1, OTHERS, FAILED, "critical", "disk_percent"),
    ]
    for one in found.past:
        assert one.similarity > 0.9
        assert one.before_h in {24, 48, 72}
        (disk,) = one.alike
        assert (disk.name, disk.event, disk.share) == ("disk_percent", False, 1)
        assert disk.now == pytest.approx(disk.then, abs=3)
    mine = (await read(pool, 2, MINE)).progressions
    assert mine is not None
    assert [one.device for one in mine.past] == [0]
    flat = (await read(pool, 5)).progressions
    assert (flat and flat.unusual, flat and flat.past) == (False, ())
    filling.run("UPDATE ai_predictions SET progressions = NULL")
    assert (await read(pool, 2)).progressions is None


INCIDENT = (
    "INSERT INTO ai_incidents (id, status, severity, category, kind, metric, title, scope, site, sites, opened_at, last_at,"
    " resolution, cause, revision) VALUES (md5(%s)::uuid, 'resolved', 'critical', 'storage', %s, 'disk_percent', %s,"
    ' \'device\', %s, ARRAY[%s], %s, %s, %s, \'{"kind": "filling", "text": "It filled up."}\', 1)'
)
MEMORY = (
    "INSERT INTO ai_incident_patterns (source, source_key, content_hash, title, description, severity, category, site,"
    " device_id, occurred_at, resolution, helped, embedding_model)"
    " VALUES ('homepot_alert', %s, 'x', %s, 'd', 'critical', 'storage', %s, %s, %s, %s, %s, 'm')"
)


def incident(database: Database, device: int, title: str, resolution: str | None, kind: str = "limit") -> None:
    site, end = SITES[device], FAILED + timedelta(hours=5)
    database.run(INCIDENT, (title, kind, title, site, site, FAILED, end, resolution))
    database.run("INSERT INTO ai_incident_devices VALUES (md5(%s)::uuid, %s, %s)", (title, device, site))


async def test_what_was_done_is_that_of_the_incident_or_memory_of_the_device_at_that_time(
    filling: Database, pool: Pool
) -> None:
    await hire(pool, Time()).run()
    found = (await read(pool, 2)).progressions
    assert found is not None
    past = sorted(found.past, key=lambda one: one.device)
    store, keys = PredictionStore(pool), ["DEVICE-0", "DEVICE-1"]
    assert await store.done_about(None, past, keys) == {}
    assert await store.done_about(None, [], []) == {}
    incident(filling, 0, "Disk full", None)
    incident(filling, 0, "Risk", "Of no failure", kind="risk")
    filling.run(MEMORY, ("8", "Long before", MINE, "DEVICE-0", FAILED - timedelta(days=9), "Nothing", False))
    silent = (await store.done_about(None, past, keys))[0]
    assert (silent.title, silent.cause, silent.resolution, silent.helped) == ("Disk full", "It filled up.", None, None)
    assert silent.incident_id is not None
    later = FAILED + timedelta(hours=2)
    filling.run(MEMORY, ("9", "Disk alert", MINE, "DEVICE-0", later, "Cleared the logs", True))
    incident(filling, 1, "Other disk full", "Swapped the disk")
    done = await store.done_about(None, past, keys)
    assert [(one.title, one.resolution, one.helped) for one in done.values()] == [
        ("Disk alert", "Cleared the logs", True),
        ("Other disk full", "Swapped the disk", None),
    ]
    assert list(await store.done_about((MINE,), past, keys)) == [0]
    told = "UPDATE ai_incident_patterns SET source = 'incident', source_key = md5('Other disk full')::uuid::text, helped = %s"
    filling.run(told + " WHERE source_key = '9'", (False,))
    assert (await store.done_about((OTHERS,), past, keys))[1].helped is False
