"""Bring collections of Chroma into memory: each entry once, embedded anew, however often the command was interrupted."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from ai_gateway.clients.chroma import ChromaReader, Document, ImportSourceError, chroma
from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.kit.text import clean, listing
from ai_gateway.memory.chroma import KNOWN, SOURCE, Place, Refused, read_entry
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from ai_gateway.memory.upkeep import embedded

__all__ = ["ChromaImport", "ImportSourceError", "Place", "Report", "chroma", "told"]

JOB = "import_chroma"
PAGE = 64


class Report(msgspec.Struct, kw_only=True):
    """What became of a collection's entries; ``read`` is the sum of the others up to ``refused``, by reason.

    ``changed``: there already, but said something else. ``duplicates``: another entry tells the same. ``forgotten``: an
    operator deleted it, and it stays so. ``undated``: of those added or changed, without a time. ``lost_sites``: names of sites
    that HOMEPOT does not have; such entries are seen by keys for all sites alone.
    """

    collection: str
    there: int
    read: int = 0
    added: int = 0
    changed: int = 0
    already_there: int = 0
    duplicates: int = 0
    forgotten: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    undated: int = 0
    lost_sites: Counter[str] = msgspec.field(default_factory=Counter)


class ChromaImport:
    """One run. What was stored is known by its key, so a run after an interruption stores the rest."""

    def __init__(
        self, reader: ChromaReader, memory: MemoryStore, embedder: Embedder, place: Place, *, dry_run: bool
    ) -> None:
        """Args: place: where entries happened. dry_run: only count; the embedder is not asked."""
        self._reader = reader
        self._memory = memory
        self._embedder = embedder
        self._place = place
        self._dry = dry_run
        self._known: dict[str, str] = {}
        self._told: set[str] = set()
        self._forgotten: frozenset[str] = frozenset()

    async def run(self, collections: Sequence[str]) -> list[Report]:
        """Import these collections, or those of `KNOWN` that are there.

        Raises:
            ImportSourceError: a collection is not there, or Chroma does not answer.
            Unavailable: the gateway's own database is down.
            PartDown: the embedder is down.
        """
        if unknown := self._place.unknown():
            raise ImportSourceError(f"HOMEPOT has no site {listing(unknown)}: give its public id.")
        chosen = await self._chosen(collections)
        self._known = await self._memory.contents(SOURCE)
        self._told = set(self._known.values())
        self._forgotten = await self._memory.forgotten(SOURCE)
        reports = [await self._import(name) for name in chosen]
        if not self._dry:
            await self._memory.count_words()
        return reports

    async def _chosen(self, collections: Sequence[str]) -> list[str]:
        present = await self._reader.present()
        chosen = list(dict.fromkeys(collections)) or [name for name in KNOWN if name in present]
        if not chosen:
            raise ImportSourceError(
                f"None of the collections {', '.join(KNOWN)} is there. Name others with --collection; "
                f"the server has {', '.join(present) or 'none'}."
            )
        return chosen

    async def _import(self, collection: str) -> Report:
        report = Report(collection=collection, there=await self._reader.count(collection))
        try:
            async for page in self._reader.pages(collection, PAGE):
                fresh = self._fresh(page, report)
                if fresh and not self._dry:
                    await self._store(fresh, report)
        except ImportSourceError as error:
            read = f"{report.read} of {report.there} entries of {collection} were read"
            raise ImportSourceError(f"{error} ({read}: run the command again to go on)") from error
        return report

    def _fresh(self, page: Sequence[Document], report: Report) -> list[Incident]:
        """The incidents of a page that memory lacks; all others are counted."""
        fresh = []
        for document in page:
            report.read += 1
            try:
                entry = read_entry(report.collection, document.id, document.text, document.metadata, self._place)
            except Refused as reason:
                report.refused[str(reason)] += 1
                continue
            if self._is_new(entry.incident, report):
                fresh.append(entry.incident)
                report.undated += not entry.dated
                if entry.lost_site is not None:
                    report.lost_sites[entry.lost_site] += 1
        return fresh

    def _is_new(self, incident: Incident, report: Report) -> bool:
        key, content = incident.source_key, incident.content_hash
        if key in self._forgotten:
            report.forgotten += 1
        elif self._known.get(key) == content:
            report.already_there += 1
        elif content in self._told:
            report.duplicates += 1
        else:
            report.changed += key in self._known
            report.added += key not in self._known
            self._told.discard(self._known.get(key, ""))
            self._known[key] = content
            self._told.add(content)
            return True
        return False

    async def _store(self, fresh: list[Incident], report: Report) -> None:
        vectors = await embedded([one.description for one in fresh], self._memory, self._embedder)
        position = {"collection": report.collection, "read": report.read}
        await self._memory.save(fresh, vectors, DEFAULT_MODEL, JOB, position)


def told(report: Report, *, dry_run: bool) -> str:
    """A report in words, one line an outcome."""
    verb = "would be added" if dry_run else "added"
    counts = {
        verb: report.added,
        "changed": report.changed,
        "there already": report.already_there,
        "told by another entry": report.duplicates,
        "deleted by an operator, left out": report.forgotten,
        **{f"refused: {reason}": number for reason, number in sorted(report.refused.items())},
    }
    lines = [f"{report.collection}: {report.read} of {report.there} entries read"]
    lines += [f"  {number} {outcome}" for outcome, number in counts.items() if number]
    if report.undated:
        lines.append(f"  {report.undated} without a time: dated by --dated, or now")
    if report.lost_sites:
        sites = listing((f"{clean(name, 40)} ({number})" for name, number in report.lost_sites.most_common()), most=10)
        lines.append(f"  at sites that HOMEPOT does not have, seen by keys for all sites alone: {sites}")
    return "\n".join(lines)
