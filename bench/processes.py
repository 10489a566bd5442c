"""Child processes of the benches and the fault tests: the gateway itself, and the helpers to start and end one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import httpx
import psutil

from dev.postgres_host import free_port
from dev.waiting import wait_until

ROOT = Path(__file__).parents[1]
PROGRAM = str(Path(sys.executable).with_name("ai-gateway"))
EMBEDDING_MODEL = ROOT / ".cache/models/all-mpnet-base-v2"
STOP_S = 15
START_S = 600
"""Longest that a process may take to listen: on a machine with much else to do, its imports alone take minutes."""


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to end, and kill it if it does not."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class GatewayProcess:
    """``ai-gateway serve`` on a free port of loopback; a context manager, entered once it listens."""

    command: ClassVar[str] = "serve"
    port_setting: ClassVar[str] = "GATEWAY_PORT"

    def __init__(self, settings: Mapping[str, object], log: Path) -> None:
        """Args: settings: name in the environment → value. log: file for its output."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {"GATEWAY_HOST": "127.0.0.1", self.port_setting: self.port, "MIGRATIONS_DIR": ROOT / "migrations"}
        self.environment = {**os.environ, **{name: str(value) for name, value in {**own, **settings}.items()}}
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def resident_mb(self) -> float:
        """Resident memory now, in MB (10^6 bytes)."""
        if self._process is None:
            raise RuntimeError("the gateway is not running")
        return float(psutil.Process(self._process.pid).memory_info().rss) / 1e6

    def run(self, *arguments: str) -> str:
        """Run another ``ai-gateway`` command with the same settings and return what it prints."""
        command = [PROGRAM, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def create_key(self) -> str:
        """Make an API key."""
        return self.run("keys", "create", "--name", "bench").splitlines()[-1]

    def __enter__(self) -> Self:
        """Start it; ready or not."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [PROGRAM, self.command],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
            )
        try:
            wait_until(self._listens, START_S)
        except BaseException:
            end(self._process)
            raise
        return self

    def _listens(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"the gateway ended; see {self.log}")
        return httpx.get(f"{self.url}/livez", timeout=2, trust_env=False).is_success

    def kill(self) -> None:
        """End it without warning (SIGKILL); enter it again to start it anew."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def wait_ready(self, seconds: float = 30) -> None:
        """Wait until it can answer questions."""
        wait_until(lambda: httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).is_success, seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        if self._process:
            end(self._process)
            self._process = None


class WorkerProcess(GatewayProcess):
    """``ai-gateway worker``."""

    command = "worker"
    port_setting = "WORKER_METRICS_PORT"


class EmbedderProcess:
    """``embedder serve`` on a free port of loopback that it keeps; a context manager, entered once it is started."""

    ready_path: ClassVar[str] = "/readyz"

    def __init__(self, **settings: object) -> None:
        """Args: settings: name in the environment → value."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {"EMBEDDER_MODEL_DIR": EMBEDDING_MODEL, "EMBEDDER_HOST": "127.0.0.1", "EMBEDDER_PORT": self.port}
        self._environment = {**os.environ, **{name: str(value) for name, value in {**own, **settings}.items()}}
        self._program = [sys.executable, "-m", "embedder", "serve"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id; raises RuntimeError while it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("the embedder is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it; its model takes seconds to load."""
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._program, cwd=ROOT, env=self._environment, stdout=quiet, stderr=quiet)

    def wait_ready(self, seconds: float = START_S) -> None:
        """Wait for the model; raises RuntimeError if it ended meanwhile, TimeoutError if it takes longer."""
        with httpx.Client(base_url=self.url, timeout=5, trust_env=False) as client:
            wait_until(lambda: self.pid > 0 and client.get(self.ready_path).is_success, seconds)

    def kill(self) -> None:
        """End it without warning (SIGKILL)."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        """Start it; ready or not."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        if self._process:
            end(self._process)
            self._process = None


class ImportProcess:
    """``ai-gateway memory import FILE``, begun again whenever it ends badly; a context manager."""

    def __init__(self, settings: Mapping[str, object], file: Path, log: Path) -> None:
        """Args: settings: name in the environment → value. file: lines to import. log: file for its output."""
        own = {"MIGRATIONS_DIR": ROOT / "migrations", **settings}
        self._environment = {**os.environ, **{name: str(value) for name, value in own.items()}}
        self._command = [PROGRAM, "memory", "import", str(file)]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def tend(self) -> None:
        """Start it unless it runs, or is through."""
        if self._process is None or self._process.poll() not in {None, 0}:
            with self._log.open("ab") as output:
                self._process = subprocess.Popen(
                    self._command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
                )

    def kill(self) -> None:
        """End it without warning (SIGKILL); `tend` starts it again."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        """Start it."""
        self.tend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.kill()
