"""The stand-in as a child process, for the demo and the tests."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from dev.ollama.models import ROOT, SMOLLM2, Model


class OllamaProcess:
    """`python -m dev.ollama serve` on a free port; use it as a context manager, or call `start` and `stop`."""

    def __init__(self, model: Model = SMOLLM2, *, port: int = 0, max_queue: int = 512, log: Path | None = None) -> None:
        self.model = model
        self.url = ""
        self._port = port
        self._max_queue = max_queue
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it and wait until it listens. Raises RuntimeError where it does not; its log says why."""
        environment = {**os.environ, "OLLAMA_MAX_QUEUE": str(self._max_queue)}
        with (self._log or Path(os.devnull)).open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dev.ollama", "serve", "--host", "127.0.0.1", "--port", str(self._port)],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log if self._log else None,
                text=True,
            )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the Ollama stand-in ended with status {self._process.wait()}")
        self._port = int(self.url.rpartition(":")[2])
        return self

    def stop(self) -> None:
        """Stop the server and its runner. Idempotent; `start` then takes the same port."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def kill_runner(self) -> int:
        """Kill the process that holds the model, as a crash would; returns how many there were (0 or 1)."""
        if self._process is None:
            return 0
        runners = psutil.Process(self._process.pid).children()
        for runner in runners:
            runner.kill()
        return len(runners)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
