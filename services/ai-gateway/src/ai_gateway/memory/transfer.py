"""Carry memory elsewhere: one incident a line of JSON, without vectors, which the receiving side makes itself."""

from collections.abc import AsyncIterable, Iterable
from datetime import datetime
from itertools import islice
from typing import IO

import msgspec

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.kit.queries import aware
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident
from ai_gateway.memory.upkeep import embedded

JOB = "import"
PAGE = 64


class BadLineError(ValueError):
    """A line is not an incident; nothing of its page was stored."""

    def __init__(self, number: int, reason: str) -> None:
        """Args: number: of the line, from 1. reason: what is wrong with it."""
        super().__init__(f"Line {number} is not an incident: {reason}")


async def write_lines(incidents: AsyncIterable[Incident], file: IO[bytes]) -> int:
    """Write every incident; returns how many."""
    written = 0
    async for incident in incidents:
        file.write(msgspec.json.encode(incident) + b"\n")
        written += 1
    return written


async def read_lines(lines: Iterable[bytes], memory: MemoryStore, embedder: Embedder) -> tuple[int, int]:
    """Store what `write_lines` wrote, each once; returns how many were stored, and how many were there already.

    After an interruption the same file goes on where it stopped: what is there already is not embedded again.

    Raises:
        BadLineError: a line cannot be read.
        Unavailable: the gateway's own database is down.
        PartDown: the embedder is down.
    """
    stored = same = 0
    told = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while page := list(islice(told, PAGE)):
        incidents = list({(one.source, one.source_key): one for one in (_read(*line) for line in page)}.values())
        fresh = await _unknown(incidents, memory)
        vectors = await embedded([one.description for one in fresh], memory, embedder)
        await memory.save(fresh, vectors, DEFAULT_MODEL, JOB, {"line": page[-1][0]})
        stored, same = stored + len(fresh), same + len(incidents) - len(fresh)
    await memory.count_words()
    return stored, same


async def _unknown(incidents: list[Incident], memory: MemoryStore) -> list[Incident]:
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for source in {one.source for one in incidents}:
        found = await memory.known(source, [one.source_key for one in incidents if one.source == source])
        known |= {(source, key): value for key, value in found.items()}
    return [one for one in incidents if known.get((one.source, one.source_key)) != (one.content_hash, DEFAULT_MODEL)]


def _read(number: int, line: bytes) -> Incident:
    try:
        incident = msgspec.json.decode(line, type=Incident)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadLineError(number, str(error)) from error
    return msgspec.structs.replace(
        incident, occurred_at=_moment(incident.occurred_at), resolved_at=aware(incident.resolved_at)
    )


def _moment(moment: datetime) -> datetime:
    return aware(moment) or moment
