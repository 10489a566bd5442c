"""The worker's job that keeps knowledge as the folder has it: what is new or changed is read, what is gone is forgotten."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from prometheus_client import Gauge

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.homepot.tenants import Tenants
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.logging import get_logger
from ai_gateway.knowledge.child import read_apart
from ai_gateway.knowledge.folder import read_bytes, seen, suffix_of
from ai_gateway.knowledge.store import KnowledgeStore, composed
from ai_gateway.knowledge.types import FileKnown, FileRead, FileSeen, Passage, Refused
from ai_gateway.memory.recipe import RECIPE

SHARED: Final = "shared"
MADE_BY: Final = f"1/{RECIPE}/{DEFAULT_MODEL}"
"""How passages are made: of another value they are made anew."""
MOST_READ: Final = 50
"""Files of one round, so that other jobs get their turn; the rest comes in the next round."""
FILES: Final = Gauge("ai_knowledge_files", "Files of the knowledge folder.", ["state"])
PASSAGES: Final = Gauge("ai_knowledge_passages", "Passages that can be found.")

_log = get_logger("knowledge")


class KnowledgeIndex:
    """A job of the worker. Each file is stored in one transaction, so it goes on wherever it stopped."""

    def __init__(
        self,
        folder: Path | None,
        store: KnowledgeStore,
        embedder: Embedder,
        tenants: Tenants,
        *,
        batch: int,
        most_mb: int,
    ) -> None:
        """Args: folder: ``None`` for no knowledge. tenants: whose a folder is. batch: passages embedded at once."""
        self._folder = folder
        self._store = store
        self._embedder = embedder
        self._tenants = tenants
        self._batch = batch
        self._most = most_mb * 2**20

    async def run(self) -> int:
        """One round; returns how many files were read or forgotten.

        Raises:
            Unavailable: the folder or a database is not there; what is known stays as it is.
            PartDown: the embedder is down.
        """
        known = {(one.tenant, one.path): one for one in await self._store.known()}
        there = await self._seen()
        gone = [one.id for key, one in known.items() if key not in there]
        if gone:
            await self._store.drop(gone)
        ids = await self._tenants.by_slug() if there else {}
        due = [one for key, one in there.items() if _due(one, known.get(key), ids)]
        for file in due[:MOST_READ]:
            await self._take(file, known.get((file.tenant, file.path)), ids)
        await self._report()
        if gone or due:
            _log.info("knowledge_read", files=len(due[:MOST_READ]), waiting=len(due[MOST_READ:]), forgotten=len(gone))
        return len(due[:MOST_READ]) + len(gone)

    async def _seen(self) -> Mapping[tuple[str, str], FileSeen]:
        if self._folder is None:
            return {}
        try:
            found = await asyncio.to_thread(seen, self._folder)
        except OSError as error:
            raise Unavailable("knowledge", f"KNOWLEDGE_DIR cannot be read: {error.strerror}.") from error
        return {(one.tenant, one.path): one for one in found}

    async def _take(self, file: FileSeen, known: FileKnown | None, ids: Mapping[str, int]) -> None:
        """Read one file, and store it or the reason why not."""
        tenant, shared = ids.get(file.tenant), file.tenant == SHARED
        digest, passages, reason = "", list[Passage](), _homeless(file.tenant, ids)
        try:
            data = b"" if reason else await asyncio.to_thread(read_bytes, self._root, file, self._most)
            digest = hashlib.sha256(data).hexdigest()
            if known and (known.content_hash, known.recipe, known.tenant_id) == (digest, MADE_BY, tenant):
                await self._store.touch(known, file)
                return
            passages = [] if reason else await read_apart(suffix_of(file), data)
        except Refused as refusal:
            reason = str(refusal)
        if reason:
            _log.warning("knowledge_refused", folder=file.tenant, file=file.path, reason=reason)
        read = FileRead(seen=file, tenant_id=tenant, content_hash=digest, reason=reason, passages=passages)
        await self._store.save(read, await self._vectors(file, passages), MADE_BY, shared=shared)

    @property
    def _root(self) -> Path:
        return self._folder or Path()

    async def _vectors(self, file: FileSeen, passages: Sequence[Passage]) -> list[list[float]]:
        """A vector for each passage; what the file said before is not embedded again."""
        texts = [composed(file, passage) for passage in passages]
        vectors = await self._store.vectors(file, MADE_BY) if texts else {}
        missing = [text for text in dict.fromkeys(texts) if text not in vectors]
        for start in range(0, len(missing), self._batch):
            page = missing[start : start + self._batch]
            vectors.update(zip(page, await self._embedder.embed_batch(page), strict=True))
        return [vectors[text] for text in texts]

    async def _report(self) -> None:
        view = await self._store.view(None, 0, 0)
        FILES.labels("indexed").set(view.indexed)
        FILES.labels("refused").set(view.refused)
        PASSAGES.set(view.passages)


def _due(file: FileSeen, known: FileKnown | None, ids: Mapping[str, int]) -> bool:
    """Whether a file must be read: it is new, was written, is another tenant's now, or passages are made differently."""
    if known is None or (known.size, known.modified) != (file.size, file.modified) or known.recipe != MADE_BY:
        return True
    return known.tenant_id != ids.get(file.tenant)


def _homeless(tenant: str, ids: Mapping[str, int]) -> str | None:
    """Why nobody could find a file of this folder."""
    if not tenant:
        return f"it lies in no tenant's folder: put it into {SHARED}/ or into the folder of a tenant"
    if tenant != SHARED and tenant not in ids:
        return f"HOMEPOT has no tenant with the slug {tenant!r}: name the folder as one, or {SHARED}"
    return None
