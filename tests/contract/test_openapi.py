"""schemathesis asks the real services what their OpenAPI documents promise, and finds nothing that they break."""

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.api.test_query_stream import serving
from tests.conftest import SettingsFactory

PROGRAM = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 2
SEED = 20261125


def run(document: str, *options: str) -> subprocess.CompletedProcess[str]:
    chosen = ["--phases", "examples,coverage,fuzzing", "--seed", str(SEED), "--workers", "1"]
    more = ["--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color"]
    command = [str(PROGRAM), "--config-file", str(CONFIG), "run", document, *chosen, *more, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


async def test_the_gateway_keeps_what_its_document_promises(settings_for: SettingsFactory) -> None:
    async with serving(settings_for()) as client:
        key, document = client.headers["Authorization"], f"{client.base_url}/docs/openapi.json"
        done = await asyncio.to_thread(run, document, "--header", f"Authorization: {key}")
    assert done.returncode == 0, done.stdout[-20_000:]
    assert "Tested: " in done.stdout
