"""A real Chroma server, to import from and to compare with.

PyPI's `chromadb` and `chromadb-client` are the same Python package and cannot be installed side by side, so the server lies
in a folder of its own. Its wheel carries the whole server as one compiled module; what else the package depends on serves
its Python client alone and is left out (23 MB to download, not 200).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from dev.postgres_host import free_port
from dev.waiting import wait_until

ROOT = Path(__file__).parents[1]
VERSION = "1.5.9"
DOWNLOAD_MB = 23
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); import chromadb_rust_bindings as server; server.cli(sys.argv)"


class ChromaError(RuntimeError):
    """The server could not be fetched or started; the message names the reason or the log."""


def fetch(into: Path | None = None) -> Path:
    """The folder with the server's package; fetched with pip on first use, in one step, saying how large it is."""
    place = into or ROOT / ".cache" / f"chroma-{VERSION}"
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    print(f"chromadb {VERSION}: fetching the server, about {DOWNLOAD_MB} MB to download", flush=True)
    fresh = Path(tempfile.mkdtemp(prefix="chroma-", dir=place.parent))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    try:
        if subprocess.run([*pip, "--target", str(fresh), f"chromadb=={VERSION}"], check=False).returncode:
            raise ChromaError(f"chromadb {VERSION} could not be installed: is a package index reachable?")
        if not place.is_dir():  # another process may have been faster
            fresh.rename(place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return place


class ChromaServer:
    """`chroma run` over `data_dir` on a free port of 127.0.0.1; use it as a context manager, or call `start` and `stop`.

    The port stays the same over stop and start.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The server's process. Raises ChromaError where it is not started."""
        if self._process is None:
            raise ChromaError("the server is not started")
        return self._process.pid

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.data_dir / "log"

    def start(self) -> Self:
        """Start it and wait for its heartbeat. Raises ChromaError where it does not come up."""
        package = fetch()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        options = ["run", "--path", str(self.data_dir / "data"), "--host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", RUN, str(package), *options],
                cwd=self.data_dir,
                env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(self._beats, START_TIMEOUT_S)
        except (TimeoutError, ChromaError) as error:
            self.stop()
            raise ChromaError(f"Chroma did not come up ({error}); {self.log} ends:\n{self._tail()}") from error
        return self

    def stop(self) -> None:
        """Stop it, if need be by force. Idempotent."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it as a crash would; `start` serves the same data again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _beats(self) -> bool:
        if self._process is not None and (status := self._process.poll()) is not None:
            raise ChromaError(f"it ended with status {status}")
        if self.port not in _listening(self.pid):  # somebody else's heartbeat on a port that was taken meanwhile
            return False
        return httpx.get(f"{self.url}/api/v2/heartbeat", timeout=2, trust_env=False).is_success

    def _tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _listening(pid: int) -> set[int]:
    """The ports on which a process of ours listens."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return set()
    return {one.laddr.port for one in sockets if one.status == psutil.CONN_LISTEN}
