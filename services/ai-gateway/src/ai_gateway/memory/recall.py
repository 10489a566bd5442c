"""Find the past incidents that are most like a text."""

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Recall

MIN_SIMILARITY = 0.25
"""Cosine under which two short English texts about devices have nothing in common; issue-independent default."""


class IncidentMemory:
    """Recall by meaning, or by words while the embedder is down."""

    def __init__(self, store: MemoryStore, embedder: Embedder) -> None:
        """Args: store: where incidents lie. embedder: makes the question's vector."""
        self._store = store
        self._embedder = embedder

    async def recall(
        self, text: str, sites: tuple[int, ...] | None, k: int, categories: list[str] | None = None
    ) -> Recall:
        """The ``k`` incidents of these sites (``None``: all) most like ``text``, best first.

        Raises:
            Unavailable: the gateway's own database is down.
        """
        try:
            vector = await self._embedder.embed_question(text)
        except PartDown:
            return Recall(await self._store.by_words(text, sites, k), by_words=True)
        found = await self._store.by_meaning(vector, DEFAULT_MODEL, sites, categories, k)
        return Recall([incident for incident in found if (incident.similarity or 0) >= MIN_SIMILARITY])
