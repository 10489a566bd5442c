"""Configuration changes that were rolled back are remembered: what went wrong, and that taking them back was the answer."""

from datetime import datetime

import psycopg
import pytest

from ai_gateway.homepot.rollbacks import Rollbacks, RolledBack
from ai_gateway.memory.ingest import RollbackIngest
from ai_gateway.memory.recipe import from_rollback
from ai_gateway.memory.store import MemoryStore
from tests.db.conftest import Opener
from tests.db.memory.conftest import NOW, FaultyEmbedder


async def test_the_sample_fleets_rollback_is_remembered_once(
    open_homepot: Opener,
    homepot_url: str,
    memory: MemoryStore,
    embedder: FaultyEmbedder,
    own: psycopg.Connection,
    now: datetime,
) -> None:
    reader = Rollbacks(await open_homepot(homepot_url))
    ingest = RollbackIngest(reader, memory, embedder, lambda: now, overlap_s=3600, batch_size=2)
    assert await ingest.run() == 1
    assert await ingest.run() == 0
    (row,) = own.execute("SELECT * FROM ai_incident_patterns").fetchall()
    assert row["title"] == "Receipts took 12 seconds to print"
    assert row["description"] == (
        "Receipts took 12 seconds to print. receipt_print_mode was changed from text to graphic. "
        "Reason for the change: Logo on receipts. Category: configuration."
    )
    assert (row["source"], row["category"], row["site_name"]) == ("homepot_change", "configuration", "Building A")
    assert row["cause"] == "receipt_print_mode was changed from text to graphic."
    assert row["resolution"] == "Changed receipt_print_mode back to text."
    assert (row["resolved_at"] - row["occurred_at"]).total_seconds() == 45 * 60
    assert row["device_name"] not in row["description"]


@pytest.mark.parametrize(
    ("old", "told"),
    [(None, "nothing"), ("null", "nothing"), ("3", "3"), ('{"a": 1}', "{'a':1}"), ("{", "{"), ('"on"', "on")],
)
def test_values_are_told_in_a_few_words(old: str | None, told: str) -> None:
    names = ("parameter_name", "change_reason", "rollback_reason", "new_value", "device_id", "device_name")
    change = RolledBack(
        id=1,
        at=NOW,
        resolved_at=NOW,
        old_value=old,
        device_type=None,
        site=None,
        site_name=None,
        **dict.fromkeys(names),
    )
    incident = from_rollback(change)
    assert incident.title == "Change of a setting did not work"
    assert incident.resolution == f"Changed a setting back to {told}."
