"""The servers that are compared, each a process of its own with the same weights."""

import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.processes import EMBEDDING_MODEL, ROOT, EmbedderProcess

INFINITY = ROOT / ".cache/infinity"
PINS = Path(__file__).with_name("infinity.txt")
QUIET = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0", "GOMP_SPINCOUNT": "2000"}
"""Peers get the embedder's own remedy for busy CPUs: threads that do not spin."""


class Wire(NamedTuple):
    """Where a server is asked, and how."""

    url: str
    path: str
    field: str
    fixed: dict[str, str]

    def body(self, texts: list[str]) -> dict[str, object]:
        """The request for some texts."""
        return {**self.fixed, self.field: texts}


class Peer(EmbedderProcess):
    """A server of vectors."""

    def __init__(self, name: str, **settings: object) -> None:
        """Args: name: in the figures. settings: name in the environment → value."""
        super().__init__(**settings)
        self.name = name

    @property
    def wire(self) -> Wire:
        """The shape of text-embeddings-inference."""
        return Wire(self.url, "/embed", "inputs", {})

    def vectors(self, answer: httpx.Response) -> list[list[float]]:
        """The vectors of an answer; raises httpx.HTTPStatusError for a refusal."""
        found: list[list[float]] = answer.raise_for_status().json()
        return found


class Plain(Peer):
    """`bench.peers.plain`."""

    def __init__(self, device: str) -> None:
        """Args: device: cpu or cuda."""
        super().__init__("plain", **QUIET)
        self._program = [sys.executable, "-m", "bench.peers.plain", str(EMBEDDING_MODEL), str(self.port), device]


class Infinity(Peer):
    """infinity-emb with its defaults, in an environment of its own."""

    ready_path = "/health"

    def __init__(self, device: str) -> None:
        """Args: device: cpu or cuda."""
        super().__init__("infinity", **QUIET)
        model = ["--model-id", str(EMBEDDING_MODEL), "--served-model-name", "mpnet", "--engine", "torch"]
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--device", device]
        quick = ["--no-compile", "--no-model-warmup"]  # minutes on a busy CPU; every server is asked before it is timed
        self._program = [str(INFINITY / "bin/infinity_emb"), "v2", *model, *where, *quick]

    @property
    def wire(self) -> Wire:
        """OpenAI's shape."""
        return Wire(self.url, "/embeddings", "input", {"model": "mpnet"})

    def vectors(self, answer: httpx.Response) -> list[list[float]]:
        """As `Peer.vectors`."""
        return [row["embedding"] for row in answer.raise_for_status().json()["data"]]


def install_infinity() -> None:
    """Make its environment once: some 250 MB to download on a machine without a GPU."""
    done = INFINITY / ".done"
    if done.exists() and done.read_text(encoding="utf-8") == PINS.read_text(encoding="utf-8"):
        return
    venv.create(INFINITY, with_pip=True, clear=True)
    python = str(INFINITY / "bin/python")
    subprocess.run([python, "-m", "dev.install_torch"], cwd=ROOT, check=True, stdout=sys.stderr)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r", str(PINS)]
    subprocess.run(pip, cwd=ROOT, check=True, stdout=sys.stderr)
    done.write_text(PINS.read_text(encoding="utf-8"), encoding="utf-8")
