"""Find the past incidents that are most like a text: by meaning and by words, as one probability."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

import msgspec

from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.clients.reranker import Reranker
from ai_gateway.memory.fold import grouped, repeated, shown
from ai_gateway.memory.kin import LOOKED_AT, lifted
from ai_gateway.memory.lexical import Question, counted
from ai_gateway.memory.recipe import FINDINGS, compose, split
from ai_gateway.memory.scoring import BOTH, BY_MEANING, BY_WORDS, Weights, probability
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import ANY, Candidate, Filters, Recall, Recalled, Repeated
from ai_gateway.memory.words import spellings

CANDIDATES = 100
"""Incidents looked at, nearest by meaning and as many nearest by words."""
CROWDED = CANDIDATES // 2
"""Where nearly identical incidents took so many of the places, others may have found none: it is looked further."""
FURTHER = 6 * CANDIDATES
"""Looked at then: one fault that came back some hundred times must not hide the precedent that tells what helped."""
ALIKE = 0.03
"""Probability that the best incident must reach; below it there was nothing like it before (docs/memory.md)."""
WORTH_SHOWING = 0.02
"""Probability that the others must reach."""
FEW_WORDS = 4
"""A question of so many words is one for words: what holds all of them is shown, however little it is like them by meaning."""
RARE = math.log(10)
"""Of these one at least is rare: about one in ten texts holds it, or fewer."""
SHOWN_WORDS = 6
HELPED = 0.4
"""Log-odds by which a remedy that helped goes before one of which nobody said so; one that did not goes behind."""
OPEN = 0.4
"""Log-odds by which a report's finding goes behind what is as like, unless it is known what ended it: nothing is learnt to do."""
OLD = 0.2
"""Log-odds that a year costs; older ones cost no more."""
USEFUL = 0.2
"""Log-odds that many people's word on it is worth, at most."""
FEW_VOTES = 2
"""So many more people who found it useful than did not are worth half of that."""
YEAR = timedelta(days=365)
ALMOST_SURE = 1 - 1e-9
REREAD = 20
"""Incidents, of those worth showing, that a re-ranker reads."""
NOBODY: Mapping[int, float] = MappingProxyType({})


class IncidentMemory:
    """Recall by meaning and words, or by words alone while the embedder is down."""

    def __init__(self, store: MemoryStore, embedder: Embedder, reranker: Reranker | None = None) -> None:
        """Args: store: where incidents lie. embedder: makes the question's vector. reranker: has a say in the order."""
        self._store = store
        self._embedder = embedder
        self._reranker = reranker

    async def close(self) -> None:
        """Close the re-ranker's connections."""
        if self._reranker is not None:
            await self._reranker.close()

    async def recall(
        self,
        text: str,
        sites: tuple[int, ...] | None,
        k: int,
        categories: list[str] | None = None,
        *,
        filters: Filters = ANY,
    ) -> Recall:
        """The ``k`` incidents of these sites (``None``: all) most like ``text``, best first; nearly identical ones as one.

        The first line or sentence of the text counts as its title. No incident: there was nothing like it before.

        Raises:
            Unavailable: the gateway's own database is down.
        """
        if categories is not None:
            filters = msgspec.structs.replace(filters, categories=tuple(categories))
        try:
            vector = await self._embedder.embed_question(compose(*split(text)))
        except PartDown:
            vector = None
        question = await self.question(text)
        found = await self._reread(text, await self._found(question, vector, sites, filters, k))
        told = [msgspec.structs.replace(one, shared_words=_shared(one, question)) for one in found[:k]]
        return Recall(told, by_words=vector is None)

    async def _found(
        self, question: Question, vector: list[float] | None, sites: tuple[int, ...] | None, filters: Filters, k: int
    ) -> list[Recalled]:
        """What is worth showing, nearly identical ones as one. Where these took the places of others, it is looked again.

        First further; then beside what is said over and over, however often that is.
        """
        ranked = await self.rank(question, vector, sites, filters)
        groups = _together(ranked, question)
        if _crowded(groups, k, CROWDED):
            ranked = await self.rank(question, vector, sites, filters, FURTHER)
            groups = await asyncio.to_thread(_together, ranked, question)
            if _crowded(groups, k, FURTHER // 2) and (often := repeated(groups)):
                known = {one.id for one in ranked}
                others = await self.rank(question, vector, sites, filters, CANDIDATES, often)
                ranked += [one for one in others if one.id not in known]
                ranked.sort(key=lambda one: (-one.similarity_score, one.id))
                groups = await asyncio.to_thread(_together, ranked, question)
        return [shown(group) for group in groups]

    async def _reread(self, text: str, found: list[Recalled]) -> list[Recalled]:
        """The first ones in the order that the re-ranker agrees with; as they are without one, or while it is down."""
        first, rest = found[:REREAD], found[REREAD:]
        if self._reranker is None or len(first) <= 1:
            return found
        try:
            scores = await self._reranker.scores(text, [one.description for one in first])
        except PartDown:
            return found
        return preferred(first, {one.id: score for one, score in zip(first, scores, strict=True)}) + rest

    async def question(self, text: str) -> Question:
        """A text's words, weighed by how rare each is in memory."""
        title, body = split(text)
        return Question.of(title, body, await self._store.word_counts(counted(title, body)))

    async def rank(
        self,
        question: Question,
        vector: list[float] | None,
        sites: tuple[int, ...] | None,
        filters: Filters = ANY,
        limit: int = CANDIDATES,
        beside: Sequence[Repeated] = (),
    ) -> list[Recalled]:
        """Every candidate with its score, best first. ``vector``: the text's; ``None`` compares words alone.

        ``beside``: incidents that say just this are left out.
        """
        found = await self._store.candidates(vector, DEFAULT_MODEL, question, sites, filters, limit, beside)
        first = [_scored(one, question) for one in found]
        first.sort(key=lambda one: (-one.incident.similarity_score, one.incident.id))
        near = [one.incident.id for one in first[:LOOKED_AT]]
        vectors = await self._store.vectors_of(near, DEFAULT_MODEL, sites) if near else {}
        return lifted(first, vectors, question.own)


def _together(ranked: list[Recalled], question: Question) -> list[list[Recalled]]:
    """What of a ranking is worth showing, in the order preferred, nearly identical ones together."""
    return grouped(preferred(worth_showing(ranked, question)))


def _crowded(groups: list[list[Recalled]], k: int, places: int) -> bool:
    """Whether so many places went to nearly identical incidents that fewer than ``k`` others were found."""
    return len(groups) < k and sum(map(len, groups)) - len(groups) >= places


def worth_showing(ranked: list[Recalled], question: Question) -> list[Recalled]:
    """Those of a ranking that may be the same problem, none if not even the first is likely enough; and what few words name."""
    least = WORTH_SHOWING if ranked and ranked[0].similarity_score >= ALIKE else 1.0
    named = len(question.rarity) <= FEW_WORDS and max(question.rarity.values(), default=0.0) >= RARE
    return [one for one in ranked if one.similarity_score >= least or (named and _holds_all(one, question))]


def preferred(incidents: list[Recalled], again: Mapping[int, float] = NOBODY) -> list[Recalled]:
    """Best first, where what helped and what is new weigh in a little: they decide between incidents that are as alike.

    ``again``: of an incident's id, how well it fits by another opinion, 0 to 1, which weighs as much as ours.
    """
    newest = max((one.occurred_at for one in incidents), default=None)

    def weight(one: Recalled) -> float:
        odds = _log_odds(one.similarity_score)
        if one.id in again:
            odds = (odds + _log_odds(again[one.id])) / 2
        age = min((newest - one.occurred_at) / YEAR, 1.0) if newest else 0.0
        told = USEFUL * one.votes / (abs(one.votes) + FEW_VOTES)
        told -= OPEN if one.source == FINDINGS and one.resolution is None else 0.0
        return odds + told + (0.0 if one.helped is None else HELPED if one.helped else -HELPED) - OLD * age

    return sorted(incidents, key=lambda one: (-weight(one), one.id))


def _log_odds(probability: float) -> float:
    within = min(max(probability, 1 - ALMOST_SURE), ALMOST_SURE)
    return math.log(within) - math.log1p(-within)


def _scored(candidate: Candidate, question: Question) -> Candidate:
    incident = candidate.incident
    wording = candidate.wording / question.own if question.own else 0.0
    score = probability(
        _weights(incident.similarity, question),
        incident.similarity or 0.0,
        wording,
        candidate.crowd,
        candidate.word_crowd,
    )
    return msgspec.structs.replace(candidate, incident=msgspec.structs.replace(incident, similarity_score=score))


def _weights(similarity: float | None, question: Question) -> Weights:
    if similarity is None:
        return BY_WORDS
    return BOTH if question.weights else BY_MEANING


def _holds_all(incident: Recalled, question: Question) -> bool:
    return question.rarity.keys() <= _spellings(incident).keys()


def _spellings(incident: Recalled) -> dict[str, str]:
    return spellings("\n".join((incident.description, incident.cause or "", incident.resolution or "")))


def _shared(incident: Recalled, question: Question) -> tuple[str, ...]:
    """The words that both say, as the incident spells them, rarest first."""
    said = _spellings(incident)
    both = sorted(said.keys() & question.rarity.keys(), key=lambda word: (-question.rarity[word], word))
    return tuple(said[word] for word in both[:SHOWN_WORDS])
