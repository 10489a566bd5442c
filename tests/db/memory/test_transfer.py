"""Memory can be carried elsewhere, and an import that was interrupted goes on."""

import io

import msgspec
import psycopg
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.kit.db import Pool
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.transfer import PAGE, BadLineError, read_lines, write_lines
from tests.db.memory.conftest import NOW, FaultyEmbedder, kept

MANY = [
    kept(str(number), f"Incident {number}. It went wrong.", cause="Dust.", helped=True)
    for number in range(2 * PAGE + 9)
]


async def exported(pool: Pool) -> bytes:
    file = io.BytesIO()
    await write_lines(RecordStore(pool).export(), file)
    return file.getvalue()


@pytest.fixture
async def lines(pool: Pool, memory: MemoryStore, own: psycopg.Connection) -> list[bytes]:
    """An export of many incidents; memory is empty again."""
    await memory.save(MANY, [[0.0] * 768] * len(MANY), "none", "test", {})
    file = await exported(pool)
    own.execute("TRUNCATE ai_incident_patterns CASCADE")
    return file.splitlines()


async def test_everything_is_carried_over(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    assert await read_lines(lines, memory, embedder) == (len(MANY), 0)
    assert embedder.texts == [one.description for one in MANY]
    assert (await exported(pool)).splitlines() == lines
    assert (await memory.word_counts(["dust"])).documents == {"dust": len(MANY)}


async def test_an_import_that_failed_goes_on_where_it_stopped(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    embedder.fails_on = f"Incident {PAGE + 3}."
    with pytest.raises(PartDown):
        await read_lines(lines, memory, embedder)
    embedder.fails_on = None
    assert await read_lines(lines, memory, embedder) == (len(MANY) - PAGE, PAGE)
    assert sorted(embedder.texts) == sorted(one.description for one in MANY)
    assert (await exported(pool)).splitlines() == lines


async def test_lines_that_say_the_same_are_embedded_once(
    memory: MemoryStore, embedder: FaultyEmbedder, own: psycopg.Connection
) -> None:
    same = [msgspec.json.encode(kept(str(number), f"Fault {number % 3}.")) for number in range(2 * PAGE)]
    assert await read_lines(same, memory, embedder) == (2 * PAGE, 0)
    assert sorted(embedder.texts) == ["Fault 0.", "Fault 1.", "Fault 2."]
    (row,) = own.execute("SELECT count(*) AS rows, count(DISTINCT source_key) AS keys FROM ai_incident_patterns")
    assert (row["rows"], row["keys"]) == (2 * PAGE, 2 * PAGE)


async def test_a_second_import_changes_nothing(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder
) -> None:
    await read_lines(lines, memory, embedder)
    assert await read_lines([*lines, b"", b" \n"], memory, embedder) == (0, len(MANY))


async def test_a_line_twice_is_one_incident(lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder) -> None:
    assert await read_lines([lines[0], lines[0]], memory, embedder) == (1, 0)


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"source": "x"}', b"\xff", b'{"source": 1}'])
async def test_a_line_that_is_no_incident_is_named(
    line: bytes, lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder
) -> None:
    with pytest.raises(BadLineError, match="Line 3 is not an incident"):
        await read_lines([*lines[:2], line], memory, embedder)
    assert (await memory.statistics()).incidents == 0


async def test_times_without_a_zone_are_utc(
    memory: MemoryStore, embedder: FaultyEmbedder, lines: list[bytes], own: psycopg.Connection
) -> None:
    naive = lines[0].replace(b'12:00:00Z"', b'12:00:00"')
    assert naive != lines[0]
    await read_lines([naive], memory, embedder)
    assert own.execute("SELECT occurred_at FROM ai_incident_patterns").fetchone()["occurred_at"] == NOW
