"""Files and passages in the gateway's own Postgres."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from pgvector import SparseVector, Vector

from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql
from ai_gateway.knowledge.types import FileKnown, FileRead, FileSeen, FileView, KnowledgeView, Passage
from ai_gateway.memory.lexical import DIMENSIONS, Question
from ai_gateway.memory.recipe import compose
from ai_gateway.memory.store import made
from ai_gateway.memory.types import Told

PACKAGE: Final = "ai_gateway.knowledge"
PART: Final = "database"
DOWN: Final = "The gateway's own database does not answer; runbooks cannot be looked up."
Tenants = tuple[int, ...] | None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A passage with its likeness to a question. ``similarity``: cosine, ``None`` without the question's vector."""

    id: int
    tenant: str
    path: str
    section: str
    text: str
    similarity: float | None
    wording: float


class KnowledgeStore:
    """The only place with SQL about knowledge. ``tenants``: HOMEPOT's integers in the caller's scope; ``None`` means all."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool

    async def known(self) -> list[FileKnown]:
        """Every file as it was read last."""
        return msgspec.convert(await self._run("known_files", {}), list[FileKnown])

    async def vectors(self, file: FileSeen, recipe: str) -> dict[str, list[float]]:
        """The vectors of what a file said before, by text."""
        rows = await self._run("file_vectors", {"tenant": file.tenant, "path": file.path, "recipe": recipe})
        return {row["description"]: row["embedding"].to_list() for row in rows}

    async def save(self, read: FileRead, vectors: Sequence[list[float]], recipe: str, *, shared: bool) -> None:
        """Put a file's passages in place of its old ones, in one transaction."""
        facts = {name: getattr(read.seen, name) for name in FileSeen.__struct_fields__}
        facts |= {"tenant_id": read.tenant_id, "shared": shared, "recipe": recipe}
        facts |= {"content_hash": read.content_hash, "reason": read.reason}
        async with self._connection() as conn, conn.transaction(), conn.cursor() as cursor:
            (row,) = await fetch_all(conn, load_sql(PACKAGE, "put_file"), facts)
            await cursor.execute(load_sql(PACKAGE, "drop_passages").encode(), {"file": row["id"]})
            rows = [
                {"file": row["id"], "place": place, **_columns(read.seen, passage, vector)}
                for place, (passage, vector) in enumerate(zip(read.passages, vectors, strict=True))
            ]
            if rows:
                await cursor.executemany(load_sql(PACKAGE, "put_passage").encode(), rows)

    async def touch(self, known: FileKnown, seen: FileSeen) -> None:
        """Keep that a file was written anew and says the same."""
        await self._run("touch_file", {"id": known.id, "size": seen.size, "modified": seen.modified})

    async def drop(self, ids: Sequence[int]) -> None:
        """Forget files and their passages."""
        await self._run("drop_files", {"ids": list(ids)})

    async def search(
        self, question: Question, vector: list[float] | None, tenants: Tenants, limit: int
    ) -> list[Candidate]:
        """The ``limit`` passages nearest by meaning and as many by words, in no order."""
        params = {
            "tenants": _listed(tenants),
            "embedding": Vector(vector) if vector is not None else None,
            "lexemes": question.any_word,
            "word_weights": SparseVector(question.weights, DIMENSIONS),
            "candidates": limit,
        }
        return msgspec.convert(await self._run("search", params), list[Candidate])

    async def view(self, tenants: Tenants, limit: int, offset: int) -> KnowledgeView:
        """What callers are told of the folder."""
        scope = {"tenants": _listed(tenants)}
        (totals,) = await self._run("totals", scope)
        files = await self._run("files", {**scope, "limit": limit, "offset": offset})
        return KnowledgeView(**totals, files=msgspec.convert(files, list[FileView]))

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._connection() as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), params)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            yield conn


def title_of(file: FileSeen, passage: Passage) -> str:
    """What a passage is about: its file's name and its section."""
    name = file.path.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("_", " ").replace("-", " ")
    return f"{name}: {passage.section}"[:200]


def composed(file: FileSeen, passage: Passage) -> str:
    """The text that is embedded."""
    return compose(title_of(file, passage), passage.text)


def _columns(file: FileSeen, passage: Passage, vector: list[float]) -> dict[str, Any]:
    text = composed(file, passage)
    words = made(Told(description=text, title=title_of(file, passage)), vector, "")
    kept = {name: words[name] for name in ("embedding", "words", "word_weights")}
    return {"section": passage.section[:300], "description": text, "text": passage.text, **kept}


def _listed(tenants: Tenants) -> list[int] | None:
    return None if tenants is None else list(tenants)
