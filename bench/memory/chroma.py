"""The same rows in a Chroma server, asked over its HTTP interface as its own client does."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
import psutil

from bench.memory.asking import CLIENTS, THROUGHPUT_S
from bench.memory.ours import say
from bench.memory.rows import Floats, Rows, pages
from dev.chroma import ChromaServer

ROOT = "/api/v2/tenants/default_tenant/databases/default_database/collections"
JSON = {"content-type": "application/json"}
STEP = 500
SYNC_ROWS = 5000
"""Rows after which the server writes its whole graph anew; with its own 1,000 a million rows take hours to fill."""
EF_SEARCH = (10, 20, 30, 40, 60, 80, 100, 120, 150, 200, 250, 320, 480, 640, 1000)
"""Candidates that the search keeps in sight: the least with which Chroma's recall is as good as ours."""


class Chroma:
    """A server with one collection; a context manager. Its graph has as many neighbours as ours and is built with as much effort."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: for its data."""
        self._server = ChromaServer(folder / "chroma")

    def __enter__(self) -> Self:
        """Start it; the collection is made unless it is there."""
        url = self._server.start().url
        self._client = httpx.Client(base_url=url, timeout=600, trust_env=False)
        graph = {"space": "ip", "ef_construction": 128, "max_neighbors": 16, "ef_search": 100}
        settings = {"hnsw": {**graph, "sync_threshold": SYNC_ROWS}}
        asked = {"name": "bench", "configuration": settings, "get_or_create": True}
        self._path = f"{ROOT}/{self._post(ROOT, asked)['id']}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._client.close()
        self._server.stop()

    def fill(self, rows: Rows, total: int) -> None:
        """Add the rows as HOMEPOT's seed does: text, vector and a few fields; those that are there already stay."""
        stored = self._client.get(f"{self._path}/count").raise_for_status().json()
        for start, count in pages(total, stored):
            told, vectors = rows.page(start, count)
            for at in range(0, count, STEP):
                part, some = told[at : at + STEP], vectors[at : at + STEP]
                body = {
                    "ids": [one.source_key for one in part],
                    "embeddings": some.tolist(),
                    "documents": [one.description for one in part],
                    "metadatas": [{"site": one.site, "category": one.category} for one in part],
                }
                self._post(f"{self._path}/add", body)
            say(f"Chroma holds {start + count} of {total}")

    def set_ef_search(self, value: int) -> None:
        """From now on: a server goes on with what it read when it opened the collection, so it is started anew."""
        self._client.put(self._path, json={"new_configuration": {"hnsw": {"ef_search": value}}}).raise_for_status()
        self._server.stop()
        self._server.start()

    def ask(self, vectors: Floats, k: int) -> list[list[int]]:
        """Numbers of the rows nearest to each."""
        return [self._query(self._client, vector, k) for vector in vectors.tolist()]

    def throughput(self, vectors: Floats, k: int) -> float:
        """Questions a second of `CLIENTS` threads at once."""
        until, done = time.monotonic() + THROUGHPUT_S, [0] * CLIENTS

        def client(number: int) -> None:
            own = vectors[number::CLIENTS].tolist()
            with httpx.Client(base_url=self._server.url, timeout=60, trust_env=False) as line:
                while time.monotonic() < until:
                    self._query(line, own[done[number] % len(own)], k)
                    done[number] += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return sum(done) / THROUGHPUT_S

    def resident_mb(self) -> float:
        """Memory of the server's process, in MB."""
        return float(psutil.Process(self._server.pid).memory_full_info().pss) / 1e6

    def _query(self, client: httpx.Client, vector: Sequence[float], k: int) -> list[int]:
        body = {"query_embeddings": [vector], "n_results": k, "include": ["documents", "metadatas", "distances"]}
        found = client.post(f"{self._path}/query", content=msgspec.json.encode(body), headers=JSON).raise_for_status()
        return [int(key) for key in msgspec.json.decode(found.content)["ids"][0]]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(path, content=msgspec.json.encode(body), headers=JSON)
        return msgspec.json.decode(answer.raise_for_status().content)
