"""Runbooks in a folder are found by the sites that they are for: in search, in answers, among recommendations."""

from datetime import datetime
from pathlib import Path

import pytest

from ai_gateway.kit.settings import Settings
from ai_gateway.wiring import Parts
from tests.api.scan import LOBBY as LOBBY_NUMBER
from tests.api.scan import LOBBY_SITE, Scan
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

BUILDING_A = "SITE-ET59-AND6"
LOBBY = "DEVICE-KXZ6-NEWJ-98WK"
JAM = "# Receipt printer\n\n## Paper jam\n\nOpen the lid, pull the torn paper out and close the lid until it clicks.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/printer.md").write_text(JAM)
    return tmp_path


async def indexed(settings: Settings, now: datetime) -> None:
    """One round of the worker's job."""
    parts = Parts(settings, lambda: now)
    async with parts.running():
        await parts.startup.done.wait()
        assert await parts.knowledge_index.run() > 0


@pytest.mark.model
async def test_a_runbook_answers_how_to(
    client_for: ClientFactory, settings_for: SettingsFactory, embedder_url: str, folder: Path, now: datetime
) -> None:
    settings = settings_for(embedder_url=embedder_url, knowledge_dir=folder)
    await indexed(settings, now)
    client = await client_for(settings)
    found = (await client.post("/api/ai/memory/search", json={"text": "the till's receipts got stuck"})).json()
    assert [(one["file"], one["section"]) for one in found["knowledge"]] == [
        ("shared/printer.md", "Receipt printer > Paper jam")
    ]
    assert found["incidents"] == []
    body = (await client.post("/api/ai/query", json={"question": "How do I clear a paper jam of the printer?"})).json()
    assert "there is a runbook" in body["answer"]
    assert "pull the torn paper out" in body["answer"]
    (proof,) = [one for one in body["evidence"] if one["kind"] == "runbook"]
    assert "shared/printer.md" in proof["text"]
    unrelated = (
        await client.post("/api/ai/memory/search", json={"text": "Firmware update fails at 40 percent"})
    ).json()
    assert unrelated["knowledge"] == []


async def test_a_tenants_runbooks_are_for_its_own_sites(
    client_for: ClientFactory, settings_for: SettingsFactory, folder: Path, now: datetime
) -> None:
    (folder / "northline").mkdir()
    (folder / "northline/notes.docx").write_text("A secret remedy.")
    (folder / "nobody").mkdir()
    (folder / "nobody/a.md").write_text("Whose?")
    settings = settings_for(knowledge_dir=folder)
    parts = Parts(settings, lambda: now)
    async with parts.running():
        await parts.startup.done.wait()
        parts.knowledge_index._embedder = Still()  # type: ignore[assignment]
        (folder / "northline/secret.md").write_text("# Paper jam\n\nA secret remedy for the paper jam.\n")
        assert await parts.knowledge_index.run() == 4
    client = await client_for(settings)
    everything = (await client.get("/api/ai/knowledge")).json()
    assert (everything["indexed"], everything["refused"], everything["passages"]) == (2, 2, 2)
    assert [one["path"] for one in everything["files"]] == ["a.md", "notes.docx", "secret.md", "printer.md"]
    client.headers["Authorization"] = f"Bearer {await make_key(settings, BUILDING_A)}"
    own = (await client.get("/api/ai/knowledge")).json()
    assert [(one["folder"], one["path"]) for one in own["files"]] == [("shared", "printer.md")]
    assert (own["indexed"], own["refused"], own["passages"]) == (1, 0, 1)
    found = await client.post("/api/ai/memory/search", json={"text": "paper jam remedy"})
    assert [one["file"] for one in found.json()["knowledge"]] == ["shared/printer.md"]
    assert (await client.get("/api/ai/knowledge", params={"folder": "other"})).status_code == 400


async def test_a_runbook_is_recommended_where_its_trouble_is(
    client_for: ClientFactory, settings_for: SettingsFactory, folder: Path, now: datetime, scan: Scan
) -> None:
    scan.incident(LOBBY_SITE, (LOBBY_NUMBER,), title="Receipt printer reports a paper jam")
    settings = settings_for(knowledge_dir=folder)
    parts = Parts(settings, lambda: now)
    async with parts.running():
        await parts.startup.done.wait()
        parts.knowledge_index._embedder = Still()  # type: ignore[assignment]
        await parts.knowledge_index.run()
    client = await client_for(settings)
    body = (await client.get(f"/api/ai/analyze/{LOBBY}")).json()
    assert any("Runbook shared/printer.md" in one for one in body["recommendations"]), body["recommendations"]


class Still:
    """A FAKE embedder: every text is the same vector."""

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        return [[1.0] + [0.0] * 767 for _ in texts]
