"""What reports find is remembered once, as long as it lasts, and what people said of it stays."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.kit.db import Pool
from ai_gateway.memory.finding_store import FindingStore
from ai_gateway.memory.findings import LASTS, Finding, FindingMemory
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.store import MemoryStore
from tests.db.memory.conftest import NOW, FaultyEmbedder

JOB, REPORTER = "a job", "a report"
HEAT = Finding(
    subject="trend/temperature",
    title="Temperature rising day after day",
    details=("By 0.5 °C a day (90 %: 0.4 to 0.6), over 30 days",),
    category="temperature",
    severity="warning",
    began_at=NOW - timedelta(days=30),
    device_id="DEVICE-A",
    device_name="Fridge",
    device_type="iot_sensor",
)


class Days:
    """A report that is made each day."""

    def __init__(self, findings: FindingMemory, own: psycopg.Connection) -> None:
        self.findings = findings
        self.own = own
        self.now = NOW

    def clock(self) -> datetime:
        return self.now

    async def find(self, *found: Finding, days: float = 1, site: int = 1, reporter: str = REPORTER) -> int:
        self.now += timedelta(days=days)
        position = {"at": self.now.isoformat()}
        return await self.findings.remember(reporter, site, f"Store {site}", found, job=JOB, position=position)

    def rows(self) -> list[dict[str, Any]]:
        return self.own.execute("SELECT * FROM ai_incident_patterns ORDER BY id").fetchall()


@pytest.fixture
def days(pool: Pool, memory: MemoryStore, embedder: FaultyEmbedder, own: psycopg.Connection) -> Days:
    findings = FindingMemory(FindingStore(pool), memory, embedder, lambda: made.now)
    made = Days(findings, own)
    return made


def hotter(by: float) -> Finding:
    return msgspec.structs.replace(HEAT, details=(f"By {by} °C a day",))


async def test_a_finding_of_many_days_is_one_incident(days: Days, embedder: FaultyEmbedder) -> None:
    assert await days.find(HEAT) == 1
    assert await days.find(HEAT) == 0
    assert await days.find(hotter(0.7)) == 1
    (row,) = days.rows()
    assert row["description"] == "Temperature rising day after day. By 0.7 °C a day. Category: temperature."
    assert (row["source"], row["source_key"]) == ("finding", "a report/1/trend/temperature/2026-10")
    assert (row["occurred_at"], row["resolved_at"]) == (HEAT.began_at, None)
    assert (row["site"], row["site_name"], row["device_name"]) == (1, "Store 1", "Fridge")
    assert len(embedder.texts) == 2


async def test_it_keeps_its_beginning_though_a_window_moves_on(days: Days) -> None:
    await days.find(HEAT)
    for day in range(40):
        await days.find(msgspec.structs.replace(HEAT, began_at=HEAT.began_at + timedelta(days=day)))
    (row,) = days.rows()
    assert row["occurred_at"] == HEAT.began_at


async def test_one_day_without_it_is_not_its_end(days: Days) -> None:
    await days.find(HEAT)
    await days.find()
    await days.find(HEAT)
    assert days.rows()[0]["resolved_at"] is None
    seen = days.now
    await days.find(days=2)
    assert days.rows()[0]["resolved_at"] is None
    await days.find(days=LASTS.days - 2)
    assert days.rows()[0]["resolved_at"] == seen
    assert not days.own.execute("SELECT * FROM ai_findings").fetchall()


async def test_what_returns_in_the_same_month_is_the_same_and_later_another(days: Days) -> None:
    await days.find(HEAT)
    await days.find(days=4)
    await days.find(HEAT)
    (row,) = days.rows()
    assert row["resolved_at"] is None
    await days.find(days=4)
    await days.find(msgspec.structs.replace(HEAT, began_at=HEAT.began_at + timedelta(days=60)))
    assert [(one["resolved_at"] is None) for one in days.rows()] == [False, True]


async def test_a_report_may_know_the_end(days: Days) -> None:
    ended = NOW - timedelta(days=1)
    await days.find(msgspec.structs.replace(HEAT, ended_at=ended, resolution="Cleaned the fan."))
    await days.find(days=4)
    (row,) = days.rows()
    assert (row["resolved_at"], row["resolution"]) == (ended, "Cleaned the fan.")


async def test_what_people_say_stays(days: Days, pool: Pool) -> None:
    records = RecordStore(pool)
    await days.find(HEAT)
    number = days.rows()[0]["id"]
    told = {"cause": "Dust.", "resolution": "Cleaned the fan.", "helped": True, "resolved_at": days.now}
    assert await records.resolve(number, None, told)
    await days.find(hotter(0.7))
    (row,) = days.rows()
    assert {name: row[name] for name in told} == told
    assert "0.7" in row["description"]
    assert "'fan'" in row["lexemes"]
    assert await days.find(hotter(0.7)) == 0


async def test_what_somebody_deleted_stays_deleted_while_it_lasts(
    days: Days, pool: Pool, embedder: FaultyEmbedder
) -> None:
    await days.find(HEAT)
    await RecordStore(pool).forget(days.rows()[0]["id"], None)
    for day in range(40):
        assert await days.find(msgspec.structs.replace(HEAT, began_at=HEAT.began_at + timedelta(days=day))) == 0
    assert days.rows() == []
    assert len(embedder.texts) == 1


async def test_each_report_and_site_has_its_own(days: Days) -> None:
    for site in (1, 2):
        await days.find(HEAT, site=site)
        await days.find(hotter(0.9), site=site, reporter="weekly")
    assert len(days.rows()) == 4
    await days.find(site=1, days=5)
    assert [one["resolved_at"] is None for one in days.rows()] == [False, True, True, True]
    assert await days.findings.sites("weekly") == {1, 2}


async def test_a_step_is_all_or_nothing(days: Days, embedder: FaultyEmbedder) -> None:
    await days.find()
    before = await days.findings.position(JOB)
    embedder.fails_on = "Temperature"
    with pytest.raises(PartDown):
        await days.find(HEAT)
    assert await days.findings.position(JOB) == before
    assert days.rows() == []
    assert not days.own.execute("SELECT * FROM ai_findings").fetchall()


async def test_it_goes_behind_an_incident_that_is_as_like(days: Days, memory: MemoryStore) -> None:
    """Until it is known what ended it: then it is worth as much."""
    await days.find(HEAT, msgspec.structs.replace(HEAT, subject="other", details=("x",), resolution="Cleaned the fan."))
    days.own.execute(
        "INSERT INTO ai_incident_patterns (source, source_key, content_hash, title, description, severity, category, site,"
        " occurred_at, resolved_at, resolution, recipe, embedding_model, embedding, lexemes, word_weights)"
        " SELECT 'homepot_alert', '9', 'x', title, description, severity, category, site, occurred_at, now(), 'Moved it.',"
        " recipe, embedding_model, embedding, lexemes, word_weights FROM ai_incident_patterns WHERE resolution IS NULL"
    )
    await memory.count_words()
    found = await IncidentMemory(memory, FaultyEmbedder()).recall(f"{HEAT.title}. {HEAT.details[0]}", None, 5)
    assert (found.incidents[0].source, found.incidents[0].resolution) == ("homepot_alert", "Moved it.")
    assert {one.source for one in found.incidents} == {"homepot_alert", "finding"}
    assert (await IncidentMemory(memory, FaultyEmbedder()).recall(HEAT.title, (2,), 5)).incidents == []
