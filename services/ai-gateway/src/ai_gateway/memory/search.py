"""The one query that recall rests on, each time in the ways that cost least."""

import math
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from pgvector import HalfVector, SparseVector

from ai_gateway.kit.db import Connection, fetch_all
from ai_gateway.kit.sql import load_sql
from ai_gateway.memory.lexical import DIMENSIONS, Question
from ai_gateway.memory.nearest import INDEX_FROM, MOST_READ, Ways, choose, exactly, quoted
from ai_gateway.memory.sight import UNMEASURED
from ai_gateway.memory.types import Filters, IndexState, Repeated

PACKAGE = "ai_gateway.memory"
STATE_TTL_S = 30.0
DEEPER = 24
"""So many times as many candidates are taken from the index where those that are said over and over are left out."""
FRAGMENTS = ("scope", "meaning_exact", "meaning_index", "words_exact", "words_index", "words_none", "beside")
"""Files that are parts of other queries."""


class Search:
    """Finds candidates. What is known of the index and of how many are in a scope is trusted for ``STATE_TTL_S``.

    Stale, it costs time, never a hit.
    """

    def __init__(self) -> None:
        self._known = IndexState(rows=0, present=False, valid=False, built=0.0)
        self._known_until = -math.inf
        self._in_scope: dict[tuple[tuple[int, ...] | None, Filters], int] = {}

    async def candidates(
        self,
        conn: Connection,
        vector: list[float] | None,
        model: str,
        question: Question,
        sites: tuple[int, ...] | None,
        filters: Filters,
        limit: int,
        beside: Sequence[Repeated] = (),
    ) -> list[dict[str, Any]]:
        """Rows of ``recall.sql``; see `MemoryStore.candidates`."""
        params = {
            **in_scope(sites, filters),
            "embedding": HalfVector(vector) if vector is not None else None,
            "embedding_model": model,
            "any_word": question.any_word,
            "word_weights": SparseVector(question.weights, DIMENSIONS),
            "candidates": limit,
        }
        ways = await self._ways(conn, question, sites, filters, limit, words_alone=vector is None)
        if beside:
            return await self._beside(conn, ways, params, beside)
        rows = await recall(conn, ways, params)
        if ways.meaning and vector is not None and sum(row["near"] for row in rows) < limit:
            return await recall(conn, msgspec.structs.replace(ways, meaning=False), params)
        return rows

    @staticmethod
    async def _beside(
        conn: Connection, ways: Ways, params: dict[str, Any], beside: Sequence[Repeated]
    ) -> list[dict[str, Any]]:
        """The nearest but for what is said over and over. The index gives that too, so it gives more of which the others stay."""
        said = [" & ".join(map(quoted, one.words)) for one in beside]
        without = {"repeated": said, "most_words": [one.most for one in beside]}
        further = {"candidates": params["candidates"] * DEEPER} if ways.meaning else {}
        return await recall(conn, ways, {**params, **without, **further}, beside=True)

    async def _ways(
        self,
        conn: Connection,
        question: Question,
        sites: tuple[int, ...] | None,
        filters: Filters,
        limit: int,
        *,
        words_alone: bool,
    ) -> Ways:
        index = await self._state(conn)
        if index.rows < INDEX_FROM:
            return exactly(question.rarity)
        rows = self._in_scope.get((sites, filters))
        if rows is None:
            rows = self._in_scope[sites, filters] = await rows_in_scope(conn, in_scope(sites, filters), index.rows)
        return choose(
            question.rarity,
            rows,
            index.rows,
            limit,
            indexed=index.valid,
            measured=index.in_sight or UNMEASURED,
            words_alone=words_alone,
        )

    async def _state(self, conn: Connection) -> IndexState:
        if time.monotonic() >= self._known_until:
            self._known = await index_state(conn)
            self._known_until = time.monotonic() + STATE_TTL_S
            self._in_scope.clear()
        return self._known


async def recall(conn: Connection, ways: Ways, params: dict[str, Any], *, beside: bool = False) -> list[dict[str, Any]]:
    """The nearest by meaning and by words, found in these ways."""
    by_words = "words_exact" if ways.words is None else "words_index" if ways.words else "words_none"
    query = _recalling("meaning_index" if ways.meaning else "meaning_exact", by_words, beside=beside)
    own = {"queries": list(ways.words or ()), "most_read": MOST_READ, "in_sight": ways.in_sight}
    # Comparing, and reading texts by words, are planned for what is asked; a walk through the index always is the same.
    return await fetch_all(conn, query, {**params, **own}, prepare=ways.meaning and ways.words == ())


@cache
def _recalling(by_meaning: str, by_words: str, *, beside: bool) -> str:
    parts = {"scope": "scope", "by_meaning": by_meaning, "by_words": by_words}
    return composed("recall", {**parts, "beside": "beside"} if beside else parts).replace("{beside}", "")


async def rows_in_scope(conn: Connection, params: dict[str, Any], total: int) -> int:
    """About how many incidents are in scope, of ``total``: what the planner's statistics say, nothing is counted."""
    if all(params[name] is None for name in ("sites", *Filters.__struct_fields__)):
        return total
    (row,) = await fetch_all(conn, composed("rows_in_scope", {"scope": "scope"}), params)
    return int(row["QUERY PLAN"][0]["Plan"]["Plan Rows"])


async def index_state(conn: Connection) -> IndexState:
    """What there is of the index over vectors now."""
    return msgspec.convert((await fetch_all(conn, load_sql(PACKAGE, "index_state")))[0], IndexState)


def in_scope(sites: tuple[int, ...] | None, filters: Filters) -> dict[str, Any]:
    """The parameters of ``scope.sql``."""
    values = {"sites": sites, **{name: getattr(filters, name) for name in filters.__struct_fields__}}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def composed(name: str, parts: dict[str, str]) -> str:
    """A query whose ``{places}`` hold other files."""
    text = load_sql(PACKAGE, name)
    for place, part in parts.items():
        text = text.replace(f"{{{place}}}", load_sql(PACKAGE, part).strip())
    return text
