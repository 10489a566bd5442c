"""Whatever ends a worker, wherever: the same anomalies, each reading counted once, and rows taken up in order."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ai_gateway.health.store import LOCK_KEY
from ai_gateway.kit.errors import Unavailable
from tests.db.health.conftest import NOW, Hire, Rows, Sql, Worker, stored

SMALL = {"health_page_rows": 1000, "health_history_days": 0.25, "health_state_interval_s": 0.0}
"""Pages so small that six hours are several, and state that is stored with each of them."""


_WHOLE: dict[str, Rows] = {}


@pytest.fixture
async def whole(hire: Hire, own: Sql) -> dict[str, Rows]:
    """What an undisturbed scan stores; made once."""
    if not _WHOLE:
        worker = await hire(**SMALL)
        await worker.run()
        await worker.scan.close()
        _WHOLE.update(stored(own))
        own(
            "TRUNCATE ai_anomaly_logs, ai_reading_hours, ai_device_health, ai_site_health, ai_detector_state,"
            " ai_watermarks"
        )
    assert len(_WHOLE["anomalies"]) > 10
    return _WHOLE


class Fault(Exception):  # noqa: N818 - what a test injects
    """The worker is gone."""


def failing(worker: Worker, method: str, at: int, *, after: bool, error: Callable[[], Exception] = Fault) -> None:
    """Let the ``at``-th call of a store's or a telemetry's method fail, before or after it has done its work."""
    owner: Any = worker.store if hasattr(worker.store, method) else worker.scan._telemetry
    real, calls = getattr(owner, method), 0

    async def fails(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and not after:
            raise error()
        result = await real(*args, **named)
        if calls == at:
            raise error()
        return result

    setattr(owner, method, fails)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("page", [1, 4])
@pytest.mark.parametrize("interval_s", [0.0, 1e9])
async def test_a_worker_that_dies_at_any_page_is_followed_by_one_that_goes_on(
    hire: Hire, own: Sql, whole: dict[str, Rows], page: int, interval_s: float, *, after: bool
) -> None:
    settings = {**SMALL, "health_state_interval_s": interval_s}
    first = await hire(**settings)
    failing(first, "save_page", page, after=after)
    with pytest.raises(Fault):
        await first.run()
    await first.scan.close()
    await (await hire(**settings)).run()
    assert stored(own) == whole


async def test_a_worker_goes_on_by_itself_after_a_failure_and_after_several(
    hire: Hire, own: Sql, whole: dict[str, Rows]
) -> None:
    worker = await hire(**SMALL)
    for method, at in (("save_page", 2), ("readings", 1), ("save_standing", 1)):
        failing(worker, method, at, after=True)
        with pytest.raises(Fault):
            await worker.run()
    await worker.run()
    assert stored(own) == whole


async def test_while_homepot_is_down_the_round_is_postponed_and_nothing_is_lost(
    hire: Hire, own: Sql, whole: dict[str, Rows]
) -> None:
    worker = await hire(**SMALL)
    failing(worker, "readings", 2, after=False, error=lambda: Unavailable("homepot-database", "down"))
    with pytest.raises(Unavailable):
        await worker.run()
    await worker.run()
    assert stored(own) == whole


async def test_a_lost_connection_to_the_own_database_costs_the_lock_and_nothing_else(
    hire: Hire, own: Sql, whole: dict[str, Rows]
) -> None:
    worker = await hire(**SMALL)
    real = worker.store.save_page
    cut = False

    async def cut_off(*args: Any) -> None:
        nonlocal cut
        if not cut:
            cut = True
            own(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %(key)s"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                key=LOCK_KEY,
            )
        await real(*args)

    worker.store.save_page = cut_off  # type: ignore[method-assign]
    with pytest.raises(Unavailable, match="gateway's own database"):
        await worker.run()
    await worker.run()
    assert stored(own) == whole


async def test_a_page_is_stored_whole_or_not_at_all(hire: Hire, own: Sql) -> None:
    worker = await hire(**SMALL)
    own("ALTER TABLE ai_watermarks ADD CONSTRAINT refuse CHECK (job <> 'scan_health')")
    with pytest.raises(psycopg.errors.CheckViolation):
        await worker.run()
    assert all(rows == [] for rows in stored(own).values())
    assert own("SELECT 1 AS one FROM ai_detector_state") == []


async def test_of_two_workers_one_scans_and_the_other_takes_over(hire: Hire, own: Sql, whole: dict[str, Rows]) -> None:
    workers = [await hire(**SMALL) for _ in range(3)]
    rows = await asyncio.gather(*(worker.run() for worker in workers))
    assert sorted(rows)[:2] == [0, 0]
    assert max(rows) > 3000
    assert stored(own) == whole
    holder = workers[rows.index(max(rows))]
    others = [worker for worker in workers if worker is not holder]
    assert [await worker.run() for worker in others] == [0, 0]
    assert not own("SELECT 1 AS one FROM ai_watermarks WHERE updated_at < now() - interval '1 hour'")
    await holder.scan.close()
    await others[0].run()
    assert await holder.run() == 0
    assert stored(own) == whole


async def test_rows_are_taken_up_alike_as_they_come_and_all_at_once(
    hire: Hire, own: Sql, homepot: Sql, whole: dict[str, Rows]
) -> None:
    homepot("CREATE TABLE later AS SELECT * FROM device_metrics WHERE timestamp > %(from_)s", from_=_ago(hours=2))
    homepot("DELETE FROM device_metrics WHERE id IN (SELECT id FROM later)")
    worker = await hire(**SMALL)
    await worker.run()
    for number in range(0, 60, 20):
        homepot(
            "INSERT INTO device_metrics SELECT * FROM later ORDER BY id LIMIT (SELECT count(*) / 3 FROM later)"
            " OFFSET (SELECT count(*) FROM later) * %(number)s / 60",
            number=number,
        )
        await worker.run()
    await worker.run()
    missing = homepot("SELECT count(*) AS rows FROM later WHERE id NOT IN (SELECT id FROM device_metrics)")[0]["rows"]
    homepot("INSERT INTO device_metrics SELECT * FROM later WHERE id NOT IN (SELECT id FROM device_metrics)")
    assert await worker.run() == missing
    found = stored(own)
    late = {"silence"}
    assert [row for row in found["anomalies"] if row["kind"] not in late] == [
        row for row in whole["anomalies"] if row["kind"] not in late
    ]
    assert found["hours"] == whole["hours"]


def _ago(**how_long: float) -> Any:
    return (NOW - timedelta(**how_long)).replace(tzinfo=None)


async def test_a_row_whose_transaction_ends_late_is_seen(hire: Hire, own: Sql, homepot: Sql, clinic_url: str) -> None:
    worker = await hire(health_history_days=0.1)
    await worker.run()
    insert = (
        'INSERT INTO device_metrics ("timestamp", device_id, cpu_percent) SELECT %s, id, %s FROM devices'
        " WHERE name = 'Lobby Terminal' RETURNING id"
    )
    count = "SELECT sum(samples[1])::int AS samples FROM ai_reading_hours"
    before = own(count)[0]["samples"]
    with psycopg.connect(clinic_url) as slow:
        row = slow.execute(insert.encode(), (_ago(seconds=40), 31.0)).fetchone()
        homepot(insert.replace("%s", "%(at)s", 1).replace("%s", "%(value)s", 1), at=_ago(seconds=20), value=32.0)
        assert await worker.run() == 1
        assert own(count)[0]["samples"] == before + 1
        slow.commit()
    assert await worker.run() == 1
    assert own(count)[0]["samples"] == before + 2
    assert row is not None
    await worker.scan.close()
    assert (
        await (await hire(health_history_days=0.1)).run() > 1
    )  # once more for the state, which was stored before; never for the sums
    assert own(count)[0]["samples"] == before + 2


async def test_another_version_learns_anew_without_raising_the_past_again(
    hire: Hire, own: Sql, whole: dict[str, Rows]
) -> None:
    worker = await hire(**SMALL)
    await worker.run()
    await worker.scan.close()
    own("UPDATE ai_detector_state SET version = 'older'")
    own(
        "UPDATE ai_anomaly_logs SET kind = 'gone' WHERE id = (SELECT min(id) FROM ai_anomaly_logs WHERE ended_at IS NULL)"
    )
    await (await hire(**SMALL)).run()
    assert stored(own)["hours"] == whole["hours"]
    assert len(own("SELECT 1 AS one FROM ai_anomaly_logs WHERE kind = 'gone' AND ended_at = last_at")) == 1
    assert own("SELECT DISTINCT version <> 'older' AS newer FROM ai_detector_state") == [{"newer": True}]
    before = {(row["device"], row["kind"], row["metric"], row["started_at"]) for row in whole["anomalies"]}
    after = {(row["device"], row["kind"], row["metric"], row["started_at"]) for row in stored(own)["anomalies"]}
    assert {row for row in after - before if row[1] not in {"gone", "silence"}} == set()


async def test_a_homepot_whose_ids_began_anew_is_read_from_the_start(hire: Hire, own: Sql, homepot: Sql) -> None:
    worker = await hire(health_history_days=0.1)
    await worker.run()
    homepot("TRUNCATE device_metrics, device_state_history, health_checks")
    homepot(
        'INSERT INTO device_metrics (id, "timestamp", device_id, cpu_percent)'
        " SELECT row_number() OVER (), %(at)s, id, 5 FROM devices WHERE name LIKE 'Checkout%%'",
        at=_ago(minutes=1),
    )
    assert await worker.run() == 3
    assert await worker.run() == 0
    assert own(
        "SELECT position -> 'readings' -> 'place' ->> 0 AS place FROM ai_watermarks WHERE job = 'scan_health'"
    ) == [{"place": "3"}]


async def test_an_empty_homepot_is_scanned_quietly(hire: Hire, own: Sql, homepot: Sql) -> None:
    homepot("TRUNCATE devices CASCADE")
    worker = await hire(health_history_days=0.1)
    assert await worker.run() == 0
    assert await worker.run() == 0
    assert all(rows == [] for rows in stored(own).values())


async def test_a_long_catch_up_lets_other_jobs_have_their_turn(
    hire: Hire, own: Sql, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Rows]
) -> None:
    monkeypatch.setattr("ai_gateway.health.scanner.ROUND_S", 0.0)
    worker = await hire(**SMALL)
    rounds = 0
    while await worker.run():
        rounds += 1
    assert rounds >= 3
    found = stored(own)
    assert found["hours"] == whole["hours"]
    assert [row for row in found["anomalies"] if row["kind"] != "silence"] == [
        row for row in whole["anomalies"] if row["kind"] != "silence"
    ]
