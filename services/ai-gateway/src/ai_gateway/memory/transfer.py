"""Carry memory elsewhere: one incident a line of JSON, without vectors, which the receiving side makes itself.

What somebody deleted is a line too, so that neither an older file nor HOMEPOT's own rows bring it back there.
"""

import codecs
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from datetime import datetime
from itertools import islice
from typing import IO, Annotated, Any, Final

import msgspec

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.kit.queries import aware
from ai_gateway.kit.text import NOT_BLANK
from ai_gateway.memory.recipe import storable
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Carried, Deleted, Incident, Word
from ai_gateway.memory.upkeep import embedded

JOB = "import"
PAGE = 64
UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NOT_COMPARED: Final = {"source", "source_key", "content_hash", "by_hand"}
SAID: Final = tuple(name for name in Incident.__struct_fields__ if name not in NOT_COMPARED)


class Line(Carried, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An incident as a line has it, within what memory can keep. What a mistyped field says would be lost."""

    source: Word
    source_key: Word
    description: Annotated[str, msgspec.Meta(min_length=1, pattern=NOT_BLANK)]
    severity: Word
    category: Word
    site: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None


class _Kind(msgspec.Struct):
    """What tells the two kinds of lines apart."""

    deleted_at: Any = None


class BadLineError(ValueError):
    """A line is not an incident; nothing of its page was stored."""

    def __init__(self, number: int, reason: str) -> None:
        """Args: number: of the line, from 1. reason: what is wrong with it."""
        super().__init__(f"Line {number} is not an incident: {reason}")


class Imported(msgspec.Struct):
    """What became of lines. ``same``: were there already. ``forgotten``: somebody deleted them, and they stay so.

    ``deleted``: were there, and somebody had deleted them where the file is from.
    """

    stored: int = 0
    same: int = 0
    forgotten: int = 0
    deleted: int = 0


async def write_lines(told: AsyncGenerator[Carried | Deleted], file: IO[bytes]) -> int:
    """Write every line; returns how many incidents. Raises ``OSError`` where they cannot be written, once reading has ended."""
    written = 0
    async with aclosing(told):
        async for one in told:
            file.write(msgspec.json.encode(one) + b"\n")
            written += isinstance(one, Incident)
    file.flush()  # what cannot be written is found out before anybody is told that it was, and an empty file is there too
    return written


async def read_lines(lines: Iterable[bytes], memory: MemoryStore, embedder: Embedder) -> Imported:
    """Store what `write_lines` wrote, each once.

    After an interruption the same file goes on where it stopped: what is there already is not embedded again.

    Raises:
        BadLineError: a line cannot be read.
        Unavailable: the gateway's own database is down.
        PartDown: the embedder is down.
    """
    done = Imported()
    told = _numbered(lines)
    gone: dict[str, frozenset[str]] = {}
    while page := list(islice(told, PAGE)):
        read = [_read(*line) for line in page]
        await _delete([one for one in read if isinstance(one, Deleted)], memory, gone, done)
        incidents = list({(one.source, one.source_key): one for one in read if isinstance(one, Carried)}.values())
        fresh = await _fresh(incidents, memory, gone, done)
        vectors = await embedded([one.description for one in fresh], memory, embedder)
        await memory.save(fresh, vectors, DEFAULT_MODEL, JOB, {"line": page[-1][0]})
        if votes := [(one, vote) for one in incidents for vote in one.votes or ()]:
            await memory.vote(votes)
        done.stored += len(fresh)
    await memory.count_words()
    return done


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, start=1):
        if number == 1 and line.startswith(UTF16):
            raise BadLineError(number, "the file is UTF-16: save it as UTF-8")
        if text := line.removeprefix(codecs.BOM_UTF8).strip():
            yield number, text


async def _delete(page: list[Deleted], memory: MemoryStore, gone: dict[str, frozenset[str]], done: Imported) -> None:
    """Delete here what was deleted there."""
    if page:
        done.deleted += await memory.delete(page)
        for one in page:
            gone.pop(one.source, None)  # to be read anew


async def _fresh(
    page: list[Carried], memory: MemoryStore, gone: dict[str, frozenset[str]], done: Imported
) -> list[Carried]:
    """The incidents of a page that memory lacks; the others are counted. ``gone``: what was deleted, by source, once read."""
    stored: dict[tuple[str, str], Incident] = {}
    for source in {one.source for one in page}:
        found = await memory.stored(source, [one.source_key for one in page if one.source == source])
        stored |= {(source, key): one for key, one in found.items()}
        if source not in gone:
            gone[source] = await memory.forgotten(source)
    wanted = [one for one in page if one.source_key not in gone[one.source]]
    fresh = [one for one in wanted if not _says_the_same(one, stored.get((one.source, one.source_key)))]
    done.forgotten += len(page) - len(wanted)
    done.same += len(wanted) - len(fresh)
    return fresh


def _says_the_same(line: Incident, stored: Incident | None) -> bool:
    """Whether storing a line would change nothing: what a person said here stays, unless the line has a person say something."""
    if stored is None or not set(line.by_hand) <= set(stored.by_hand):
        return False
    stays = set(stored.by_hand) - set(line.by_hand)
    return all(name in stays or getattr(line, name) == getattr(stored, name) for name in SAID)


def _read(number: int, line: bytes) -> Carried | Deleted:
    try:
        kind: type[Line | Deleted] = Line if msgspec.json.decode(line, type=_Kind).deleted_at is None else Deleted
        one = msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError) as error:
        raise BadLineError(number, str(error)) from error
    if isinstance(one, Deleted):
        return msgspec.structs.replace(one, deleted_at=_utc(one.deleted_at))
    votes = tuple(msgspec.structs.replace(vote, at=_utc(vote.at)) for vote in one.votes or ())
    times = {"occurred_at": _utc(one.occurred_at), "resolved_at": aware(one.resolved_at)}
    return storable(msgspec.structs.replace(one, **times, votes=votes))


def _utc(moment: datetime) -> datetime:
    return aware(moment) or moment
