"""A plain server around SentenceTransformer, as one writes it in a few lines: one text after another, no batching.

``python -m bench.peers.plain MODEL_DIR PORT DEVICE``
"""

import sys
import threading
from typing import Any

import uvicorn
from litestar import Litestar, get, post
from sentence_transformers import SentenceTransformer


def main() -> None:
    """Serve ``POST /embed`` in the shape of text-embeddings-inference."""
    folder, port, device = sys.argv[1:]
    model = SentenceTransformer(folder, device=device, local_files_only=True)
    turn = threading.Lock()

    @post("/embed", status_code=200, sync_to_thread=True)
    def embed(data: dict[str, Any]) -> list[list[float]]:
        with turn:  # many at once on the same cores take longer altogether
            vectors: list[list[float]] = model.encode(data["inputs"], show_progress_bar=False).tolist()
        return vectors

    @get("/readyz", sync_to_thread=False)
    def readyz() -> str:
        return "ready"

    uvicorn.run(Litestar([embed, readyz], openapi_config=None), port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
