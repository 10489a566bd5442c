"""``python -m bench.memory``: recall, speed and size with a million incidents, and a Chroma server on the same rows.

One JSON line a figure on standard output, progress on standard error. Both processors are shared by the server, whoever
asks it, and a process that adds 50 incidents a second. To fill takes hours, to measure minutes: with ``--keep DIR --fill``
the first is done at leisure, and ``--keep DIR`` measures what lies there.
"""

import argparse
import asyncio
import json
import sys
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ai_gateway.memory.store import MemoryStore
from bench.figures import Figure, machine, percentile
from bench.memory.asked import Asked, K, recall
from bench.memory.asking import CANDIDATES, CLIENTS, Ours, costs, with_words
from bench.memory.chroma import EF_SEARCH, Chroma
from bench.memory.ours import ADDED_PER_S, adding, build, fill, opened, read_files, resident_mb, say, serving
from bench.memory.rows import Rows

ROWS = 1_000_000
GOAL_RECALL = 0.98


class Standard(msgspec.Struct):
    """What Chroma is compared with."""

    recall: float = 0.0
    throughput: float = 0.0
    resident_mb: float = 0.0


@contextmanager
def place(keep: Path | None, total: int) -> Iterator[Path]:
    """The folder to fill: one that stays, or one for this run. Raises SystemExit where it was filled with other rows."""
    if keep is None:
        with TemporaryDirectory(prefix="bench-") as folder:
            yield Path(folder)
        return
    keep.mkdir(parents=True, exist_ok=True)
    holds = keep / "rows"
    if holds.exists() and int(holds.read_text(encoding="ascii")) != total:
        sys.exit(f"{keep} is for {holds.read_text(encoding='ascii')} rows: name another folder, or as many --rows")
    holds.write_text(str(total), encoding="ascii")
    yield keep


def filled(folder: Path, rows: Rows, total: int, *, chroma: bool) -> Asked:
    """Fill both stores as far as they are not, one after the other, and find what is nearest to the questions."""
    asked = Asked.of(rows, total, folder)
    with serving(folder, total) as (_, url):
        fill(url, rows, total)
        say("the worker's jobs build the index and count words")
        asyncio.run(build(url))
    if chroma:
        with Chroma(folder) as server:
            server.fill(rows, total)
    return asked


async def ours(url: str, rows: Rows, total: int, asked: Asked, standard: Standard) -> AsyncIterator[Figure]:
    """Figures of the gateway's memory."""
    nobody: list[int | None] = [None] * len(asked.vectors)
    async with opened(url) as pool:
        store = MemoryStore(pool)
        ask = Ours(store, total)
        await ask.run(asked.warm_up, nobody)
        with adding(url) as added:
            say(f"asking while {ADDED_PER_S} incidents a second are added")
            every, one_site = await ask.run(asked.vectors, nobody), await ask.run(asked.vectors, asked.sites)
            fused = await with_words(store, rows, 2 * total, asked.vectors[:100])
            yield Figure(name="memory_added", value=added.per_second, unit="1/s", at_least=ADDED_PER_S - 1)
        detail = {"rows": total, "candidates": CANDIDATES, "p50": round(percentile(every.seconds, 50) * 1000, 1)}
        overall = recall(asked.overall, every.found)
        yield Figure(name="memory_recall_at_10_pct", value=100 * overall, unit="%", at_least=100 * GOAL_RECALL)
        yield Figure(name="memory_p95", value=every.p95_ms(), unit="ms", at_most=20, detail=detail)
        by_site = recall(asked.by_site, one_site.found)
        yield Figure(name="memory_site_recall_at_10_pct", value=100 * by_site, unit="%", at_least=100 * GOAL_RECALL)
        detail = {"p50": round(percentile(one_site.seconds, 50) * 1000, 1)}
        yield Figure(name="memory_site_p95", value=one_site.p95_ms(), unit="ms", at_most=30, detail=detail)
        yield Figure(name="memory_with_words_p95", value=percentile(fused, 95) * 1000, unit="ms")
        few = await ask.run(asked.vectors, nobody, K)
        standard.recall, standard.throughput = recall(asked.overall, few.found), await ask.throughput(asked.vectors)
        detail = {"recall_at_10": round(standard.recall, 4), "clients": CLIENTS, "nearest": K}
        yield Figure(name="memory_throughput", value=standard.throughput, unit="1/s", detail=detail)
        async for figure in costs(pool, total, asked.vectors):
            yield figure


def chromas(chroma: Chroma, asked: Asked, standard: Standard) -> Iterator[Figure]:
    """Figures of Chroma, at the least effort with which it finds as much as the gateway."""

    def finds(ef_search: int) -> float:
        chroma.set_ef_search(ef_search)
        found = recall(asked.overall, chroma.ask(asked.vectors, K))
        say(f"Chroma finds {found:.3f} with ef_search {ef_search}")
        return found

    least = bisect_left(EF_SEARCH[:-1], standard.recall, key=finds)
    found = finds(EF_SEARCH[least])
    detail = {"recall_at_10": round(found, 4), "ef_search": EF_SEARCH[least], "clients": CLIENTS, "nearest": K}
    throughput = chroma.throughput(asked.vectors, K)
    yield Figure(name="chroma_throughput", value=throughput, unit="1/s", detail=detail)
    yield Figure(name="memory_throughput_to_chroma", value=standard.throughput / throughput, unit="x", at_least=2)
    resident = chroma.resident_mb()
    yield Figure(name="chroma_resident", value=resident, unit="MB")
    share = 100 * standard.resident_mb / resident
    yield Figure(name="memory_resident_to_chroma_pct", value=share, unit="%", at_most=100)


async def each(figures: AsyncIterator[Figure], tell: Callable[[Figure], None]) -> None:
    """Tell each figure as soon as it is there."""
    async for figure in figures:
        tell(figure)


def measure(folder: Path, rows: Rows, total: int, asked: Asked, tell: Callable[[Figure], None]) -> Standard:
    """The gateway's memory."""
    standard = Standard()
    with serving(folder, total) as (server, url):
        read_files(server.cluster / "base")
        asyncio.run(each(ours(url, rows, total, asked, standard), tell))
        standard.resident_mb = resident_mb(server)
        tell(Figure(name="memory_resident", value=standard.resident_mb, unit="MB"))
    return standard


def main() -> None:
    """Fill, and measure one server after the other; status 1 if a goal was missed with all rows."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="fewer to try the bench, not to quote")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="fill this folder where it is not yet, and keep it")
    parser.add_argument("--fill", action="store_true", help="fill the folder that is kept and measure nothing")
    parser.add_argument("--no-chroma", action="store_true", help="leave the comparison out")
    options = parser.parse_args()
    if options.fill and options.keep is None:
        parser.error("--fill needs --keep DIR")
    print(json.dumps(machine()), flush=True)
    missed: list[str] = []

    def tell(figure: Figure) -> None:
        print(figure.line(), flush=True)
        missed.extend([figure.name] if figure.met is False else [])

    rows = Rows()
    with place(options.keep, options.rows) as folder:
        asked = filled(folder, rows, options.rows, chroma=not options.no_chroma)
        if options.fill:
            return
        standard = measure(folder, rows, options.rows, asked, tell)
        if not options.no_chroma:
            with Chroma(folder) as server:
                for figure in chromas(server, asked, standard):
                    tell(figure)
    sys.exit(1 if missed and options.rows >= ROWS else 0)


if __name__ == "__main__":
    main()
