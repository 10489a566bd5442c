"""Lift what is like a likely precedent: if this was the same problem before, so was what is the same problem as this.

A second look at a ranking, which tells what was said in other words and came back more than once. Nothing is stored for it,
so it is never stale (docs/decisions/0031).
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.memory.scoring import BY_MEANING, probability, usual
from ai_gateway.memory.types import Candidate, Recalled

LEADERS = 5
"""The best of a ranking that are news, which lift others. 2 to 8 rank alike (docs/memory.md)."""
LOOKED_AT = 50
"""The best of a ranking, which may be lifted."""
NO_NEWS = 0.95
"""Likeness to the question from which a text lifts nothing: what is like it is like the question, and was seen to be."""
TRUST = 0.8
"""How far two steps are believed: texts that share a precedent are less often the same than chances alone would say."""

Floats = NDArray[np.float32]


def lifted(ranked: Sequence[Candidate], vectors: Mapping[int, Floats], own: float) -> list[Recalled]:
    """The incidents of a ranking, best first, each as likely as it is by itself or through one before it.

    None goes before the one that lifts it, so the first stays the first. ``vectors``: of an incident's id, ``(768,)`` of
    length 1; without its vector an incident neither lifts nor is lifted. ``own``: the question's BM25 against itself.
    """
    near = [one for one in ranked[:LOOKED_AT] if one.incident.id in vectors]
    leaders = [place for place, one in enumerate(near) if _is_news(one, own)][:LEADERS]
    if not leaders:
        return [one.incident for one in ranked]
    rows = np.stack([vectors[one.incident.id] for one in near])
    score = {one.incident.id: one.incident.similarity_score for one in ranked}
    for lead, likeness in zip(leaders, (rows[leaders] @ rows.T).tolist(), strict=True):
        for place in range(lead + 1, len(near)):
            one = near[place]
            score[one.incident.id] = max(score[one.incident.id], _through(near[lead], one, likeness[place]))
    incidents = [msgspec.structs.replace(one.incident, similarity_score=score[one.incident.id]) for one in ranked]
    return sorted(incidents, key=lambda one: -one.similarity_score)


def _is_news(lead: Candidate, own: float) -> bool:
    alike = lead.incident.similarity
    return (alike if alike is not None else lead.wording / own if own else 0.0) < NO_NEWS


def _through(lead: Candidate, one: Candidate, likeness: float) -> float:
    """How likely ``one`` is the question's problem, by itself or as that of ``lead`` is; never more than ``lead``."""
    crowd = (usual(lead.crowd) + usual(one.crowd)) / 2
    same = probability(BY_MEANING, likeness, 0.0, crowd, None)
    leads, by_itself = lead.incident.similarity_score, one.incident.similarity_score
    return min(1 - (1 - by_itself) * (1 - TRUST * leads * same), leads)
