"""BM25 as a product of two sparse vectors, so that Postgres ranks by it with one operator.

Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). The remembered text carries how much
each of its words says about it, the question how rare each word is among all that is remembered.
"""

import math
import zlib
from collections import Counter

import msgspec

from ai_gateway.memory.types import WordCounts
from ai_gateway.memory.words import words

DIMENSIONS = 1 << 29
"""A word's place is its CRC-32 within this many: a million words share about one place in a thousand."""
TITLE_WEIGHT = 3
"""A word of the title counts as often. Chosen on bug reports (docs/memory.md): 2 to 4 are alike, 1 is much worse."""
SATURATION = 1.2
LENGTH_SHARE = 0.75
USUAL_LENGTH = 40
"""Words of a text whose weights are neither raised nor lowered, titles counted by their weight. Part of the recipe."""
MOST_WORDS = 24
"""Words of a question that a remembered text must share one of, to be looked at: the rarest ones."""

Sparse = dict[int, float]


def place(word: str) -> int:
    """The dimension of a word, 0 to ``DIMENSIONS`` - 1, the same in every process."""
    return zlib.crc32(word.encode()) % DIMENSIONS


def text_weights(title: str, body: str) -> Sparse:
    """What each word says about a remembered text: BM25's share of the text's own frequencies, at most 2.2."""
    counts = Counter(words(body))
    for word in words(title):
        counts[word] += TITLE_WEIGHT
    longer = 1 - LENGTH_SHARE + LENGTH_SHARE * counts.total() / USUAL_LENGTH
    weights: Sparse = {}
    for word, count in counts.items():
        here = place(word)
        weights[here] = weights.get(here, 0.0) + count * (SATURATION + 1) / (count + SATURATION * longer)
    return weights


class Question(msgspec.Struct, frozen=True):
    """A text to compare with what is remembered. ``rarity``: of each of its words. ``own``: its product with itself."""

    weights: Sparse
    rarity: dict[str, float]
    own: float

    @classmethod
    def of(cls, title: str, body: str, counts: WordCounts) -> "Question":
        """Weigh a text's words by how rare each is among all that is remembered."""
        weights: Sparse = {}
        rarities: dict[str, float] = {}
        for word, times in counted(title, body).items():
            rarities[word] = rarity(counts.documents.get(word, 0), counts.total)
            weights[place(word)] = weights.get(place(word), 0.0) + times * rarities[word]
        return cls(weights, rarities, product(text_weights(title, body), weights))

    @property
    def any_word(self) -> str:
        """A tsquery for texts with any of the words that tell most."""
        telling = sorted(self.rarity, key=lambda word: (-self.rarity[word], word))[:MOST_WORDS]
        return " | ".join(f"'{word}'" for word in telling)


def counted(title: str, body: str) -> dict[str, float]:
    """How much each word of a question counts, before its rarity; of the body each word counts once."""
    counts = dict.fromkeys(words(body), 1.0)
    for word in words(title):
        counts[word] = counts.get(word, 0.0) + TITLE_WEIGHT
    return counts


def rarity(documents: int, total: int) -> float:
    """BM25's inverse document frequency of a word that ``documents`` of ``total`` texts hold, above 0."""
    return math.log(1 + (max(total - documents, 0) + 0.5) / (documents + 0.5))


def product(left: Sparse, right: Sparse) -> float:
    """The inner product."""
    return sum(weight * right[here] for here, weight in left.items() if here in right)
