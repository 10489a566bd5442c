"""schemathesis asks the real services what their OpenAPI documents promise, and finds nothing that they break."""

import asyncio
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from embedder.app import build_app
from embedder.settings import Settings
from tests.api.scan import LOBBY, LOBBY_SITE
from tests.api.test_predictions import told
from tests.api.test_query_stream import listening, serving
from tests.conftest import SettingsFactory
from tests.embedder.fakes import FakeModel

PROGRAM = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 2
SEED = 20261125


def run(service: str, document: str, *options: str) -> subprocess.CompletedProcess[str]:
    config = Path(__file__).with_name(f"schemathesis-{service}.toml")
    chosen = ["--phases", "examples,coverage,fuzzing", "--seed", str(SEED), "--workers", "1"]
    more = ["--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color"]
    command = [str(PROGRAM), "--config-file", str(config), "run", document, *chosen, *more, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


async def test_the_gateway_keeps_what_its_document_promises(
    settings_for: SettingsFactory, database_url: str, now: datetime
) -> None:
    told(database_url, LOBBY, LOBBY_SITE, 0.6, now)
    async with serving(settings_for()) as client:
        key, document = client.headers["Authorization"], f"{client.base_url}/docs/openapi.json"
        done = await asyncio.to_thread(run, "gateway", document, "--header", f"Authorization: {key}")
    assert done.returncode == 0, done.stdout[-20_000:]
    assert "Tested: " in done.stdout


async def test_the_embedder_keeps_what_its_document_promises() -> None:
    """Around a model that makes vectors up: which ones is not the question here."""
    app = build_app(Settings(), lambda _: FakeModel(budget=4096))
    async with listening(app) as url:
        done = await asyncio.to_thread(run, "embedder", f"{url}/docs/openapi.json")
    assert done.returncode == 0, done.stdout[-20_000:]
