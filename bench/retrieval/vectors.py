"""Vectors of the reports from the real embedder, kept for the next run."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import numpy as np
from numpy.typing import NDArray

from ai_gateway.clients.embedder import DEFAULT_MODEL, DIMENSIONS
from bench.processes import ROOT, end
from dev.postgres_host import free_port
from dev.waiting import wait_until

CACHE = ROOT / ".cache/embeddings"
MODEL_DIR = ROOT / ".cache/models/all-mpnet-base-v2"
STEP = 32
SAVE_EVERY = 20

Floats = NDArray[np.float32]


def vectors_of(texts: Sequence[str]) -> Floats:
    """``(n, 768)``: of each text. What was computed before comes from the cache, also after an interrupted run."""
    kept = _Kept(texts)
    if missing := kept.missing():
        with _embedder() as client:
            for step, places in enumerate(missing[i : i + STEP] for i in range(0, len(missing), STEP)):
                kept.rows[places] = _embed(client, [texts[place] for place in places])
                if step % SAVE_EVERY == 0:
                    kept.save()
                    print(f"embedded {step * STEP + len(places)} of {len(missing)}", file=sys.stderr, flush=True)
        kept.save()
    return kept.rows


class _Kept:
    """The vectors of these texts in a file; a row of zeros is one that is missing."""

    def __init__(self, texts: Sequence[str]) -> None:
        digest = hashlib.sha256(json.dumps([DEFAULT_MODEL, list(texts)]).encode()).hexdigest()
        self._file = CACHE / f"{digest[:20]}.npy"
        fresh = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        self.rows: Floats = np.load(self._file) if self._file.exists() else fresh
        self._lengths = [len(text) for text in texts]

    def missing(self) -> list[int]:
        """Places without a vector, shortest text first: a batch then has little padding."""
        return sorted(np.flatnonzero(~self.rows.any(axis=1)).tolist(), key=self._lengths.__getitem__)

    def save(self) -> None:
        """Write them beside the old file, then in its place."""
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / "new").open("wb") as file:
            np.save(file, self.rows)
        (CACHE / "new").replace(self._file)


def _embed(client: httpx.Client, texts: list[str]) -> Floats:
    answer = client.post("/embed", json={"inputs": texts, "truncate": True})
    return np.asarray(answer.raise_for_status().json(), dtype=np.float32)


@contextmanager
def _embedder() -> Iterator[httpx.Client]:
    port = free_port()
    own = {"EMBEDDER_MODEL_DIR": str(MODEL_DIR), "EMBEDDER_HOST": "127.0.0.1", "EMBEDDER_PORT": str(port)}
    command = [sys.executable, "-m", "embedder", "serve"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **own}, cwd=ROOT, stdout=quiet, stderr=quiet)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False) as client:
            wait_until(lambda: client.get("/readyz").is_success, 120)
            yield client
    finally:
        end(process)
