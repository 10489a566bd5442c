"""`GET /api/ai/jobs/…`: windows and chances from HOMEPOT's schedules and jobs, in the caller's sites."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.api.scan import LOBBY, LOBBY_SITE, Scan
from tests.api.test_predictions import LOBBY_ID
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

WINDOWS, CHANCE = "/api/ai/jobs/windows", "/api/ai/jobs/success-probability"
NOAH = {"X-Homepot-User": "noah@northline.example"}


@pytest.fixture
async def client(client_for: ClientFactory, settings_for: SettingsFactory) -> httpx.AsyncClient:
    return await client_for(settings_for())


@pytest.fixture
def count(homepot_admin_url: str, now: datetime) -> Callable[..., tuple[int, int]]:
    """Jobs of the last 90 days that ended, and how many of them well, by a condition."""

    def counted(where: str, *values: Any) -> tuple[int, int]:
        query = f"""
            SELECT count(*), count(*) FILTER (WHERE j.status <> 'failed')
            FROM jobs AS j JOIN sites AS s ON s.id = j.site_id LEFT JOIN devices AS d ON d.id = j.device_id
            WHERE j.status IN ('completed', 'acknowledged', 'failed') AND j.created_at > %s AND {where}
        """  # noqa: S608 - the conditions are these tests'
        with psycopg.connect(homepot_admin_url) as homepot:
            row = homepot.execute(query, (now - timedelta(days=90), *values)).fetchone()
        assert row is not None
        return row[0], row[1]

    return counted


async def got(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_maintenance_window_of_the_schedule_comes_first(client: httpx.AsyncClient, now: datetime) -> None:
    body = await got(client, f"{WINDOWS}/{LOBBY_SITE}")
    assert (body["site_name"], body["time_zone"], body["schedule"]) == ("Building A", "UTC", True)
    first = body["windows"][0]
    start, end = datetime.fromisoformat(first["start"]), datetime.fromisoformat(first["end"])
    assert (first["kind"], end.hour, start.weekday()) == ("maintenance", 5, 6)
    assert start >= now
    assert first["local"].startswith("Sunday")
    assert "Maintenance 2-5 AM" in first["reason"]
    kinds = [one["kind"] for one in body["windows"]]
    assert kinds == sorted(kinds, key=["maintenance", "closed", "quiet", "peak"].index)
    assert any("SITE_TIME_ZONES" in note for note in body["notes"])


async def test_hours_are_those_of_the_sites_zone(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client = await client_for(settings_for(site_time_zones={"*": "Asia/Tokyo"}))
    body = await got(client, f"{WINDOWS}/{LOBBY_SITE}")
    assert body["time_zone"] == "Asia/Tokyo"
    assert datetime.fromisoformat(body["windows"][0]["end"]).hour == 20  # 05:00 in Tokyo
    assert not any("SITE_TIME_ZONES" in note for note in body["notes"])


async def test_devices_that_do_not_answer_are_told_and_counted(
    client: httpx.AsyncClient, homepot_admin_url: str, now: datetime
) -> None:
    query = """
        SELECT s.site_id, count(*), count(*) FILTER (
            WHERE d.last_heartbeat_at < %(now)s - interval '120 s' OR d.last_heartbeat_at IS NULL
        )
        FROM devices AS d JOIN sites AS s ON s.id = d.site_id
        WHERE s.is_active AND d.is_active AND d.lifecycle_state IN ('active', 'pending') GROUP BY s.site_id
    """
    with psycopg.connect(homepot_admin_url) as homepot:
        sites = homepot.execute(query, {"now": now}).fetchall()
    assert any(silent for _, _, silent in sites)
    for site, in_service, silent in sites:
        body = await got(client, f"{WINDOWS}/{site}")
        assert (body["devices"], body["not_answering"]) == (in_service, silent)
        assert any("would miss a job" in note for note in body["notes"]) == bool(silent)


async def test_hours_in_which_devices_are_off_are_no_time_for_a_job(
    client: httpx.AsyncClient, database_url: str, homepot_admin_url: str, now: datetime
) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        devices = [row[0] for row in homepot.execute("SELECT id FROM devices WHERE site_id = %s", (LOBBY_SITE,))]
    scan = Scan(database_url, now)
    for back in range(1, 73):
        if 8 <= (now - timedelta(hours=back)).hour < 20:
            for device in devices:
                scan.hour(device, LOBBY_SITE, back)
    windows = (await got(client, f"{WINDOWS}/{LOBBY_SITE}"))["windows"]
    assert windows[0]["local"].startswith("Sunday")  # closed all day, though its devices report by day
    assert windows[0]["reachable"] > 0.9
    nights = [one for one in windows if datetime.fromisoformat(one["best_start"]).hour in {*range(7), *range(20, 24)}]
    assert windows[-len(nights) :] == nights
    assert all(one["reachable"] < 0.2 and "would miss the job" in one["reason"] for one in nights)
    assert {one["kind"] for one in nights} == {"closed", "maintenance"}


async def test_a_chance_is_told_with_the_jobs_behind_it(client: httpx.AsyncClient, count: Any) -> None:
    body = await got(client, f"{CHANCE}/{LOBBY_ID}")
    rings = {one["level"]: (one["jobs"], one["succeeded"]) for one in body["cases"]}
    assert rings["device"] == count("j.device_id = %s", LOBBY)
    assert rings["site"] == count("j.site_id = %s AND j.device_id IS DISTINCT FROM %s", LOBBY_SITE, LOBBY)
    assert rings["device_type"] == count("j.site_id <> %s AND d.device_type = 'pos_terminal'", LOBBY_SITE)
    assert rings["fleet"] == count("j.site_id <> %s AND d.device_type IS DISTINCT FROM 'pos_terminal'", LOBBY_SITE)
    assert body["jobs"] == count("true")[0]
    assert 0 < body["low"] < body["probability"] < body["high"] < 1
    assert [one["factor"] for one in body["factors"]] == [
        "device_type_history",
        "site_history",
        "device_history",
        "time_of_day",
        "device_health",
    ]


async def test_only_jobs_of_the_action_count(client: httpx.AsyncClient, count: Any) -> None:
    body = await got(client, f"{CHANCE}/{LOBBY_ID}", action="Firmware")
    assert body["jobs"] == count("j.action ILIKE '%%firmware%%'")[0] > 0
    nothing = await got(client, f"{CHANCE}/{LOBBY_ID}", action="defragment")
    assert (nothing["probability"], nothing["jobs"]) == (None, 0)
    assert "nothing says how likely" in nothing["concerns"][0]
    wild = await client.get(f"{CHANCE}/{LOBBY_ID}", params={"action": "%%"})
    assert wild.status_code == 400


async def test_trouble_of_the_device_counts_where_it_did_before(
    client: httpx.AsyncClient, database_url: str, now: datetime
) -> None:
    well = await got(client, f"{CHANCE}/{LOBBY_ID}")
    scan = Scan(database_url, now)
    scan.anomaly(LOBBY, LOBBY_SITE)
    ill = await got(client, f"{CHANCE}/{LOBBY_ID}")
    notes = [one["factors"][-1]["note"] for one in (well, ill)]
    assert ("without an anomaly" in notes[0], "with an anomaly" in notes[1]) == (True, True)
    assert "The device has an open anomaly: see to it first." in ill["concerns"]
    later = await got(client, f"{CHANCE}/{LOBBY_ID}", at=(now + timedelta(days=3)).isoformat())
    assert "device_health" not in [one["factor"] for one in later["factors"]]  # who knows how it is by then


async def test_a_device_that_does_not_answer_is_a_concern(client: httpx.AsyncClient, homepot_admin_url: str) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute(
            "SELECT device_id FROM devices WHERE lifecycle_state = 'active' AND is_active"
            " AND last_heartbeat_at < now() - interval '1 hour' LIMIT 1"
        ).fetchone()
    assert row is not None
    assert any("does not answer now" in one for one in (await got(client, f"{CHANCE}/{row[0]}"))["concerns"])


async def test_cases_are_those_of_the_callers_sites_alone(
    client_for: ClientFactory, settings_for: SettingsFactory, count: Any, homepot_admin_url: str
) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute("SELECT site_id FROM sites WHERE id = %s", (LOBBY_SITE,)).fetchone()
    assert row is not None
    settings = settings_for()
    client = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, row[0])}"
    body = await got(client, f"{CHANCE}/{LOBBY_ID}")
    assert body["jobs"] == count("j.site_id = %s", LOBBY_SITE)[0]
    assert [one["jobs"] for one in body["cases"][:2]] == [0, 0]


@pytest.mark.parametrize(
    "path", [f"{WINDOWS}/{LOBBY_SITE}", f"{CHANCE}/{LOBBY_ID}", f"{WINDOWS}/NOPE", f"{CHANCE}/NOPE"]
)
async def test_what_a_user_may_not_see_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers=NOAH)).status_code == 404


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (f"{WINDOWS}/1", {"days": 15}),
        (f"{WINDOWS}/1", {"hours": 2}),
        (f"{CHANCE}/{LOBBY_ID}", {"at": "9999-12-31T23:59:59Z"}),
        (f"{CHANCE}/{LOBBY_ID}", {"at": "0001-01-01T00:00:00Z"}),
        (f"{CHANCE}/{LOBBY_ID}", {"at": "tomorrow"}),
    ],
)
async def test_wrong_parameters_are_refused(client: httpx.AsyncClient, path: str, params: dict[str, Any]) -> None:
    answer = await client.get(path, params=params)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
