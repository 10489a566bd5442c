"""``python -m bench.memory``: recall, speed and size with a million incidents, and a Chroma server on the same rows.

One JSON line a figure on standard output, progress on standard error. Both processors are shared by the server, whoever
asks it, and a process that adds 50 incidents a second.
"""

import argparse
import asyncio
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec

from ai_gateway.memory.store import MemoryStore
from bench.figures import Figure, machine, percentile
from bench.memory.asking import CANDIDATES, CLIENTS, THROUGHPUT_S, K, Ours, costs, with_words
from bench.memory.chroma import EF_SEARCH, Chroma
from bench.memory.ours import ADDED_PER_S, adding, opened, prepare, resident_mb, room, say
from bench.memory.rows import SITES, Floats, Rows, Truth
from dev.postgres import EmbeddedPostgres

ROWS = 1_000_000
NEW = 2**40
"""Where rows begin that are asked for and never stored."""
QUESTIONS = 400
GOAL_RECALL = 0.98
WARM_UP = 100
CHROMA_QUESTIONS = 200


class Asked(msgspec.Struct, frozen=True):
    """The questions: vectors ``(q, 768)``; a site for each; the nearest over all and of that site."""

    vectors: Floats
    sites: list[int]
    overall: Truth
    by_site: Truth

    @classmethod
    def of(cls, rows: Rows) -> "Asked":
        """Questions whose answers are not known yet."""
        vectors, sites = rows.vectors(NEW, QUESTIONS), [place % SITES for place in range(QUESTIONS)]
        return cls(vectors, sites, Truth(vectors, [None] * QUESTIONS, K), Truth(vectors, sites, K))


class Standard(msgspec.Struct):
    """What Chroma is compared with."""

    recall: float = 0.0
    throughput: float = 0.0
    resident_mb: float = 0.0


async def ours(url: str, rows: Rows, total: int, asked: Asked, standard: Standard) -> AsyncIterator[Figure]:
    """Figures of the gateway's memory."""
    nobody: list[int | None] = [None] * QUESTIONS
    async with opened(url) as pool:
        store = MemoryStore(pool)
        ask = Ours(store, total)
        await ask.run(asked.vectors[:WARM_UP], nobody[:WARM_UP])
        with adding(url) as added:
            say(f"asking while {ADDED_PER_S} incidents a second are added")
            every, one_site = await ask.run(asked.vectors, nobody), await ask.run(asked.vectors, asked.sites)
            fused = await with_words(store, rows, 2 * total, asked.vectors[:WARM_UP])
            yield Figure(name="memory_added", value=added.per_second, unit="1/s", at_least=ADDED_PER_S - 1)
        standard.recall = every.recall(asked.overall)
        detail = {"rows": total, "candidates": CANDIDATES, "p50": round(percentile(every.seconds, 50) * 1000, 1)}
        yield Figure(name="memory_recall_at_10_pct", value=100 * standard.recall, unit="%", at_least=100 * GOAL_RECALL)
        yield Figure(name="memory_p95", value=every.p95_ms(), unit="ms", at_most=20, detail=detail)
        by_site = one_site.recall(asked.by_site)
        yield Figure(name="memory_site_recall_at_10_pct", value=100 * by_site, unit="%", at_least=100 * GOAL_RECALL)
        yield Figure(name="memory_site_p95", value=one_site.p95_ms(), unit="ms", at_most=30)
        yield Figure(name="memory_with_words_p95", value=percentile(fused, 95) * 1000, unit="ms")
        standard.throughput = await ask.throughput(asked.vectors.tolist())
        detail = {"clients": CLIENTS, "nearest": K}
        yield Figure(name="memory_throughput", value=standard.throughput, unit="1/s", detail=detail)
        async for figure in costs(pool, total, asked.vectors):
            yield figure


def chromas(folder: Path, rows: Rows, total: int, asked: Asked, standard: Standard) -> Iterator[Figure]:
    """Figures of Chroma, at the least effort with which it finds as much as the gateway."""
    chroma = Chroma(folder)
    try:
        began = time.monotonic()
        chroma.fill(rows, total)
        yield Figure(name="chroma_filled", value=time.monotonic() - began, unit="s")
        for ef_search in EF_SEARCH:
            chroma.set_ef_search(ef_search)
            with httpx.Client(base_url=chroma.url, timeout=60, trust_env=False) as client:
                found = [chroma.query(client, one, K, None) for one in asked.vectors[:CHROMA_QUESTIONS].tolist()]
            recall = sum(asked.overall.recall(place, one) for place, one in enumerate(found)) / len(found)
            say(f"Chroma finds {recall:.3f} with ef_search {ef_search}")
            if recall >= standard.recall:
                break
        detail = {"recall_at_10": round(recall, 4), "ef_search": ef_search, "clients": CLIENTS, "nearest": K}
        throughput = concurrent(lambda client, one: chroma.query(client, one, K, None), chroma.url, asked.vectors)
        yield Figure(name="chroma_throughput", value=throughput, unit="1/s", detail=detail)
        yield Figure(name="memory_throughput_to_chroma", value=standard.throughput / throughput, unit="x", at_least=2)
        share = 100 * standard.resident_mb / chroma.resident_mb()
        yield Figure(name="chroma_resident", value=chroma.resident_mb(), unit="MB")
        yield Figure(name="memory_resident_to_chroma_pct", value=share, unit="%", at_most=100)
    finally:
        chroma.close()


def concurrent(ask: Callable[[httpx.Client, list[float]], object], url: str, vectors: Floats) -> float:
    """Questions a second of `CLIENTS` threads at once."""
    until, done = time.monotonic() + THROUGHPUT_S, [0] * CLIENTS

    def client(number: int) -> None:
        own = vectors[number::CLIENTS].tolist()
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as line:
            while time.monotonic() < until:
                ask(line, own[done[number] % len(own)])
                done[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sum(done) / THROUGHPUT_S


async def each(figures: AsyncIterator[Figure], tell: Callable[[Figure], None]) -> None:
    """Tell each figure as soon as it is there."""
    async for figure in figures:
        tell(figure)


def measure(folder: Path, total: int, tell: Callable[[Figure], None], *, chroma: bool) -> None:
    """Everything, one server after the other: both at once would not have the machine's memory to themselves."""
    rows, standard = Rows(), Standard()
    asked = Asked.of(rows)
    size = room(total)
    data = folder / "postgres"
    with EmbeddedPostgres(data, durable=False, shared_buffers=size, maintenance_work_mem=size) as server:
        url, filled, indexed = prepare(server, rows, total, [asked.overall, asked.by_site])
        tell(Figure(name="memory_filled", value=filled, unit="s", detail={"rows": total}))
        tell(Figure(name="memory_indexed", value=indexed, unit="s"))
        asyncio.run(each(ours(url, rows, total, asked, standard), tell))
        standard.resident_mb = resident_mb(server)
        tell(Figure(name="memory_resident", value=standard.resident_mb, unit="MB"))
    if chroma:
        for figure in chromas(folder, rows, total, asked, standard):
            tell(figure)


def main() -> None:
    """Measure; status 1 if a goal was missed with all rows."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="fewer to try the bench, not to quote")
    parser.add_argument("--no-chroma", action="store_true", help="leave the comparison out")
    options = parser.parse_args()
    print(json.dumps(machine()), flush=True)
    missed: list[str] = []

    def tell(figure: Figure) -> None:
        print(figure.line(), flush=True)
        missed.extend([figure.name] if figure.met is False else [])

    with TemporaryDirectory(prefix="bench-") as folder:
        measure(Path(folder), options.rows, tell, chroma=not options.no_chroma)
    sys.exit(1 if missed and options.rows >= ROWS else 0)


if __name__ == "__main__":
    main()
