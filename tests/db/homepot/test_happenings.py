"""What prediction reads of HOMEPOT besides readings, against independent SQL, and on an old deployment."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from ai_gateway.homepot.happenings import Happenings
from dev.homepot.load import load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.homepot.schema import strip_to_old
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import OWN_ROWS, Opener, Sql

EXPECTED = {
    "logged_error": "SELECT e.timestamp AS at, d.id AS device FROM error_logs AS e JOIN devices AS d ON d.device_id ="
    " coalesce(e.context ->> 'original_device_id', e.context ->> 'device_id') WHERE lower(e.severity) IN ('error', 'high')",
    "failed_job": "SELECT coalesce(j.completed_at, j.created_at) AS at, d.id AS device FROM jobs AS j JOIN devices AS d"
    " ON d.id = j.device_id OR (j.device_id IS NULL AND d.site_id = j.site_id) WHERE lower(j.status::text) = 'failed'",
    "error_state": "SELECT timestamp AS at, device_id AS device FROM device_state_history WHERE lower(new_state) = 'error'",
    "critical_alert": "SELECT a.timestamp AS at, d.id AS device FROM alerts AS a JOIN devices AS d"
    " ON d.device_id = a.device_id WHERE lower(a.severity) = 'critical'",
}


@pytest.fixture
async def happenings(open_homepot: Opener, homepot_url: str) -> Happenings:
    return Happenings(await open_homepot(homepot_url))


async def test_each_kind_is_told_once_an_hour_of_a_device(happenings: Happenings, sql: Sql, now: datetime) -> None:
    found = await happenings.between(now - timedelta(days=4000), now + timedelta(days=400))
    told = Counter(found.kinds)
    for kind, query in EXPECTED.items():
        hours = {(row["device"], row["at"].replace(minute=0, second=0, microsecond=0)) for row in sql(query)}
        assert told[kind] == len(hours), kind
    assert told["logged_error"] > 0
    assert told["failed_job"] > 0
    assert told["configuration"] > 0


async def test_days_one_after_the_other_tell_what_the_whole_time_does(happenings: Happenings, now: datetime) -> None:
    start = (now - timedelta(days=4)).replace(minute=0, second=0, microsecond=0)
    whole = await happenings.between(start, start + timedelta(days=4))
    rows = set(zip(whole.devices, whole.kinds, whole.at, strict=True))
    parts = set()
    for day in range(4):
        part = await happenings.between(start + timedelta(days=day), start + timedelta(days=day + 1))
        parts |= set(zip(part.devices, part.kinds, part.at, strict=True))
    assert rows <= parts != set()


async def test_every_device_has_its_type_and_age(happenings: Happenings, sql: Sql) -> None:
    found = await happenings.installed()
    rows = sql("SELECT id, lower(device_type) AS type, extract(epoch FROM created_at)::bigint AS at FROM devices")
    expected = {(row["id"], row["type"], row["at"]) for row in rows}
    assert set(zip(found.devices, found.types, found.at, strict=True)) == expected != set()


async def test_an_old_deployment_is_asked_too(open_homepot: Opener, postgres: EmbeddedPostgres, now: datetime) -> None:
    url = postgres.create_database("homepot_old_happenings")
    load_csv(url, OWN_ROWS, now, anchor="telemetry")
    strip_to_old(url)
    happenings = Happenings(await open_homepot(create_reader(url, TRIAL_PASSWORD)))
    found = await happenings.between(now - timedelta(days=400), now)
    assert "logged_error" in found.kinds
    assert (await happenings.installed()).devices
