"""Memory can be carried elsewhere, and an import that was interrupted goes on."""

import io

import msgspec
import psycopg
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.kit.db import Pool
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.transfer import PAGE, BadLineError, Imported, read_lines, write_lines
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
    assert await read_lines(lines, memory, embedder) == Imported(len(MANY))
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
    assert await read_lines(lines, memory, embedder) == Imported(len(MANY) - PAGE, PAGE)
    assert sorted(embedder.texts) == sorted(one.description for one in MANY)
    assert (await exported(pool)).splitlines() == lines


async def test_lines_that_say_the_same_are_embedded_once(
    memory: MemoryStore, embedder: FaultyEmbedder, own: psycopg.Connection
) -> None:
    same = [msgspec.json.encode(kept(str(number), f"Fault {number % 3}.")) for number in range(2 * PAGE)]
    assert await read_lines(same, memory, embedder) == Imported(2 * PAGE)
    assert sorted(embedder.texts) == ["Fault 0.", "Fault 1.", "Fault 2."]
    (row,) = own.execute("SELECT count(*) AS rows, count(DISTINCT source_key) AS keys FROM ai_incident_patterns")
    assert (row["rows"], row["keys"]) == (2 * PAGE, 2 * PAGE)


async def test_a_second_import_changes_nothing(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder
) -> None:
    await read_lines(lines, memory, embedder)
    assert await read_lines([*lines, b"", b" \n"], memory, embedder) == Imported(0, len(MANY))


async def test_a_line_twice_is_one_incident(lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder) -> None:
    assert await read_lines([lines[0], lines[0]], memory, embedder) == Imported(1)


WRONG: tuple[dict[str, object], ...] = (
    {"description": " "},
    {"source": ""},
    {"source_key": "k" * 501},
    {"severity": ""},
    {"category": "\x00"},
    {"site": 2**31},
    {"by_hand": ["title"]},
    {"resolutoin": "Blew the dust out."},
)


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b'{"source": "x"}', b"\xff", b'{"source": 1}', b'{"source": "\\ud800"}', b"[" * 100_000]
    + [msgspec.json.encode({**msgspec.to_builtins(MANY[0]), **wrong}) for wrong in WRONG],
)
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


async def test_what_people_said_is_carried_over_and_stays(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool, own: psycopg.Connection
) -> None:
    """Of an incident that is there already too; an older file takes nothing back."""
    await read_lines(lines, memory, embedder)
    (row,) = own.execute("SELECT min(id) AS id FROM ai_incident_patterns").fetchall()
    await RecordStore(pool).resolve(row["id"], None, {"resolution": "Blew the dust out.", "helped": False})
    later = (await exported(pool)).splitlines()
    assert later != lines
    assert await read_lines(lines, memory, embedder) == Imported(0, len(MANY))
    assert (await exported(pool)).splitlines() == later
    own.execute("TRUNCATE ai_incident_patterns CASCADE")
    await read_lines(lines, memory, embedder)
    assert await read_lines(later, memory, embedder) == Imported(1, len(MANY) - 1)
    assert (await exported(pool)).splitlines() == later


async def test_what_somebody_deleted_is_left_out_and_counted(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool, own: psycopg.Connection
) -> None:
    await read_lines(lines, memory, embedder)
    (row,) = own.execute("SELECT min(id) AS id FROM ai_incident_patterns").fetchall()
    await RecordStore(pool).forget(row["id"], None)
    before = len(embedder.texts)
    assert await read_lines(lines, memory, embedder) == Imported(0, len(MANY) - 1, 1)
    assert len(embedder.texts) == before


async def test_votes_and_deletions_are_carried_over(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool, own: psycopg.Connection
) -> None:
    await read_lines(lines, memory, embedder)
    ids = [row["id"] for row in own.execute("SELECT id FROM ai_incident_patterns ORDER BY id").fetchall()]
    records = RecordStore(pool)
    await records.feedback(ids[0], None, "anna@shop.example", useful=True)
    await records.feedback(ids[0], None, "backend", useful=False)
    await records.forget(ids[1], None)
    carried = (await exported(pool)).splitlines()
    assert len(carried) == len(MANY)
    own.execute("TRUNCATE ai_incident_patterns, ai_memory_forgotten CASCADE")

    await memory.save(MANY[:2], [[0.0] * 768] * 2, "none", "test", {})  # the worker there has read HOMEPOT already
    assert await read_lines(carried, memory, embedder) == Imported(len(MANY) - 2, 1, deleted=1)
    assert sorted((await exported(pool)).splitlines()) == sorted(carried)
    await memory.save(MANY[:2], [[0.0] * 768] * 2, "none", "test", {})
    assert (await memory.statistics()).incidents == len(MANY) - 1
    assert await read_lines(carried, memory, embedder) == Imported(0, len(MANY) - 1)
    assert await read_lines(lines, memory, embedder) == Imported(0, len(MANY) - 1, 1)


async def test_the_later_of_two_votes_counts(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool, own: psycopg.Connection
) -> None:
    await read_lines(lines[:1], memory, embedder)
    (row,) = own.execute("SELECT id FROM ai_incident_patterns").fetchall()
    votes = []
    for useful in (True, False):
        await RecordStore(pool).feedback(row["id"], None, "anna@shop.example", useful=useful)
        votes.append(await exported(pool))
    for file in (*votes, *reversed(votes)):
        assert await read_lines(file.splitlines(), memory, embedder) == Imported(0, 1)
        assert await exported(pool) == votes[1]


@pytest.mark.parametrize(
    "line",
    [
        b'{"source": "test", "source_key": "1", "deleted_at": "soon"}',
        b'{"source": "", "source_key": "1", "deleted_at": "2026-01-01T00:00:00Z"}',
        b'{"source": "test", "source_key": "1", "deleted_at": "2026-01-01T00:00:00Z", "why": "no"}',
    ],
)
async def test_a_deletion_that_is_none_is_named(
    line: bytes, lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder
) -> None:
    with pytest.raises(BadLineError, match="Line 2"):
        await read_lines([lines[0], line], memory, embedder)


async def test_texts_are_as_long_as_memory_keeps_them(memory: MemoryStore, embedder: FaultyEmbedder) -> None:
    log = " ".join(f"w{number}x" for number in range(200_000))
    line = msgspec.json.encode(kept("1", log, title=log, cause=f"\x00{log}", resolution=log))
    assert await read_lines([line], memory, embedder) == Imported(1)
    assert await read_lines([line], memory, embedder) == Imported(0, 1)


async def test_a_dates_zone_does_not_lead_out_of_the_calendar(
    memory: MemoryStore, embedder: FaultyEmbedder, lines: list[bytes], pool: Pool
) -> None:
    fields = {**msgspec.json.decode(lines[0]), "occurred_at": "9999-12-31T23:59:59-14:00"}
    assert await read_lines([msgspec.json.encode(fields)], memory, embedder) == Imported(1)
    assert b"9999-12-31T23:59:59.999999Z" in await exported(pool)


async def test_a_mark_of_utf_8_is_no_part_of_the_line(
    lines: list[bytes], memory: MemoryStore, embedder: FaultyEmbedder
) -> None:
    assert await read_lines([b"\xef\xbb\xbf" + lines[0]], memory, embedder) == Imported(1)
    with pytest.raises(BadLineError, match="save it as UTF-8"):
        await read_lines([lines[0].decode().encode("utf-16")], memory, embedder)
