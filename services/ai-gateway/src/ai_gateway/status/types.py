"""The wire shape of ``GET /api/ai/status``."""

from datetime import datetime
from typing import Literal

import msgspec

PartState = Literal["ok", "down", "off"]


class Part(msgspec.Struct, frozen=True):
    """A dependency as it is now. ``without_it``: what still works, or what does not."""

    name: str
    state: PartState
    latency_ms: float | None
    version: str | None
    detail: str | None
    without_it: str


class Memory(msgspec.Struct, frozen=True):
    """Memory in use, in bytes."""

    process_rss_bytes: int
    vector_store_bytes: int | None


class StatusResponse(msgspec.Struct, frozen=True):
    """The seed's fields, and beyond them every part. ``chromadb_*`` stand for the vector store under its old name."""

    ollama_status: str
    ollama_url: str
    available_models: list[str]
    vector_store_status: str
    chromadb_status: str
    chromadb_collections: list[str]
    total_embeddings: int | None
    memory_usage: Memory
    timestamp: datetime
    status: Literal["ok", "degraded"]
    version: str
    default_model: str
    parts: list[Part]
