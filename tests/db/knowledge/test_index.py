"""The folder of runbooks becomes passages that are found, and stays what the folder is."""

import os
from pathlib import Path

import psycopg
import pytest

from ai_gateway.clients.breaker import PartDown
from ai_gateway.kit.db import Pool
from ai_gateway.kit.errors import Problem
from ai_gateway.knowledge.index import KnowledgeIndex
from ai_gateway.knowledge.store import KnowledgeStore
from ai_gateway.memory.lexical import Question, counted
from ai_gateway.memory.recipe import split
from ai_gateway.memory.types import WordCounts
from tests.db.memory.conftest import FaultyEmbedder, embedder, own, pool

__all__ = ["embedder", "own", "pool"]

RUNBOOK = """# Printer

Till printers are of one type.

## Paper jam

Open the lid and pull the paper out.

```
# no heading
```

## Offline

Plug the cable in again.
"""


class Tenants:
    """HOMEPOT's tenants, in the test's hand."""

    async def by_slug(self) -> dict[str, int]:
        return {"acme": 1, "zeta": 2}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "knowledge"
    for tenant in ("shared", "acme", "zeta"):
        (root / tenant).mkdir(parents=True)
    return root


@pytest.fixture
def store(pool: Pool) -> KnowledgeStore:
    return KnowledgeStore(pool)


@pytest.fixture
def index(folder: Path, store: KnowledgeStore, embedder: FaultyEmbedder) -> KnowledgeIndex:
    return KnowledgeIndex(folder, store, embedder, Tenants(), batch=2, most_mb=1)


async def found(store: KnowledgeStore, text: str, tenants: tuple[int, ...] | None = None) -> list[tuple[str, str]]:
    title, body = split(text)
    question = Question.of(title, body, WordCounts(total=0, documents=dict.fromkeys(counted(title, body), 0)))
    passages = await store.search(question, None, tenants, 10)
    return sorted((f"{one.tenant}/{one.path}", one.section) for one in passages)


async def reasons(store: KnowledgeStore) -> dict[str, str | None]:
    return {f"{one.folder}/{one.path}": one.reason for one in (await store.view(None, 100, 0)).files}


async def test_a_runbook_is_cut_by_its_headings_and_found(
    folder: Path, index: KnowledgeIndex, store: KnowledgeStore
) -> None:
    (folder / "shared/till-printer.md").write_text(RUNBOOK)
    assert await index.run() == 1
    assert await found(store, "the paper is jammed") == [("shared/till-printer.md", "Printer > Paper jam")]
    view = await store.view(None, 10, 0)
    assert (view.indexed, view.refused, view.passages) == (1, 0, 3)
    assert await index.run() == 0


async def test_a_tenants_runbook_is_for_its_own_sites(
    folder: Path, index: KnowledgeIndex, store: KnowledgeStore
) -> None:
    for tenant in ("shared", "acme", "zeta"):
        (folder / tenant / "modem.txt").write_text("Restart the modem.")
    await index.run()
    assert [name for name, _ in await found(store, "modem", (1,))] == ["acme/modem.txt", "shared/modem.txt"]
    assert [name for name, _ in await found(store, "modem", ())] == ["shared/modem.txt"]
    assert len(await found(store, "modem")) == 3
    assert [one.folder for one in (await store.view((2,), 10, 0)).files] == ["shared", "zeta"]


async def test_a_change_is_picked_up_and_only_what_is_new_is_embedded(
    folder: Path, index: KnowledgeIndex, store: KnowledgeStore, embedder: FaultyEmbedder
) -> None:
    file = folder / "shared/printer.md"
    file.write_text(RUNBOOK)
    await index.run()
    before = len(embedder.texts)
    file.write_text(RUNBOOK.replace("Plug the cable in again.", "Change the fuse."))
    await index.run()
    assert [text.partition(": ")[2] for text in embedder.texts[before:]] == ["Printer > Offline. Change the fuse."]
    assert await found(store, "cable") == []
    assert await found(store, "fuse") == [("shared/printer.md", "Printer > Offline")]


async def test_a_file_that_was_only_touched_is_not_read_anew(
    folder: Path, index: KnowledgeIndex, own: psycopg.Connection
) -> None:
    file = folder / "shared/printer.md"
    file.write_text(RUNBOOK)
    await index.run()
    before = own.execute("SELECT read_at FROM ai_knowledge_files").fetchall()
    os.utime(file, (1, 1))
    assert await index.run() == 1
    assert own.execute("SELECT read_at FROM ai_knowledge_files").fetchall() == before
    assert await index.run() == 0


async def test_what_is_removed_is_gone(folder: Path, index: KnowledgeIndex, store: KnowledgeStore) -> None:
    (folder / "shared/printer.md").write_text(RUNBOOK)
    await index.run()
    (folder / "shared/printer.md").unlink()
    assert await index.run() == 1
    assert await found(store, "paper") == []
    assert (await store.view(None, 10, 0)).passages == 0


async def test_a_folder_that_is_not_there_changes_nothing(
    folder: Path, index: KnowledgeIndex, store: KnowledgeStore
) -> None:
    (folder / "shared/printer.md").write_text(RUNBOOK)
    await index.run()
    os.rename(folder, folder.with_name("elsewhere"))  # noqa: PTH104 - a moment, in a test
    with pytest.raises(Problem, match="KNOWLEDGE_DIR"):
        await index.run()
    assert (await store.view(None, 10, 0)).passages == 3


async def test_without_a_folder_nothing_is_known(
    folder: Path, index: KnowledgeIndex, store: KnowledgeStore, embedder: FaultyEmbedder
) -> None:
    (folder / "shared/printer.md").write_text(RUNBOOK)
    await index.run()
    await KnowledgeIndex(None, store, embedder, Tenants(), batch=2, most_mb=1).run()
    assert (await store.view(None, 10, 0)).files == []


async def test_an_embedder_that_is_down_is_waited_for(
    folder: Path, index: KnowledgeIndex, store: KnowledgeStore, embedder: FaultyEmbedder
) -> None:
    (folder / "acme/modem.txt").write_text("Restart the modem.")
    (folder / "shared/printer.md").write_text(RUNBOOK)
    embedder.fails_on = "Paper jam"
    with pytest.raises(PartDown):
        await index.run()
    assert list(await reasons(store)) == ["acme/modem.txt"]
    embedder.fails_on = None
    assert await index.run() == 1
    assert (await store.view(None, 10, 0)).passages == 4


async def test_hostile_files_are_refused_with_the_reason(
    folder: Path, tmp_path: Path, index: KnowledgeIndex, store: KnowledgeStore
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("A password.")
    shared = folder / "shared"
    (shared / "link.txt").symlink_to(secret)
    (shared / "outside").symlink_to(tmp_path, target_is_directory=True)
    (shared / "round.txt").symlink_to("round.txt")
    os.mkfifo(shared / "pipe.txt")
    (shared / "latin.txt").write_bytes("Größe".encode("latin-1"))
    (shared / "binary.md").write_bytes(b"a\x00b")
    (shared / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (shared / "broken.ics").write_text("Nothing of the kind.")
    (shared / "large.txt").write_bytes(b"a" * (2**20 + 1))
    (shared / "program.exe").write_bytes(b"MZ")
    (shared / "empty.md").write_text("")
    (shared / ".hidden.md").write_text("Not for reading.")
    (folder / "nobody").mkdir()
    (folder / "nobody/a.txt").write_text("Whose?")
    (folder / "above.txt").write_text("Whose?")
    await index.run()
    told = await reasons(store)
    expected = {
        "shared/link.txt": "leads out of the folder",
        "shared/outside": "not read",
        "shared/round.txt": "cannot be read",
        "shared/pipe.txt": "no regular file",
        "shared/latin.txt": "not UTF-8 text",
        "shared/binary.md": "binary data",
        "shared/broken.pdf": "no readable PDF",
        "shared/broken.ics": "no calendar",
        "shared/large.txt": "larger than 1 MB",
        "shared/program.exe": "files of this kind are not read",
        "shared/empty.md": "no text",
        "nobody/a.txt": "no tenant with the slug 'nobody'",
        "/above.txt": "no tenant's folder",
    }
    assert {name: reason for name, reason in expected.items() if reason not in (told.get(name) or "")} == {}
    assert set(told) <= set(expected)
    assert await index.run() == 0
