"""Incidents as memory keeps and recalls them."""

from datetime import datetime

import msgspec


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident to remember. ``description`` is the text that is embedded."""

    source: str
    source_key: str
    content_hash: str
    description: str
    severity: str
    category: str
    site: int | None
    site_name: str | None
    device_id: str | None
    device_name: str | None
    device_type: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    resolution: str | None


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """A past incident like the one asked about. ``similarity``: cosine, 1 is the same text; NULL if found by words."""

    id: int
    description: str
    severity: str
    category: str
    site_name: str | None
    device_id: str | None
    device_name: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    similarity: float | None


class Recall(msgspec.Struct, frozen=True):
    """The incidents found. ``by_words``: the embedder was down, so words were compared instead of meanings."""

    incidents: list[Recalled]
    by_words: bool = False


class MemoryStatistics(msgspec.Struct, frozen=True):
    """How much is remembered."""

    incidents: int
    bytes: int
    newest: datetime | None
