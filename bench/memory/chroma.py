"""The same rows in a Chroma server, asked over its HTTP interface as its own client does."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil

from bench.memory.ours import say
from bench.memory.rows import Rows, pages
from dev.chroma import ChromaServer

ROOT = "/api/v2/tenants/default_tenant/databases/default_database/collections"
STEP = 500
EF_SEARCH = (10, 20, 40, 80, 160, 320, 640)
"""Candidates that the search keeps in sight: the least with which Chroma's recall is as good as ours."""


class Chroma:
    """A server with one collection."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: for its data."""
        self._server = ChromaServer(folder / "chroma").start()
        self.url = self._server.url
        self._client = httpx.Client(base_url=self.url, timeout=600, trust_env=False)
        settings = {"hnsw": {"space": "ip", "ef_construction": 64, "max_neighbors": 16, "ef_search": 100}}
        made = self._client.post(ROOT, json={"name": "bench", "configuration": settings})
        self.path = f"{ROOT}/{made.raise_for_status().json()['id']}"

    def fill(self, rows: Rows, total: int) -> None:
        """Add the rows as HOMEPOT's seed does: text, vector and a few fields."""
        for start, count in pages(total):
            told, vectors = rows.page(start, count)
            for at in range(0, count, STEP):
                part, some = told[at : at + STEP], vectors[at : at + STEP]
                body = {
                    "ids": [one.source_key for one in part],
                    "embeddings": some.tolist(),
                    "documents": [one.description for one in part],
                    "metadatas": [{"site": one.site, "category": one.category} for one in part],
                }
                self._client.post(f"{self.path}/add", json=body).raise_for_status()
            say(f"Chroma holds {start + count} of {total}")

    def set_ef_search(self, value: int) -> None:
        """From now on."""
        self._client.put(self.path, json={"new_configuration": {"hnsw": {"ef_search": value}}}).raise_for_status()

    def query(self, client: httpx.Client, vector: Sequence[float], k: int, site: int | None) -> list[int]:
        """Numbers of the nearest rows, with their texts."""
        body = {"query_embeddings": [vector], "n_results": k, "include": ["documents", "distances"]}
        if site is not None:
            body["where"] = {"site": site}
        answer = client.post(f"{self.path}/query", json=body).raise_for_status().json()
        return [int(key) for key in answer["ids"][0]]

    def resident_mb(self) -> float:
        """Memory of the server's process, in MB."""
        return float(psutil.Process(self._server.pid).memory_full_info().pss) / 1e6

    def close(self) -> None:
        """Stop it."""
        self._client.close()
        self._server.stop()
