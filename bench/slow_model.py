"""A FAKE of Ollama for measuring what a slow model does to others: it waits, then writes a fixed sentence.

``python -m bench.slow_model --port P --seconds S``. No figure about the quality or speed of answers may rest on it.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from litestar import Litestar, get, post
from litestar.datastructures import State
from litestar.response import Stream

from bench.processes import end
from dev.postgres_host import free_port
from dev.waiting import wait_until

ROOT = Path(__file__).parents[1]
NAME = "fake-slow:latest"
TEXT = '{"sentences": [{"text": "This is the fake slow model.", "evidence": ["E1"]}]}'


@get("/api/tags")
async def tags() -> dict[str, Any]:
    """The one model there is."""
    return {"models": [{"model": NAME, "name": NAME, "size": 0, "digest": "fake"}]}


@post("/api/chat", status_code=200)
async def chat(state: State) -> Stream:
    """Wait, then write."""
    return Stream(_chunks(state.seconds), media_type="application/x-ndjson")


async def _chunks(seconds: float) -> AsyncIterator[str]:
    await asyncio.sleep(seconds)
    message = {"role": "assistant", "content": TEXT}
    yield json.dumps({"model": NAME, "message": message, "done": False}) + "\n"
    ending = {"done": True, "done_reason": "stop", "prompt_eval_count": 2000, "eval_count": 20, "eval_duration": 10**9}
    yield json.dumps({"model": NAME, "message": {"role": "assistant", "content": ""}, **ending}) + "\n"


class SlowModel:
    """The fake in a process of its own; a context manager."""

    def __init__(self, seconds: float) -> None:
        """Args: seconds: wait of every answer before its first token."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start and wait until it listens."""
        command = [sys.executable, "-m", "bench.slow_model", "--port", str(self.port), "--seconds", str(self._seconds)]
        self._process = subprocess.Popen(command, cwd=ROOT)
        wait_until(lambda: httpx.get(f"{self.url}/api/tags", timeout=2, trust_env=False).is_success, 30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        if self._process:
            end(self._process)


def main() -> None:
    """Serve the fake on loopback."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    app = Litestar([tags, chat], state=State({"seconds": options.seconds}), openapi_config=None, logging_config=None)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_config=None, timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
