"""Find passages of runbooks and manuals, and say which files there are."""

from collections.abc import Sequence
from typing import Final

from ai_gateway.access.scope import Scoping
from ai_gateway.access.types import Caller
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import Embedder
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.knowledge.store import Candidate, KnowledgeStore, Tenants
from ai_gateway.knowledge.types import KnowledgeView
from ai_gateway.memory.lexical import Question, counted
from ai_gateway.memory.recall import WORTH_SHOWING
from ai_gateway.memory.recipe import compose, split
from ai_gateway.memory.scoring import BOTH, BY_MEANING, BY_WORDS, probability
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Excerpt

CANDIDATES: Final = 30


class Library:
    """Passages in the scope of some sites: those of the sites' tenants, and everybody's."""

    def __init__(
        self, store: KnowledgeStore, memory: MemoryStore, embedder: Embedder, directory: Directory, scoping: Scoping
    ) -> None:
        """Args: memory: how rare words are. directory: whose sites are."""
        self._store = store
        self._memory = memory
        self._embedder = embedder
        self._directory = directory
        self._scoping = scoping

    async def find(self, text: str, sites: Sequence[int] | None, k: int) -> list[Excerpt]:
        """The ``k`` passages most like ``text``, best first; by words alone while the embedder is down.

        Raises:
            Unavailable: the gateway's own database is down, or HOMEPOT's names were never read.
        """
        title, body = split(text)
        try:
            vector = await self._embedder.embed_question(compose(title, body))
        except PartDown:
            vector = None
        question = Question.of(title, body, await self._memory.word_counts(counted(title, body)))
        tenants = tenants_of(sites, await self._directory.names())
        found = [_excerpt(one, question) for one in await self._store.search(question, vector, tenants, CANDIDATES)]
        worth = [one for one in found if one.relevance >= WORTH_SHOWING]
        return sorted(worth, key=lambda one: (-one.relevance, one.id))[:k]

    async def view(self, caller: Caller, limit: int, offset: int) -> KnowledgeView:
        """What of the folder the caller can find, and what was refused."""
        scope = await self._scoping.scope(caller)
        return await self._store.view(tenants_of(scope.sites, scope.names), limit, offset)


def tenants_of(sites: Sequence[int] | None, names: Names) -> Tenants:
    """The tenants of these sites; ``None`` means all."""
    if sites is None:
        return None
    found = {names.site_by_id[site].tenant_id for site in sites if site in names.site_by_id}
    return tuple(sorted(tenant for tenant in found if tenant is not None))


def _excerpt(one: Candidate, question: Question) -> Excerpt:
    wording = one.wording / question.own if question.own else 0.0
    weights = BY_WORDS if one.similarity is None else BOTH if question.weights else BY_MEANING
    return Excerpt(
        id=one.id,
        file=f"{one.tenant}/{one.path}",
        section=one.section,
        text=one.text,
        relevance=round(probability(weights, one.similarity or 0.0, wording, None, None), 4),
    )
