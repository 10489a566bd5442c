"""Collections of a real Chroma server become memory: each entry once, whatever happens on the way."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import psycopg
import pytest
from click.testing import CliRunner

from ai_gateway.cli import main
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.chroma import ChromaReader, Document, ImportSourceError, chroma
from ai_gateway.homepot.directory import Names
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.kit.db import Pool
from ai_gateway.memory.chroma import Place
from ai_gateway.memory.importing import PAGE, ChromaImport, Report, told
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from dev.chroma import ChromaServer
from dev.waiting import wait_until
from tests.conftest import ROOT
from tests.db.memory.conftest import NOW, FaultyEmbedder

NAMES = Names.of(
    [SiteName(id=1, site_id="SITE-A", name="Store A", location=None, tenant_id=1, in_service=True)],
    [DeviceName(id=7, device_id="DEVICE-7", name="Till 7", device_type="pos_terminal", site_id=1)],
)
Entry = tuple[str, str | None, dict[str, object] | None]
PLACE = Place(names=NAMES, dated=NOW)
INCIDENT = {
    "device_id": "DEVICE-7",
    "severity": "Critical",
    "category": "performance",
    "resolution": "Restarted the payment service.",
    "timestamp": "2026-03-01T08:00:00",
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with ChromaServer(tmp_path_factory.mktemp("chroma")) as server:
        yield server


class Filled:
    """An empty database of the server, to be filled as the programs did that this comes from."""

    def __init__(self, server: ChromaServer, database: str) -> None:
        self.database = database
        self._client = httpx.Client(base_url=f"{server.url}/api/v2/tenants/default_tenant", trust_env=False, timeout=30)
        self._post("/databases", {"name": database})

    def add(self, collection: str, *entries: Entry) -> None:
        """Add entries: id, document, metadata."""
        ids, documents, metadatas = zip(*entries, strict=True)
        vectors = [[0.0, 1.0]] * len(entries)
        body = {"ids": ids, "documents": documents, "metadatas": metadatas, "embeddings": vectors}
        self._post(f"/databases/{self.database}/collections/{self._id(collection)}/upsert", body)

    def close(self) -> None:
        self._client.close()

    def _id(self, collection: str) -> str:
        """As HOMEPOT's client makes a collection: with an embedding function that would be downloaded."""
        embedding = {"embedding_function": {"type": "known", "name": "default", "config": {}}}
        body = {"name": collection, "get_or_create": True, "configuration": embedding}
        return str(self._post(f"/databases/{self.database}/collections", body)["id"])

    def _post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        return dict(self._client.post(path, json=body).raise_for_status().json())


@pytest.fixture
def filled(server: ChromaServer) -> Iterator[Filled]:
    filled = Filled(server, f"test_{uuid4().hex}")
    yield filled
    filled.close()


@pytest.fixture
async def reader(server: ChromaServer, filled: Filled) -> AsyncIterator[ChromaReader]:
    async with chroma(server.url, database=filled.database) as reader:
        yield reader


async def imported(
    reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, *names: str, place: Place = PLACE
) -> list[Report]:
    return await ChromaImport(reader, memory, embedder, place, dry_run=False).run(names)


async def remembered(pool: Pool) -> dict[str, dict[str, object]]:
    rows = [one async for one in RecordStore(pool).export() if isinstance(one, Incident)]
    return {one.source_key: {name: getattr(one, name) for name in Incident.__struct_fields__} for one in rows}


async def test_every_known_collection_comes_over_in_its_own_shape(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    filled.add(
        "incident_history",
        ("i1", "CPU at 97 % on DEVICE-7. The payment queue stood still.", INCIDENT),
        ("i2", "Printer offline.", {"site_id": "SITE-A", "resolved_at": 1_772_352_000, "helped": True}),
    )
    filled.add("device_patterns", ("p1", "Latency grows every Friday evening.", {"pattern_type": "Connectivity"}))
    filled.add(
        "device_logs",
        ("u1", "Analysis for DEVICE-7: The disk is nearly full.", {"device_id": "DEVICE-7", "is_anomaly": True}),
        ("u2", "Analysis for DEVICE-7: All is well.", {"device_id": "DEVICE-7", "is_anomaly": False}),
    )
    filled.add("something_else", ("x", "Not ours.", {"a": 1}))
    reports = await imported(reader, memory, embedder)
    assert [(one.collection, one.there, one.read, one.added) for one in reports] == [
        ("device_patterns", 1, 1, 1),
        ("incident_history", 2, 2, 2),
        ("device_logs", 2, 2, 1),
    ]
    assert reports[2].refused == {"it says that nothing was wrong": 1}
    rows = await remembered(pool)
    first = rows["incident_history/i1"]
    assert first["title"] == "CPU at 97 % on the device."
    assert first["description"] == ("CPU at 97 % on the device. The payment queue stood still. Category: performance.")
    assert (first["severity"], first["site"], first["device_name"]) == ("critical", 1, "Till 7")
    assert first["occurred_at"] == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert first["resolution"] == INCIDENT["resolution"]
    second = rows["incident_history/i2"]
    assert (second["helped"], second["site_name"], second["category"]) == (True, "Store A", "connectivity")
    assert second["occurred_at"] == second["resolved_at"] == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert rows["device_patterns/p1"]["category"] == "connectivity"
    assert rows["device_logs/u1"]["title"] == "The disk is nearly full."
    assert rows["device_logs/u1"]["occurred_at"] == NOW
    assert reports[2].undated == 1


async def test_a_second_run_and_other_entries_that_say_the_same_add_nothing(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    filled.add("incident_history", ("a", "Printer offline.", INCIDENT), ("b", "Printer offline.", INCIDENT))
    (first,) = await imported(reader, memory, embedder)
    assert (first.added, first.duplicates) == (1, 1)
    later = Place(names=NAMES, dated=datetime(2027, 1, 1, tzinfo=UTC))
    (again,) = await imported(reader, memory, embedder, place=later)
    assert (again.added, again.changed, again.already_there, again.duplicates) == (0, 0, 1, 1)
    filled.add("incident_history", ("a", "Printer offline.", {**INCIDENT, "resolution": "Changed the cable."}))
    (changed,) = await imported(reader, memory, embedder)
    assert (changed.changed, changed.added) == (1, 1)  # b now tells what a told
    rows = await remembered(pool)
    assert {key: row["resolution"] for key, row in rows.items()} == {
        "incident_history/a": "Changed the cable.",
        "incident_history/b": INCIDENT["resolution"],
    }


async def test_what_an_operator_deleted_stays_deleted(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    filled.add("incident_history", ("a", "Printer offline.", INCIDENT))
    await imported(reader, memory, embedder)
    async with pool.connection() as conn:
        (row,) = await (await conn.execute("SELECT id FROM ai_incident_patterns")).fetchall()
    await RecordStore(pool).forget(row["id"], None)
    (report,) = await imported(reader, memory, embedder)
    assert (report.forgotten, report.added) == (1, 0)
    assert await remembered(pool) == {}


async def test_entries_that_are_no_incidents_are_named_with_the_reason(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder
) -> None:
    filled.add(
        "incident_history",
        ("none", None, {"a": 1}),
        ("blank", " \n", {"a": 1}),
        ("when", "Printer offline.", {"timestamp": "yesterday"}),
        ("huge", "Printer offline.", {"timestamp": 1e40}),
        ("order", "Printer offline.", {"timestamp": "2026-03-02", "resolved_at": "2026-03-01"}),
        ("nul", "A \x00 in the text.", {"resolution": "\x00"}),
    )
    (report,) = await imported(reader, memory, embedder)
    assert report.refused == {
        "it has no document": 1,
        "its document is empty": 1,
        "its timestamp is no time": 2,
        "it was resolved before it occurred": 1,
    }
    assert report.added == 1
    words = told(report, dry_run=False)
    assert "6 of 6 entries read" in words
    assert "2 refused: its timestamp is no time" in words


async def test_sites_are_mapped_and_lost_ones_are_named(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    filled.add(
        "incident_history",
        ("mapped", "One.", {"site": "shop-1"}),
        ("lost", "Two.", {"site": "shop-2"}),
        ("nowhere", "Three.", {"a": 1}),
    )
    place = Place(names=NAMES, dated=NOW, sites={"shop-1": "SITE-A"}, default="SITE-A")
    (report,) = await imported(reader, memory, embedder, place=place)
    rows = await remembered(pool)
    assert [rows[f"incident_history/{key}"]["site"] for key in ("mapped", "lost", "nowhere")] == [1, None, 1]
    assert report.lost_sites == {"shop-2": 1}
    assert "shop-2 (1)" in told(report, dry_run=False)
    with pytest.raises(ImportSourceError, match="HOMEPOT has no site SITE-X"):
        await imported(reader, memory, embedder, place=Place(names=NAMES, dated=NOW, default="SITE-X"))


async def test_a_dry_run_stores_and_embeds_nothing(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    filled.add("incident_history", ("a", "Printer offline.", INCIDENT))
    (report,) = await ChromaImport(reader, memory, embedder, PLACE, dry_run=True).run([])
    assert report.added == 1
    assert "1 would be added" in told(report, dry_run=True)
    assert embedder.texts == []
    assert await remembered(pool) == {}


async def test_an_unknown_collection_and_a_server_without_known_ones_are_told(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder
) -> None:
    with pytest.raises(ImportSourceError, match="the server has none"):
        await imported(reader, memory, embedder)
    filled.add("other", ("a", "Printer offline.", INCIDENT))
    with pytest.raises(ImportSourceError, match="the server has other"):
        await imported(reader, memory, embedder)
    with pytest.raises(ImportSourceError, match="no collection 'incidents'"):
        await imported(reader, memory, embedder, "incidents")


async def test_how_long_it_took_is_no_moment_and_a_name_no_part_of_a_word(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    told = {"timestamp": "2026-03-01T08:00:00", "resolution_time": 45, "device_name": "POS"}
    filled.add("incident_history", ("i" * 5000, "The POS lost its position.", told))
    (report,) = await imported(reader, memory, embedder)
    assert (report.added, report.refused) == (1, {})
    ((key, row),) = (await remembered(pool)).items()
    assert len(key) < 500
    assert (row["title"], row["resolved_at"]) == ("the device lost its position.", None)
    (again,) = await imported(reader, memory, embedder)
    assert again.already_there == 1


async def test_a_server_that_dies_on_the_way_says_how_far_it_came(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.add("incident_history", *((str(number), f"Incident {number}.", {"a": 1}) for number in range(PAGE + 9)))
    pages = reader.pages

    async def one_page(collection: str, size: int) -> AsyncIterator[list[Document]]:
        async for page in pages(collection, size):
            yield page
            raise ImportSourceError("It is gone.")

    monkeypatch.setattr(reader, "pages", one_page)
    with pytest.raises(
        ImportSourceError, match=rf"{PAGE} of {PAGE + 9} entries of incident_history .* run the command again"
    ):
        await imported(reader, memory, embedder)
    monkeypatch.undo()
    (report,) = await imported(reader, memory, embedder)
    assert (report.added, report.already_there) == (9, PAGE)


@pytest.mark.model
async def test_another_program_at_the_address_is_told(embedder_url: str) -> None:
    """The gateway itself and Chroma have the same port by default."""
    with pytest.raises(ImportSourceError, match="No Chroma server"):
        async with chroma(embedder_url):
            pass


@pytest.mark.parametrize(
    "url", ["127.0.0.1:9", "ftp://127.0.0.1", "http://127.0.0.1:9", "http://[127.0.0.1", "http://127.0.0.1:x"]
)
async def test_a_server_that_is_not_there_is_told(url: str) -> None:
    with pytest.raises(ImportSourceError, match=r"127\.0\.0\.1"):
        async with chroma(url):
            pass


async def test_an_embedder_that_failed_on_the_way_costs_nothing(
    filled: Filled, reader: ChromaReader, memory: MemoryStore, embedder: FaultyEmbedder, pool: Pool
) -> None:
    many = [(str(number), f"Incident {number}.", {"a": 1}) for number in range(2 * PAGE + 9)]
    filled.add("incident_history", *many)
    embedder.fails_on = f"Incident {PAGE + 3}."
    with pytest.raises(PartDown):
        await imported(reader, memory, embedder)
    embedder.fails_on = None
    (report,) = await imported(reader, memory, embedder)
    assert (report.added, report.already_there) == (PAGE + 9, PAGE)
    assert len(embedder.texts) == len(many) == len(await remembered(pool))


@pytest.mark.model
def test_an_import_that_was_killed_goes_on(
    server: ChromaServer,
    filled: Filled,
    homepot_url: str,
    database_url: str,
    embedder_url: str,
    own: psycopg.Connection,
) -> None:
    many: list[Entry] = [(str(number), f"Incident {number}.", None) for number in range(2 * PAGE + 9)]
    filled.add("incident_history", *many)
    environment = {
        **os.environ,
        "HOMEPOT_DATABASE_URL": homepot_url,
        "DATABASE_URL": database_url,
        "MIGRATIONS_DIR": str(ROOT / "migrations"),
        "EMBEDDER_URL": embedder_url,
    }
    command = ["import-chroma", server.url, "--database", filled.database, "--site", "SITE-0"]
    assert "HOMEPOT has no site SITE-0" in CliRunner().invoke(main, command, env=environment).output

    def stored() -> int:
        return own.execute("SELECT count(*) AS stored FROM ai_incident_patterns").fetchone()["stored"]

    process = subprocess.Popen(
        [sys.executable, "-c", "from ai_gateway.cli import main; main()", *command[:-2]], env=environment
    )
    try:
        wait_until(lambda: stored() > 0, 60)
    finally:
        process.kill()
        process.wait()
    before = stored()
    assert 0 < before < len(many)
    result = CliRunner().invoke(main, command[:-2], env=environment)
    assert result.exit_code == 0, result.output
    assert f"{len(many) - before} added" in result.output
    assert f"{before} there already" in result.output
    assert stored() == len(many)
