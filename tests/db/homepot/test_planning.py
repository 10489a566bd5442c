"""What planning reads of HOMEPOT, against independent SQL, within the sites asked for, and on an old deployment."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from ai_gateway.homepot.scoped.planning import JobHistory
from ai_gateway.homepot.scoped.view import Period
from dev.homepot.load import load_csv
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.homepot.schema import strip_to_old
from dev.postgres import EmbeddedPostgres
from tests.db.conftest import OWN_ROWS, Opener, Sql

ENDED = ["completed", "acknowledged", "failed"]
SITE, OTHER = 1, 3


@pytest.fixture
async def history(open_homepot: Opener, homepot_url: str) -> JobHistory:
    return JobHistory(await open_homepot(homepot_url))


@pytest.fixture
def month(now: datetime) -> Period:
    return Period(now - timedelta(days=30), now)


async def test_ends_are_the_sites_jobs_and_no_others(history: JobHistory, month: Period, sql: Sql) -> None:
    found = await history.ends(SITE, month)
    rows = sql(
        "SELECT COALESCE(device_id, 0) AS device, status <> 'failed' AS succeeded, extract(epoch FROM created_at)::bigint AS at"
        " FROM jobs WHERE site_id = %(site)s AND status = ANY(%(ended)s) ORDER BY created_at DESC, id DESC",
        site=SITE,
        ended=ENDED,
    )
    expected = [(row["device"], row["succeeded"], row["at"]) for row in rows]
    assert list(zip(found.devices, found.succeeded, found.at, strict=True)) == expected != []
    empty = await history.ends(98_765, month)
    assert (empty.devices, empty.types, empty.at, empty.succeeded) == ([], [], [], [])


async def test_shares_count_each_job_in_view_once(history: JobHistory, month: Period, sql: Sql) -> None:
    rows = sql("SELECT site_id, status FROM jobs WHERE status = ANY(%(ended)s)", ended=ENDED)
    for sites in (None, (SITE,), (SITE, OTHER), ()):
        shares = await history.shares(sites, SITE, month)
        seen = [row for row in rows if sites is None or row["site_id"] in sites]
        counted = Counter(row["site_id"] == SITE for row in seen)
        assert sum(one.jobs for one in shares if one.here) == counted[True]
        assert sum(one.jobs for one in shares if not one.here) == counted[False]
        assert sum(one.jobs - one.succeeded for one in shares) == sum(row["status"] == "failed" for row in seen)


async def test_an_action_is_a_word_and_no_pattern(history: JobHistory, month: Period) -> None:
    assert sum(one.jobs for one in await history.shares(None, SITE, month, "FIRMWARE")) > 0
    for wild in ("%", "_", "firmware%"):
        assert wild == "_" or await history.shares(None, SITE, month, wild) == []
    assert (await history.ends(SITE, month, "%")).devices == []


async def test_a_schedule_is_one_sites_with_its_peak_and_notes(history: JobHistory) -> None:
    days = await history.opening_days(SITE)
    assert [day.day for day in days] == list(range(7))
    assert {day.site for day in days} == {SITE}
    assert (days[0].peak_from, days[0].peak_until, days[6].notes) == (43_200.0, 50_400.0, "Maintenance 2-5 AM")


async def test_an_old_deployment_is_read_alike(open_homepot: Opener, postgres: EmbeddedPostgres, now: datetime) -> None:
    found = []
    for name in ("homepot_jobs", "homepot_jobs_old"):
        url = postgres.create_database(name)
        load_csv(url, OWN_ROWS, now, anchor="telemetry")
        if name.endswith("old"):
            strip_to_old(url)
        history = JobHistory(await open_homepot(create_reader(url, TRIAL_PASSWORD)))
        year = Period(now - timedelta(days=365), now)
        reads = [await history.ends(1, year), await history.shares(None, 1, year), await history.opening_days(1)]
        found.append(reads)
    assert found[0] == found[1]
    assert found[0][0].devices
