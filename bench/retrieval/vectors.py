"""Vectors of the reports from the real embedder, kept for the next run."""

import hashlib
import json
import sys
import time
from collections.abc import Sequence

import httpx
import numpy as np
from numpy.typing import NDArray

from ai_gateway.clients.embedder import DEFAULT_MODEL, DIMENSIONS
from bench.processes import ROOT, EmbedderProcess

CACHE = ROOT / ".cache/embeddings"
STEP = 32
SAVE_EVERY = 20
BUSY = 503
WAIT_S = 2.0

Floats = NDArray[np.float32]


def vectors_of(texts: Sequence[str]) -> Floats:
    """``(n, 768)``: of each text. What was computed before comes from the cache, also after an interrupted run."""
    kept = _Kept(texts)
    if missing := kept.missing():
        with EmbedderProcess() as embedder, httpx.Client(base_url=embedder.url, timeout=300, trust_env=False) as client:
            embedder.wait_ready()
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
    while (answer := client.post("/embed", json={"inputs": texts, "truncate": True})).status_code == BUSY:
        time.sleep(WAIT_S)  # other work on the machine made it too slow to promise an answer in time
    return np.asarray(answer.raise_for_status().json(), dtype=np.float32)
