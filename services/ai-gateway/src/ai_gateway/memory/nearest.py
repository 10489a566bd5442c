"""How to look for the nearest: compare with all in scope, or let an index choose; whichever costs less.

Comparing is exact and costs by the rows in scope. An index costs by the rows out of scope that it passes on its way. How
both were measured: docs/decisions/0010.
"""

import math

import msgspec

from ai_gateway.memory.sight import UNMEASURED, kept_in_sight

COMPARE_US = 1.3
"""Microseconds of a processor to fetch and compare one row in scope."""
VISIT_US = 18.0
"""Microseconds of a processor until the index over vectors gives one row, in scope or not."""
INDEX_FROM = 20_000
"""Remembered incidents from which there is an index: comparing with as many takes about 25 ms."""
MOST_READ = 5_000
"""Incidents that are compared by words at most, where there are more in scope than twice as many."""
TOGETHER = (4, 3, 2)
"""Words that a text should hold together if each of them is too frequent to read all its texts.

Each is a walk through the index over words that grows with memory. Beside what is near by meaning the first one finds all
that the three find (docs/decisions/0030)."""


class Ways(msgspec.Struct, frozen=True):
    """How to look: ``meaning`` and ``words`` by an index, or exactly. ``words``: queries to be read in this order.

    ``None`` compares the words of all, an empty one those of none. ``in_sight``: rows that the index keeps in sight.
    """

    meaning: bool = False
    words: tuple[str, ...] | None = None
    in_sight: int = UNMEASURED


def exactly(rarity: dict[str, float]) -> Ways:
    """Compare with everything in scope; a question without words by meaning alone."""
    return Ways(words=None if rarity else ())


def choose(
    rarity: dict[str, float],
    in_scope: int,
    total: int,
    limit: int,
    *,
    indexed: bool,
    measured: int = UNMEASURED,
    words_alone: bool = False,
) -> Ways:
    """The cheaper ways to ``limit`` incidents among ``in_scope`` of ``total``.

    ``rarity``: of the question's words. ``measured``: rows in sight that `ai_gateway.memory.sight` found to be enough.
    ``words_alone``: nothing is looked for by meaning.
    """
    in_sight = kept_in_sight(limit, measured)
    return Ways(
        meaning=indexed and index_is_cheaper(in_scope, total, limit, in_sight),
        in_sight=in_sight,
        words=worth_reading(rarity, MOST_READ / in_scope, alone=words_alone)
        if in_scope > 2 * MOST_READ
        else exactly(rarity).words,
    )


def index_is_cheaper(in_scope: int, total: int, limit: int, in_sight: int) -> bool:
    """Whether the index over vectors passes ``limit`` rows in scope sooner than all in scope are compared."""
    passed = max(in_sight, limit * total / max(in_scope, 1))
    return passed * VISIT_US < in_scope * COMPARE_US


def worth_reading(rarity: dict[str, float], share: float, *, alone: bool) -> tuple[str, ...]:
    """Queries for the texts that say most of what is asked, which are about a ``share`` of all.

    First any of the rarest words, as many as fit; then what holds several of the next ones together: as many of them as
    possible, and where words are compared ``alone`` fewer and fewer. A word with BM25's rarity r stands in about a share
    exp(-r) of all texts.
    """
    telling = sorted(rarity, key=lambda word: (-rarity[word], word))
    fitting, left = 0, share - sum(math.exp(-rarity[word]) for word in telling[:1])
    while fitting < len(telling) and left >= 0:
        fitting += 1
        left -= math.exp(-rarity[telling[fitting]]) if fitting < len(telling) else 0
    rest = telling[fitting:]
    together = [" & ".join(map(quoted, rest[:count])) for count in TOGETHER if len(rest) >= count]
    if not alone:
        together = together[:1]
    elif not fitting:
        together += map(quoted, rest[:1])
    return (*([" | ".join(map(quoted, telling[:fitting]))] if fitting else []), *together)


def quoted(word: str) -> str:
    """A word in a tsquery; words hold letters, digits and ``._:/-`` alone."""
    return f"'{word}'"
