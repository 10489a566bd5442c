"""How to look for the nearest: compare with all in scope, or let an index choose; whichever costs less.

Comparing is exact and costs by the rows in scope. An index costs by the rows out of scope that it passes on its way. How
both were measured: docs/decisions/0010.
"""

import math

import msgspec

COMPARE_US = 1.3
"""Microseconds of a processor to fetch and compare one row in scope."""
VISIT_US = 18.0
"""Microseconds of a processor until the index over vectors gives one row, in scope or not."""
LEAST_SEEN = 150
SEEN = 1.5
"""Rows that the index keeps in sight for each that is asked for, and at least: more are more exact and slower.

Of a million the ten nearest are found to 97 % with 40 in sight, 98.2 % with 120, 98.9 % with 200 (docs/decisions/0022).
"""
MOST_SEEN = 1000
"""What pgvector allows."""
INDEX_FROM = 20_000
"""Remembered incidents from which there is an index: comparing with as many takes about 25 ms."""
MOST_READ = 5_000
"""Incidents that are compared by words at most, where there are more in scope than twice as many."""
TOGETHER = (4, 3, 2)
"""Words that a text should hold together if each of them is too frequent to read all its texts."""


class Ways(msgspec.Struct, frozen=True):
    """How to look: ``meaning`` and ``words`` by an index, or exactly. ``words``: queries to be read in this order.

    ``None`` compares the words of all, an empty one those of none.
    """

    meaning: bool = False
    words: tuple[str, ...] | None = None


def exactly(rarity: dict[str, float]) -> Ways:
    """Compare with everything in scope; a question without words by meaning alone."""
    return Ways(words=None if rarity else ())


def choose(rarity: dict[str, float], in_scope: int, total: int, limit: int, *, indexed: bool) -> Ways:
    """The cheaper ways to ``limit`` incidents among ``in_scope`` of ``total``. ``rarity``: of the question's words."""
    return Ways(
        meaning=indexed and index_is_cheaper(in_scope, total, limit),
        words=worth_reading(rarity, MOST_READ / in_scope) if in_scope > 2 * MOST_READ else exactly(rarity).words,
    )


def index_is_cheaper(in_scope: int, total: int, limit: int) -> bool:
    """Whether the index over vectors passes ``limit`` rows in scope sooner than all in scope are compared."""
    passed = max(kept_in_sight(limit), limit * total / max(in_scope, 1))
    return passed * VISIT_US < in_scope * COMPARE_US


def kept_in_sight(limit: int) -> int:
    """``hnsw.ef_search`` for so many rows."""
    return min(max(math.ceil(limit * SEEN), LEAST_SEEN, limit), MOST_SEEN)


def worth_reading(rarity: dict[str, float], share: float) -> tuple[str, ...]:
    """Queries for the texts that say most of what is asked, which are about a ``share`` of all.

    First any of the rarest words, as many as fit; then what holds several of the next ones together. A word with BM25's
    rarity r stands in about a share exp(-r) of all texts.
    """
    telling = sorted(rarity, key=lambda word: (-rarity[word], word))
    fitting, left = 0, share - sum(math.exp(-rarity[word]) for word in telling[:1])
    while fitting < len(telling) and left >= 0:
        fitting += 1
        left -= math.exp(-rarity[telling[fitting]]) if fitting < len(telling) else 0
    rest = telling[fitting:]
    together = [" & ".join(map(quoted, rest[:count])) for count in TOGETHER if len(rest) >= count]
    if not fitting:
        return (*together, *map(quoted, rest[:1]))
    return (" | ".join(map(quoted, telling[:fitting])), *together)


def quoted(word: str) -> str:
    """A word in a tsquery; words hold letters, digits and ``._:/-`` alone."""
    return f"'{word}'"
