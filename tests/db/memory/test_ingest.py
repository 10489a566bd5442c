"""Each resolved alert is remembered once, whatever happens on the way."""

import asyncio
from datetime import datetime, timedelta

import psycopg
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import DEFAULT_MODEL
from ai_gateway.kit.db import Pool
from ai_gateway.kit.errors import Unavailable
from ai_gateway.memory import ingest as ingest_module
from ai_gateway.memory.ingest import JOB, AlertIngest
from ai_gateway.memory.recipe import MAX_CHARS, MAX_NOTE_CHARS, RECIPE, describe, from_alert
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.upkeep import MemoryUpkeep
from tests.db.memory.conftest import NOW, FaultyEmbedder, Homepot, alert


def keys(own: psycopg.Connection) -> list[int]:
    return [int(row["source_key"]) for row in own.execute("SELECT source_key FROM ai_incident_patterns ORDER BY id")]


async def mark(memory: MemoryStore) -> datetime | None:
    position = await memory.watermark(JOB)
    return datetime.fromisoformat(position["resolved_at"]) if position else None


async def test_every_alert_is_stored_once_in_the_order_of_resolution(
    ingest: AlertIngest, homepot: Homepot, memory: MemoryStore, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(number, minutes_ago=1000 - number) for number in (3, 1, 5, 2, 4)]
    assert await ingest.run() == 5
    assert keys(own) == [1, 2, 3, 4, 5]
    assert await mark(memory) == homepot.alerts[2].resolved_at
    assert await ingest.run() == 0
    assert keys(own) == [1, 2, 3, 4, 5]


async def test_nothing_to_do_is_done_quickly(ingest: AlertIngest, memory: MemoryStore) -> None:
    assert await ingest.run() == 0
    assert await mark(memory) is None


async def test_alerts_resolved_at_the_same_moment_are_all_kept(
    ingest: AlertIngest, homepot: Homepot, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(number, minutes_ago=10) for number in range(1, 8)]
    assert await ingest.run() == 7
    assert keys(own) == [1, 2, 3, 4, 5, 6, 7]


async def test_a_long_history_is_remembered_in_several_rounds(
    ingest: AlertIngest, homepot: Homepot, own: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where more was resolved at one moment than a round takes."""
    monkeypatch.setattr(ingest_module, "ROUND_S", 0.0)
    homepot.alerts = [alert(number, minutes_ago=10 if number < 6 else 9) for number in range(1, 8)]
    rounds = []
    while stored := await ingest.run():
        rounds.append(stored)
    assert len(rounds) > 1
    assert keys(own) == [1, 2, 3, 4, 5, 6, 7]


async def test_after_a_failure_it_goes_on_where_it_stopped(
    ingest: AlertIngest, homepot: Homepot, memory: MemoryStore, embedder: FaultyEmbedder, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(number, minutes_ago=10_000 - 100 * number) for number in range(1, 8)]
    embedder.fails_on = "Alert 5"
    with pytest.raises(PartDown):
        await ingest.run()
    assert keys(own) == [1, 2, 3, 4]
    assert await mark(memory) == homepot.alerts[3].resolved_at
    embedder.fails_on = None
    before = len(embedder.texts)
    assert await ingest.run() == 3
    assert keys(own) == [1, 2, 3, 4, 5, 6, 7]
    assert len(embedder.texts) == before + 3


async def test_rows_and_watermark_are_one_transaction(
    ingest: AlertIngest, homepot: Homepot, memory: MemoryStore, own: psycopg.Connection
) -> None:
    own.execute("ALTER TABLE ai_watermarks ADD CONSTRAINT refuse CHECK (job <> 'remember_resolved_alerts')")
    homepot.alerts = [alert(1, minutes_ago=10)]
    with pytest.raises(psycopg.errors.CheckViolation):
        await ingest.run()
    assert keys(own) == []
    own.execute("ALTER TABLE ai_watermarks DROP CONSTRAINT refuse")
    own.execute("ALTER TABLE ai_incident_patterns ADD CONSTRAINT refuse CHECK (source_key <> '2')")
    homepot.alerts = [alert(1, minutes_ago=10), alert(2, minutes_ago=5)]
    with pytest.raises(psycopg.errors.CheckViolation):
        await ingest.run()
    assert keys(own) == []
    assert await mark(memory) is None


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"resolution_notes": "What really helped."},
        {"severity": "critical"},
        {"site": 2},
        {"device_id": None},
    ],
)
async def test_a_changed_alert_replaces_itself_and_only_a_new_text_is_embedded(
    ingest: AlertIngest, homepot: Homepot, embedder: FaultyEmbedder, own: psycopg.Connection, change: dict[str, object]
) -> None:
    homepot.alerts = [alert(1, minutes_ago=20), alert(2, minutes_ago=10)]
    await ingest.run()
    homepot.alerts[0] = alert(1, minutes_ago=20, **change)
    before = len(embedder.texts)
    assert await ingest.run() == 1
    assert len(embedder.texts) == before + ("title" in change)
    assert sorted(keys(own)) == [1, 2]
    ((name, value),) = change.items()
    column = {"title": "description", "resolution_notes": "resolution"}.get(name, name)
    row = own.execute(f"SELECT {column} AS value FROM ai_incident_patterns WHERE source_key = '1'").fetchone()  # noqa: S608
    assert str(value) in str(row["value"])


async def test_what_people_said_of_an_alert_stays_when_it_is_read_again(
    ingest: AlertIngest, homepot: Homepot, pool: Pool, memory: MemoryStore, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(1, minutes_ago=20)]
    await ingest.run()
    records, (row,) = RecordStore(pool), own.execute("SELECT id FROM ai_incident_patterns").fetchall()
    said = {"resolution": "Exchanged the thermostat.", "cause": None, "helped": True}
    assert await records.resolve(row["id"], None, said)
    homepot.alerts = [alert(1, minutes_ago=20, device_name="Till 2", resolution_notes="Restarted it again.")]
    assert await ingest.run() == 1
    found = await records.find(row["id"], None)
    assert found is not None
    assert (found.device_name, found.resolution, found.cause, found.helped) == ("Till 2", *said.values())
    assert found.resolved_at == homepot.alerts[0].resolved_at
    await MemoryUpkeep(memory, FaultyEmbedder(), batch_size=2).run()
    (held,) = own.execute("SELECT recipe, lexemes::text AS words FROM ai_incident_patterns").fetchall()
    assert held["recipe"] == RECIPE
    assert "thermostat" in held["words"]


async def test_a_text_without_end_holds_up_nobody(
    ingest: AlertIngest, homepot: Homepot, own: psycopg.Connection
) -> None:
    """More words than Postgres indexes of one row: whoever may write an alert must not be able to stop memory."""
    log = " ".join(f"w{number}x" for number in range(200_000))
    homepot.alerts = [
        alert(1, minutes_ago=20, title=log, description=log, resolution_notes=log),
        alert(2, minutes_ago=10),
    ]
    assert await ingest.run() == 2
    assert keys(own) == [1, 2]
    (row,) = own.execute("SELECT resolution FROM ai_incident_patterns WHERE source_key = '1'").fetchall()
    assert row["resolution"] == log[:MAX_NOTE_CHARS]


async def test_what_was_resolved_before_it_occurred_took_no_time(
    ingest: AlertIngest, homepot: Homepot, own: psycopg.Connection
) -> None:
    """HOMEPOT's agents write local time where its server writes UTC."""
    homepot.alerts = [alert(1, minutes_ago=20, at=NOW)]
    await ingest.run()
    (row,) = own.execute("SELECT occurred_at, resolved_at FROM ai_incident_patterns").fetchall()
    assert row["resolved_at"] == row["occurred_at"] == NOW


async def test_alerts_that_say_the_same_are_embedded_once(
    ingest: AlertIngest, homepot: Homepot, memory: MemoryStore, embedder: FaultyEmbedder, own: psycopg.Connection
) -> None:
    """Within a page and over pages: the same fault of many devices is one text."""
    homepot.alerts = [
        alert(
            number, minutes_ago=100 - number, title=f"Fault {number % 2}", device_id=f"D-{number}", device_name="Till"
        )
        for number in range(1, 13)
    ]
    assert await ingest.run() == 12
    assert keys(own) == list(range(1, 13))
    assert sorted(embedder.texts) == [f"Fault {kind}. Category: network." for kind in (0, 1)]
    found = await memory.vectors([*embedder.texts, "Fault 2"], DEFAULT_MODEL)
    assert sorted(found) == sorted(embedder.texts)
    rows = own.execute(
        "SELECT description, count(DISTINCT embedding::text) AS vectors FROM ai_incident_patterns GROUP BY 1"
    )
    assert all(row["vectors"] == 1 for row in rows)


@pytest.mark.parametrize(("alerts", "readings"), [(0, 1), (4, 1), (5, 2), (11, 3)])
async def test_homepot_is_read_in_large_pages_and_not_for_nothing(
    ingest: AlertIngest, homepot: Homepot, own: psycopg.Connection, alerts: int, readings: int
) -> None:
    """Each reading goes through all its alerts (`READ_AT_ONCE`, here 5); a page with room left was the last."""
    homepot.alerts = [alert(number, minutes_ago=10) for number in range(1, alerts + 1)]
    assert await ingest.run() == alerts
    assert keys(own) == list(range(1, alerts + 1))
    assert homepot.readings == readings


async def test_another_embedding_model_makes_every_vector_anew(
    ingest: AlertIngest, homepot: Homepot, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(1, minutes_ago=20)]
    await ingest.run()
    own.execute("UPDATE ai_incident_patterns SET embedding_model = 'an older model'")
    assert await ingest.run() == 1


async def test_latecomers_within_the_overlap_are_found(
    ingest: AlertIngest, homepot: Homepot, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(1, minutes_ago=10)]
    await ingest.run()
    homepot.alerts += [alert(2, minutes_ago=69), alert(3, minutes_ago=71)]
    assert await ingest.run() == 1
    assert sorted(keys(own)) == [1, 2]


async def test_a_resolution_in_the_future_does_not_hide_later_ones(
    ingest: AlertIngest, homepot: Homepot, memory: MemoryStore, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(1, minutes_ago=-60 * 24 * 365)]
    assert await ingest.run() == 1
    assert await mark(memory) == NOW
    homepot.alerts.append(alert(2, minutes_ago=5))
    assert await ingest.run() == 1
    assert sorted(keys(own)) == [1, 2]


async def test_a_watermark_never_goes_back(ingest: AlertIngest, homepot: Homepot, memory: MemoryStore) -> None:
    homepot.alerts = [alert(number, minutes_ago=30 - number) for number in range(1, 6)]
    await ingest.run()
    newest = await mark(memory)
    await ingest.run()
    assert await mark(memory) == newest == NOW - timedelta(minutes=25)


async def test_two_workers_at_once_store_nothing_twice(
    homepot: Homepot, memory: MemoryStore, embedder: FaultyEmbedder, own: psycopg.Connection
) -> None:
    homepot.alerts = [alert(number, minutes_ago=1000 - number) for number in range(1, 30)]
    workers = [AlertIngest(homepot, memory, embedder, lambda: NOW, overlap_s=3600, batch_size=3) for _ in range(3)]
    await asyncio.gather(*(worker.run() for worker in workers))
    assert sorted(keys(own)) == list(range(1, 30))


async def test_without_its_database_it_says_so(memory: MemoryStore, ingest: AlertIngest, homepot: Homepot) -> None:
    homepot.alerts = [alert(1, minutes_ago=10)]
    await memory._pool.close()
    with pytest.raises(Unavailable, match="gateway's own database"):
        await ingest.run()


@pytest.mark.parametrize(
    ("title", "description", "text"),
    [
        ("High CPU", "It is slow", "High CPU. It is slow. Category: network."),
        ("High CPU!", None, "High CPU! Category: network."),
        (" High CPU ", " ", "High CPU. Category: network."),
        ("", "Only this?", "Only this? Category: network."),
    ],
)
def test_the_text_that_is_embedded(title: str, description: str | None, text: str) -> None:
    assert describe(title, description, "network") == text
    assert len(describe("x" * 5000, "y", "network")) == MAX_CHARS


def test_names_of_devices_stay_out_of_the_text_but_change_the_digest() -> None:
    one, other = from_alert(alert(1, 5)), from_alert(alert(1, 5, device_id="DEVICE-B", device_name="Other"))
    assert one.description == other.description
    assert "Till" not in one.description
    assert one.content_hash != other.content_hash
    assert from_alert(alert(1, 5)).content_hash == one.content_hash
